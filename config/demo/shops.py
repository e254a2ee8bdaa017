"""The demo's stores: applied for by their owners, approved by platform staff, followed by shoppers, and their posts."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from random import Random

from accounts.models import Language, User
from config.demo.content import STORES
from config.demo.content.platform import APPLICATIONS, WELCOMES
from config.demo.content.shapes import PostContent
from config.demo.people import Cast
from config.demo.plan import MERCHANT, StorePlan, plan_store
from config.demo.report import Reporter
from config.shop import PLATFORMS
from posts.models import Post, PostKind, PostStatus
from posts.products import Product
from posts.services.contents import Content
from posts.services.posts import create_post, pin_post
from stores.models import Category, Decision, Follow, FollowSource, Store, StoreStatus, WebhookEndpoint
from stores.orders.endpoints import create_endpoint
from stores.services.follows import follow_store
from stores.services.reviews import review_store
from stores.services.stores import apply_for_store, set_verified

UNVERIFIED = ("second_gear", "faahui_flowers", "banmu_nursery")
PINNING = ("sanhao_kiln", "wanchao_books", "half_past_four", "yanshang_tea")


@dataclass(frozen=True, slots=True)
class Shop:
    """A store with its owner and its plan. `secrets` are those of its webhooks, by platform."""

    store: Store
    owner: User
    plan: StorePlan
    secrets: dict[str, str]

    def products(self, indexes: tuple[int, ...]) -> list[Product]:
        """Things that the store sells, as posts show them."""
        chosen = [self.plan.store.products[index] for index in indexes]
        shop = f"https://{self.store.handle.replace('_', '-')}.example"
        return [Product(one.title, shop + one.path, Decimal(one.price), one.currency) for one in chosen]


def plans(cast: Cast, only: Collection[str] = ()) -> list[StorePlan]:
    """The plan of every store, or of the merchant's and those named."""
    chosen = [content for content in STORES if not only or content.handle in (MERCHANT, *only)]
    return [plan_store(content, cast.anchor) for content in chosen]


def open_shops(planned: Sequence[StorePlan], cast: Cast, report: Reporter) -> list[Shop]:
    """These stores, approved, with their webhooks."""
    return [_open(plan, cast) for plan in report.each("stores", planned, len(planned))]


def find_shop(plan: StorePlan, cast: Cast) -> Shop:
    """A store as open_shops left it."""
    return _shop(plan, cast, Store.objects.get(handle=plan.store.handle))


def _open(plan: StorePlan, cast: Cast) -> Shop:
    content, owner = plan.store, cast.people[plan.store.handle]
    store = Store.objects.filter(handle=content.handle).first()
    if store is None:
        store = apply_for_store(
            user=owner,
            handle=content.handle,
            name=content.name,
            category=Category(content.category),
            about=content.about,
            city=content.city,
            language=Language(content.language),
            time_zone=content.time_zone,
            application=APPLICATIONS[content.language].format(city=content.city),
        )
    if store.status == StoreStatus.APPLIED:
        review_store(by=cast.staff, store=store, decision=Decision.APPROVED, reason=WELCOMES[content.language])
        if content.handle not in UNVERIFIED:
            set_verified(store=store, verified=True)
        opened = cast.anchor - timedelta(days=Random(f"{content.handle} opens").uniform(245, 600))
        Store.objects.filter(pk=store.pk).update(created_at=opened)
        store.refresh_from_db()
    return _shop(plan, cast, store)


def _shop(plan: StorePlan, cast: Cast, store: Store) -> Shop:
    """The merchant's store takes webhooks of each platform, the others of one each in turn."""
    owner = cast.people[store.handle]
    platforms = PLATFORMS if store.handle == MERCHANT else (PLATFORMS[STORES.index(plan.store) % len(PLATFORMS)],)
    return Shop(store, owner, plan, {platform: _secret(store, owner, platform) for platform in platforms})


def _secret(store: Store, owner: User, platform: str) -> str:
    known = WebhookEndpoint.objects.filter(store=store, platform=platform).first()
    return (known or create_endpoint(by=owner, store=store, platform=platform)).secret


def follow_shops(shops: list[Shop], cast: Cast, report: Reporter) -> None:
    """Shoppers follow, long ago and lately."""
    wanted = [(shop, following) for shop in shops for following in shop.plan.following]
    for shop, following in report.each("follows", wanted, len(wanted)):
        follow = follow_store(user=cast.people[following.by], store=shop.store, source=FollowSource(following.source))
        Follow.objects.filter(pk=follow.pk).update(created_at=following.at)


def missing_posts(shop: Shop) -> list[int]:
    """Indexes of the store's posts that are not there yet."""
    moments = set(Post.objects.filter(store=shop.store).values_list("published_at", flat=True))
    return [index for index, at in enumerate(shop.plan.published) if at not in moments]


def publish(shop: Shop, media_ids: Callable[[int], list[int]]) -> Iterator[Post]:
    """Publishes what is missing, each post at its own time. `media_ids` gives a post's pictures by its index."""
    missing = missing_posts(shop)
    for index in missing:
        yield _publish_one(shop, index, media_ids(index))
    if missing and shop.store.handle in PINNING:
        _pin_the_longest(shop)


def _publish_one(shop: Shop, index: int, media_ids: list[int]) -> Post:
    content: PostContent = shop.plan.store.posts[index]
    post = create_post(
        user=shop.owner,
        store=shop.store,
        content=Content(
            kind=PostKind(content.kind),
            title=content.title,
            text=content.text,
            media_ids=media_ids,
            products=shop.products(content.products),
        ),
        status=PostStatus.PUBLISHED,
        at=shop.plan.published[index],
    )
    Post.objects.filter(pk=post.pk).update(created_at=shop.plan.published[index])
    return post


def _pin_the_longest(shop: Shop) -> None:
    texts = [len(post.text) for post in shop.plan.store.posts]
    post = Post.objects.get(store=shop.store, published_at=shop.plan.published[texts.index(max(texts))])
    pin_post(user=shop.owner, post_id=post.pk)


def posts_of(shop: Shop) -> list[int]:
    """Ids of the store's posts, in the order of its content. A post that somebody deleted is missing there as 0."""
    found = Post.objects.filter(store=shop.store, status=PostStatus.PUBLISHED).values_list("published_at", "pk")
    by_moment = dict(found)
    return [by_moment.get(at, 0) for at in shop.plan.published]
