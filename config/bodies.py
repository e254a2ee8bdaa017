"""Keeps daphne from reading whole forms into memory, and from storing more of a body than its route takes.

daphne takes a request in completely before the application hears of it. Twisted below it also parses a form then, for
itself: in memory, many times its size, while no other request is served. Django parses forms too, so nobody needs that.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from daphne.http_protocol import WebRequest


def bound(limit_for: Callable[[str], int]) -> None:
    """From now on daphne stores one byte more than `limit_for(path)` at most, so that the refusal sees it is too much.

    The rest is read and dropped: a sender who is cut off would not see the answer.
    """

    def take_chunk(request: Any, data: bytes) -> None:
        if not hasattr(request, "_room"):
            path: bytes = request.channel._path
            request._room = limit_for(unquote(path.partition(b"?")[0].decode("latin-1"))) + 1
        kept = data[: request._room]
        request._room -= len(kept)
        request.content.write(kept)

    WebRequest.handleContentChunk = take_chunk
    # Set by each request for itself, so a plain attribute of the class would not last.
    WebRequest._parsePOSTFormSubmission = property(lambda request: False, lambda request, value: None)
