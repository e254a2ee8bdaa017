"""The HTTP side of live rooms: opening, starting, ending, reading."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from interactions.live import policy
from interactions.live.policy import Facts
from interactions.models import AskPolicy, LiveRoom, Question, QuestionStatus, RoomEvent, RoomStatus
from stores.models import Role, Store, StoreStatus
from stores.orders.proof import NotABuyer
from tests.conftest import Newcomer
from tests.interactions.live.conftest import Watch
from tests.people import Person, make_staff, problem

PRODUCT = {"title": "Oolong", "url": "https://example.org/oolong", "price": "24.00", "currency": "EUR"}


def test_a_host_opens_starts_and_ends_a_room(alice: Person, store: Store, anonymous: Person, watch: Watch) -> None:
    made = alice.post("/stores/teahouse/rooms", {"title": " New  harvest ", "products": [PRODUCT], "slow_mode_s": 0})
    assert made.status_code == 201, made.text
    room = made.json()
    assert (room["title"], room["status"], room["ask_policy"]) == ("New harvest", "scheduled", "buyers")
    assert room["products"][0] | {"id": 0} == PRODUCT | {"id": 0, "image": None, "featured": False}
    assert room["socket"] == f"/ws/rooms/{room['id']}"
    assert room["you"]["can"]["host"]
    assert room["you"]["why_not"]["ask"] == "room_not_live"
    host, viewer = watch(alice, at=room["id"]), watch(at=room["id"])
    assert host.refusal("tap", count=1) == "room_not_live"
    assert host.refusal("ask", text="Hello?", client_id="1") == "room_not_live"

    for _ in range(2):
        started = alice.post(f"/rooms/{room['id']}/start").json()
        assert started["status"] == "live"
    told = viewer.event("started")["started_at"]
    assert datetime.fromisoformat(told) == datetime.fromisoformat(started["started_at"])
    assert host.do("tap", count=30)["ok"]
    host.until(lambda frame: frame.get("likes") == 30)
    assert anonymous.get(f"/rooms/{room['id']}").json()["likes"] == 30

    for _ in range(2):
        ended = alice.post(f"/rooms/{room['id']}/end").json()
        assert (ended["status"], ended["likes"]) == ("ended", 30)
    assert viewer.event("ended")["likes"] == 30
    assert viewer.closed() == 4501
    assert host.closed() == 4501
    assert list(RoomEvent.objects.values_list("type", flat=True).order_by("id")) == ["started", "ended"]
    assert problem(alice.post(f"/rooms/{room['id']}/start")) == (409, "room_ended")
    assert LiveRoom.objects.get(id=room["id"]).likes == 30


def test_only_staff_who_may_host_open_and_run_rooms(
    alice: Person, charlie: Person, newcomer: Newcomer, store: Store, room: LiveRoom, anonymous: Person
) -> None:
    people = {role: newcomer(role.title()) for role in (Role.EDITOR, Role.MODERATOR, Role.ANALYST)}
    for role, person in people.items():
        make_staff(user=person.user, store=store, role=role)
    for person in (charlie, people[Role.MODERATOR], people[Role.ANALYST]):
        assert problem(person.post("/stores/teahouse/rooms", {"title": "Mine"})) == (403, "not_staff")
        assert problem(person.post(f"/rooms/{room.pk}/start")) == (403, "not_staff")
        assert problem(person.post(f"/rooms/{room.pk}/end")) == (403, "not_staff")
    assert problem(anonymous.post("/stores/teahouse/rooms", {"title": "Mine"})) == (401, "not_signed_in")
    assert people[Role.EDITOR].post("/stores/teahouse/rooms", {"title": "Ours"}).status_code == 201
    assert LiveRoom.objects.exclude(id=room.pk).get().title == "Ours"


def test_a_suspended_store_opens_and_starts_no_rooms(alice: Person, charlie: Person, room: LiveRoom) -> None:
    Store.objects.update(status=StoreStatus.SUSPENDED)
    LiveRoom.objects.update(status=RoomStatus.SCHEDULED)
    assert problem(alice.post("/stores/teahouse/rooms", {"title": "Mine"})) == (403, "store_suspended")
    assert problem(alice.post(f"/rooms/{room.pk}/start")) == (403, "store_suspended")
    assert problem(charlie.get(f"/rooms/{room.pk}")) == (404, "not_found")
    assert problem(charlie.get(f"/rooms/{room.pk}/questions")) == (404, "not_found")
    assert alice.get(f"/rooms/{room.pk}").status_code == 200


@pytest.mark.parametrize(
    "wrong",
    [
        {}, {"title": ""}, {"title": "x" * 121}, {"title": "x", "slow_mode_s": 121}, {"title": "x", "ask_policy": 1},
        {"title": "x", "products": [PRODUCT | {"url": "javascript:alert(1)"}]}, {"title": "x", "starts_at": "soon"},
        {"title": "x", "premoderated": True}, {"title": "x", "products": [PRODUCT] * 11},
    ],
)  # fmt: skip
def test_a_room_that_makes_no_sense_is_not_opened(alice: Person, store: Store, wrong: dict[str, Any]) -> None:
    assert problem(alice.post("/stores/teahouse/rooms", wrong)) == (422, "invalid")
    assert not LiveRoom.objects.exists()


def test_a_cover_must_be_the_stores_own(alice: Person, store: Store) -> None:
    assert problem(alice.post("/stores/teahouse/rooms", {"title": "x", "cover": 5})) == (404, "not_found")


def test_no_room_is_not_found(charlie: Person, world: None) -> None:
    for path in ("/rooms/1", "/rooms/99999999999999999999", "/rooms/1/questions"):
        assert problem(charlie.get(path)) == (404, "not_found")
    assert problem(charlie.post("/rooms/1/start")) == (404, "not_found")


def _questions(room: LiveRoom, person: Person, votes: list[int], status: str = "waiting") -> None:
    for number, upvotes in enumerate(votes):
        Question.objects.create(
            room=room, author=person.user, client_id=f"{status}{number}", text=f"{status} {number}",
            upvotes=upvotes, status=status,
        )  # fmt: skip


def test_questions_are_paged_by_time_and_by_votes(room: LiveRoom, bob: Person, anonymous: Person) -> None:
    _questions(room, bob, [3, 9, 3, 0, 3])
    for sort, order in (("time", [4, 3, 2, 1, 0]), ("votes", [1, 4, 2, 0, 3])):
        found, path = [], f"/rooms/{room.pk}/questions?limit=2&sort={sort}"
        answer = anonymous.get(path)
        while True:
            page = answer.json()
            found += [question["text"] for question in page["items"]]
            assert ("next" in answer.headers.get("Link", "")) == (page["next_cursor"] is not None)
            if page["next_cursor"] is None:
                break
            answer = anonymous.get(f"{path}&cursor={page['next_cursor']}")
        assert found == [f"waiting {number}" for number in order]
    other_sort = anonymous.get(f"/rooms/{room.pk}/questions?limit=2").json()["next_cursor"]
    assert problem(anonymous.get(f"/rooms/{room.pk}/questions?sort=votes&cursor={other_sort}")) == (422, "bad_cursor")


def test_held_and_hidden_questions_are_for_moderators(
    room: LiveRoom, alice: Person, bob: Person, anonymous: Person
) -> None:
    for status in QuestionStatus.values:
        _questions(room, bob, [0], status)
    shown = {question["status"] for question in anonymous.get(f"/rooms/{room.pk}/questions").json()["items"]}
    assert shown == {"waiting", "answered"}
    assert {q["status"] for q in anonymous.get(f"/rooms/{room.pk}").json()["questions"]} == {"waiting", "answered"}
    for status in ("held", "hidden"):
        path = f"/rooms/{room.pk}/questions?status={status}"
        assert problem(bob.get(path)) == (403, "not_staff")
        assert problem(anonymous.get(path)) == (403, "not_staff")
        assert [question["text"] for question in alice.get(path).json()["items"]] == [f"{status} 0"]


def test_pinned_questions_come_first(room: LiveRoom, watch: Watch, alice: Person, bob: Person) -> None:
    _questions(room, bob, [0, 0, 0])
    first = Question.objects.order_by("id").first()
    assert first is not None
    watch(alice).do("pin", question=first.pk)
    shown = bob.get(f"/rooms/{room.pk}").json()["questions"]
    assert [(question["text"], question["pinned"]) for question in shown] == [
        ("waiting 0", True), ("waiting 2", False), ("waiting 1", False)
    ]  # fmt: skip


SHOPPER, STAFF = Facts(signed_in=True), Facts(signed_in=True, role=Role.ANALYST)
BUYERLESS = Facts(signed_in=True, refusal=NotABuyer())
FOLLOWER = Facts(signed_in=True, follows=True, refusal=NotABuyer())


@pytest.mark.parametrize(
    ("facts", "status", "ask_policy", "code"),
    [
        (Facts(), "live", "everyone", "not_signed_in"),
        (SHOPPER, "live", "everyone", None),
        (SHOPPER, "live", "buyers", None),
        (BUYERLESS, "live", "buyers", "not_a_buyer"),
        (FOLLOWER, "live", "buyers", "not_a_buyer"),
        (FOLLOWER, "live", "followers", None),
        (SHOPPER, "live", "followers", "not_a_follower"),
        (STAFF, "live", "followers", None),
        (SHOPPER, "scheduled", "everyone", "room_not_live"),
        (STAFF, "scheduled", "everyone", "room_not_live"),
        (STAFF, "ended", "everyone", "room_ended"),
    ],
)
def test_who_may_ask(facts: Facts, status: RoomStatus, ask_policy: AskPolicy, code: str | None) -> None:
    refusal = policy.ask_refusal(facts, status=status, ask_policy=ask_policy)
    assert (refusal and refusal.code) == code


@pytest.mark.parametrize(
    ("facts", "allowed"),
    [
        (Facts(), set()),
        (SHOPPER, {"tap", "upvote", "ask"}),
        (Facts(signed_in=True, role=Role.ANALYST), {"tap", "upvote", "ask"}),
        (Facts(signed_in=True, role=Role.MODERATOR), {"tap", "upvote", "ask", "answer", "moderate"}),
        (Facts(signed_in=True, role=Role.EDITOR), {"tap", "upvote", "ask", "answer", "moderate", "host"}),
        (Facts(signed_in=True, role=Role.OWNER), {"tap", "upvote", "ask", "answer", "moderate", "host"}),
        (Facts(signed_in=True, platform_staff=True), {"tap", "upvote", "ask", "moderate"}),
    ],
)
def test_what_each_role_may_do(facts: Facts, allowed: set[str]) -> None:
    found = policy.refusals(facts, status=RoomStatus.LIVE, ask_policy=AskPolicy.BUYERS)
    assert {act for act, problem in found.items() if problem is None} == allowed
