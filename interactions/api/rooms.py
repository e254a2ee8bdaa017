"""Routes of live rooms; what happens in them travels over `/ws/rooms/{room_id}`."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from ninja import Query

from accounts.auth import maybe_signed_in, signed_in, the_user, user_or_none
from core import cursors
from core.api import Page, Router, Status, link_next, problems
from interactions.live import selectors
from interactions.live.events import QuestionOut
from interactions.live.schemas import QuestionQuery, RoomIn, RoomOut
from interactions.services import rooms

router = Router(tags=["live rooms"], auth=signed_in)


@router.post("/stores/{handle}/rooms", response={201: RoomOut}, operation_id="create_room")
def create_room(request: HttpRequest, handle: str, body: RoomIn) -> Status[RoomOut]:
    """Opens a room, to be started later. For staff who may host."""
    room = rooms.create_room(
        user=the_user(request),
        handle=handle,
        title=body.title,
        ask_policy=body.ask_policy,
        slow_mode_s=body.slow_mode_s,
        premoderate=body.premoderate,
        starts_at=body.starts_at,
        cover_id=body.cover,
        products=[product.product() for product in body.products],
    )
    return Status(201, selectors.whole_room(room_id=room.pk, viewer=the_user(request)))


@router.get("/rooms/{room_id}", response=RoomOut, auth=maybe_signed_in, operation_id="get_room")
def get_room(request: HttpRequest, room_id: int) -> RoomOut:
    """A room with its questions, and the position to go on from over the websocket."""
    return selectors.whole_room(room_id=room_id, viewer=user_or_none(request))


@router.post("/rooms/{room_id}/start", response=RoomOut, operation_id="start_room")
def start_room(request: HttpRequest, room_id: int) -> RoomOut:
    """Goes live; again changes nothing."""
    rooms.start_room(user=the_user(request), room_id=room_id)
    return selectors.whole_room(room_id=room_id, viewer=the_user(request))


@router.post("/rooms/{room_id}/end", response=RoomOut, operation_id="end_room")
def end_room(request: HttpRequest, room_id: int) -> RoomOut:
    """Ends the room for good; again changes nothing."""
    rooms.end_room(user=the_user(request), room_id=room_id)
    return selectors.whole_room(room_id=room_id, viewer=the_user(request))


@router.get(
    "/rooms/{room_id}/questions", response=Page[QuestionOut], auth=maybe_signed_in, operation_id="list_questions"
)
@problems(403)
def list_questions(
    request: HttpRequest, response: HttpResponse, room_id: int, page: Query[QuestionQuery]
) -> Page[QuestionOut]:
    """A room's questions, the newest or the most wanted first."""
    kind = f"questions:{room_id}:{page.sort}:{page.status or ''}"
    votes, last_id = cursors.read(kind, page.cursor, length=2) if page.cursor else (0, 0)
    found, after = selectors.question_page(
        room_id=room_id,
        viewer=user_or_none(request),
        status=page.status,
        by_votes=page.sort == "votes",
        after=(votes, last_id) if page.cursor else None,
        limit=page.limit,
    )
    cursor = cursors.sign(kind, *after) if after else None
    link_next(request, response, cursor)
    return Page[QuestionOut](items=[QuestionOut.of(question) for question in found], next_cursor=cursor)
