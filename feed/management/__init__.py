"""Commands of the feed engine."""
