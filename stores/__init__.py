"""Stores: who they are, who works there, who follows them, and who has bought from them."""
