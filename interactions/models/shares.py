"""Share links: each with its own code, so that the traffic it brings can be counted."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from posts.models import Post


class ShareChannel(models.TextChoices):
    """Where a link was taken to."""

    LINK = "link", _("copied link")
    WECHAT = "wechat", "WeChat"
    WEIBO = "weibo", "Weibo"
    LINE = "line", "LINE"
    WHATSAPP = "whatsapp", "WhatsApp"
    X = "x", "X"
    QR = "qr", _("QR code")
    OTHER = "other", _("other")


class Share(models.Model):
    """A link to a post that somebody took somewhere."""

    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="shares")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    code = models.CharField(max_length=16, unique=True)
    channel = models.CharField(max_length=10, choices=ShareChannel.choices, default=ShareChannel.LINK)
    visits = models.PositiveBigIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    def __str__(self) -> str:
        return self.code
