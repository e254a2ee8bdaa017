"""Tables of interactions, a file per noun."""

from interactions.models.comments import Comment, CommentReport, CommentStatus, ModerationAction, ReportReason
from interactions.models.likes import Like
from interactions.models.live import (
    SHOWN,
    AskPolicy,
    LiveRoom,
    Question,
    QuestionStatus,
    QuestionUpvote,
    RoomEvent,
    RoomMute,
    RoomProduct,
    RoomStatus,
)
from interactions.models.shares import Share, ShareChannel

__all__ = [
    "SHOWN",
    "AskPolicy",
    "Comment",
    "CommentReport",
    "CommentStatus",
    "Like",
    "LiveRoom",
    "ModerationAction",
    "Question",
    "QuestionStatus",
    "QuestionUpvote",
    "ReportReason",
    "RoomEvent",
    "RoomMute",
    "RoomProduct",
    "RoomStatus",
    "Share",
    "ShareChannel",
]
