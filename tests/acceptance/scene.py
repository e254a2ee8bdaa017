"""A tea house with its whole cast, and fresh things for each request, so that no test cell spoils another."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import httpx
from django.conf import settings
from django.db import connection

from core import clock, ids
from interactions.models import Comment, LiveRoom, Question, QuestionStatus, RoomStatus
from posts.models import Media, MediaStatus, Post, PostStatus
from stores.models import Follow, OrderImport, Role, Store, StoreStatus, WebhookEndpoint
from tests.people import Person, make_order, make_person, make_staff, make_store, make_user, problem

CAST = ("nobody", "shopper", "buyer", "rival", "analyst", "moderator", "editor", "owner", "platform")
PICTURE = {"width": 64, "height": 48, "blurhash": "L6PZfSi_.AyE_3t7t7R**0o#DgR4", "variants": []}
_FINGERPRINT = """
SELECT string_agg(format('SELECT %L, count(*), coalesce(sum(hashtextextended(t::text, 0)), 0) FROM %I t',
                         tablename, tablename), ' UNION ALL ')
FROM pg_tables WHERE schemaname = 'public'
"""


class Scene:
    """Everybody of CAST around @teahouse. Things that a request changes are made anew by the methods here."""

    def __init__(self, base_url: str) -> None:
        self.numbers = count(1)
        self.people = {name: make_person(base_url, name.capitalize()) for name in CAST[1:-1]}
        self.people["nobody"] = Person(base_url=base_url, user=None, token="")
        self.people["platform"] = make_person(base_url, "Platform", is_staff=True, is_superuser=True)
        self.store = self.another_store("teahouse")
        make_store(owner=self.people["rival"], handle="bookshop")

    def close(self) -> None:
        """Closes everybody's connections."""
        for person in self.people.values():
            person.close()

    def another_store(self, handle: str = "", **fields: Any) -> Store:
        """A store with the same staff and the same buyer."""
        store = make_store(owner=self.people["owner"], handle=handle or f"house_{next(self.numbers)}", **fields)
        for role in (Role.EDITOR, Role.MODERATOR, Role.ANALYST):
            make_staff(user=self.people[role].user, store=store, role=role)
        make_order(user=self.people["buyer"].user, store=store)
        return store

    def suspended(self) -> Store:
        """A store that the platform took off."""
        return self.another_store(status=StoreStatus.SUSPENDED)

    def everybody_follows(self, store: Store) -> Store:
        """The same store, followed by all who are signed in."""
        Follow.objects.bulk_create(
            Follow(user=person.user, store=store) for name, person in self.people.items() if name != "nobody"
        )
        Store.objects.filter(id=store.pk).update(follower_count=len(self.people) - 1)
        return store

    def member(self) -> int:
        """Id of somebody new who edits the tea house."""
        user = make_user(f"Member {next(self.numbers)}")
        make_staff(user=user, store=self.store, role=Role.EDITOR)
        return user.id

    def newcomer(self) -> int:
        """Id of somebody new, who has an account and nothing else."""
        return make_user(f"Newcomer {next(self.numbers)}").id

    def draft(self, **fields: Any) -> Post:
        """A draft of the owner's."""
        fields.setdefault("store", self.store)
        return Post.objects.create(author=self.people["owner"].user, text=f"Text {next(self.numbers)}", **fields)

    def post(self, **fields: Any) -> Post:
        """A published post."""
        return self.draft(status=PostStatus.PUBLISHED, published_at=clock.now(), feed_id=ids.next_feed_id(), **fields)

    def comment(self, author: str = "buyer", **fields: Any) -> Comment:
        """A comment under a new post, or under `post`."""
        fields.setdefault("post", self.post() if "post" not in fields else None)
        text = f"Lovely {next(self.numbers)}"
        return Comment.objects.create(author=self.people[author].user, text=text, text_hash=text.encode(), **fields)

    def picture(self, **fields: Any) -> Media:
        """A picture that is ready, for posts of the tea house."""
        fields.setdefault("store", self.store)
        owner = self.people["owner"].user
        return Media.objects.create(by=owner, status=MediaStatus.READY, picture=PICTURE, **fields)

    def webhook(self, store: Store | None = None) -> WebhookEndpoint:
        """A store's door for Shopify; of a new store, as there is one a platform."""
        return WebhookEndpoint.objects.create(
            store=store or self.another_store(),
            platform="shopify",
            secret="a secret of sixteen or more",
            created_by=self.people["owner"].user,
        )

    def order_import(self) -> OrderImport:
        """A finished import."""
        return OrderImport.objects.create(
            store=self.store, by=self.people["owner"].user, status=OrderImport.Status.DONE, file_name="orders.csv"
        )

    def room(self, status: RoomStatus = RoomStatus.SCHEDULED, store: Store | None = None) -> LiveRoom:
        """A live room of the owner's."""
        owner = self.people["owner"].user
        return LiveRoom.objects.create(store=store or self.store, host=owner, title="Tasting", status=status)

    def answered_room(self, store: Store | None = None) -> LiveRoom:
        """A room that has ended, in which one question was answered."""
        room = self.room(RoomStatus.ENDED, store)
        Question.objects.create(
            room=room, author=self.people["buyer"].user, client_id="1", text="How hot?", answer="Not boiling.",
            status=QuestionStatus.ANSWERED, answered_at=clock.now(),
        )  # fmt: skip
        return room


def fingerprint() -> dict[str, Any]:
    """Rows and a hash of the contents of every table, jobs included, and the stored files."""
    with connection.cursor() as cursor:
        cursor.execute(_FINGERPRINT)
        (statement,) = cursor.fetchone() or ("",)
        cursor.execute(statement)
        tables = {name: (rows, digest) for name, rows, digest in cursor.fetchall()}
    return tables | {"files": sorted(map(str, _files()))}


def changed(before: dict[str, Any]) -> list[str]:
    """Names of the tables (or "files") that are not as they were."""
    after = fingerprint()
    return [name for name in after if after[name] != before[name]]


@contextmanager
def nothing_written() -> Iterator[None]:
    """What happens inside must leave no trace in any table, queue or folder."""
    before = fingerprint()
    yield
    assert changed(before) == []


def refused(answer: httpx.Response, *statuses: int) -> str:
    """The code of a refusal with one of these statuses, which must be a problem and tell nothing of our inside."""
    assert answer.status_code in statuses, f"{answer.status_code} for {answer.request.url}: {answer.text[:300]}"
    for secret in ("Traceback", 'File "', "psycopg", "django.", "/site-packages/"):
        assert secret not in answer.text
    assert len(answer.content) < 20_000, "a refusal does not give back what was sent"
    _, code = problem(answer)
    return code


def _files() -> Iterator[Path]:
    return (path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file())
