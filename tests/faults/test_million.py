"""Posts on their way to a million followers while workers are killed, twenty times: none is lost, none is doubled."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import pytest
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts.models import User
from config.devservers.process import end, spawn
from config.run.application import MANAGE, WORKER
from core import jobs
from feed.models import FanOutRange
from posts.models import Post
from stores.models import Store
from tests.faults.conftest import Checked
from tests.faults.crowds import check_inboxes, crowd, packed, published, wake
from tests.faults.processes import ROOT, environment, wait_for
from tests.people import Person, sign_in

pytestmark = [pytest.mark.fault, pytest.mark.timeout(300)]
FOLLOWERS = int(os.environ.get("FAULTS_FOLLOWERS", "1000000"))
KILLS = int(os.environ.get("FAULTS_KILLS", "20"))
WORKERS = 3
# Among so many followers there is one who is active, and has an inbox.
ACTIVE = 100
READERS = 5
# A post goes out whenever fewer ranges than this are left, so that there always is something to kill.
ENOUGH = 20
# Ranges that are done from kill to kill.
PACE = 3

# Which worker is whose: procrastinate gives a worker a number when it starts, its connections bear the name we gave it.
_NAMES_SQL = """
CREATE TABLE test_worker (id bigint PRIMARY KEY, name text);
CREATE FUNCTION test_name() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN INSERT INTO test_worker VALUES (NEW.id, current_setting('application_name')); RETURN NULL; END $$;
CREATE TRIGGER test_name AFTER INSERT ON procrastinate_workers FOR EACH ROW EXECUTE FUNCTION test_name()
"""
_FORGET_SQL = "DROP FUNCTION test_name CASCADE; DROP TABLE test_worker"
_DOING_SQL = """
SELECT w.name, count(*) FROM procrastinate_jobs j JOIN test_worker w ON w.id = j.worker_id
WHERE j.status = 'doing' AND j.task_name LIKE 'feed.%%' GROUP BY w.name
"""
_DEAD_SQL = """
UPDATE procrastinate_workers SET last_heartbeat = last_heartbeat - interval '1 minute'
WHERE id IN (SELECT id FROM test_worker WHERE name = %s)
"""


class Gang:
    """Workers that are killed one after the other, and replaced."""

    def __init__(self, log: Path) -> None:
        self._started = 0
        self.alive: dict[str, int] = {}
        with log.open("wb") as output:
            self._forks = spawn(
                (sys.executable, "-m", "tests.faults.forks", *WORKER[len(MANAGE) :]),
                cwd=ROOT,
                env=environment(LIMIT_FEED_PUSH_FOLLOWERS="100000000"),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=output,
            )

    def start_one(self) -> None:
        """One more."""
        assert self._forks.stdin is not None
        assert self._forks.stdout is not None
        self._started += 1
        name = f"gang-{self._started}"
        self._forks.stdin.write(f"{name}\n".encode())
        self._forks.stdin.flush()
        self.alive[name] = int(self._forks.stdout.readline())

    def busy(self) -> dict[str, int]:
        """How many fan-out jobs each living worker is doing."""
        with connection.cursor() as cursor:
            cursor.execute(_DOING_SQL)
            return {name: count for name, count in cursor.fetchall() if name in self.alive}

    def kill(self, name: str) -> int:
        """kill -9; how many jobs that cut off. The half minute until it counts as dead is skipped, for it alone."""
        os.kill(self.alive[name], signal.SIGKILL)
        wait_for(lambda: not psutil.pid_exists(self.alive[name]), seconds=5)
        cut_off = self.busy().get(name, 0)
        del self.alive[name]
        with connection.cursor() as cursor:
            cursor.execute(_DEAD_SQL, [name])
        jobs.defer("core.retry_stalled", once="core.retry_stalled", timestamp=0)
        return cut_off

    def end(self) -> None:
        """All of them."""
        for pid in self.alive.values():
            os.kill(pid, signal.SIGKILL)
        end(self._forks, gentle=signal.SIGTERM, grace=5)
        for pipe in (self._forks.stdin, self._forks.stdout):
            assert pipe is not None
            pipe.close()


@contextmanager
def gang(log: Path) -> Iterator[Gang]:
    """Three workers, known by name."""
    with connection.cursor() as cursor:
        cursor.execute(_NAMES_SQL)
    killed = Gang(log)
    try:
        for _ in range(WORKERS):
            killed.start_one()
        yield killed
    finally:
        killed.end()
        with connection.cursor() as cursor:
            cursor.execute(_FORGET_SQL)


def keep_them_at_work(author: Person, store: Store) -> None:
    """Publishes another post when little is left of the last."""
    waiting = ProcrastinateJob.objects.filter(task_name="feed.fan_out", status__in=["todo", "doing"])
    if not waiting.exists() and FanOutRange.objects.filter(done_at=None).count() < ENOUGH:
        body = {"text": f"Post {Post.objects.count()}", "status": "published"}
        assert author.post(f"/stores/{store.handle}/posts", body).status_code == 201


def ranges_done() -> int:
    """How many there are."""
    return FanOutRange.objects.exclude(done_at=None).count()


def kill_and_kill_again(victims: Gang, author: Person, store: Store) -> tuple[int, int]:
    """Kills busy workers; how many kills cut a job off, and how many jobs were cut off in all."""
    hits = cut_off = 0
    chance = random.Random(20)
    for _ in range(KILLS):
        deadline, done = time.monotonic() + 30, ranges_done()
        # Some work is done in between, so that not all die of their first job.
        while not (busy := sorted(victims.busy())) or ranges_done() < done + PACE:
            assert time.monotonic() < deadline, "nobody works"
            keep_them_at_work(author, store)
            time.sleep(0.02)
        time.sleep(chance.uniform(0, 0.1))
        found = victims.kill(chance.choice(busy))
        hits += found > 0
        cut_off += found
        victims.start_one()
    return hits, cut_off


def test_a_million_followers_and_twenty_kills_lose_nothing_and_double_nothing(
    alice: Person, store: Store, checked: Checked, tmp_path: Path
) -> None:
    with gang(tmp_path / "workers.log") as victims:
        active = crowd(store, FOLLOWERS)[::ACTIVE]
        wake(active)
        readers = [
            Person(base_url=str(alice.http.base_url), user=user, token=sign_in(user))
            for user in User.objects.filter(id__in=active[:: len(active) // READERS][:READERS])
        ]
        hits, cut_off = kill_and_kill_again(victims, alice, store)
        took = wait_for(lambda: not Post.objects.filter(fanned_out_at=None).exists(), seconds=90)

    posts = list(Post.objects.order_by("-feed_id"))
    assert hits > KILLS / 2, f"only {hits} kills hit a running job: this proves little"
    repeated = check_inboxes(packed(active), published(store))
    assert {(post.followers, post.covered, post.reached) for post in posts} == {(FOLLOWERS, FOLLOWERS, len(active))}
    for reader in readers:
        assert [item["id"] for item in reader.get("/feed").json()["items"]] == [post.id for post in posts]
        reader.close()
    also = (
        f"{FOLLOWERS:,} followers; {KILLS} kills, {hits} of which cut off {cut_off} jobs, done {took:.0f} s after that"
        f"; {repeated:,} entries lay there twice and were shown once"
    )
    checked("million", posts=len(posts), inboxes=len(active), also=also)
