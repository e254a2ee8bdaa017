"""Likes, open to everybody; share links with a code of their own, whose visits are counted."""

from __future__ import annotations

import html
import re
from http.cookies import SimpleCookie
from urllib.parse import urlencode

from config.journey.client import Answer, Broken, Person, expect
from config.journey.step import chapter
from config.journey.walk import Walk, card

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
VISITS = re.compile(r'class="field-visits">([^<]*)<')
VISITORS = 3


def everybody_may_like(walk: Walk) -> str:
    """Everybody signed in may like, a stranger too; twice counts once, and it can be taken back."""
    path = f"/posts/{walk.ids['post']}/like"
    likers = ("ana", "ben", "stranger")
    for name in (*likers, *likers):
        counts = walk[name].put(path).ok()
    expect(counts["likes"] == len(likers), f"{len(likers)} likes count as {counts['likes']}")
    expect(walk["ben"].delete(path).ok()["likes"] == len(likers) - 1, "a like was not taken back")
    shown = card(walk["ana"], walk.ids["post"]) or {}
    expect(shown["viewer"]["liked"] and shown["counts"]["likes"] == 2, f"the card says {shown['counts']}")
    walk["nobody"].put(path).refused(401, "not_signed_in")
    return f"{shown['counts']['likes']} likes"


def links_show_the_post(walk: Walk) -> str:
    """A share link shows the post to whoever opens it, without an account."""
    share = walk["ana"].post(f"/posts/{walk.ids['post']}/shares", {"channel": "wechat"}).ok(201)
    expect(share["url"].startswith(walk.base_url) and share["visits"] == 0, f"the link is {share}")
    walk.ids["share"] = share["id"]
    nobody = walk["nobody"]
    for _ in range(VISITORS):
        page = nobody.get(share["url"], User_Agent=BROWSER, Accept="text/html")
        expect(page.status == 200 and walk.name in page.body.decode(), f"{share['url']} answered {page.status}")
    nobody.get(share["url"], User_Agent="facebookexternalhit/1.1", Accept="text/html")  # a preview is no visit
    walk.people["link"] = Person(nobody.client, name=share["code"])
    counts = (card(walk["ana"], walk.ids["post"]) or {})["counts"]
    expect(counts["shares"] == 1, f"the card says {counts}")
    return str(share["url"])


def visits_are_counted(walk: Walk) -> str:
    """Each visit is counted, previews are not; platform staff read it in the admin."""
    code, page = walk["link"].name, Admin(walk["staff"], walk["nobody"])
    found = VISITS.search(page(f"/admin/interactions/share/?q={code}").body.decode())
    if found is None:
        raise Broken(f"the admin shows no share with the code {code}")
    visits = html.unescape(found[1]).strip()
    expect(visits == str(VISITORS), f"{VISITORS} visits count as {visits}")
    return f"{visits} visits"


class Admin:
    """A browser in which platform staff have signed in to the admin."""

    def __init__(self, staff: Person, nobody: Person) -> None:
        self._client = nobody.client
        self._cookies: SimpleCookie = SimpleCookie()
        self("/admin/login/")
        form = {"username": staff.email, "password": staff.password, "next": "/admin/"}
        form["csrfmiddlewaretoken"] = self._cookies["csrftoken"].value
        answer = self("/admin/login/", form=form)
        expect(answer.status == 302, f"signing in to the admin answered {answer.status}")

    def __call__(self, path: str, *, form: dict[str, str] | None = None) -> Answer:
        headers = {"User-Agent": BROWSER, "Referer": f"{self._client.base_url}{path}", "Accept": "text/html"}
        headers["Cookie"] = "; ".join(f"{name}={morsel.value}" for name, morsel in self._cookies.items())
        if form is None:
            answer = self._client.call("GET", path, headers=headers)
        else:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            answer = self._client.call("POST", path, body=urlencode(form).encode(), headers=headers)
        for line in answer.cookies:
            self._cookies.load(line)
        return answer


CHAPTER = chapter("Likes and links", everybody_may_like, links_show_the_post, visits_are_counted)
