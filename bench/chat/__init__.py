"""What a room is compared with: a group chat as the tutorial of Channels builds it."""
