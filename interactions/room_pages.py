"""A live room's public page: when it starts, the room itself while it is live, what was answered once it is over."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.views.decorators.http import require_safe

from accounts.auth import current_user
from accounts.models import User
from core import cursors
from core.problems import BadCursor, NotFound
from interactions.live import replay, selectors
from interactions.live.events import RoomProductOut
from interactions.live.protocol import ANSWER_CHARS
from interactions.live.schemas import RoomInfo
from interactions.models import LiveRoom, Question, RoomStatus
from interactions.room_words import words
from posts.models import PostStatus

# How many answered questions a page of the replay shows.
REPLAY_PAGE = 100
ENDED_FRESH_S = 60


@dataclass(frozen=True, slots=True)
class Moment:
    """A question of the replay, and how long after the start it was answered ("12:05")."""

    question: Question
    after: str


@require_safe
def room_page(request: HttpRequest, room_id: int) -> HttpResponse:
    """The page. Kept nowhere for who is signed in; others' copies are compared before they are shown again."""
    user = current_user(request)
    try:
        shown = replay.shown_room(room_id=room_id, viewer=user)
        ended = shown.room.status == RoomStatus.ENDED
        context = _replay(request, shown) if ended else _live(room_id, user)
    except (NotFound, BadCursor):
        missing = _answer(request, "interactions/room_missing.html", {}, status=404)
        missing["Cache-Control"] = "no-store"  # it may be there tomorrow, or for somebody else
        patch_vary_headers(missing, ["Cookie"])
        return missing
    response = _answer(request, "interactions/room.html", context | {"url": _address(request.path)})
    response["Content-Security-Policy"] = _policy(context["room"], context["products"])
    patch_vary_headers(response, ["Cookie"])
    if user is not None:
        response["Cache-Control"] = "no-store"
        return response
    response["Cache-Control"] = f"max-age={ENDED_FRESH_S}" if ended else "no-cache"
    response["ETag"] = f'"{hashlib.sha256(response.content).hexdigest()[:20]}"'
    return get_conditional_response(request, etag=response["ETag"], response=response) or response


def _answer(request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    response = render(request, template, context | {"instance": settings.INSTANCE_NAME}, status=status)
    response["Content-Security-Policy"] = _policy(None, [])
    return response


def _address(path: str) -> str:
    return f"{settings.BASE_URL.rstrip('/')}{path}"


def _policy(room: RoomInfo | None, products: Sequence[RoomProductOut]) -> str:
    """Our own files and sockets, and pictures: of this page from wherever they are, later ones over https."""
    pictures = [*((room.cover, room.store.avatar) if room else ()), *(product.image for product in products)]
    parts = [urlsplit(url) for url in pictures if url]
    origins = sorted({f"{part.scheme}://{part.netloc}" for part in parts})
    # Some browsers do not take 'self' to mean websockets.
    socket = urlsplit(settings.BASE_URL)._replace(path="").geturl().replace("http", "ws", 1)
    images = " ".join(["'self'", "https:", *origins])
    return (
        f"default-src 'none'; script-src 'self'; style-src 'self'; img-src {images}; connect-src 'self' {socket}; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def _live(room_id: int, user: User | None) -> dict[str, Any]:
    """What the page of a room that is scheduled or live shows. Raises NotFound."""
    room = selectors.whole_room(room_id=room_id, viewer=user)
    staff = room.you.role is not None or room.you.can.moderate
    words_of_page = {"words": words(), "limits": settings.LIMITS, "answer_chars": ANSWER_CHARS}
    return {"room": room, "products": room.products, "you": room.you, "staff": staff, **words_of_page}


def _replay(request: HttpRequest, shown: replay.Shown) -> dict[str, Any]:
    """What an ended room's page shows, in the order it was answered. Two statements. Raises BadCursor."""
    room, kind = shown.room, f"replay page:{shown.room.pk}"
    cursor = request.GET.get("cursor")
    at, last_id = cursors.read(kind, cursor, length=2) if cursor is not None else (0, 0)
    after = (at, last_id) if cursor is not None else None
    answered, more = replay.answered_page(room=room, after=after, limit=REPLAY_PAGE)
    recap = room.recap if room.recap and room.recap.status == PostStatus.PUBLISHED else None
    return {
        "room": RoomInfo.of(room, staff=shown.staff),
        "products": [RoomProductOut.of(product) for product in room.products.all()],
        "moments": [Moment(question, _clock(room, question.answered_at)) for question in answered],
        "first_page": after is None,
        "next": cursors.sign(kind, *more) if more else None,
        "recap": recap,
        "recap_box": shown.may_recap and after is None and recap is None and bool(answered),
        "lasted": _clock(room, room.ended_at),
    }


def _clock(room: LiveRoom, moment: datetime | None) -> str:
    """How long after the start, as clocks show it: "12:05" or "1:02:05"; "" when that is not known."""
    if room.started_at is None or moment is None:
        return ""
    minutes, seconds = divmod(int(replay.since_start(room, moment).total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
