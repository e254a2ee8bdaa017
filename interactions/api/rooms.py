"""Routes of live rooms; what happens in them travels over `/ws/rooms/{room_id}`."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from ninja import Query

from accounts.auth import maybe_signed_in, signed_in, the_user, user_or_none
from core import cursors
from core.api import Page, PageQuery, Router, Status, link_next, problems
from interactions.live import replay, selectors
from interactions.live.events import QuestionOut
from interactions.live.schemas import (
    MutedOut,
    MuteIn,
    MuteOut,
    QuestionQuery,
    RoomIn,
    RoomInfo,
    RoomOut,
    RoomPatch,
    RoomsQuery,
    TableIn,
)
from interactions.services import mutes, rooms, table
from posts.selectors import is_staff
from stores.selectors.stores import visible_store

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


@router.get("/stores/{handle}/rooms", response=Page[RoomInfo], auth=maybe_signed_in, operation_id="list_rooms")
def list_rooms(request: HttpRequest, response: HttpResponse, handle: str, query: Query[RoomsQuery]) -> Page[RoomInfo]:
    """A store's rooms: those that are live, then the upcoming ones by their time, then the latest that ended."""
    viewer = user_or_none(request)
    store = visible_store(handle=handle, viewer=viewer)
    kind = f"rooms:{store.pk}:{query.status or ''}"
    stage, moment, last_id = cursors.read(kind, query.cursor, length=3) if query.cursor else (0, 0, 0)
    found, after = replay.rooms_of(
        store=store,
        status=query.status,
        after=(stage, moment, last_id) if query.cursor else None,
        limit=query.limit,
    )
    cursor = cursors.sign(kind, *after) if after else None
    link_next(request, response, cursor)
    staff = is_staff(viewer=viewer, store=store)
    return Page[RoomInfo](items=[RoomInfo.of(room, staff=staff) for room in found], next_cursor=cursor)


@router.get("/rooms/{room_id}", response=RoomOut, auth=maybe_signed_in, operation_id="get_room")
def get_room(request: HttpRequest, room_id: int) -> RoomOut:
    """A room with its questions, and the position to go on from over the websocket."""
    return selectors.whole_room(room_id=room_id, viewer=user_or_none(request))


@router.patch("/rooms/{room_id}", response=RoomOut, operation_id="update_room")
def update_room(request: HttpRequest, room_id: int, body: RoomPatch) -> RoomOut:
    """Changes what is given, before the room ends. Other rules are told to everybody in it."""
    rooms.update_room(user=the_user(request), room_id=room_id, about=body.about(), rules=body.rules())
    return selectors.whole_room(room_id=room_id, viewer=the_user(request))


@router.put("/rooms/{room_id}/products", response=RoomOut, operation_id="replace_room_products")
def replace_products(request: HttpRequest, room_id: int, body: TableIn) -> RoomOut:
    """Lays the table anew, for everybody in the room. What stays on it, by its address, keeps its id and its light."""
    table.replace_products(
        user_id=the_user(request).pk, room_id=room_id, products=[product.product() for product in body.products]
    )
    return selectors.whole_room(room_id=room_id, viewer=the_user(request))


@router.post("/rooms/{room_id}/start", response=RoomOut, operation_id="start_room")
def start_room(request: HttpRequest, room_id: int) -> RoomOut:
    """Goes live; again changes nothing."""
    rooms.start_room(user=the_user(request), room_id=room_id)
    return selectors.whole_room(room_id=room_id, viewer=the_user(request))


@router.post("/rooms/{room_id}/end", response=RoomOut, operation_id="end_room")
def end_room(request: HttpRequest, room_id: int) -> RoomOut:
    """Ends the room for good, or calls it off before it started; again changes nothing."""
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


@router.post("/rooms/{room_id}/mutes", response=MutedOut, operation_id="mute_person")
def mute_person(request: HttpRequest, room_id: int, body: MuteIn) -> MutedOut:
    """Keeps somebody from asking in this room for a while, from now; again, the latest word counts. For moderators."""
    muted = mutes.mute(user_id=the_user(request).pk, room_id=room_id, muted_id=body.user, seconds=body.seconds)
    return MutedOut(user=body.user, until=muted.until if muted else None)


@router.get("/rooms/{room_id}/mutes", response=Page[MuteOut], operation_id="list_mutes")
@problems(403)
def list_mutes(request: HttpRequest, response: HttpResponse, room_id: int, page: Query[PageQuery]) -> Page[MuteOut]:
    """Who is muted in this room now, and until when. For moderators."""
    kind = f"mutes:{room_id}"
    found, last = replay.muted_page(
        room_id=room_id,
        viewer=the_user(request),
        before=cursors.read(kind, page.cursor)[0] if page.cursor else None,
        limit=page.limit,
    )
    cursor = cursors.sign(kind, last) if last else None
    link_next(request, response, cursor)
    return Page[MuteOut](items=[MuteOut.of(mute) for mute in found], next_cursor=cursor)
