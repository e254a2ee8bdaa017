"""What people do with posts: likes, comments, shares, live rooms."""
