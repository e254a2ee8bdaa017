"""Settings: what the environment says, checked at start; every product limit is in `config/limits.py`."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

from config.limits import LIMITS as LIMITS

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
VERSION = "0.1.0"

# development | test | production. Only production insists on secrets and addresses of its own.
ENVIRONMENT = env.str("BACKYARD_ENV", "development")
if ENVIRONMENT not in {"development", "test", "production"}:
    raise ImproperlyConfigured(f"BACKYARD_ENV must be development, test or production, not {ENVIRONMENT!r}")
PRODUCTION = ENVIRONMENT == "production"
# Files that the running system writes: database, mail, uploads. Never in production's image.
VAR_DIR = Path(env.str("BACKYARD_VAR", str(BASE_DIR / "var")))


def _machine_secret() -> str:
    """A secret made once on this machine, so that development sessions survive a restart."""
    path = VAR_DIR / "secret_key"
    if not path.exists():
        VAR_DIR.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(48))
    return path.read_text()


# Signs sessions and cursors. Changing it signs everybody out.
SECRET_KEY = env.str("SECRET_KEY") if PRODUCTION else env.str("SECRET_KEY", "") or _machine_secret()
DEBUG = False  # tracebacks go to the log, never to a client; the console is the place to read them
PORT = env.int("PORT", 8000)
# The public address, used in share links, mails and pictures.
BASE_URL = env.str("BASE_URL") if PRODUCTION else env.str("BASE_URL", f"http://127.0.0.1:{PORT}")
INSTANCE_NAME = env.str("INSTANCE_NAME", "Backyard")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[] if PRODUCTION else ["127.0.0.1", "localhost", "[::1]"])
# Exact origins whose pages may open websockets and send cookies.
ALLOWED_ORIGINS = env.list("ALLOWED_ORIGINS", default=[BASE_URL, f"http://localhost:{PORT}"])
CSRF_TRUSTED_ORIGINS = ALLOWED_ORIGINS
# How many proxies in front of us append to X-Forwarded-For. 0: the header is a stranger's word.
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", 0)

INSTALLED_APPS = [
    "daphne",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.headless",
    "channels",
    "ninja",
    "core",  # its `procrastinate` command comes before theirs
    "procrastinate.contrib.django",
    "django_prometheus",
    "accounts",
    "stores",
    "posts",
    "interactions",
    "feed",
    "config.apps.BackyardConfig",
]

# The API runs on a short chain of its own (config/asgi.py): each of Django's classic middlewares costs a thread hop.
API_MIDDLEWARE = [
    "core.http.api_answers",
    "core.limits.api_budget",
    "core.idempotency.remember_answers",
]
MIDDLEWARE = [
    "core.http.api_answers",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
APPEND_SLASH = False
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# --- stores of data -------------------------------------------------------------------------------------------------
DATABASES: dict[str, Any] = {
    "default": env.db_url("DATABASE_URL", default="postgres://postgres@127.0.0.1:5432/backyard"),
}
DATABASES["default"]["ENGINE"] = "core.postgres"
DATABASES["default"]["CONN_MAX_AGE"] = 0
# One pool a process, shared by its request threads. Statements give up before a person does.
DATABASE_POOL_SIZE = env.int("DATABASE_POOL_SIZE", 10)
DATABASE_POOL = {
    "min_size": 1,
    "max_size": DATABASE_POOL_SIZE,
    # How long a request waits for a connection.
    "timeout": 5,
    # How long an attempt to connect is repeated, ever more seldom, before whoever asks next starts afresh. After the
    # default, 5 minutes, a PostgreSQL that was away for long is found only long after it is back.
    "reconnect_timeout": 2,
}
DATABASES["default"]["OPTIONS"] = {
    # A server that vanished without a word is noticed within half a minute, not after the kernel's two hours.
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 25_000,
    **DATABASES["default"].get("OPTIONS", {}),
    "pool": DATABASE_POOL,
    "options": f"-c statement_timeout={env.int('DATABASE_STATEMENT_TIMEOUT_MS', 15_000)} -c timezone=UTC",
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Feeds: inboxes, outboxes, cards, counts. One server, or a cluster (redis+cluster://host:port,host:port).
REDIS_URL = env.str("REDIS_URL", "redis://127.0.0.1:6379/0")
# Everything else: live rooms, subscriptions, tickets, rate limits, the cache. One plain server.
REDIS_PLAIN_URL = env.str("REDIS_PLAIN_URL", "") or REDIS_URL
if "+cluster://" in REDIS_PLAIN_URL:
    raise ImproperlyConfigured(
        "A Redis Cluster can hold the feeds only: set REDIS_PLAIN_URL to one plain server for live rooms, rate limits"
        " and the cache, such as redis://host:6379/0."
    )
# Outboxes may be read from replicas: the cluster's own, or for a plain REDIS_URL the one named here.
REDIS_OUTBOX_READS = env.str("REDIS_OUTBOX_READS", "primary")
if REDIS_OUTBOX_READS not in {"primary", "replica"}:
    raise ImproperlyConfigured(f"REDIS_OUTBOX_READS must be primary or replica, not {REDIS_OUTBOX_READS!r}")
REDIS_REPLICA_URL = env.str("REDIS_REPLICA_URL", "")
if REDIS_REPLICA_URL and "+cluster://" in REDIS_URL:
    raise ImproperlyConfigured("A Redis Cluster knows its replicas itself: leave REDIS_REPLICA_URL out.")
if REDIS_OUTBOX_READS == "replica" and not REDIS_REPLICA_URL and "+cluster://" not in REDIS_URL:
    raise ImproperlyConfigured(
        "REDIS_OUTBOX_READS=replica needs a replica: name the replica of REDIS_URL in REDIS_REPLICA_URL, or leave it"
        " at primary."
    )
if REDIS_REPLICA_URL and REDIS_OUTBOX_READS != "replica":
    raise ImproperlyConfigured(
        "REDIS_REPLICA_URL is used for reading outboxes only: set REDIS_OUTBOX_READS=replica, or leave it out."
    )
# A frozen Redis may cost a request this long, once; then the breaker answers from PostgreSQL.
REDIS_TIMEOUT_S = env.float("REDIS_TIMEOUT_S", 0.5)
REDIS_BREAKER_S = env.float("REDIS_BREAKER_S", 2.0)

# How much a web process keeps of the cards that it met.
CARD_MEMORY_BYTES = env.int("CARD_MEMORY_BYTES", 64_000_000)

# Who an Idempotency-Key belongs to; core may not know accounts.
IDEMPOTENCY_IDENTITY = "accounts.auth.person_id"

CACHES = {"default": {"BACKEND": "core.cache.ForgivingRedisCache", "LOCATION": REDIS_PLAIN_URL, "KEY_PREFIX": "cache"}}
# Hints only (live.md): what must not be lost is in PostgreSQL or in a room's log.
CHANNEL_LAYERS = {
    "default": {"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer", "CONFIG": {"hosts": [REDIS_PLAIN_URL]}}
}

# --- people -----------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
SESSION_ENGINE = "accounts.sessions"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 60
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = BASE_URL.startswith("https://")
SESSION_COOKIE_SAMESITE = "Lax"
ACCOUNT_SIGNUP_FORM_CLASS = "accounts.forms.SignUpForm"
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = True
ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_RATE_LIMITS = LIMITS.sign_in_rates(PRODUCTION)
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXIES
HEADLESS_ONLY = True
HEADLESS_CLIENTS = ("app",)
HEADLESS_ADAPTER = "accounts.adapter.HeadlessAdapter"
# Where mails send people who must act in an app: its own pages, on this address unless said otherwise.
APP_URL = env.str("APP_URL", BASE_URL)
HEADLESS_FRONTEND_URLS = {
    "account_signup": f"{APP_URL}/signup",
    "account_reset_password": f"{APP_URL}/password/reset",
    "account_reset_password_from_key": f"{APP_URL}/password/reset/{{key}}",
    "account_confirm_email": f"{APP_URL}/email/verify/{{key}}",
}
USERSESSIONS_TRACK_ACTIVITY = False
LOGIN_URL = "/admin/login/"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
if ENVIRONMENT == "test":  # hashing a thousand test passwords properly proves nothing about our code
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

EMAIL_BACKEND = env.str(
    "EMAIL_BACKEND",
    "django.core.mail.backends.smtp.EmailBackend" if PRODUCTION else "accounts.mail.MailFolder",
)
EMAIL_FILE_PATH = VAR_DIR / "mail"
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", "Backyard <hello@localhost>")
SMS_SENDER = env.str(
    "SMS_SENDER", "accounts.mail.no_text_messages" if PRODUCTION else "accounts.mail.text_message_to_folder"
)
if PRODUCTION:
    EMAIL_HOST, EMAIL_PORT = env.str("EMAIL_HOST"), env.int("EMAIL_PORT", 587)
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = env.str("EMAIL_HOST_USER", ""), env.str("EMAIL_HOST_PASSWORD", "")
    EMAIL_USE_TLS = env.bool("EMAIL_USE_TLS", True)

# --- jobs -------------------------------------------------------------------------------------------------------------
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "tasks"
# A scheduled post waits for the next poll, so the poll is what "to the second" costs.
PROCRASTINATE_WORKER_DEFAULTS = {
    "fetch_job_polling_interval": 0.5,
    "abort_job_polling_interval": 2.0,
    "shutdown_graceful_timeout": 15.0,
    "delete_jobs": "successful",
}

# --- languages, files -------------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("zh-hans", "简体中文"), ("zh-hant", "繁體中文")]
LOCALE_PATHS = [BASE_DIR / "config" / "locale"]
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static" if PRODUCTION else None  # without it, files come from where they are
WHITENOISE_USE_FINDERS = not PRODUCTION
# The reference client, for our own pages and, as /static/clients/backyard-live.js, for anybody's.
STATICFILES_DIRS = [("clients", BASE_DIR / "clients" / "js")]
MEDIA_URL = "/media/"
MEDIA_ROOT = VAR_DIR / "media"
MEDIA_BUCKET = env.str("MEDIA_BUCKET", "")
STORAGES: dict[str, Any] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}
    if PRODUCTION
    else {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
if MEDIA_BUCKET:
    STORAGES["default"] = {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {"bucket_name": MEDIA_BUCKET, "querystring_auth": False, "file_overwrite": False},
    }
FILE_UPLOAD_MAX_MEMORY_SIZE = 1_000_000
DATA_UPLOAD_MAX_MEMORY_SIZE = LIMITS.webhook_body_bytes  # finer limits, a route each, in config/asgi.py
DATA_UPLOAD_MAX_NUMBER_FIELDS = 100
DATA_UPLOAD_MAX_NUMBER_FILES = 1

# --- headers ----------------------------------------------------------------------------------------------------------
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31_536_000 if BASE_URL.startswith("https://") else 0
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "object-src": ["'none'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'self'"],
    }
}

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "core.logs.LineFormatter", "json": PRODUCTION}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", "INFO")},
    "loggers": {
        "daphne": {"level": "WARNING"},
        "django.channels.server": {"level": "WARNING"},
        "procrastinate": {"level": "WARNING"},
        "django.request": {"level": "ERROR"},
        "httpx": {"level": "WARNING"},
    },
}
