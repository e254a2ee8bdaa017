"""Where share links lead: a small public page of the post, for people and for other networks' previews of it."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from core.pictures import picture_url
from core.problems import NotFound
from interactions import selectors
from interactions.services import shares
from posts.models import Post, PostProduct

PROGRAM = "application/json"
# What browsers say when nobody has clicked yet.
_AHEAD = re.compile("prefetch|preview|prerender", re.IGNORECASE)
_AHEAD_HEADERS = ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz")
# Search engines and link previews. Cubot is a maker of phones.
_ROBOT = re.compile(r"(?<!cu)bot\b|crawler|spider|preview|facebookexternalhit|^whatsapp/|line-poker", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class PagePicture:
    """A picture of the page: its addresses, and the size of its original in pixels."""

    alt: str
    small: str
    large: str
    width: int
    height: int


@require_safe
def open_share(request: HttpRequest, code: str) -> HttpResponse:
    """Counts the visit and shows the post; a program that prefers JSON is sent to the post's address in the API."""
    wants_json = request.get_preferred_type(["text/html", PROGRAM]) == PROGRAM
    try:
        share, post = selectors.shared_post(code=code)
    except NotFound as gone:
        return gone.response() if wants_json else _page(request, None)
    if is_visit(request):
        shares.count_visit(share_id=share.pk)
    response = HttpResponseRedirect(f"/api/v1/posts/{post.pk}") if wants_json else _page(request, post)
    patch_vary_headers(response, ["Accept"])
    # Kept nowhere: a page that was loaded ahead is asked for again, and counted, when somebody really comes.
    response["Cache-Control"] = "no-store"
    return response


def is_visit(request: HttpRequest) -> bool:
    """Whether a person seems to look at this, rather than a browser loading ahead or a robot drawing a preview."""
    if request.method != "GET" or any(_AHEAD.search(request.headers.get(name, "")) for name in _AHEAD_HEADERS):
        return False
    return not _ROBOT.search(request.headers.get("User-Agent", ""))


def _page(request: HttpRequest, post: Post | None) -> HttpResponse:
    nonce = secrets.token_urlsafe(16)
    pictures = _pictures(post) if post else []
    avatar = picture_url(post.store.avatar) if post else None
    context = {
        "post": post,
        "url": settings.BASE_URL.rstrip("/") + request.path,
        "pictures": pictures,
        "preview": _preview(post) if post else None,
        "products": [product for product in post.products.all() if _is_web(product)] if post else [],
        "avatar": avatar,
        "instance": settings.INSTANCE_NAME,
        "nonce": nonce,
    }
    response = render(request, "interactions/share.html", context, status=200 if post else 404)
    shown = [*(picture.small for picture in pictures), *([avatar] if avatar else [])]
    response["Content-Security-Policy"] = _policy(nonce, shown)
    return response


def _policy(nonce: str, pictures: list[str]) -> str:
    """Nothing but our own style and the pictures of this very page."""
    parts = [urlsplit(url) for url in pictures]
    origins = sorted({f"{part.scheme}://{part.netloc}" for part in parts})
    images = f"img-src {' '.join(origins)}; " if origins else ""
    return (
        f"default-src 'none'; style-src 'nonce-{nonce}'; {images}"
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def _pictures(post: Post) -> list[PagePicture]:
    found = []
    for place in post.media_places.all():
        media = place.media
        small, large = picture_url(media.picture, width=640), picture_url(media.picture, width=1080)
        if media.picture and small and large:
            found.append(PagePicture(media.alt, small, large, media.picture["width"], media.picture["height"]))
    return found


def _preview(post: Post) -> str | None:
    """The picture for other networks' previews: JPEG, which all of them read."""
    first = next((place.media.picture for place in post.media_places.all() if place.media.picture), None)
    return picture_url(first, width=1080, form="jpeg") or picture_url(post.store.avatar, form="jpeg")


def _is_web(product: PostProduct) -> bool:
    return urlsplit(product.url).scheme in {"http", "https"}
