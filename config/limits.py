"""Every product limit, declared once; enforced where it belongs and published at `GET /api/v1/instance`."""

from __future__ import annotations

import resource
from dataclasses import asdict, dataclass, field, fields

import environ
from django.core.exceptions import ImproperlyConfigured

env = environ.Env()
# Redis cuts a window of so many entries in a few milliseconds, during which it does nothing else.
MOST_ENTRIES = 5_000
# Open files that are left for requests, the database's connections and the like: so many, or the quarter of few.
OTHER_FILES = 1_000


def _sockets_by_open_files() -> int:
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if files == resource.RLIM_INFINITY:
        return 1_000_000
    return max(1, files - min(OTHER_FILES, files // 4))


@dataclass(frozen=True)
class Limits:
    """The numbers of one installation. Each may be set in the environment as LIMIT_<NAME>.

    Rates read as the `limits` library writes them: "30/minute". Sizes are bytes, times seconds unless named otherwise.
    """

    # reading
    page_default: int = 20
    page_max: int = 50
    feed_inbox_cap: int = 500
    # Above so many followers a store's posts are read from its outbox; under so many they are written to inboxes again.
    feed_push_followers: int = 50_000
    feed_push_again_followers: int = 40_000
    feed_outbox_cap: int = 200
    feed_inbox_days: int = 14
    unread_cap: int = 99
    # discovery (docs/discovery.md): how far back, how soon a post is worth half, how many posts are ranked, listed, and
    # taken of one store, and how long a list that somebody reads stays as it is
    discover_days: int = 30
    discover_half_life_h: int = 48
    discover_pool_posts: int = 1_000
    discover_posts: int = 300
    discover_per_store: int = 5
    discover_minutes: int = 30
    # requests
    json_body_bytes: int = 1_000_000
    webhook_body_bytes: int = 2_000_000
    csv_body_bytes: int = 200_000_000
    idempotency_hours: int = 24
    reads_rate: str = "1200/minute"
    writes_rate: str = "300/minute"
    anonymous_rate: str = "300/minute"
    webhooks_rate: str = "3000/minute"
    comments_rate: str = "20/minute"
    uploads_rate: str = "120/minute"
    applications_rate: str = "5/day"
    staff_adds_rate: str = "60/hour"
    sign_ups_rate: str = "20/m/ip"
    sign_ins_rate: str = "30/m/ip"
    shares_rate: str = "30/minute"
    imports_rate: str = "60/hour"
    # texts, in characters
    display_name_chars: int = 60
    store_name_chars: int = 80
    store_about_chars: int = 2_000
    post_title_chars: int = 120
    post_text_chars: int = 5_000
    comment_chars: int = 1_000
    alt_text_chars: int = 300
    question_chars: int = 200
    store_city_chars: int = 80
    store_application_chars: int = 2_000
    review_reason_chars: int = 2_000
    search_chars: int = 80
    # media
    media_bytes: int = 10_000_000
    media_pixels: int = 25_000_000
    media_per_post: int = 9
    media_processed_at_once: int = 2
    products_per_post: int = 10
    pins_per_store: int = 3
    schedule_ahead_days: int = 365
    # people
    follows_per_person: int = 5_000
    staff_per_store: int = 50
    # orders
    delivery_days: int = 30
    import_errors_kept: int = 1_000
    # live rooms
    live_frame_bytes: int = 16_384
    live_taps_per_frame: int = 50
    live_frames_per_s: int = 10
    live_slow_mode_max_s: int = 120
    live_mute_max_s: int = 86_400
    live_ticket_s: int = 30
    live_sockets_per_person: int = 20
    # of one web process: signed-out sockets of one address; all sockets, by the files that it may have open
    live_sockets_per_address: int = 1_000
    live_sockets_per_process: int = field(default_factory=_sockets_by_open_files)
    questions_rate: str = "20/minute"
    room_questions_rate: str = "50/second"
    votes_rate: str = "120/minute"

    def __post_init__(self) -> None:
        """Raises ImproperlyConfigured for numbers that cannot work, before anything runs with them."""
        for each in fields(self):
            value = getattr(self, each.name)
            if each.type == "int" and value < 1:
                raise ImproperlyConfigured(f"LIMIT_{each.name.upper()} must be at least 1, not {value}")
        for name in ("feed_inbox_cap", "feed_outbox_cap"):
            if getattr(self, name) > MOST_ENTRIES:
                raise ImproperlyConfigured(f"LIMIT_{name.upper()} must be at most {MOST_ENTRIES}")
        for low, high in (("page_default", "page_max"), ("feed_push_again_followers", "feed_push_followers")):
            if getattr(self, low) > getattr(self, high):
                raise ImproperlyConfigured(f"LIMIT_{low.upper()} must not be above LIMIT_{high.upper()}")

    def published(self) -> dict[str, int | str]:
        """What clients are told at `GET /api/v1/instance`."""
        return asdict(self)

    def sign_in_rates(self, production: bool) -> dict[str, str]:
        """allauth's names for our sign-in limits. Development allows `make journey` several times a minute."""
        rates = {"signup": self.sign_ups_rate, "login": self.sign_ins_rate}
        if not production:
            rates = {"signup": "600/m/ip", "login": "600/m/ip", "confirm_email": "600/m/key", "login_failed": "60/m/ip"}
        return rates


def _from_environment() -> Limits:
    chosen: dict[str, int | str] = {}
    for each in fields(Limits):
        name = f"LIMIT_{each.name.upper()}"
        if env.str(name, ""):
            chosen[each.name] = env.int(name) if each.type == "int" else env.str(name)
    return Limits(**chosen)  # type: ignore[arg-type]  # each value was read by its field's type just above


LIMITS = _from_environment()
