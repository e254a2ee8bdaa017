"""Reading posts and media: who may see what, and the one prefetch of a whole post."""

from __future__ import annotations

from django.db.models import QuerySet

from accounts.models import User
from core.problems import NotFound
from posts.models import Media, Post, PostStatus
from stores import roles
from stores.models import Store, StoreStatus


def complete_posts(queryset: QuerySet[Post] | None = None) -> QuerySet[Post]:
    """Posts with everything that showing them takes: store, pictures in order, products in order."""
    posts = Post.objects.all() if queryset is None else queryset
    return posts.select_related("store").prefetch_related("media_places__media", "products")


def is_staff(*, viewer: User | None, store: Store) -> bool:
    """Whether somebody has any role in a store."""
    return viewer is not None and roles.role_of(user=viewer, store=store) is not None


def is_visible(*, post: Post, viewer: User | None) -> bool:
    """Everybody sees what an approved store published; its staff see all but what was deleted."""
    if post.status == PostStatus.DELETED:
        return False
    if post.status == PostStatus.PUBLISHED and post.store.status == StoreStatus.APPROVED:
        return True
    return is_staff(viewer=viewer, store=post.store)


def visible_post(*, post_id: int, viewer: User | None) -> Post:
    """A complete post that this viewer may see; raises NotFound."""
    post = complete_posts().filter(id=post_id).first()
    if post is None or not is_visible(post=post, viewer=viewer):
        raise NotFound
    return post


def waiting_posts(*, user: User, store: Store, before: int | None, limit: int) -> list[Post]:
    """A store's drafts and scheduled posts, newest first, older than the id `before`. Raises NotStaff."""
    if not is_staff(viewer=user, store=store):
        raise roles.NotStaff
    posts = complete_posts().filter(store=store, status__in=[PostStatus.DRAFT, PostStatus.SCHEDULED])
    if before is not None:
        posts = posts.filter(id__lt=before)
    return list(posts.order_by("-id")[:limit])


def visible_media(*, media_id: int, viewer: User) -> Media:
    """A picture, for who uploaded it for themselves or works in the store it belongs to; raises NotFound."""
    media = Media.objects.select_related("store").filter(id=media_id).first()
    if media is None:
        raise NotFound
    mine = media.by_id == viewer.id if media.store is None else is_staff(viewer=viewer, store=media.store)
    if not mine:
        raise NotFound
    return media
