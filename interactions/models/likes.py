"""Likes: open to every signed-in shopper, one per post."""

from django.conf import settings
from django.db import models

from posts.models import Post


class Like(models.Model):
    """One person likes one post."""

    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="likes", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["post", "user"], name="one_like_per_post")]

    def __str__(self) -> str:
        return f"{self.user_id} likes {self.post_id}"
