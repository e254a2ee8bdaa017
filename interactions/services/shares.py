"""Share links, and the visits that they bring."""

from __future__ import annotations

import secrets

from django.db import transaction
from django.db.models import F

from accounts.models import User
from core import limits
from interactions import counters, selectors
from interactions.models import Share, ShareChannel

# Without 0, O, 1, I and l: codes are also read aloud and typed. 10 of them are 58 bits: nobody guesses one.
ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
CODE_LENGTH = 10


@transaction.atomic
def share_post(*, user: User, post_id: int, channel: ShareChannel = ShareChannel.LINK) -> Share:
    """A new link to a post, with a code of its own. Open to every signed-in shopper."""
    limits.spend("shares", user.id)
    post = selectors.open_post(post_id=post_id, viewer=user)
    code = "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))
    share = Share.objects.create(post=post, user=user, channel=channel, code=code)
    counters.bump(post_id=post.id, field="shares", by=1)
    return share


def count_visit(*, share_id: int) -> None:
    """Somebody came by this link."""
    Share.objects.filter(id=share_id).update(visits=F("visits") + 1)
