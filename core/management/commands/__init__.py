"""Commands that need no app but core."""
