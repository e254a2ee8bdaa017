"""Verbs that write posts and media."""
