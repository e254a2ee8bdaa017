"""Whatever happens in whatever order, every page of every shopper equals the plain SQL answer.

`FEED_MACHINE_EXAMPLES=1000 pytest tests/feed/test_state_machine.py --timeout 0` looks longer, and elsewhere each time.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.db.models import Q
from hypothesis import HealthCheck, note
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from core import clock, redis
from feed import home, keys, modes, outboxes, tasks, windows
from feed import services as feed_services
from feed.models import HiddenPost, Mode, StoreDelivery
from interactions.models import LiveRoom, RoomStatus
from interactions.services import rooms
from posts.models import Post, PostStatus
from posts.services import posts as post_services
from posts.services import schedule
from posts.services.contents import Content
from stores.models import Decision, Follow, Store, StoreStatus
from stores.services import follows, reviews
from tests.conftest import Site, empty_world
from tests.feed.interleaving import overtaken, run_all_jobs, run_one_job
from tests.people import Person, make_person, make_store, run_jobs

STORES, SHOPPERS, PAGE = 2, 3, 3
# Up to so many are the same each time.
EXAMPLES = 15
# So that a few posts trim a window and pages cross its floor, three followers make a store pull, one push again, and
# every follower is a range.
SMALL: dict[str, Any] = {
    "feed_inbox_cap": 4,
    "feed_outbox_cap": 3,
    "feed_push_followers": 2,
    "feed_push_again_followers": 2,
}

# What a shopper may see, newest first; and whether it must be there although jobs wait: it has been brought to all
# followers, and what began with this shopper's following has ended.
_TRUTH = """
SELECT p.id, p.text, p.fanned_out_at IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM procrastinate_jobs j WHERE j.task_name = 'feed.backfill' AND j.status IN ('todo', 'doing')
    AND (j.args ->> 'user_id')::bigint = f.user_id AND (j.args ->> 'store_id')::bigint = s.id)
FROM posts_post p
JOIN stores_store s ON s.id = p.store_id AND s.status = 'approved'
JOIN stores_follow f ON f.store_id = s.id AND f.user_id = %s AND NOT f.muted
WHERE p.status = 'published' AND NOT EXISTS (SELECT 1 FROM feed_hiddenpost h WHERE h.user_id = %s AND h.post_id = p.id)
ORDER BY p.feed_id DESC
"""

# The rooms on top of a shopper's feed.
_LIVE_TRUTH = """
SELECT r.id, r.title, s.handle FROM interactions_liveroom r
JOIN stores_store s ON s.id = r.store_id JOIN stores_follow f ON f.store_id = s.id
WHERE f.user_id = %s AND NOT f.muted AND s.status = 'approved' AND r.status = 'live'
ORDER BY r.started_at DESC, r.id DESC LIMIT 10
"""

store_numbers = st.integers(0, STORES - 1)
shopper_numbers = st.integers(0, SHOPPERS - 1)
pick = st.integers(0, 1_000)


@dataclass(frozen=True)
class Truth:
    """A post that a shopper may see."""

    id: int
    text: str
    settled: bool


class FeedMachine(RuleBasedStateMachine):
    """Two stores, three shoppers, and everything that can happen to a feed and to the rooms on top of it."""

    site: Site

    @initialize(pulls=st.sets(store_numbers))
    def start(self, pulls: set[int]) -> None:
        empty_world()
        self.owner = make_person(self.site.base_url, "Olga")
        self.staff = make_person(self.site.base_url, "Paula", is_staff=True)
        self.stores = [make_store(owner=self.owner, handle=f"store_{n}") for n in range(STORES)]
        self.shoppers = [make_person(self.site.base_url, f"Shopper {n}") for n in range(SHOPPERS)]
        for shopper in self.shoppers[:-1]:
            for store in self.stores:
                self._follow(shopper, store)
        self.written = 0
        for number in pulls:
            self.switch(number, Mode.PULL)
        run_all_jobs()
        for shopper in self.shoppers:
            self._look(shopper)  # so that there are inboxes to push to

    def teardown(self) -> None:
        if hasattr(self, "written"):
            run_jobs()  # what waits, by a real worker
            self.every_page_is_the_sql_answer(0)
            for person in (*self.shoppers, self.owner, self.staff):
                person.close()

    # --- what shoppers do -------------------------------------------------------------------------

    @rule(shopper=shopper_numbers, store=store_numbers)
    def follow(self, shopper: int, store: int) -> None:
        if self._approved(store):
            self._follow(self.shoppers[shopper], self.stores[store])

    @rule(shopper=shopper_numbers, store=store_numbers)
    def unfollow(self, shopper: int, store: int) -> None:
        follows.unfollow_store(user=self.shoppers[shopper].user, store=self.stores[store])

    @rule(shopper=shopper_numbers, store=store_numbers, muted=st.booleans())
    def mute_or_unmute(self, shopper: int, store: int, muted: bool) -> None:
        if Follow.objects.filter(user=self.shoppers[shopper].user, store=self.stores[store]).exists():
            follows.change_follow(user=self.shoppers[shopper].user, store=self.stores[store], muted=muted)

    @rule(shopper=shopper_numbers, which=pick, hide=st.booleans())
    def hide_or_unhide(self, shopper: int, which: int, hide: bool) -> None:
        user = self.shoppers[shopper].user
        hidden = HiddenPost.objects.filter(user=user).order_by("id")
        post = self._published(which) if hide or not hidden else hidden[which % len(hidden)].post
        if post is not None:
            (feed_services.hide_post if hide else feed_services.unhide_post)(user=user, post=post)

    @rule(shopper=shopper_numbers)
    def read(self, shopper: int) -> None:
        self._look(self.shoppers[shopper])

    # --- what stores and the platform do ----------------------------------------------------------

    @rule(store=store_numbers, count=st.integers(1, 4))
    def publish(self, store: int, count: int) -> None:
        for _ in range(count):
            self._write(store, status=PostStatus.PUBLISHED)

    @rule(store=store_numbers, count=st.integers(1, 4), reader=shopper_numbers)
    def publish_and_bring(self, store: int, count: int, reader: int) -> None:
        for _ in range(count):
            self._bring(store)
        self._look(self.shoppers[reader])

    @rule(store=store_numbers, hours=st.integers(1, 3))
    def import_an_older_post(self, store: int, hours: int) -> None:
        self._write(store, status=PostStatus.PUBLISHED, at=clock.now() - timedelta(hours=hours))

    @rule(store=store_numbers)
    def schedule(self, store: int) -> None:
        self._write(store, status=PostStatus.SCHEDULED, publish_at=clock.now() + timedelta(hours=1))

    @rule()
    def an_hour_goes_by_for_scheduled_posts(self) -> None:
        Post.objects.filter(status=PostStatus.SCHEDULED).update(publish_at=clock.now() - timedelta(seconds=1))
        schedule.push_overdue()

    @rule(which=pick)
    def edit(self, which: int) -> None:
        post = self._published(which)
        if post is not None:
            self.written += 1
            text = Content(text=f"Edited {self.written}")
            post_services.update_post(user=self.owner.user, post_id=post.id, content=text)

    @rule(which=pick)
    def delete(self, which: int) -> None:
        post = self._published(which)
        if post is not None:
            post_services.delete_post(user=self.owner.user, post_id=post.id)

    @rule(store=store_numbers)
    def suspend_or_restore(self, store: int) -> None:
        decision = Decision.SUSPENDED if self._approved(store) else Decision.RESTORED
        reviews.review_store(by=self.staff.user, store=self.stores[store], decision=decision, reason="drill")

    @rule(store=store_numbers)
    def suspend_while_a_post_is_on_its_way(self, store: int) -> None:
        self._write(store, status=PostStatus.PUBLISHED)
        self.suspend_or_restore(store)
        run_all_jobs()
        self.suspend_or_restore(store)

    @rule(store=store_numbers, reader=shopper_numbers)
    def go_live(self, store: int, reader: int) -> None:
        if self._approved(store):
            self.written += 1
            owner, handle = self.owner.user, self.stores[store].handle
            room = rooms.create_room(user=owner, handle=handle, title=f"Room {self.written}")
            rooms.start_room(user=owner, room_id=room.pk)
        self._look(self.shoppers[reader])

    @rule(which=pick, reader=shopper_numbers)
    def end_a_room(self, which: int, reader: int) -> None:
        on_air = LiveRoom.objects.filter(status=RoomStatus.LIVE).order_by("id")
        if on_air:
            rooms.end_room(user=self.owner.user, room_id=on_air[which % len(on_air)].pk)
        self._look(self.shoppers[reader])

    @rule(store=store_numbers, how=st.sampled_from([Mode.PULL, Mode.PUSH, "by hand no more", "by size"]))
    def switch(self, store: int, how: Mode | str) -> None:
        if isinstance(how, Mode):
            modes.fix_mode(store=self.stores[store], mode=how)
        elif how == "by size":
            tasks.choose_modes(0)
        else:
            modes.unfix_mode(store=self.stores[store])

    # --- what machines do -------------------------------------------------------------------------

    @rule(which=pick, shopper=shopper_numbers)
    def a_job_runs(self, which: int, shopper: int) -> None:
        run_one_job(which)
        self._look(self.shoppers[shopper])

    @rule(numbers=st.lists(pick, min_size=2, max_size=6))
    def some_jobs_run(self, numbers: list[int]) -> None:
        for which in numbers:
            run_one_job(which)

    @rule(which=pick)
    def a_job_dies_at_its_end(self, which: int) -> None:
        run_one_job(which, dies=True)

    @rule(which=pick)
    def a_fan_out_runs_again(self, which: int) -> None:
        post = self._published(which)
        if post is not None and post.feed_id is not None:
            tasks.fan_out(post.id)
            followers = Follow.objects.filter(store=post.store_id).values_list("user_id", flat=True)
            windows.push(post.feed_id, list(followers))

    @rule(shopper=shopper_numbers, store=store_numbers, what=st.sampled_from(["inbox", "outbox", "all of Redis"]))
    def something_is_lost(self, shopper: int, store: int, what: str) -> None:
        if what == "inbox":
            windows.drop_inbox(self.shoppers[shopper].id)
        elif what == "outbox":
            windows.drop_outbox(self.stores[store].pk)
        else:
            redis.client().flushall()

    @rule(shopper=shopper_numbers, store=store_numbers, inbox=st.booleans())
    def a_builder_dies(self, shopper: int, store: int, inbox: bool) -> None:
        key = keys.inbox(self.shoppers[shopper].id) if inbox else keys.outbox(self.stores[store].pk)
        windows.CLAIM.run([key], [b"\xff" * 8, windows.CLAIM_S, windows.BUILDING_S])

    @rule(
        shopper=shopper_numbers,
        store=store_numbers,
        after=st.sampled_from([2, 1, 0]),
        first=st.sampled_from(["follow", "switch", "nothing else"]),
    )
    def a_builder_is_overtaken(self, shopper: int, store: int, after: int, first: str) -> None:
        """By a post that comes all the way, and maybe more before it, after so many of its statements."""

        def overtake() -> None:
            if first == "follow":
                self.follow(shopper, store)
            if first == "switch":
                pulls = modes.mode_of(self.stores[store].pk) != Mode.PUSH
                modes.fix_mode(store=self.stores[store], mode=Mode.PUSH if pulls else Mode.PULL)
            run_all_jobs()
            self._bring(store)

        if first == "follow":
            self.unfollow(shopper, store)
        reader = self.shoppers[shopper]
        windows.drop_inbox(reader.id)
        overtaken(lambda: home.build_inbox(reader.id), after=after, by=overtake)
        self._look(reader)

    @rule(shopper=shopper_numbers, store=store_numbers)
    def an_inbox_is_lost_when_a_switch_has_passed_it(self, shopper: int, store: int) -> None:
        self.switch(store, Mode.PUSH)
        self.switch(store, Mode.PULL)
        reader, number = self.shoppers[shopper], StoreDelivery.objects.get(store=self.stores[store]).switch
        passed = StoreDelivery.objects.filter(~Q(mode=Mode.TO_PULL) | Q(marked_upto__gte=reader.id))
        while not passed.filter(store=self.stores[store]).exists():
            tasks.mark_followers(self.stores[store].pk, number)
        windows.drop_inbox(reader.id)
        self._look(reader)
        self._bring(store)
        self._look(reader)

    @rule(store=store_numbers, after=st.integers(0, 1), shopper=shopper_numbers)
    def an_outboxs_builder_is_overtaken(self, store: int, after: int, shopper: int) -> None:
        self.switch(store, Mode.PULL)
        run_all_jobs()
        store_id = self.stores[store].pk
        windows.drop_outbox(store_id)
        overtaken(lambda: outboxes.build(store_id), after=after, by=lambda: self._bring(store))
        self._look(self.shoppers[shopper])

    def _bring(self, store: int) -> None:
        """A post from its publishing to everybody."""
        self._write(store, status=PostStatus.PUBLISHED)
        run_all_jobs()

    # --- what must hold ---------------------------------------------------------------------------

    @rule(order=pick)
    def every_page_is_the_sql_answer(self, order: int) -> None:
        """When nothing waits any more."""
        run_all_jobs(order)
        for shopper in self.shoppers:
            assert self._look(shopper) == [post.id for post in self._truth(shopper)]

    def _look(self, shopper: Person) -> list[int]:
        """All that a shopper's pages show, found right as far as it can be told while jobs wait."""
        pages = self._pages(shopper)
        truth = self._truth(shopper)
        note(f"{shopper.user.display_name}: {[[post_id for post_id, _ in page] for page in pages]}, right is {truth}")
        found = [post_id for page in pages for post_id, _ in page]
        assert all(len(page) == PAGE for page in pages[:-1]), "only the last page may be short"
        assert found == [post.id for post in truth if post.id in found], (
            "each once, in order, and none but visible ones"
        )
        assert {post.id for post in truth if post.settled} <= set(found), "what was brought to everybody is there"
        texts = {post.id: post.text for post in truth}
        assert all(text == texts[post_id] for page in pages for post_id, text in page), "as it was edited last"
        return found

    def _pages(self, shopper: Person) -> list[list[tuple[int, str]]]:
        pages: list[list[tuple[int, str]]] = []
        cursor: str | None = ""
        while cursor is not None:
            query: dict[str, Any] = {"limit": PAGE} | ({"cursor": cursor} if cursor else {})
            answer = shopper.get("/feed", params=query)
            assert answer.status_code == 200, answer.text
            live = [(room["room"], room["title"], room["store"]["handle"]) for room in answer.json()["live"]]
            assert live == ([] if cursor else self._live_truth(shopper)), "on the first page, and only there"
            pages.append([(item["id"], item["text"]) for item in answer.json()["items"]])
            cursor = answer.json()["next_cursor"]
        return pages

    def _truth(self, shopper: Person) -> list[Truth]:
        with connection.cursor() as sql:
            sql.execute(_TRUTH, [shopper.id, shopper.id])
            return [Truth(*row) for row in sql.fetchall()]

    def _live_truth(self, shopper: Person) -> list[tuple[int, str, str]]:
        with connection.cursor() as sql:
            sql.execute(_LIVE_TRUTH, [shopper.id])
            return [(room_id, title, handle) for room_id, title, handle in sql.fetchall()]

    def _follow(self, shopper: Person, store: Store) -> None:
        follows.follow_store(user=shopper.user, store=Store.objects.get(id=store.id))

    def _write(self, store: int, **how: Any) -> None:
        if self._approved(store):
            self.written += 1
            fresh = Store.objects.get(id=self.stores[store].id)
            text = Content(text=f"Post {self.written}")
            post_services.create_post(user=self.owner.user, store=fresh, content=text, **how)

    def _approved(self, store: int) -> bool:
        return Store.objects.filter(id=self.stores[store].id, status=StoreStatus.APPROVED).exists()

    def _published(self, which: int) -> Post | None:
        """One of the published posts of approved stores, by any number."""
        found = Post.objects.filter(status=PostStatus.PUBLISHED, store__status=StoreStatus.APPROVED).order_by("id")
        count = found.count()
        return found[which % count] if count else None


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything in the small; and outboxes are read anew for each page, so that no time has to pass."""
    monkeypatch.setattr(settings, "LIMITS", replace(settings.LIMITS, **SMALL))
    monkeypatch.setattr(tasks, "RANGE", 1)
    monkeypatch.setattr(outboxes, "FRESH_S", 0.0)


def test_every_page_equals_the_sql_answer(site: Site, small: None) -> None:
    examples = int(os.environ.get("FEED_MACHINE_EXAMPLES", EXAMPLES))
    FeedMachine.site = site
    run_state_machine_as_test(
        FeedMachine,
        settings=hypothesis_settings(
            max_examples=examples,
            stateful_step_count=40,
            deadline=None,
            derandomize=examples <= EXAMPLES,
            suppress_health_check=list(HealthCheck),
        ),
    )
