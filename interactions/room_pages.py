"""A live room's public page: when it starts, the room itself while it is live, what was answered once it is over."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.views.decorators.http import require_safe

from accounts.auth import current_user
from core import cursors
from core.problems import BadCursor, NotFound
from interactions.live import selectors
from interactions.live.schemas import RoomOut
from interactions.models import LiveRoom, Question, QuestionStatus, RoomStatus
from interactions.room_words import words
from posts.models import PostStatus

# How many answered questions a page of the replay shows.
REPLAY_PAGE = 100
ENDED_FRESH_S = 60
_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
_MICROSECOND = timedelta(microseconds=1)


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
        room = selectors.whole_room(room_id=room_id, viewer=user)
        more = _replay(request, room) if room.status == RoomStatus.ENDED else {}
    except (NotFound, BadCursor):
        return _answer(request, "interactions/room_missing.html", {}, status=404)
    context = {"room": room, "you": room.you, "staff": _is_staff(room), "url": _address(request.path), **more}
    if room.status != RoomStatus.ENDED:
        context |= {"words": words(), "limits": settings.LIMITS}
    response = _answer(request, "interactions/room.html", context)
    response["Content-Security-Policy"] = _policy(room)
    patch_vary_headers(response, ["Cookie"])
    if user is not None:
        response["Cache-Control"] = "no-store"
        return response
    response["Cache-Control"] = f"max-age={ENDED_FRESH_S}" if room.status == RoomStatus.ENDED else "no-cache"
    response["ETag"] = f'"{hashlib.sha256(response.content).hexdigest()[:20]}"'
    return get_conditional_response(request, etag=response["ETag"], response=response) or response


def _answer(request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    response = render(request, template, context | {"instance": settings.INSTANCE_NAME}, status=status)
    response["Content-Security-Policy"] = _policy(None)
    return response


def _is_staff(room: RoomOut) -> bool:
    can = room.you.can
    return can.moderate or can.host or room.you.role is not None


def _address(path: str) -> str:
    return f"{settings.BASE_URL.rstrip('/')}{path}"


def _policy(room: RoomOut | None) -> str:
    """Our own files and sockets, and pictures: of this page from wherever they are, later ones over https."""
    pictures = [room.cover, room.store.avatar, *(product.image for product in room.products)] if room else []
    parts = [urlsplit(url) for url in pictures if url]
    origins = sorted({f"{part.scheme}://{part.netloc}" for part in parts})
    # Some browsers do not take 'self' to mean websockets.
    socket = urlsplit(settings.BASE_URL)._replace(path="").geturl().replace("http", "ws", 1)
    images = " ".join(["'self'", "https:", *origins])
    return (
        f"default-src 'none'; script-src 'self'; style-src 'self'; img-src {images}; connect-src 'self' {socket}; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def _replay(request: HttpRequest, room: RoomOut) -> dict[str, Any]:
    """What an ended room's page shows, in the order it was answered. Two statements. Raises BadCursor."""
    kind = f"replay:{room.id}"
    after = cursors.read(kind, request.GET["cursor"], length=2) if "cursor" in request.GET else None
    answered = selectors.complete_questions().filter(room_id=room.id, status=QuestionStatus.ANSWERED)
    answered = answered.order_by("answered_at", "id")
    if after is not None:
        at = _EPOCH + after[0] * _MICROSECOND
        answered = answered.filter(answered_at__gte=at).exclude(answered_at=at, id__lte=after[1])
    rows = list(answered[: REPLAY_PAGE + 1])
    last = rows[REPLAY_PAGE - 1] if len(rows) > REPLAY_PAGE else None
    totals = LiveRoom.objects.filter(id=room.id).values("peak_viewers", "recap__title", "recap__text", "recap__status")
    found = totals.get()
    return {
        "moments": [Moment(question, _since(room.started_at, question.answered_at)) for question in rows[:REPLAY_PAGE]],
        "first_page": after is None,
        "next": cursors.sign(kind, (_time(last) - _EPOCH) // _MICROSECOND, last.pk) if last else None,
        "peak_viewers": found["peak_viewers"],
        "recap": found if found["recap__status"] == PostStatus.PUBLISHED else None,
        "lasted": _since(room.started_at, room.ended_at),
    }


def _time(question: Question) -> datetime:
    assert question.answered_at is not None, "an answered question bears the time"
    return question.answered_at


def _since(start: datetime | None, moment: datetime | None) -> str:
    """ "12:05" or "1:02:05", a clock's reading; "" when one of the two is not known."""
    if start is None or moment is None:
        return ""
    minutes, seconds = divmod(max(0, int((moment - start).total_seconds())), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
