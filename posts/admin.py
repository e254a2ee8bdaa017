"""Platform staff's view of posts and pictures."""

from __future__ import annotations

from django.contrib import admin

from core.admin import ReadOnlyAdmin
from posts.models import Media, Post


@admin.register(Post)
class PostAdmin(ReadOnlyAdmin):
    """What stores said, and how far it went."""

    list_display = ("__str__", "store", "kind", "status", "published_at", "followers", "reached", "fanned_out_at")
    list_filter = ("status", "kind")
    search_fields = ("title", "text", "store__handle")
    list_select_related = ("store",)
    ordering = ("-id",)


@admin.register(Media)
class MediaAdmin(ReadOnlyAdmin):
    """Pictures, and why one was rejected."""

    list_display = ("id", "store", "purpose", "status", "reason", "by", "created_at")
    list_filter = ("status", "purpose", "reason")
    list_select_related = ("store", "by")
    ordering = ("-id",)
