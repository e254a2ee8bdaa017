"""Loads the demo, step by step, through the services that people use. Each step adds only what is missing."""

from __future__ import annotations

import inspect
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import fields, replace

from django.conf import settings
from django.db import connection
from django.db.models import QuerySet
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from config.demo import hands, month, note, pictures, shops
from config.demo.content import LIVE
from config.demo.people import Cast, find_people, make_people
from config.demo.plan import MERCHANT
from config.demo.report import Reporter
from config.demo.room import open_rooms
from config.demo.shops import Shop


def load(
    *, report: Reporter, picture_width: int = pictures.WIDTH, processes: int = 1, only: Collection[str] = ()
) -> None:
    """Everything, or of the stores `only` those, then `var/demo.json`.

    Done again it adds nothing; cut off, it goes on where it was.
    """
    with _in_a_hurry():
        cast = make_people(report)
        opened = shops.open_shops(shops.plans(cast, only), cast, report)
        shops.follow_shops(opened, cast, report)
        faces = [user for user in cast.people.values() if user.avatar is None]
        for user in report.each("faces", faces, len(faces)):
            pictures.take_in(pictures.face(user=user))
        working = hands.work(processes, picture_width, only) if processes > 1 else _months(opened, cast, picture_width)
        for _ in report.each("posts and talk", working, sum(month.size(shop) for shop in opened)):
            pass
        host = next(shop for shop in opened if shop.store.handle == LIVE.store)
        room = open_rooms(host, cast, picture_width, report)
    run_waiting_jobs(report)
    merchant = next(shop for shop in opened if shop.store.handle == MERCHANT)
    note.write(
        {
            "base_url": settings.BASE_URL,
            "accounts": cast.accounts,
            "store": merchant.store.handle,
            "webhook_secrets": merchant.secrets,
            "live_room": room.pk,
        }
    )


def load_share(*, part: int, parts: int, only: Collection[str], report: Reporter, picture_width: int) -> None:
    """The months of every `parts`-th store, in a process of its own, once people and stores are there."""
    with _in_a_hurry():
        cast = find_people()
        opened = [shops.find_shop(plan, cast) for plan in shops.plans(cast, only)[part::parts]]
        total = sum(month.size(shop) for shop in opened)
        for _ in report.each("posts and talk", _months(opened, cast, picture_width), total):
            pass


def _months(opened: list[Shop], cast: Cast, width: int) -> Iterator[object]:
    for shop in opened:
        yield from month.live(shop, cast, width)


@contextmanager
def _in_a_hurry() -> Iterator[None]:
    """A month in half a minute is more than any person does: rates are off, and commits do not wait for the disk.

    Whatever is committed normally afterwards, such as a job's end, makes the disk have all of it.
    """
    limits = settings.LIMITS
    rates = {field.name: "1000000/second" for field in fields(limits) if field.name.endswith("_rate")}
    settings.LIMITS = replace(limits, **rates)  # type: ignore[arg-type]  # each of these is a rate
    try:
        with connection.cursor() as cursor:
            cursor.execute("SET synchronous_commit = off")
        yield
        with connection.cursor() as cursor:
            cursor.execute("RESET synchronous_commit")
    finally:
        settings.LIMITS = limits


def run_waiting_jobs(report: Reporter) -> None:
    """Runs what was deferred, mostly fan-outs to feeds that nobody has yet: workers shall start with nothing to do.

    One after the other in this process, as that costs a tenth of a worker's bookkeeping. A worker may run the same one
    at the same time: jobs may run twice.
    """
    total = _waiting().count()
    for job in report.each("jobs", _each_waiting(), total):
        function = app.tasks[job.task_name].func
        if not inspect.iscoroutinefunction(function):
            function(**job.args)
            with connection.cursor() as cursor:
                cursor.execute("DELETE FROM procrastinate_jobs WHERE id = %s AND status = 'todo'", [job.pk])


def _waiting() -> QuerySet[ProcrastinateJob]:
    return ProcrastinateJob.objects.filter(status="todo", scheduled_at=None)


def _each_waiting() -> Iterator[ProcrastinateJob]:
    last = 0
    while batch := list(_waiting().filter(id__gt=last).order_by("id")[:200]):
        yield from batch
        last = batch[-1].pk
