"""One real world for all tests: PostgreSQL, Redis, the ASGI application behind a real socket, and people."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import uvicorn
from django.conf import settings
from django.core.cache import cache
from django.core.signals import setting_changed
from django.db import connection
from django.test.utils import setup_databases, teardown_databases

from core import limits, redis
from stores.models import Role, Store
from tests.people import Person, make_person, make_staff, make_store

# Named here: a process that only gives tests out never loads the conftest of a folder below.
pytest_plugins = ["tests.parallel", "tests.drills"]

if os.environ.get("BACKYARD_ENV") != "test":
    pytest.exit("Tests empty their database and Redis. Run them with `make test`, which starts throw-away ones.", 2)

KEPT_TABLES = ("django_migrations", "django_content_type", "auth_permission")
_EMPTY_TABLES = """
DO $$
DECLARE name text; filled text[] := '{}'; has_rows boolean;
BEGIN
  FOR name IN SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public' AND tablename <> ALL (%s) LOOP
    EXECUTE 'SELECT EXISTS (SELECT 1 FROM ' || name || ')' INTO has_rows;
    IF has_rows THEN filled := array_append(filled, name); END IF;
  END LOOP;
  IF filled <> '{}' THEN EXECUTE 'TRUNCATE ' || array_to_string(filled, ', ') || ' CASCADE'; END IF;
END $$
"""


def empty_world() -> None:
    """Empties every table and Redis."""
    with connection.cursor() as cursor:
        cursor.execute(_EMPTY_TABLES.replace("%s", "ARRAY['" + "','".join(KEPT_TABLES) + "']"))
    redis.close_breaker()
    redis.plain().client().flushall()
    redis.client().flushall()
    limits.forget_local()
    cache.clear()


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None, django_db_modify_db_settings: None, django_db_blocker: Any
) -> Iterator[None]:
    """The test database, migrated, whenever any test asks; pytest-django's own waits for marks that we do not use.

    Each process that runs tests has its own: pytest-django gives it a name, asked by `django_db_modify_db_settings`.
    """
    with django_db_blocker.unblock():
        databases = setup_databases(verbosity=0, interactive=False, serialized_aliases=set())
        yield
        connection.close_pool()  # type: ignore[attr-defined]  # PostgreSQL's has it
        teardown_databases(databases, verbosity=0)


@pytest.fixture
def world(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """An empty database and an empty Redis. Nothing is rolled back: what a test commits is really committed."""
    settings.MEDIA_ROOT = str(tmp_path_factory.mktemp("media"))
    setting_changed.send(sender=None, setting="MEDIA_ROOT", value=settings.MEDIA_ROOT, enter=True)  # storages cache it
    settings.EMAIL_FILE_PATH = tmp_path_factory.mktemp("mail")
    settings.EMAIL_BACKEND = "accounts.mail.MailFolder"  # Django's test set-up had swapped it for a list
    with django_db_blocker.unblock():
        empty_world()
        yield
        connection.close()


class Site:
    """The application on a loopback port, served from a thread of this process."""

    def __init__(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        from config.asgi import application  # noqa: PLC0415  # needs settings that pytest-django has just prepared

        config = uvicorn.Config(
            application,
            host="127.0.0.1",
            port=self.port,
            log_level="warning",
            ws="websockets-sansio",
            lifespan="on",
            proxy_headers=False,  # core.http.client_ip decides whom to believe
        )
        self.server = uvicorn.Server(config)
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self._run, name="site", daemon=True)
        self.base_url = f"http://127.0.0.1:{self.port}"

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_until_complete(self.server.serve())

    def start(self) -> None:
        """Returns when the socket accepts."""
        self.thread.start()
        deadline = time.monotonic() + 10
        while not self.server.started:
            if time.monotonic() > deadline:
                raise RuntimeError("the site did not start")
            time.sleep(0.01)

    def stop(self) -> None:
        """Stops serving and waits for the thread."""
        self.server.should_exit = True
        self.thread.join(timeout=10)


@pytest.fixture(scope="session")
def running_site(django_db_setup: None) -> Iterator[Site]:
    """The application, started once."""
    site = Site()
    site.start()
    yield site
    site.stop()


@pytest.fixture
def site(world: None, running_site: Site) -> Site:
    """The application over an empty world."""
    settings.BASE_URL = running_site.base_url
    settings.ALLOWED_ORIGINS = [running_site.base_url]
    return running_site


Newcomer = Callable[..., Person]


@pytest.fixture
def newcomer(site: Site) -> Iterator[Newcomer]:
    """Makes further people: `newcomer("Mia")`, signed in with a verified address."""
    made: list[Person] = []

    def make(name: str, **fields: Any) -> Person:
        person = make_person(site.base_url, name, **fields)
        made.append(person)
        return person

    yield make
    for person in made:
        person.close()


@pytest.fixture
def anonymous(site: Site) -> Iterator[Person]:
    """Nobody: the same client without a session."""
    person = Person(base_url=site.base_url, user=None, token="")
    yield person
    person.close()


@pytest.fixture
def alice(newcomer: Newcomer) -> Person:
    """Owns the store."""
    return newcomer("Alice")


@pytest.fixture
def charlie(newcomer: Newcomer) -> Person:
    """A stranger: signed in, follows nothing, bought nothing."""
    return newcomer("Charlie")


@pytest.fixture
def paula(newcomer: Newcomer) -> Person:
    """Platform staff."""
    return newcomer("Paula", is_staff=True, is_superuser=True)


@pytest.fixture
def store(alice: Person) -> Store:
    """Alice's approved store, @teahouse."""
    return make_store(owner=alice, handle="teahouse", name="Tea House")


@pytest.fixture
def bob(newcomer: Newcomer, store: Store) -> Person:
    """Edits the tea house."""
    person = newcomer("Bob")
    make_staff(user=person.user, store=store, role=Role.EDITOR)
    return person


@pytest.fixture
def mona(newcomer: Newcomer, store: Store) -> Person:
    """Moderates the tea house."""
    person = newcomer("Mona")
    make_staff(user=person.user, store=store, role=Role.MODERATOR)
    return person


@pytest.fixture
def ann(newcomer: Newcomer, store: Store) -> Person:
    """Reads the tea house's numbers."""
    person = newcomer("Ann")
    make_staff(user=person.user, store=store, role=Role.ANALYST)
    return person


@pytest.fixture
def erin(newcomer: Newcomer) -> Person:
    """Owns another store, @bookshop."""
    person = newcomer("Erin")
    make_store(owner=person, handle="bookshop", name="Erin's Books")
    return person
