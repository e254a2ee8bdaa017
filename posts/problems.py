"""What can be wrong with a post or a picture, each rule a class."""

from __future__ import annotations

from core.problems import Conflict, Invalid
from posts.media.sniff import MediaRejected


class EmptyPost(Invalid):
    """A post needs a title, a text or a picture."""

    code = "empty_post"


class MediaNotReady(Conflict):
    """A picture of this post is still being processed: try again shortly."""

    code = "media_not_ready"


class PictureRefused(Invalid):
    """This picture cannot be used; see reason."""

    code = "media_rejected"

    @classmethod
    def because(cls, refusal: MediaRejected) -> PictureRefused:
        """The problem document of a refusal by the pipeline."""
        return cls(str(refusal), reason=refusal.reason)


class PostNotPublished(Conflict):
    """This post is not published."""

    code = "post_not_published"


class PostPublished(Conflict):
    """This post is published already, so that it cannot be scheduled or become a draft again."""

    code = "post_published"


class TooManyPins(Conflict):
    """This store has as many pinned posts as it may have: unpin one first."""

    code = "too_many_pins"
