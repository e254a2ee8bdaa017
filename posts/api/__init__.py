"""Routes of posts, a file per noun."""

from core.api import Router
from posts.api.media import router as media
from posts.api.posts import router as posts

ROUTERS: tuple[Router, ...] = (media, posts)
