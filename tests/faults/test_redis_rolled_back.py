"""Redis comes back without its last seconds: what they brought is brought again, and everything equals PostgreSQL."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from core import clock, jobs
from feed.models import RedisBeat
from interactions.models import Like
from posts.models import Post, PostStatus
from stores.models import Follow, Store
from tests.faults.conftest import Checked
from tests.faults.crowds import check_inboxes, crowd, entries, packed, published, wake
from tests.faults.own_redis import OwnRedis, own_redis
from tests.faults.processes import wait_for, web, worker
from tests.people import Person, make_person, make_store

__all__ = ["own_redis"]
pytestmark = pytest.mark.fault
CROWD = 2_000
BEAT_S = 15


class Town:
    """A web process and a worker with a Redis of their own; a store, its active crowd, and two readers."""

    def __init__(self, address: str, own: OwnRedis, store: Store, alice: Person) -> None:
        self.own, self.store, self.address = own, store, address
        self.owner = Person(base_url=address, user=alice.user, token=alice.token)
        self.crowd = crowd(store, CROWD)
        wake(self.crowd, own.client)
        self.readers = [make_person(address, name) for name in ("Rosa", "Stan")]
        self.other = make_store(owner=self.readers[0], handle="bakery")
        for reader in self.readers:
            self.follow(reader, store)
            assert self.ids(reader) == []

    def follow(self, person: Person, store: Store) -> None:
        """As the app does."""
        assert person.put(f"/stores/{store.handle}/follow", {"source": "search"}).status_code == 200

    def ids(self, person: Person) -> list[int]:
        """The posts of the first page."""
        answer = person.get("/feed", params={"limit": 50})
        assert answer.status_code == 200, answer.text
        return [item["id"] for item in answer.json()["items"]]

    def publish(self, *texts: str, by: Person | None = None, to: Store | None = None) -> list[int]:
        """Publishes posts; their ids."""
        path = f"/stores/{(to or self.store).handle}/posts"
        answers = [(by or self.owner).post(path, {"text": text, "status": "published"}) for text in texts]
        assert {answer.status_code for answer in answers} == {201}
        return [answer.json()["id"] for answer in answers]

    def schedule(self, text: str) -> None:
        """A post that goes out by itself in a moment."""
        body = {"text": text, "status": "scheduled", "publish_at": (clock.now() + timedelta(seconds=1)).isoformat()}
        assert self.owner.post(f"/stores/{self.store.handle}/posts", body).status_code == 201

    def settle(self) -> None:
        """Returns when every post is out and has reached everybody."""
        waiting = Post.objects.filter(status=PostStatus.SCHEDULED) | Post.objects.filter(
            status=PostStatus.PUBLISHED, fanned_out_at=None
        )
        wait_for(lambda: not waiting.exists(), seconds=30)

    def feed(self, person: Person) -> list[int]:
        """What PostgreSQL says about somebody's feed."""
        stores = Follow.objects.filter(user=person.user).values("store")
        posts = Post.objects.filter(store__in=stores, status=PostStatus.PUBLISHED).order_by("-feed_id")
        return list(posts.values_list("id", flat=True))

    def counts_are_right(self) -> bool:
        """Whether the likes that readers are shown are those that there are."""
        items = self.readers[0].get("/feed", params={"limit": 50}).json()["items"]
        return all(item["counts"]["likes"] == Like.objects.filter(post_id=item["id"]).count() for item in items)

    def lacking(self) -> int:
        """How many of the crowd's inboxes lack a post."""
        wanted = set(published(self.store))
        return sum(set(entries(inbox)) != wanted for inbox in packed(self.crowd, self.own.client))

    def converged(self) -> bool:
        """Whether everything that is read from Redis is as PostgreSQL says."""
        readers = all(self.ids(reader) == self.feed(reader) for reader in self.readers)
        return readers and not self.lacking() and self.counts_are_right()

    def time_to_converge(self) -> float:
        """From the next beat, which comes within 15 seconds by itself, until everything is right; in seconds."""
        start = time.monotonic()
        jobs.defer("feed.beat", timestamp=0, once="feed.beat")
        wait_for(self.converged, seconds=60)
        return time.monotonic() - start

    def live_on(self, round_number: int) -> None:
        """Posts, one of them scheduled, likes, and a follow of a store that has posts: what will be lost."""
        reader, newly = self.readers
        posts = self.publish(*(f"Round {round_number}, post {n}" for n in range(4)))
        self.schedule(f"Round {round_number}, scheduled")
        self.settle()
        assert len(self.ids(reader)) == len(self.feed(reader))  # its counts are cached now
        for post_id in posts:
            assert reader.put(f"/posts/{post_id}/like").json()["likes"] == 1
        self.follow(newly, self.other)
        self.settle()
        wait_for(self.converged, seconds=20)


@contextmanager
def town(own: OwnRedis, store: Store, alice: Person, folder: Path) -> Iterator[Town]:
    """Starts it and ends it."""
    with (
        web(folder / "web.log", REDIS_URL=own.url) as address,
        worker(folder / "worker.log", REDIS_URL=own.url),
    ):
        place = Town(address, own, store, alice)
        yield place
        for person in (*place.readers, place.owner):
            person.close()


def beat_now() -> datetime:
    """The next beat, or the next but one, without waiting for its time; when it was."""
    asked = clock.now()
    jobs.defer("feed.beat", timestamp=0, once="feed.beat")
    wait_for(lambda: RedisBeat.objects.filter(at__gt=asked).exists(), seconds=20)
    time.sleep(0.1)  # PostgreSQL is told a moment before Redis
    return RedisBeat.objects.get().at


def room_for(seconds: float) -> None:
    """Returns when no beat is due within so many seconds."""
    left = BEAT_S - time.time() % BEAT_S
    if left < seconds:
        time.sleep(left + 1)


def test_what_redis_lost_is_brought_again(
    own_redis: OwnRedis, store: Store, alice: Person, checked: Checked, tmp_path: Path
) -> None:
    with town(own_redis, store, alice, tmp_path) as place:
        place.publish("Kept", "Kept too")
        place.publish("Rolls", "Buns", by=place.readers[0], to=place.other)
        place.settle()

        beat_now()
        own_redis.save()
        place.live_on(1)
        beat_now()  # the old snapshot does not know this one
        own_redis.die_and_come_back()
        assert place.lacking() == CROWD, "nothing was lost, so nothing is proven"
        first = place.time_to_converge()

        room_for(8)
        last = beat_now()
        own_redis.save()  # knows the last beat, and nothing after it
        place.live_on(2)
        assert RedisBeat.objects.get().at == last, "the round took longer than the time to a beat"
        own_redis.die_and_come_back()
        assert place.lacking() == CROWD
        second = place.time_to_converge()

        check_inboxes(packed(place.crowd, own_redis.client), published(store))
        posts, inboxes = Post.objects.count(), CROWD + len(place.readers)
    said = (tmp_path / "worker.log").read_text()
    assert said.count("Redis may have lost") == 2, said
    also = f"equal to PostgreSQL again {first:.1f} s after the next beat; {second:.1f} s with a younger snapshot"
    checked("drill 7", posts=posts, inboxes=inboxes, also=also)
