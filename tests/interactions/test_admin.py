"""The platform staff's desk: reported comments are found there, and hidden through the service."""

from __future__ import annotations

import re

import httpx
import pytest
from django.conf import settings

from interactions.models import CommentReport, ModerationAction
from posts.models import Post
from tests.interactions.conftest import comment_on, row
from tests.people import Person

LIST = "/admin/interactions/comment/"


@pytest.fixture
def desk(paula: Person) -> httpx.Client:
    """Paula's browser, signed in."""
    paula.http.cookies.set(settings.SESSION_COOKIE_NAME, paula.token)
    paula.http.headers["Referer"] = settings.BASE_URL
    return paula.http


def test_platform_staff_hide_a_reported_comment(desk: httpx.Client, bella: Person, boris: Person, post: Post) -> None:
    bad, fine = comment_on(post, bella, "Something bad"), comment_on(post, bella, "Something fine")
    boris.post(f"/comments/{bad['id']}/reports", {"reason": "abuse", "text": "It is about me"})
    page = desk.get(LIST, params={"reported": "open"})
    assert page.status_code == 200, page.text
    assert "Something bad" in page.text
    assert "Something fine" not in page.text
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
    assert token is not None
    chosen = {"action": "hide", "_selected_action": [bad["id"]], "csrfmiddlewaretoken": token[1]}
    assert desk.post(LIST, data=chosen).status_code == 302
    assert (row(bad).status, row(fine).status) == ("hidden", "visible")
    assert ModerationAction.objects.get().by.display_name == "Paula"
    assert CommentReport.objects.get().resolved_at is not None


def test_the_desk_opens_every_table(desk: httpx.Client, bella: Person, boris: Person, post: Post) -> None:
    written = comment_on(post, bella)
    boris.post(f"/comments/{written['id']}/reports", {"reason": "abuse"})
    boris.post(f"/posts/{post.pk}/shares", {"channel": "qr"})
    for table in ("comment", "commentreport", "moderationaction", "share"):
        assert desk.get(f"/admin/interactions/{table}/").status_code == 200
        assert desk.get(f"/admin/interactions/{table}/add/").status_code == 403
