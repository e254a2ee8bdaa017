"""Routes of what is left of a live room: its answers, its events, the post that looks back on it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from ninja import Query

from accounts.auth import maybe_signed_in, signed_in, the_user, user_or_none
from core import cursors
from core.api import Page, PageQuery, Router, Status, link_next
from interactions.live import replay
from interactions.live.counts import counts_of
from interactions.live.replay_schemas import RecapIn, ReplayOut, RoomEventOut
from interactions.services import recaps
from posts.schemas import PostOut

router = Router(tags=["live rooms"], auth=signed_in)


@router.get("/rooms/{room_id}/replay", response=ReplayOut, auth=maybe_signed_in, operation_id="get_replay")
def get_replay(request: HttpRequest, response: HttpResponse, room_id: int, page: Query[PageQuery]) -> ReplayOut:
    """The room's answered questions in the order of their answers, with its totals; while it is live, those so far."""
    shown = replay.shown_room(room_id=room_id, viewer=user_or_none(request))
    room, staff = shown.room, shown.staff
    kind = f"replay:{room_id}"
    moment, last_id = cursors.read(kind, page.cursor, length=2) if page.cursor else (0, 0)
    answered, after = replay.answered_page(
        room=room, after=(moment, last_id) if page.cursor else None, limit=page.limit
    )
    cursor = cursors.sign(kind, *after) if after else None
    link_next(request, response, cursor)
    return ReplayOut.page(room, counts_of(room), answered, staff=staff, cursor=cursor)


@router.get(
    "/rooms/{room_id}/events", response=Page[RoomEventOut], auth=maybe_signed_in, operation_id="list_room_events"
)
def list_events(
    request: HttpRequest, response: HttpResponse, room_id: int, page: Query[PageQuery]
) -> Page[RoomEventOut]:
    """Everything that was told in the room, in order, to be played again. Nothing of questions that are hidden now.

    What happens while you page may come late: to follow a room that is live, use its websocket.
    """
    room, _ = replay.shown_room(room_id=room_id, viewer=user_or_none(request))
    kind = f"room events:{room_id}"
    logged, last = replay.event_page(
        room=room, after=cursors.read(kind, page.cursor)[0] if page.cursor else None, limit=page.limit
    )
    cursor = cursors.sign(kind, last) if last else None
    link_next(request, response, cursor)
    return Page[RoomEventOut](items=[RoomEventOut.of(event) for event in logged], next_cursor=cursor)


@router.post("/rooms/{room_id}/recap", response={200: PostOut, 201: PostOut}, operation_id="recap_room")
def recap_room(request: HttpRequest, room_id: int, body: RecapIn | None = None) -> Status[PostOut]:
    """Writes a post from the answers that were wanted most, once the room has ended; 200 with the one that is there.

    For staff who may host and post.
    """
    wanted = body or RecapIn()
    post, new = recaps.recap_room(
        user=the_user(request),
        room_id=room_id,
        title=wanted.title,
        text=wanted.text,
        question_ids=wanted.questions,
        publish=wanted.publish,
    )
    return Status(201 if new else 200, PostOut.of(post, staff=True))
