"""Platform staff's desk: who gets in, what it shows, and that it decides through the services."""

from __future__ import annotations

import re

import httpx
import pytest

from accounts.models import User
from stores.models import Review, Store, StoreStatus
from tests.conftest import Newcomer, Site
from tests.people import Person, make_store, run_jobs

PAGES = [
    "/admin/",
    "/admin/accounts/user/",
    "/admin/stores/store/",
    "/admin/stores/order/",
    "/admin/stores/delivery/",
    "/admin/stores/orderimport/",
    "/admin/posts/post/",
    "/admin/posts/media/",
    "/admin/interactions/comment/",
    "/admin/interactions/commentreport/",
    "/admin/procrastinate/procrastinatejob/",
]


class Desk:
    """A browser at the admin."""

    def __init__(self, site: Site) -> None:
        self.http = httpx.Client(base_url=site.base_url, follow_redirects=True, timeout=20)

    def sign_in(self, email: str, password: str) -> httpx.Response:
        """Fills the form in."""
        self.http.get("/admin/login/")
        return self.post("/admin/login/", {"username": email, "password": password, "next": "/admin/"})

    def post(self, path: str, fields: dict[str, str]) -> httpx.Response:
        """Sends a form with its CSRF token."""
        data = fields | {"csrfmiddlewaretoken": self.http.cookies["csrftoken"]}
        return self.http.post(path, data=data, headers={"Referer": str(self.http.base_url) + path})


@pytest.fixture
def desk(site: Site, paula: Person) -> Desk:
    """Paula's, signed in."""
    desk = Desk(site)
    assert "Log out" in desk.sign_in(paula.user.email, "correct horse Paula").text
    return desk


@pytest.mark.parametrize("page", PAGES)
def test_staff_sees_every_page(desk: Desk, store: Store, page: str) -> None:
    answer = desk.http.get(page)
    assert answer.status_code == 200
    assert "script-src" not in answer.headers["content-security-policy"], "default-src 'self' is all there is"
    assert not re.search(r"<script(?![^>]*src=)(?![^>]*type=\"application/json\")", answer.text), "no inline script"


def test_a_shopper_and_a_merchant_do_not_get_in(site: Site, alice: Person) -> None:
    desk = Desk(site)
    assert "Log out" not in desk.sign_in(alice.user.email, "correct horse Alice").text
    assert "/admin/login/" in str(desk.http.get("/admin/stores/store/").url)


def test_guessing_a_password_is_slowed_down(site: Site, paula: Person) -> None:
    desk = Desk(site)
    for n in range(10):
        desk.sign_in(paula.user.email, f"guess {n}")
    assert "Log out" not in desk.sign_in(paula.user.email, "correct horse Paula").text


def test_an_application_is_approved_and_suspended_through_the_service(desk: Desk, alice: Person) -> None:
    store = make_store(owner=alice, handle="newcomer", status=StoreStatus.APPLIED)
    for action, status in (("approve", "approved"), ("suspend", "suspended"), ("restore", "approved")):
        desk.post("/admin/stores/store/", {"action": action, "_selected_action": str(store.pk)})
        assert Store.objects.get(pk=store.pk).status == status
    assert [review.decision for review in Review.objects.order_by("id")] == ["approved", "suspended", "restored"]
    answer = desk.post("/admin/stores/store/", {"action": "approve", "_selected_action": str(store.pk)})
    assert "cannot be approved" in answer.text
    run_jobs()


def test_a_ban_signs_a_person_out_everywhere(desk: Desk, newcomer: Newcomer) -> None:
    dora = newcomer("Dora")
    desk.post("/admin/accounts/user/", {"action": "ban", "_selected_action": str(dora.id)})
    assert dora.get("/me").status_code == 401
    assert not User.objects.get(pk=dora.id).is_active
    desk.post("/admin/accounts/user/", {"action": "unban", "_selected_action": str(dora.id)})
    assert User.objects.get(pk=dora.id).is_active
    assert dora.get("/me").status_code == 401, "the old session stays ended"


def test_nobody_rewrites_rows_here(desk: Desk, store: Store) -> None:
    assert desk.http.get(f"/admin/stores/store/{store.pk}/delete/").status_code == 403
    assert desk.http.get("/admin/stores/store/add/").status_code == 403
    page = desk.http.get(f"/admin/stores/store/{store.pk}/change/")
    assert page.status_code == 200
    assert 'name="_save"' not in page.text
