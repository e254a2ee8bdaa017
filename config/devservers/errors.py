"""What can go wrong before a server answers."""

from __future__ import annotations


class CannotStart(Exception):
    """A server did not start; the message is one line for people."""


class FolderInUse(CannotStart):
    """Another process works in the folder."""
