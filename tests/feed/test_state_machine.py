"""Whatever happens in whatever order, every page of every shopper equals the plain SQL answer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.conf import settings
from django.db import connection
from hypothesis import HealthCheck, note
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from core import redis
from feed import keys, windows
from feed import services as feed_services
from posts.models import Post, PostStatus
from posts.services import posts as post_services
from posts.services.contents import Content
from stores.models import Decision, Follow, Store, StoreStatus
from stores.services import follows, reviews
from tests.conftest import Site, empty_world
from tests.people import Person, make_person, make_store, run_jobs

STORES, SHOPPERS, PAGE = 3, 3, 4
# So that a dozen posts trim a window and pages cross its floor.
SMALL_CAP = 6

_TRUTH = """
SELECT p.id FROM posts_post p
JOIN stores_store s ON s.id = p.store_id AND s.status = 'approved'
JOIN stores_follow f ON f.store_id = s.id AND f.user_id = %s AND NOT f.muted
WHERE p.status = 'published' AND NOT EXISTS (SELECT 1 FROM feed_hiddenpost h WHERE h.user_id = %s AND h.post_id = p.id)
ORDER BY p.feed_id DESC
"""

store_numbers = st.integers(0, STORES - 1)
shopper_numbers = st.integers(0, SHOPPERS - 1)
pick = st.integers(0, 1_000)


class FeedMachine(RuleBasedStateMachine):
    """Three stores, three shoppers, and everything that can happen to a feed."""

    site: Site

    @initialize()
    def start(self) -> None:
        empty_world()
        self.owner = make_person(self.site.base_url, "Olga")
        self.staff = make_person(self.site.base_url, "Paula", is_staff=True)
        self.stores = [make_store(owner=self.owner, handle=f"store_{n}") for n in range(STORES)]
        self.shoppers = [make_person(self.site.base_url, f"Shopper {n}") for n in range(SHOPPERS)]
        for shopper in self.shoppers:
            self._follow(shopper, self.stores[0])
        self.written = 0

    def teardown(self) -> None:
        if hasattr(self, "written"):
            self.every_page_is_the_sql_answer()
        for person in getattr(self, "shoppers", []):
            person.close()

    def _follow(self, shopper: Person, store: Store) -> None:
        follows.follow_store(user=shopper.user, store=Store.objects.get(id=store.id))

    # --- what shoppers do -------------------------------------------------------------------------

    @rule(shopper=shopper_numbers, store=store_numbers)
    def follow(self, shopper: int, store: int) -> None:
        if self._status(store) == StoreStatus.APPROVED:
            self._follow(self.shoppers[shopper], self.stores[store])

    @rule(shopper=shopper_numbers, store=store_numbers)
    def unfollow(self, shopper: int, store: int) -> None:
        follows.unfollow_store(user=self.shoppers[shopper].user, store=self.stores[store])

    @rule(shopper=shopper_numbers, store=store_numbers, muted=st.booleans())
    def mute(self, shopper: int, store: int, muted: bool) -> None:
        if Follow.objects.filter(user=self.shoppers[shopper].user, store=self.stores[store]).exists():
            follows.change_follow(user=self.shoppers[shopper].user, store=self.stores[store], muted=muted)

    @rule(shopper=shopper_numbers, which=pick)
    def hide(self, shopper: int, which: int) -> None:
        post = self._published(which)
        if post is not None:
            feed_services.hide_post(user=self.shoppers[shopper].user, post=post)

    @rule(shopper=shopper_numbers)
    def read(self, shopper: int) -> None:
        self._pages(self.shoppers[shopper])

    # --- what stores and the platform do ----------------------------------------------------------

    @rule(store=store_numbers, count=st.integers(1, 4))
    def publish(self, store: int, count: int) -> None:
        if self._status(store) == StoreStatus.APPROVED:
            for _ in range(count):
                self.written += 1
                post_services.create_post(
                    user=self.owner.user,
                    store=Store.objects.get(id=self.stores[store].id),
                    content=Content(text=f"Post {self.written}"),
                    status=PostStatus.PUBLISHED,
                )

    @rule(which=pick)
    def edit(self, which: int) -> None:
        post = self._published(which)
        if post is not None:
            self.written += 1
            post_services.update_post(
                user=self.owner.user, post_id=post.id, content=Content(text=f"Edited {self.written}")
            )

    @rule(which=pick)
    def delete(self, which: int) -> None:
        post = self._published(which)
        if post is not None:
            post_services.delete_post(user=self.owner.user, post_id=post.id)

    @rule(store=store_numbers)
    def suspend_or_restore(self, store: int) -> None:
        suspended = self._status(store) == StoreStatus.SUSPENDED
        decision = Decision.RESTORED if suspended else Decision.SUSPENDED
        reviews.review_store(by=self.staff.user, store=self.stores[store], decision=decision, reason="drill")

    # --- what machines do -------------------------------------------------------------------------

    @rule()
    def jobs_run(self) -> None:
        run_jobs()

    @rule()
    def redis_is_lost(self) -> None:
        redis.client().flushall()

    @rule(shopper=shopper_numbers)
    def an_inbox_expires(self, shopper: int) -> None:
        windows.drop_inbox(self.shoppers[shopper].id)

    @rule(which=pick)
    def a_fan_out_runs_again(self, which: int) -> None:
        post = self._published(which)
        if post is not None and post.feed_id is not None:
            followers = Follow.objects.filter(store=post.store_id).values_list("user_id", flat=True)
            windows.push(post.feed_id, list(followers))

    @rule(shopper=shopper_numbers)
    def a_builder_dies(self, shopper: int) -> None:
        windows.CLAIM.run([keys.inbox(self.shoppers[shopper].id)], [b"\xff" * 8, windows.CLAIM_S])

    # --- what must hold ---------------------------------------------------------------------------

    @rule()
    def every_page_is_the_sql_answer(self) -> None:
        run_jobs()
        for shopper in self.shoppers:
            pages = self._pages(shopper)
            found = [post_id for page in pages for post_id in page]
            note(f"{shopper.user.display_name}: {pages}")
            assert found == self._truth(shopper)
            assert all(len(page) == PAGE for page in pages[:-1]), "only the last page may be short"

    def _pages(self, shopper: Person) -> list[list[int]]:
        pages: list[list[int]] = []
        cursor: str | None = ""
        while cursor is not None:
            query: dict[str, Any] = {"limit": PAGE} | ({"cursor": cursor} if cursor else {})
            answer = shopper.get("/feed", params=query)
            assert answer.status_code == 200, answer.text
            pages.append([item["id"] for item in answer.json()["items"]])
            cursor = answer.json()["next_cursor"]
        return pages

    def _truth(self, shopper: Person) -> list[int]:
        with connection.cursor() as sql:
            sql.execute(_TRUTH, [shopper.id, shopper.id])
            return [row[0] for row in sql.fetchall()]

    def _status(self, store: int) -> str:
        return Store.objects.values_list("status", flat=True).get(id=self.stores[store].id)

    def _published(self, which: int) -> Post | None:
        """One of the published posts of approved stores, by any number."""
        found = Post.objects.filter(status=PostStatus.PUBLISHED, store__status=StoreStatus.APPROVED).order_by("id")
        count = found.count()
        return found[which % count] if count else None


def test_every_page_equals_the_sql_answer(site: Site) -> None:
    before = settings.LIMITS
    settings.LIMITS = replace(before, feed_inbox_cap=SMALL_CAP)
    FeedMachine.site = site
    try:
        run_state_machine_as_test(
            FeedMachine,
            settings=hypothesis_settings(
                max_examples=12,
                stateful_step_count=30,
                deadline=None,
                derandomize=True,
                suppress_health_check=list(HealthCheck),
            ),
        )
    finally:
        settings.LIMITS = before
