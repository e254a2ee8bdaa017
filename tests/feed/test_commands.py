"""`manage.py feed`: what is built anew, what an audit finds, how modes are set; and what it says about wrong words."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection

from core import clock, jobs, redis
from feed import keys, modes, packing, tasks, windows
from feed.models import Mode, StoreDelivery
from feed.upkeep import finding
from posts.models import Post
from stores.models import Follow, Store
from tests.conftest import Newcomer
from tests.feed.conftest import Publish, texts
from tests.feed.interleaving import after_statements
from tests.people import Person, make_store, run_jobs


@dataclass(frozen=True)
class Said:
    """How a command ended, and what it said."""

    code: int
    out: str

    @property
    def json(self) -> Any:
        """Its one JSON object."""
        return json.loads(self.out)


def feed(*words: object) -> Said:
    """Runs `manage.py feed`."""
    out = io.StringIO()
    try:
        call_command("feed", *map(str, words), stdout=out)
    except SystemExit as end:
        return Said(int(str(end.code)), out.getvalue())
    except CommandError as error:
        return Said(error.returncode, str(error))
    return Said(0, out.getvalue())


def window(key: str) -> packing.Window:
    packed = redis.client().get(key)
    assert isinstance(packed, bytes)
    found = packing.unpack(packed)
    assert found is not None
    return found


def lose(key: str, *feed_ids: int | None) -> None:
    """Takes entries out of a window, as no part of Backyard ever would."""
    was = window(key)
    kept = [feed_id for feed_id in was.ids if feed_id not in feed_ids]
    redis.client().set(key, packing.pack([was.floor, *kept, *map(packing.marker, was.pulls)]), keepttl=True)


@pytest.fixture
def settled() -> Callable[[], None]:
    """All jobs have run, and nobody's follow is young."""

    def settle() -> None:
        run_jobs()
        Follow.objects.update(created_at=clock.now() - timedelta(hours=1))

    return settle


Settled = Callable[[], None]


@pytest.fixture
def posts(mia: Person, publish: Publish, settled: Settled) -> list[Post]:
    """Three, in Mia's inbox and at the store."""
    assert texts(mia) == []
    made = [publish(text) for text in ("One", "Two", "Three")]
    settled()
    return made


# --- audit ----------------------------------------------------------------------------------------


def test_an_audit_of_whole_windows_finds_nothing(posts: list[Post], mia: Person) -> None:
    said = feed("audit", "--sample", 100)
    assert said == Said(0, "1 inboxes and 0 outboxes with 3 posts compared; 0 posts still on their way and 0 windows "
                           "being built were left out.\n")  # fmt: skip


def test_an_audit_finds_a_broken_inbox_and_repairs_it(posts: list[Post], mia: Person) -> None:
    lose(keys.inbox(mia.id), posts[1].feed_id)
    assert texts(mia) == ["Three", "One"]
    said = feed("audit", "--sample", 1)
    assert said.code == 1
    assert f"user {mia.id} lacks: {posts[1].feed_id}\n" in said.out
    assert "--repair" in said.out
    assert texts(mia) == ["Three", "One"], "nothing is changed unasked"
    said = feed("audit", "--sample", 1, "--repair", "--json")
    assert said.code == 1
    assert said.json["inboxes"]["differences"] == [{"owner": mia.id, "missing": [posts[1].feed_id], "doubled": []}]
    assert said.json["repaired"] is True
    assert feed("audit", "--sample", 1).code == 0
    assert window(keys.inbox(mia.id)).ids == [post.feed_id for post in reversed(posts)]
    assert texts(mia) == ["Three", "Two", "One"]


def test_an_audit_finds_a_lost_marker_and_a_broken_outbox(
    mia: Person, store: Store, publish: Publish, settled: Settled
) -> None:
    modes.fix_mode(store=store, mode=Mode.PULL)
    settled()
    first, second = publish("One"), publish("Two")
    settled()
    assert texts(mia) == ["Two", "One"]
    said = feed("audit", "--sample", 5, "--json")
    assert (said.code, said.json["inboxes"]["posts"], said.json["outboxes"]["posts"]) == (0, 0, 2)
    lose(keys.outbox(store.pk), first.feed_id)
    said = feed("audit", "--sample", 5, "--repair")
    assert said.code == 1
    assert f"store {store.pk} lacks: {first.feed_id}\n" in said.out
    assert f"user {mia.id}" not in said.out, "the inbox names the store, and the outbox is to blame"
    assert texts(mia) == ["Two", "One"]
    windows.drop_inbox(mia.id)
    redis.client().set(keys.inbox(mia.id), packing.pack([0, second.feed_id or 0]))
    said = feed("audit", "--sample", 5)
    assert said.code == 1
    assert f"user {mia.id} lacks: {first.feed_id}\n" in said.out


def test_an_audit_forgives_what_is_below_the_floor_deleted_or_not_followed_any_more(
    posts: list[Post], mia: Person, alice: Person, store: Store
) -> None:
    redis.client().set(keys.inbox(mia.id), packing.pack([posts[0].feed_id or 0, *(p.feed_id or 0 for p in posts[1:])]))
    assert feed("audit", "--sample", 1).code == 0, "the first is below the floor"
    assert alice.delete(f"/posts/{posts[2].id}").status_code == 204
    lose(keys.inbox(mia.id), posts[2].feed_id)
    assert feed("audit", "--sample", 1).code == 0, "the third is deleted"
    mia.delete(f"/stores/{store.handle}/follow")
    lose(keys.inbox(mia.id), posts[1].feed_id)
    assert feed("audit", "--sample", 1).code == 0
    mia.put(f"/stores/{store.handle}/follow", {"source": "search"})
    Follow.objects.update(created_at=clock.now() - timedelta(hours=1))
    assert feed("audit", "--sample", 1).code == 0, "the job that brings the posts waits"
    jobs_done("feed.backfill")
    assert feed("audit", "--sample", 1).code == 1
    Follow.objects.update(created_at=clock.now())
    assert feed("audit", "--sample", 1).code == 0, "the follow is so young that its job may not be seen yet"


def jobs_done(name: str) -> None:
    """As if they had run."""
    with connection.cursor() as sql:
        sql.execute("DELETE FROM procrastinate_jobs WHERE task_name = %s", [name])


def test_an_audit_leaves_out_posts_on_their_way_and_windows_being_built(
    posts: list[Post], mia: Person, newcomer: Newcomer, publish: Publish
) -> None:
    publish("Four")
    noah = newcomer("Noah")
    windows.CLAIM.run([keys.inbox(noah.id)], [packing.building_token(), 60])
    found = feed("audit", "--sample", 10, "--json").json["inboxes"]
    assert (found["windows"], found["gone"], found["posts"], found["on_their_way"]) == (1, 1, 4, 1)
    assert found["differences"] == []


def test_an_audit_makes_no_inbox_live_longer(posts: list[Post], mia: Person) -> None:
    redis.client().expire(keys.inbox(mia.id), 1_000)
    lose(keys.inbox(mia.id), posts[0].feed_id)
    assert feed("audit", "--sample", 1).code == 1
    assert 990 <= redis.client().ttl(keys.inbox(mia.id)) <= 1_000
    feed("audit", "--sample", 1, "--repair")
    assert 990 <= redis.client().ttl(keys.inbox(mia.id)) <= 1_000


def test_a_sample_is_as_large_as_asked_for_and_drawn_from_all(world: None) -> None:
    for user_id in range(1, 101):
        redis.client().set(keys.inbox(user_id), packing.pack([0]))
    assert feed("audit", "--sample", 20, "--json").json["inboxes"]["windows"] == 20
    assert feed("audit", "--sample", 5_000, "--json").json["inboxes"]["windows"] == 100
    drawn = {owner for _ in range(60) for owner in finding.sample(finding.inboxes(lambda done, total: None), 20)}
    assert len(drawn) == 100


# --- rebuild --------------------------------------------------------------------------------------


def test_one_persons_inbox_is_rebuilt_by_id_or_address(posts: list[Post], mia: Person) -> None:
    for who in (mia.id, mia.user.email.upper()):
        redis.client().set(keys.inbox(mia.id), packing.pack([0]))
        assert feed("rebuild", who).out == "1 inboxes built anew, 0 left to be built when they are next read.\n"
        assert window(keys.inbox(mia.id)).ids == [post.feed_id for post in reversed(posts)]
    windows.drop_inbox(mia.id)
    assert feed("rebuild", mia.id).out.startswith("1 inboxes")
    assert redis.client().ttl(keys.inbox(mia.id)) > 86_400


def test_a_stores_followers_are_rebuilt_and_sleepers_stay_asleep(
    posts: list[Post], mia: Person, newcomer: Newcomer, store: Store, settled: Settled
) -> None:
    sleeper, other = newcomer("Sam"), newcomer("Olga")
    sleeper.put(f"/stores/{store.handle}/follow", {"source": "search"})
    settled()
    for person in (mia, other):
        redis.client().set(keys.inbox(person.id), packing.pack([0]), ex=5_000)
    redis.client().set(keys.outbox(store.pk), packing.pack([0]))
    assert feed("rebuild", "--store", "@TeaHouse").out.startswith("1 inboxes built anew, 0 left")
    assert window(keys.inbox(mia.id)).ids == [post.feed_id for post in reversed(posts)]
    assert 4_900 < redis.client().ttl(keys.inbox(mia.id)) <= 5_000, "no longer than it had"
    assert redis.client().exists(keys.inbox(sleeper.id), keys.outbox(store.pk)) == 0
    assert window(keys.inbox(other.id)).ids == [], "follows other stores, if any"


def test_everybody_is_rebuilt_at_the_rate_that_is_asked_for(
    posts: list[Post], mia: Person, newcomer: Newcomer, store: Store
) -> None:
    people = [mia, *(newcomer(f"Reader {n}") for n in range(5))]
    for person in people:
        redis.client().set(keys.inbox(person.id), packing.pack([0]), ex=5_000)
    redis.client().set(keys.outbox(store.pk), packing.pack([0]))
    started = clock.now()
    assert feed("rebuild", "--all", "--per-second", 10).out.startswith("6 inboxes built anew")
    assert clock.now() - started >= timedelta(seconds=0.5)
    assert texts(mia) == ["Three", "Two", "One"]
    assert redis.client().exists(keys.outbox(store.pk)) == 0


def test_rebuilding_under_traffic_shows_no_hole_and_nothing_twice(
    posts: list[Post], mia: Person, publish: Publish, store: Store
) -> None:
    """Somebody publishes, somebody reads, and inboxes are rebuilt all the time: what was brought stays on the page."""
    over, brought, wrong = threading.Event(), [post.text for post in posts], list[tuple[list[str], list[str]]]()

    def read() -> None:
        while not over.is_set():
            before = list(brought)
            found = texts(mia, limit=50)
            missing = [text for text in before if text not in found]
            if missing or len(set(found)) < len(found):
                wrong.append((missing, found))

    def bring() -> None:
        try:
            for number in range(25):
                post = publish(f"Post {number}")
                tasks.fan_out(post.id)
                brought.append(post.text)
        finally:
            over.set()
            connection.close()

    threads = [threading.Thread(target=bring), threading.Thread(target=read)]
    for thread in threads:
        thread.start()
    rounds = 0
    while not over.is_set():
        assert feed("rebuild", mia.id).code == 0
        rounds += 1
    for thread in threads:
        thread.join()
    assert wrong == []
    assert rounds > 3
    Follow.objects.update(created_at=clock.now() - timedelta(hours=1))
    assert feed("audit", "--sample", 1).code == 0


def test_what_is_brought_while_an_inbox_is_rebuilt_is_in_it(posts: list[Post], mia: Person, publish: Publish) -> None:
    for after in (0, 1, 2):  # statements of the builder
        with after_statements(after, lambda: tasks.fan_out(publish("Meanwhile").id)):
            feed("rebuild", mia.id)
    assert len(window(keys.inbox(mia.id)).ids) == 6


def test_who_follows_while_their_inbox_is_rebuilt_reads_the_stores_posts(
    posts: list[Post], mia: Person, alice: Person, publish: Publish
) -> None:
    other = make_store(owner=alice, handle="other")
    publish("Theirs", by=other)
    run_jobs()

    def follow() -> None:
        Follow.objects.create(user=mia.user, store=other)
        tasks.backfill(mia.id, other.pk)

    with after_statements(2, follow):
        assert feed("rebuild", mia.id).out.startswith("0 inboxes built anew, 1 left")
    assert texts(mia) == ["Theirs", "Three", "Two", "One"]


def test_an_inbox_that_expires_in_a_moment_is_left_to_its_reader(posts: list[Post], mia: Person, store: Store) -> None:
    redis.client().expire(keys.inbox(mia.id), 30)
    assert feed("rebuild", "--all").out.startswith("0 inboxes built anew, 1 left")
    assert texts(mia) == ["Three", "Two", "One"]


# --- mode -----------------------------------------------------------------------------------------


def test_a_mode_is_fixed_listed_and_given_back(mia: Person, store: Store) -> None:
    assert feed("mode").out == "All stores push.\n"
    said = feed("mode", "@teahouse", "pull")
    assert said.code == 0
    assert "feed mode" in said.out, "it says how to see that it is done"
    run_jobs()
    listed = feed("mode").out
    assert listed.startswith("@teahouse\tpull\t1 followers\tsince 20")
    assert listed.endswith("\tby staff\n")
    assert feed("mode", "teahouse", "push").code == 0
    assert StoreDelivery.objects.get().by_hand
    assert feed("mode", "teahouse", "auto").code == 0
    assert not StoreDelivery.objects.get().by_hand
    assert feed("mode").out == "All stores push.\n"


def test_stores_that_pull_by_their_size_are_listed_with_the_largest_first(
    store: Store, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        settings, "LIMITS", replace(settings.LIMITS, feed_push_followers=10, feed_push_again_followers=5)
    )
    large = make_store(owner=alice, handle="large", follower_count=900)
    Store.objects.filter(id=store.pk).update(follower_count=20)
    jobs.defer("feed.choose_modes", timestamp=0)
    run_jobs()
    lines = feed("mode").out.splitlines()
    assert [line.split("\t")[0] for line in lines] == [f"@{large.handle}", "@teahouse"]
    assert all(line.endswith("by number of followers") for line in lines)


# --- wrong words ----------------------------------------------------------------------------------


def test_what_is_not_there_ends_with_two_and_says_what_to_give(store: Store) -> None:
    for words in (
        "rebuild nobody@example.org", "rebuild 999999", "rebuild 9999999999999999999999", "rebuild mia",
        "rebuild -- -1", "rebuild --store nowhere", "rebuild --store ../../etc", "mode nowhere pull", "mode teahouse",
    ):  # fmt: skip
        said = feed(*words.split())
        assert said.code == 2, words
        assert "There is no" in said.out or "Say which mode" in said.out, words


def test_words_that_make_no_sense_are_refused(world: None) -> None:
    for words in (
        "", "polish", "rebuild", "rebuild 1 --all", "rebuild --all --store teahouse", "rebuild --all --per-second 0",
        "rebuild --all --per-second nan", "rebuild --all --per-second much", "audit", "audit --sample 0",
        "audit --sample -3", "audit --sample all", "mode teahouse to_pull",
    ):  # fmt: skip
        with pytest.raises(CommandError, match="Error: "):
            call_command("feed", *words.split())


def test_without_postgresql_it_says_so(world: None, monkeypatch: pytest.MonkeyPatch) -> None:
    connection.close()
    for name, value in {"HOST": "127.0.0.1", "PORT": 1, "OPTIONS": {}}.items():
        monkeypatch.setitem(connection.settings_dict, name, value)
    for words in (["rebuild", "1"], ["rebuild", "--store", "teahouse"], ["mode"]):
        said = feed(*words)
        assert said.code == 3
        assert "PostgreSQL is away" in said.out


def test_without_redis_it_says_so(posts: list[Post], mia: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "REDIS_URL", "redis://127.0.0.1:1/0")
    for words in (["audit", "--sample", "1"], ["rebuild", str(mia.id)], ["rebuild", "--all"]):
        said = feed(*words)
        assert said.code == 3
        assert "Redis is away" in said.out
