"""Tables of posts and their media."""

from posts.models.media import Media, MediaPurpose, MediaStatus
from posts.models.posts import CommentPolicy, Post, PostKind, PostMedia, PostProduct, PostStatus

__all__ = [
    "CommentPolicy",
    "Media",
    "MediaPurpose",
    "MediaStatus",
    "Post",
    "PostKind",
    "PostMedia",
    "PostProduct",
    "PostStatus",
]
