"""The platform staff's desk: modes of stores are seen there, and chosen through the service."""

from __future__ import annotations

import re

import httpx
import pytest
from django.conf import settings

from feed import modes
from feed.models import FanOutRange, Mode, StoreDelivery
from stores.models import Store
from tests.conftest import Newcomer
from tests.feed.conftest import Publish
from tests.people import Person, run_jobs

LIST = "/admin/feed/storedelivery/"


def at_the_desk(person: Person) -> httpx.Client:
    """Somebody's browser, signed in."""
    person.http.cookies.set(settings.SESSION_COOKIE_NAME, person.token)
    person.http.headers["Referer"] = settings.BASE_URL
    return person.http


def send(desk: httpx.Client, path: str, **fields: str) -> httpx.Response:
    """A form with its CSRF token."""
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', desk.get(path).text)
    assert token is not None
    return desk.post(path, data=fields | {"csrfmiddlewaretoken": token[1]})


@pytest.fixture
def desk(paula: Person) -> httpx.Client:
    """Paula's."""
    return at_the_desk(paula)


def test_staff_choose_the_mode_of_any_store_and_give_the_choice_back(
    desk: httpx.Client, mia: Person, store: Store
) -> None:
    assert send(desk, LIST + "add/", store=str(store.pk), mode="pull").status_code == 302
    assert modes.mode_of(store.pk) == Mode.TO_PULL
    run_jobs()
    delivery = StoreDelivery.objects.get()
    assert (delivery.mode, delivery.by_hand) == (Mode.PULL, True), "through the service, with its job"
    page = desk.get(LIST)
    assert page.status_code == 200
    assert store.name in page.text
    for action, mode, by_hand in (("push", Mode.PUSH, True), ("pull", Mode.TO_PULL, True), ("auto", Mode.PUSH, False)):
        assert send(desk, LIST, action=action, _selected_action=str(store.pk)).status_code == 302
        delivery.refresh_from_db()
        assert (delivery.mode, delivery.by_hand) == (mode, by_hand)


def test_a_mode_on_the_way_and_a_store_that_has_one_are_refused(desk: httpx.Client, store: Store) -> None:
    assert send(desk, LIST + "add/", store=str(store.pk), mode="to_pull").status_code == 200
    assert StoreDelivery.objects.count() == 0
    modes.fix_mode(store=store, mode=Mode.PULL)
    assert "already exists" in send(desk, LIST + "add/", store=str(store.pk), mode="push").text
    assert modes.mode_of(store.pk) == Mode.TO_PULL


def test_rows_are_never_rewritten_at_the_desk(desk: httpx.Client, mia: Person, store: Store, publish: Publish) -> None:
    modes.fix_mode(store=store, mode=Mode.PULL)
    post = publish()
    run_jobs()
    send(desk, f"{LIST}{store.pk}/change/", store=str(store.pk), mode="push")
    assert modes.mode_of(store.pk) == Mode.PULL
    assert desk.get(f"{LIST}{store.pk}/delete/").status_code == 403
    FanOutRange.objects.create(post=post, after=0, upto=7)
    assert desk.get("/admin/feed/fanoutrange/").status_code == 200
    assert desk.get("/admin/feed/fanoutrange/add/").status_code == 403


def test_staff_without_the_permission_only_look_or_not_even_that(newcomer: Newcomer, store: Store) -> None:
    modes.fix_mode(store=store, mode=Mode.PULL)
    desk = at_the_desk(newcomer("Peter", is_staff=True))
    assert desk.get(LIST).status_code == 403
    assert desk.get(LIST + "add/").status_code == 403
