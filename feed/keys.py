"""Every key of the feed engine. A bucket's hash tag keeps the inboxes of one script call in one cluster slot."""

BUCKETS = 256
# Raise it when a card's form changes, so that old bytes are never served under the new form.
CARD_SCHEMA = 1


def bucket(user_id: int) -> int:
    """Which of the 256 buckets an inbox is in."""
    return user_id % BUCKETS


def inbox(user_id: int) -> str:
    """A shopper's window on their feed: header, then packed feed ids."""
    return f"inbox:{{b{user_id % BUCKETS}}}:{user_id}"


def every_inbox() -> str:
    """The pattern of all inboxes' keys."""
    return "inbox:*"


def every_outbox() -> str:
    """The pattern of all outboxes' keys."""
    return "outbox:*"


def whose(key: bytes) -> int:
    """The shopper whose inbox, or the store whose outbox, has this key."""
    return int(key.rpartition(b":")[2])


def outbox(store_id: int) -> str:
    """A store's latest feed ids, packed alike."""
    return f"outbox:{store_id}"


def card(feed_id: int) -> str:
    """A post's card: stamp, then JSON bytes that are the same for every viewer."""
    return f"card:{CARD_SCHEMA}:{feed_id}"


def discover_pool() -> str:
    """Discovery's pool, before anybody's interests, as JSON; raise the number when its form changes."""
    return "discover:1:pool"


def discover_list(user_id: int, place: int) -> str:
    """One of the lists that somebody (0: everybody who is not signed in) is reading: its name, then ids and points."""
    return f"discover:1:{{b{bucket(user_id)}}}:{user_id}:{place}"
