"""Share links: each its own code; people's visits count, robots' do not; the page shows the post and runs nothing."""

from __future__ import annotations

import re
from typing import Any

import httpx
from django.conf import settings

from interactions.models import Share
from posts.models import Media, MediaStatus, Post, PostMedia, PostProduct, PostStatus
from stores.models import Store, StoreStatus
from tests.people import Person, problem

PHONE = {
    "User-Agent": "Mozilla/5.0 (Linux; Android 14; CUBOT X50) Chrome/126.0 Mobile",
    "Accept": "text/html,*/*;q=0.8",
}


def share(person: Person, post: Post, **fields: Any) -> dict[str, Any]:
    answer = person.post(f"/posts/{post.pk}/shares", fields)
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


def visit(person: Person, code: str, *, method: str = "GET", **headers: str) -> httpx.Response:
    return person.call(method, f"/s/{code}", headers=PHONE | headers)


def visits() -> int:
    return Share.objects.get().visits


def test_a_stranger_gets_a_link_of_their_own(anonymous: Person, charlie: Person, post: Post) -> None:
    made = share(charlie, post, channel="wechat")
    assert made == {
        "id": made["id"],
        "post": post.pk,
        "code": made["code"],
        "url": f"{settings.BASE_URL}/s/{made['code']}",
        "channel": "wechat",
        "visits": 0,
        "created_at": made["created_at"],
    }
    assert re.fullmatch(r"[2-9A-Za-z]{10}", made["code"])
    assert charlie.put(f"/posts/{post.pk}/like").json() == {"likes": 1, "comments": 0, "shares": 1}
    assert share(charlie, post)["code"] != made["code"]


def test_bad_shares_are_refused(charlie: Person, post: Post) -> None:
    for body in ({"channel": "fax"}, {"channel": None}, {"code": "mine"}):
        assert problem(charlie.post(f"/posts/{post.pk}/shares", body)) == (422, "invalid"), body
    assert not Share.objects.exists()


def test_nobody_and_nothing_hidden_is_shared(anonymous: Person, charlie: Person, post: Post) -> None:
    assert problem(anonymous.post(f"/posts/{post.pk}/shares", {})) == (401, "not_signed_in")
    Post.objects.update(status=PostStatus.DRAFT)
    assert problem(charlie.post(f"/posts/{post.pk}/shares", {})) == (404, "not_found")
    assert not Share.objects.exists()


def test_shares_have_a_rate(charlie: Person, post: Post) -> None:
    for _ in range(int(settings.LIMITS.shares_rate.split("/")[0])):
        share(charlie, post)
    assert problem(charlie.post(f"/posts/{post.pk}/shares", {})) == (429, "rate_limited")


def test_an_idempotency_key_makes_one_link(charlie: Person, post: Post) -> None:
    codes = {
        charlie.post(f"/posts/{post.pk}/shares", {}, headers={"Idempotency-Key": "k"}).json()["code"] for _ in range(2)
    }
    assert len(codes) == 1
    assert charlie.put(f"/posts/{post.pk}/like").json()["shares"] == 1


def test_each_visit_counts(anonymous: Person, charlie: Person, post: Post) -> None:
    code = share(charlie, post)["code"]
    for expected in (1, 2):
        answer = visit(anonymous, code)
        assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
        assert visits() == expected


def test_robots_and_prefetches_see_the_page_uncounted(anonymous: Person, charlie: Person, post: Post) -> None:
    code = share(charlie, post)["code"]
    for headers in [
        {"Sec-Purpose": "prefetch;prerender"},
        {"Purpose": "prefetch"},
        {"X-Moz": "prefetch"},
        {"User-Agent": "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)"},
        {"User-Agent": "WhatsApp/2.24.1 A"},
        {"User-Agent": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"},
        {"User-Agent": "Mozilla/5.0 (compatible; Baiduspider/2.0)"},
    ]:
        assert visit(anonymous, code, **headers).status_code == 200
        assert visits() == 0, headers


def test_asking_for_the_headers_is_no_visit(anonymous: Person, charlie: Person, post: Post) -> None:
    answer = visit(anonymous, share(charlie, post)["code"], method="HEAD")
    assert (answer.status_code, answer.content) == (200, b"")
    assert visits() == 0
    assert visit(anonymous, Share.objects.get().code, method="POST").status_code in {403, 405}


def test_a_program_is_sent_to_the_post(anonymous: Person, charlie: Person, post: Post) -> None:
    answer = visit(anonymous, share(charlie, post)["code"], Accept="application/json")
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/api/v1/posts/{post.pk}")
    assert "Accept" in answer.headers["Vary"]
    assert visits() == 1


def test_a_wrong_code_leads_nowhere(anonymous: Person) -> None:
    for code in ("2222222222", "x", "%00", "茶", "..%2Fadmin", "a" * 500):
        assert visit(anonymous, code).status_code == 404
        assert visit(anonymous, code, Accept="application/json").status_code == 404


def test_a_link_ends_with_its_post_and_its_store(anonymous: Person, charlie: Person, post: Post) -> None:
    code = share(charlie, post)["code"]
    Store.objects.update(status=StoreStatus.SUSPENDED)
    gone = visit(anonymous, code)
    assert gone.status_code == 404
    assert post.title not in gone.text
    assert problem(visit(anonymous, code, Accept="application/json")) == (404, "not_found")
    Store.objects.update(status=StoreStatus.APPROVED)
    Post.objects.update(status=PostStatus.DELETED)
    assert visit(anonymous, code).status_code == 404
    assert visits() == 0


def test_what_the_merchant_wrote_is_text_on_the_page(anonymous: Person, charlie: Person, post: Post) -> None:
    Post.objects.update(title='"><script>alert(1)</script>', text="<img src=x onerror=alert(2)>\nTwo & three")
    PostProduct.objects.create(
        post=post, position=0, title="<i>Tea", url="https://example.org/?a=1&b=2", price="9.50", currency="EUR"
    )
    PostProduct.objects.create(post=post, position=1, title="Bad", url="javascript:alert(3)", price="1", currency="EUR")
    page = visit(anonymous, share(charlie, post)["code"]).text
    assert "<script" not in page
    assert "<img" not in page
    assert "javascript:" not in page
    assert 'content="&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;"' in page
    assert "Two &amp; three" in page
    assert 'href="https://example.org/?a=1&amp;b=2" rel="nofollow noopener noreferrer"' in page


def test_the_page_may_load_its_own_style_and_pictures_only(
    alice: Person, anonymous: Person, charlie: Person, post: Post
) -> None:
    variants = [
        {"name": f"p/{width}.{form}", "width": width, "height": width, "format": form}
        for width in (640, 1080)
        for form in ("webp", "jpeg")
    ]
    picture = {"width": 1080, "height": 1080, "blurhash": "x", "variants": variants}
    media = Media.objects.create(
        store=post.store, by=alice.user, status=MediaStatus.READY, alt='A "cup"', picture=picture
    )
    PostMedia.objects.create(post=post, media=media, position=0)
    answer = visit(anonymous, share(charlie, post)["code"])
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["Content-Security-Policy"].split(";"))
    nonce = re.search(r'<style nonce="([^"]+)">', answer.text)
    assert nonce is not None
    assert policy == {
        "default-src": "'none'",
        "style-src": f"'nonce-{nonce[1]}'",
        "img-src": settings.BASE_URL,
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    assert f'<meta property="og:image" content="{settings.BASE_URL}/media/p/1080.jpeg">' in answer.text
    assert f'src="{settings.BASE_URL}/media/p/640.webp"' in answer.text
    assert 'alt="A &quot;cup&quot;"' in answer.text
    assert "Set-Cookie" not in answer.headers


def test_the_page_speaks_the_readers_language(anonymous: Person, charlie: Person, post: Post) -> None:
    code = share(charlie, post)["code"]
    for wanted, tag, words in [
        ("en", "en", "Follow Tea House on Backyard to read more."),
        ("zh-CN,zh;q=0.9", "zh-hans", "在 Backyard 关注 Tea House，查看更多。"),
        ("zh-TW,zh;q=0.9", "zh-hant", "在 Backyard 追蹤 Tea House，查看更多。"),
        ("fi", "en", "Follow Tea House on Backyard to read more."),
    ]:
        answer = visit(anonymous, code, **{"Accept-Language": wanted})
        assert f'<html lang="{tag}">' in answer.text
        assert words in answer.text
        assert answer.headers["Content-Language"] == tag
