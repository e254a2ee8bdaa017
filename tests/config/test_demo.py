"""The demo, loaded once into an empty world: everything is there, through the doors that people use, and once only."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db.models import Count, F, Q
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts.models import User
from config.demo import hands, note
from config.demo.content import LIVE, NEXT, PAST, SHOPPERS, STORES
from config.demo.load import load
from config.demo.people import find_people
from config.demo.plan import STRANGER, Purchase, language_of, plan_store
from config.demo.report import Silent
from config.shop import PLATFORMS
from core import clock, ids
from interactions.models import Comment, CommentReport, CommentStatus, Like, LiveRoom, Question, QuestionStatus, Share
from posts.models import Media, MediaStatus, Post, PostMedia, PostStatus
from stores.models import Delivery, DeliveryStatus, Follow, Order, Review, Store, StoreStatus, WebhookEndpoint
from stores.orders.proof import Proof, Refusal, purchase_proof
from stores.roles import role_of
from tests.conftest import Site, empty_world
from tests.people import Person, sign_in

pytestmark = pytest.mark.timeout(600)
SMALL = 64
COUNTED = (
    User,
    Store,
    Follow,
    Review,
    Media,
    Post,
    Order,
    Delivery,
    Comment,
    CommentReport,
    Like,
    Share,
    LiveRoom,
    Question,
)


@pytest.fixture(scope="module")
def var(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of a machine on which the demo was just loaded, its pictures drawn small."""
    folder = tmp_path_factory.mktemp("demo")
    before = settings.VAR_DIR, settings.MEDIA_ROOT
    settings.VAR_DIR, settings.MEDIA_ROOT = folder, str(folder / "media")
    with django_db_blocker.unblock():
        empty_world()
        load(report=Silent(), picture_width=SMALL)
        yield folder
    settings.VAR_DIR, settings.MEDIA_ROOT = before


@pytest.fixture(scope="module")
def noted(var: Path) -> dict[str, Any]:
    """What var/demo.json says."""
    found: dict[str, Any] = json.loads((var / "demo.json").read_text())
    return found


def counts() -> dict[str, int]:
    """How many rows there are of everything that people see."""
    return {model.__name__: model._default_manager.count() for model in COUNTED}


# --- what is there --------------------------------------------------------------------------------------------------


def test_twelve_approved_stores_with_faces_and_reasons(var: Path) -> None:
    stores = Store.objects.filter(status=StoreStatus.APPROVED, avatar__isnull=False, cover__isnull=False)
    assert stores.count() == len(STORES) == 12
    assert Review.objects.filter(decision="approved").exclude(reason="").count() == 12
    assert all(store.application for store in stores)
    for content in STORES:
        store = stores.get(handle=content.handle)
        assert (store.name, store.about, store.language) == (content.name, content.about, content.language)


def test_sixty_shoppers_with_verified_addresses_and_faces(var: Path) -> None:
    shoppers = User.objects.filter(email__in=[f"{one.mailbox}@example.com" for one in SHOPPERS])
    assert shoppers.count() == 60
    assert EmailAddress.objects.filter(user__in=shoppers, verified=True, primary=True).count() == 60
    assert not shoppers.filter(avatar__isnull=True).exists()
    assert {user.display_name for user in shoppers} == {one.name for one in SHOPPERS}


def test_three_hundred_posts_over_thirty_days_each_with_its_own_pictures(var: Path) -> None:
    posts = Post.objects.filter(status=PostStatus.PUBLISHED)
    assert posts.count() == 300
    for post in posts:
        assert post.feed_id is not None
        assert post.published_at is not None
        assert abs(ids.feed_id_time(post.feed_id) - post.published_at) < timedelta(milliseconds=2)
    moments = [post.published_at for post in posts if post.published_at]
    assert max(moments) < clock.now()
    assert timedelta(days=28) < max(moments) - min(moments) < timedelta(days=31)
    photos = [alt for store in STORES for post in store.posts for alt in post.photos]
    shown = PostMedia.objects.filter(post__in=posts, media__status=MediaStatus.READY)
    assert sorted(shown.values_list("media__alt", flat=True)) == sorted(photos)


def test_every_shopper_follows_a_few_stores_and_the_counters_are_true(var: Path) -> None:
    people = find_people().people
    for shopper in SHOPPERS:
        assert 3 <= Follow.objects.filter(user=people[shopper.mailbox]).count() <= 6
    assert Follow.objects.values("source").distinct().count() >= 5
    wrong = Store.objects.annotate(counted=Count("follows")).exclude(counted=F("follower_count"))
    assert not wrong.exists()


def test_orders_came_through_every_platforms_webhook_and_were_read(var: Path) -> None:
    assert not Delivery.objects.exclude(status=DeliveryStatus.DONE).exists()
    assert Delivery.objects.count() == Order.objects.count() > 250
    assert set(Order.objects.values_list("platform", flat=True)) == set(PLATFORMS)
    assert not Order.objects.filter(user=None).exists()
    assert all(role_of(user=door.created_by, store=door.store) == "owner" for door in WebhookEndpoint.objects.all())


def test_comments_bear_the_badge_of_their_moment(var: Path) -> None:
    comments = Comment.objects.filter(by_store=False).select_related("post__store", "author")
    assert comments.count() > 540
    for comment in comments:
        assert comment.proof is not None
        assert comment.proof["since"] < comment.created_at.isoformat()
        assert comment.post.published_at is not None
        assert comment.post.published_at < comment.created_at < clock.now()
        assert isinstance(purchase_proof(user=comment.author, store=comment.post.store), Proof)


def test_stores_answer_after_the_question(var: Path) -> None:
    answers = Comment.objects.filter(by_store=True)
    assert answers.count() == sum(bool(comment.reply) for store in STORES for comment in store.comments)
    assert not answers.filter(Q(parent=None) | Q(created_at__lte=F("parent__created_at"))).exists()


def test_pages_of_comments_are_in_order_of_time(var: Path) -> None:
    for post_id in Post.objects.values_list("id", flat=True):
        moments = list(
            Comment.objects.filter(post=post_id, parent=None).order_by("id").values_list("created_at", flat=True)
        )
        assert moments == sorted(moments)


def test_moderators_have_something_to_do(var: Path) -> None:
    assert Comment.objects.filter(status=CommentStatus.HELD).count() == 4
    assert Comment.objects.filter(status=CommentStatus.HIDDEN).count() == 1
    assert CommentReport.objects.filter(resolved_at=None).count() == 4
    assert Store.objects.filter(hold_first_comments=True).count() == 2


def test_likes_and_links_are_many_and_not_alike(var: Path) -> None:
    numbers = set(Post.objects.annotate(number=Count("likes")).values_list("number", flat=True))
    assert len(numbers) > 8
    assert Like.objects.count() > 1_500
    assert not Like.objects.filter(created_at__lt=F("post__published_at")).exists()
    assert Share.objects.filter(visits__gt=0).count() > 40


def test_the_live_room_is_open_with_answers_and_people_still_waiting(var: Path, noted: dict[str, Any]) -> None:
    room = LiveRoom.objects.get(id=noted["live_room"])
    assert (room.title, room.status, room.store.handle) == (LIVE.title, "live", LIVE.store)
    assert room.cover is not None
    questions = Question.objects.filter(room=room).select_related("author")
    assert [one.text for one in questions.order_by("id")] == [one.text for one in LIVE.questions]
    answered = [one.text for one in LIVE.questions if one.answer]
    assert [one.text for one in questions.filter(status=QuestionStatus.ANSWERED).order_by("id")] == answered
    assert all(one.author.language == language_of(one.text) for one in questions)
    assert room.products.filter(featured=True).count() == 1


def test_one_room_is_announced_and_one_can_be_looked_back_on(
    var: Path, noted: dict[str, Any], running_site: Site
) -> None:
    reader = Person(base_url=running_site.base_url, user=None, token="")
    listed = reader.get(f"/stores/{noted['store']}/rooms").json()["items"]
    assert [(room["title"], room["status"]) for room in listed] == [
        (LIVE.title, "live"), (NEXT.title, "scheduled"), (PAST.title, "ended")
    ]  # fmt: skip
    assert all(room["cover"] for room in listed)
    assert datetime.fromisoformat(listed[1]["starts_at"]) > clock.now() + timedelta(days=2)
    replay = reader.get(f"/rooms/{listed[2]['id']}/replay").json()
    assert [item["question"]["text"] for item in replay["items"]] == [one.text for one in PAST.questions if one.answer]
    moments = [item["at_s"] for item in replay["items"]]
    assert moments == sorted(set(moments))
    assert moments[-1] > 1_000
    assert replay["room"]["likes"] > 2_000
    events = reader.get(f"/rooms/{listed[2]['id']}/events?limit=50").json()["items"]
    assert (events[0]["event"]["type"], events[-1]["event"]["type"]) == ("started", "ended")
    assert events[-1]["at_ms"] == 42 * 60_000
    reader.close()


def test_nothing_is_left_for_the_workers(var: Path) -> None:
    assert not ProcrastinateJob.objects.filter(status__in=["todo", "doing"]).exists()
    assert not Post.objects.filter(Q(fanned_out_at=None) | Q(followers=0)).exists()


# --- the note -------------------------------------------------------------------------------------------------------


def test_the_note_has_what_scripts_need_and_is_for_its_owner_only(var: Path, noted: dict[str, Any]) -> None:
    assert (var / "demo.json").stat().st_mode & 0o777 == 0o600
    assert noted["base_url"] == settings.BASE_URL
    assert set(noted["accounts"]) == {"staff", "merchant", "buyer", "stranger"}
    for account in noted["accounts"].values():
        assert User.objects.get(email=account["email"]).check_password(account["password"])
    secrets = WebhookEndpoint.objects.filter(store__handle=noted["store"]).values_list("platform", "secret")
    assert dict(secrets) == noted["webhook_secrets"]


def test_the_four_are_who_they_are_said_to_be(noted: dict[str, Any]) -> None:
    who = {name: User.objects.get(email=account["email"]) for name, account in noted["accounts"].items()}
    store = Store.objects.get(handle=noted["store"])
    assert (who["staff"].is_staff, who["staff"].is_superuser) == (True, True)
    assert role_of(user=who["merchant"], store=store) == "owner"
    assert isinstance(purchase_proof(user=who["buyer"], store=store), Proof)
    refusal = purchase_proof(user=who["stranger"], store=store)
    assert isinstance(refusal, Refusal)
    assert refusal.code == "not_a_buyer"
    assert not Order.objects.filter(user=who["stranger"]).exists()


# --- again ----------------------------------------------------------------------------------------------------------


def test_a_second_run_adds_nothing_and_keeps_the_note(var: Path, noted: dict[str, Any]) -> None:
    before = counts()
    load(report=Silent(), picture_width=SMALL)
    assert counts() == before
    assert json.loads((var / "demo.json").read_text()) == noted


def test_a_start_on_another_port_renews_the_address_and_nothing_else(
    var: Path, noted: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = counts()
    monkeypatch.setattr(settings, "BASE_URL", "http://127.0.0.1:8123")
    call_command("demo", "--once")
    assert json.loads((var / "demo.json").read_text()) == {**noted, "base_url": "http://127.0.0.1:8123"}
    monkeypatch.undo()
    call_command("demo", "--once")
    assert json.loads((var / "demo.json").read_text()) == noted
    assert counts() == before


def test_a_note_of_another_database_does_not_count(var: Path, noted: dict[str, Any]) -> None:
    assert note.is_loaded()
    strange = {**noted, "accounts": {**noted["accounts"], "buyer": {"email": "who@example.com", "password": "x"}}}
    unfit: Any
    for unfit in (strange, {**noted, "live_room": 999}, {"base_url": ""}, []):
        (var / "demo.json").write_text(json.dumps(unfit))
        assert not note.is_loaded()
    (var / "demo.json").write_text(json.dumps(noted))
    assert note.is_loaded()


def test_production_refuses_it(var: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "PRODUCTION", True)
    with pytest.raises(CommandError, match="for development"):
        call_command("demo", "--once")


def test_a_process_that_fails_says_why(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(settings, "BASE_DIR", tmp_path)
    with pytest.raises(hands.HandFailed, match="No such file"):
        list(hands.work(2, SMALL, ()))


# --- as a shopper sees it -------------------------------------------------------------------------------------------


def test_a_shopper_finds_a_month_in_the_feed_newest_first(var: Path, running_site: Site) -> None:
    user = find_people().people["wen.carter"]
    reader = Person(base_url=running_site.base_url, user=user, token=sign_in(user))
    seen: list[int] = []
    path: str | None = "/feed?limit=50"
    while path:
        page = reader.get(path).json()
        seen += [item["feed_id"] for item in page["items"]]
        path = f"/feed?limit=50&cursor={page['next_cursor']}" if page["next_cursor"] else None
    stores = Follow.objects.filter(user=user).values("store")
    expected = Post.objects.filter(store__in=stores).order_by("-feed_id").values_list("feed_id", flat=True)
    assert seen == list(expected)
    assert len(seen) >= 75
    reader.close()


def test_there_is_something_to_discover_for_everybody(var: Path, running_site: Site) -> None:
    user = find_people().people["wen.carter"]
    followed = set(Follow.objects.filter(user=user).values_list("store__handle", flat=True))
    for token, others in (("", set[str]()), (sign_in(user), followed)):
        reader = Person(base_url=running_site.base_url, user=None, token=token)
        items = reader.get("/feed/discover?limit=50").json()["items"]
        shown = [item["store"]["handle"] for item in items]
        assert set(shown) == {store.handle for store in STORES} - others
        assert all(shown.count(handle) <= settings.LIMITS.discover_per_store for handle in shown)
        ids = [item["feed_id"] for item in items]
        assert ids != sorted(ids, reverse=True), "not merely the newest"
        reader.close()


# --- the plan, without a database -----------------------------------------------------------------------------------


@pytest.mark.parametrize("store", STORES, ids=lambda store: store.handle)
def test_nobody_speaks_before_they_bought_and_all_of_it_is_past(store: Any) -> None:
    anchor = clock.now()
    plan = plan_store(store, anchor)
    bought: set[str] = set()
    for event in plan.events:
        assert event.at < anchor
        if isinstance(event, Purchase):
            bought.add(event.by)
        else:
            assert not event.by or event.by in bought
    assert STRANGER not in bought
    assert all(by in bought for by, _ in plan.held)


def test_the_plan_is_the_same_every_time() -> None:
    anchor = clock.now()
    assert plan_store(STORES[0], anchor) == plan_store(STORES[0], anchor)
