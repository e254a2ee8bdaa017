"""Platform staff's desk for comments, reports and live rooms; what changes anything goes through the services."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import admin, messages
from django.db.models import Count, Model, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core.admin import ReadOnlyAdmin
from core.problems import Problem
from interactions.models import Comment, CommentReport, LiveRoom, ModerationAction, Question, RoomMute, Share
from interactions.services import moderation, questions
from interactions.services.moderation import Visibility


class ReportedFilter(admin.SimpleListFilter):
    """Comments with reports that nobody has handled."""

    title = _("reports")
    parameter_name = "reported"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Model]) -> list[tuple[str, str]]:
        """The one choice."""
        return [("open", str(_("waiting")))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Comment]) -> QuerySet[Comment]:
        """Narrowed when chosen."""
        waiting = CommentReport.objects.filter(resolved_at=None).values("comment")
        return queryset.filter(pk__in=waiting) if self.value() == "open" else queryset


@admin.register(Comment)
class CommentAdmin(ReadOnlyAdmin):
    """Find, hide and show comments; both close the reports about them."""

    list_display = ("text", "author", "store", "status", "by_store", "open_reports", "created_at")
    list_filter = (ReportedFilter, "status", "by_store")
    search_fields = ("text", "author__email", "post__store__handle")
    list_select_related = ("author", "post__store")
    ordering = ("-id",)
    actions = ("hide", "show")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Model]:
        """With the number of reports that wait."""
        waiting = Count("reports", filter=Q(reports__resolved_at=None))
        comments: QuerySet[Model] = super().get_queryset(request).annotate(open_reports=waiting)
        return comments

    def has_moderate_permission(self, request: HttpRequest) -> bool:
        """Who may use the actions."""
        return request.user.is_staff and request.user.has_perm("interactions.change_comment")

    @admin.display(description=_("store"))
    def store(self, comment: Comment) -> str:
        """Whose post it stands under."""
        return f"@{comment.post.store.handle}"

    @admin.display(description=_("open reports"), ordering="open_reports")
    def open_reports(self, comment: Comment) -> int:
        """How many reports wait."""
        number: int = getattr(comment, "open_reports", 0)
        return number

    @admin.action(description=_("Hide"), permissions=["moderate"])
    def hide(self, request: HttpRequest, chosen: QuerySet[Comment]) -> None:
        """Nobody but author and moderators sees them any more."""
        self._set(request, chosen, Visibility.HIDDEN)

    @admin.action(description=_("Show, or approve"), permissions=["moderate"])
    def show(self, request: HttpRequest, chosen: QuerySet[Comment]) -> None:
        """Everybody sees them."""
        self._set(request, chosen, Visibility.VISIBLE)

    def _set(self, request: HttpRequest, chosen: QuerySet[Comment], visibility: Visibility) -> None:
        assert isinstance(request.user, User)
        for comment_id in chosen.values_list("pk", flat=True):
            try:
                moderation.set_visibility(user=request.user, comment_id=comment_id, visibility=visibility)
            except Problem as problem:
                self.message_user(request, f"{comment_id}: {problem.detail}", messages.ERROR)


@admin.register(CommentReport)
class CommentReportAdmin(ReadOnlyAdmin):
    """What people reported, and in which words."""

    list_display = ("comment", "reason", "text", "by", "created_at", "resolved_at")
    list_filter = ("reason", ("resolved_at", admin.EmptyFieldListFilter))
    list_select_related = ("comment", "by")
    ordering = ("-id",)


@admin.register(ModerationAction)
class ModerationActionAdmin(ReadOnlyAdmin):
    """Who hid or showed what."""

    list_display = ("comment", "by", "before", "after", "created_at")
    list_select_related = ("comment", "by")
    ordering = ("-id",)


@admin.register(Share)
class ShareAdmin(ReadOnlyAdmin):
    """Share links and what they brought."""

    list_display = ("code", "channel", "post", "user", "visits", "created_at")
    list_filter = ("channel",)
    search_fields = ("code",)
    list_select_related = ("post", "user")
    ordering = ("-id",)


@admin.register(LiveRoom)
class LiveRoomAdmin(ReadOnlyAdmin):
    """Live rooms of all stores, and the way to what was asked and who was muted in each."""

    list_display = ("title", "store", "status", "starts_at", "started_at", "ended_at", "likes", "peak_viewers", "more")
    list_filter = ("status", "ask_policy", "premoderate", "started_at")
    search_fields = ("title", "store__handle")
    list_select_related = ("store",)
    ordering = ("-id",)

    @admin.display(description=_("inside"))
    def more(self, room: LiveRoom) -> str:
        """Links to its questions and mutes."""
        return format_html(
            '<a href="{}?room__id__exact={}">{}</a>, <a href="{}?room__id__exact={}">{}</a>',
            reverse("admin:interactions_question_changelist"),
            room.pk,
            _("questions"),
            reverse("admin:interactions_roommute_changelist"),
            room.pk,
            _("mutes"),
        )


@admin.register(Question)
class QuestionAdmin(ReadOnlyAdmin):
    """Find, hide and show questions; the room is told."""

    list_display = ("text", "author", "room", "status", "upvotes", "answered_by", "created_at")
    list_filter = ("status", "created_at")
    search_fields = ("text", "author__email", "room__store__handle")
    list_select_related = ("author", "answered_by", "room")
    ordering = ("-id",)
    actions = ("hide", "show")

    def has_moderate_permission(self, request: HttpRequest) -> bool:
        """Who may use the actions."""
        return request.user.is_staff and request.user.has_perm("interactions.change_question")

    @admin.action(description=_("Hide"), permissions=["moderate"])
    def hide(self, request: HttpRequest, chosen: QuerySet[Question]) -> None:
        """Nobody sees them any more."""
        self._each(request, chosen, questions.hide)

    @admin.action(description=_("Show, or approve"), permissions=["moderate"])
    def show(self, request: HttpRequest, chosen: QuerySet[Question]) -> None:
        """Everybody sees them."""
        self._each(request, chosen, questions.approve)

    def _each(self, request: HttpRequest, chosen: QuerySet[Question], verb: Callable[..., Question]) -> None:
        for room_id, question_id in chosen.values_list("room_id", "id"):
            try:
                verb(user_id=request.user.pk, room_id=room_id, question_id=question_id)
            except Problem as problem:
                self.message_user(request, f"{question_id}: {problem.detail}", messages.ERROR)


@admin.register(RoomMute)
class RoomMuteAdmin(ReadOnlyAdmin):
    """Who may not ask in which room, and until when."""

    list_display = ("user", "room", "until", "by", "created_at")
    list_filter = ("until",)
    search_fields = ("user__email", "room__store__handle")
    list_select_related = ("user", "room", "by")
    ordering = ("-id",)
