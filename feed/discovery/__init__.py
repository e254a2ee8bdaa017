"""Discovery: recent posts of stores that one does not follow, ranked. How and why: docs/discovery.md."""
