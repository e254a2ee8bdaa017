"""What happens between stores and shoppers: orders through the webhooks; words, likes and links around posts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from django.db import connection, transaction

from accounts.models import User
from config import shop as front
from config.demo.content.platform import REPORTED, ReportedContent
from config.demo.people import Cast
from config.demo.plan import Purchase, Said
from config.demo.shops import Shop, posts_of
from config.shop import Sale
from core import clock
from interactions.models import Comment, CommentReport, Like, ReportReason, Share, ShareChannel
from interactions.services.comments import write_comment
from interactions.services.likes import like_post
from interactions.services.moderation import Visibility, report_comment, set_visibility
from interactions.services.shares import count_visit, share_post
from stores.models import Delivery, Order
from stores.orders.endpoints import receive
from stores.orders.intake import take_delivery
from stores.orders.platforms import PLATFORMS
from stores.services.stores import update_profile

FIRST_NUMBER = 1041

_BACKDATE_LIKES = """
UPDATE interactions_like l
SET created_at = least(p.published_at + (random() ^ 2) * interval '3 days', %(anchor)s)
FROM posts_post p WHERE p.id = l.post_id AND p.store_id = %(store)s AND l.created_at > %(anchor)s
"""


@dataclass
class Talk:
    """One store's conversation while it is being told: what is there already, and who said what."""

    shop: Shop
    cast: Cast
    posts: list[int] = field(init=False)
    known: dict[tuple[int, str], int] = field(init=False)

    def __post_init__(self) -> None:
        self.posts = posts_of(self.shop)
        rows = Comment.objects.filter(post__store=self.shop.store)
        self.known = {(post_id, text): pk for post_id, text, pk in rows.values_list("post_id", "text", "pk")}

    def say(self, said: Said) -> int | None:
        """Writes a comment or the store's answer, unless it is there; its id, None where the post is gone."""
        post_id = self.posts[said.post]
        place = post_id, said.text
        if post_id and place not in self.known:
            parent = self.known.get((post_id, said.answers)) if said.answers else None
            comment = write_comment(user=self._writer(said), post_id=post_id, text=said.text, parent_id=parent).comment
            Comment.objects.filter(pk=comment.pk).update(created_at=said.at)
            self.known[place] = comment.pk
        return self.known.get(place)

    def _writer(self, said: Said) -> User:
        return self.cast.people[said.by] if said.by else self.shop.owner


def trade(shop: Shop, cast: Cast) -> Iterator[None]:
    """The store's orders and the words under its posts, in the order in which they happened."""
    talk = Talk(shop, cast)
    number = FIRST_NUMBER
    for event in shop.plan.events:
        if isinstance(event, Said):
            talk.say(event)
        else:
            buy(shop, cast, event, number)
            number += 1
        yield


def buy(shop: Shop, cast: Cast, purchase: Purchase, number: int) -> None:
    """Delivers an order as its platform would, and runs the job that reads it, unless the order is there."""
    product, user = shop.plan.store.products[purchase.product], cast.people[purchase.by]
    platform = list(shop.secrets)[number % len(shop.secrets)]
    if Order.objects.filter(store=shop.store, platform=platform, external_id=str(number)).exists():
        return
    sale = Sale(
        number=number,
        email=user.email,
        name=user.display_name,
        product=product.title,
        price=product.price,
        currency=product.currency,
        quantity=purchase.quantity,
        at=purchase.at,
    )
    body = front.order(platform, sale)
    headers = front.signed(platform, body, secret=shop.secrets[platform], now=clock.now())
    receive(platform=platform, handle=shop.store.handle, headers=headers, body=body)
    event_id = PLATFORMS[platform].delivery_id(headers, body)
    take_delivery(delivery_id=Delivery.objects.get(store=shop.store, platform=platform, event_id=event_id).pk)


def moderate(shop: Shop, cast: Cast) -> None:
    """Two stores begin to hold first comments and get some; a few comments are reported, one of them hidden."""
    talk = Talk(shop, cast)
    newest = len(shop.plan.published) - 1
    if any((talk.posts[newest], text) not in talk.known for _, text in shop.plan.held):
        update_profile(by=shop.owner, store=shop.store, changes={"hold_first_comments": True})
        for place, (by, text) in enumerate(shop.plan.held):
            talk.say(Said(newest, by, text, shop.plan.at_last(0.5 + place / 10)))
    for reported in REPORTED:
        if reported.store == shop.store.handle:
            _report(talk, reported)


def _report(talk: Talk, reported: ReportedContent) -> None:
    plan, people = talk.shop.plan, talk.cast.people
    writer, *others = plan.buyers
    comment_id = talk.say(Said(len(plan.published) - 1, writer, reported.text, plan.at_last(0.3)))
    if comment_id is None or CommentReport.objects.filter(comment_id=comment_id).exists():
        return
    reason = ReportReason(reported.reason)
    for mailbox, words in zip(others, (reported.note, ""), strict=False):
        report_comment(user=people[mailbox], comment_id=comment_id, reason=reason, text=words)
    if reported.hidden:
        set_visibility(user=talk.shop.owner, comment_id=comment_id, visibility=Visibility.HIDDEN)


def like_and_share(shop: Shop, cast: Cast) -> Iterator[None]:
    """Likes, post by post, and share links with their visits, for posts that have none."""
    posts = posts_of(shop)
    liked = set(Like.objects.filter(post__in=posts).values_list("post_id", "user_id"))
    for post_id, mailboxes in zip(posts, shop.plan.likes, strict=True):
        with transaction.atomic():  # one commit a post
            for user in (cast.people[mailbox] for mailbox in mailboxes):
                if post_id and (post_id, user.pk) not in liked:
                    like_post(user=user, post_id=post_id)
        yield
    with connection.cursor() as cursor:
        cursor.execute(_BACKDATE_LIKES, {"anchor": cast.anchor, "store": shop.store.pk})
    _share(shop, cast, posts)


@transaction.atomic
def _share(shop: Shop, cast: Cast, posts: list[int]) -> None:
    known = set(Share.objects.filter(post__in=posts).values_list("post_id", flat=True))
    for sharing in shop.plan.shares:
        post_id = posts[sharing.post]
        if post_id and post_id not in known:
            user = cast.people[sharing.by]
            share = share_post(user=user, post_id=post_id, channel=ShareChannel(sharing.channel))
            Share.objects.filter(pk=share.pk).update(created_at=shop.plan.published[sharing.post])
            for _ in range(sharing.visits):
                count_visit(share_id=share.pk)
