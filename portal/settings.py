"""One settings file; everything that differs between machines comes from the environment.

docs/operations.md lists every variable. Production is the default environment.
"""

from datetime import timedelta
from pathlib import Path

from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from portal.environment import (
    DEMO,
    DEVELOPMENT,
    PRODUCTION,
    env,
    read_environment,
    read_former_keys,
    read_record_keys,
    read_records_storage,
    read_secret_key,
    refuse_unsafe_production,
)
from portal.logs import logging_configuration

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(env.str("VAR_DIR", default=str(BASE_DIR / "var")))

ENVIRONMENT = read_environment()
IS_PRODUCTION = ENVIRONMENT == PRODUCTION
IS_DEMO = ENVIRONMENT == DEMO
# The mailbox page and the demo log-ins exist only here.
IS_LOCAL = ENVIRONMENT in (DEMO, DEVELOPMENT)
DEBUG = env.bool("DEBUG", default=ENVIRONMENT == DEVELOPMENT)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1"] if IS_LOCAL else [])
PUBLIC_URL = env.str("PUBLIC_URL", default="http://localhost:8000" if IS_LOCAL else "").rstrip("/")
if IS_PRODUCTION:
    refuse_unsafe_production(debug=DEBUG, allowed_hosts=ALLOWED_HOSTS, public_url=PUBLIC_URL)
SECRET_KEY = read_secret_key(ENVIRONMENT, VAR_DIR)
SECRET_KEY_FALLBACKS = read_former_keys(ENVIRONMENT)
# Sealed files of families: never below a served folder (row U6).
RECORDS_DIR = Path(env.str("RECORDS_DIR", default=str(VAR_DIR / "records")))
RECORD_KEYS = read_record_keys(ENVIRONMENT, VAR_DIR)
# In MB (10^6 bytes), of each disk that we write to; below it the operator is told. 0: never.
MIN_FREE_MB = env.int("MIN_FREE_MB", default=2000)
# A bucket for files that arrived and were checked; None: they stay in RECORDS_DIR.
RECORDS_STORAGE = read_records_storage(ENVIRONMENT)
# The virus scanner's daemon; without one, staff of a demo are warned on every page.
CLAMD_ADDRESS = env.str("CLAMD_ADDRESS", default="")

INSTALLED_APPS = [
    "modeltranslation",
    "portal",
    "hospitals",
    "cases",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "axes",
    "crispy_bootstrap5",
    "crispy_forms",
    "csp",
    "django_countries",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_tasks",
    "django_tasks_db",
    "phonenumber_field",
]

MIDDLEWARE = [
    "portal.middleware.TrustedProxyMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "portal.middleware.SecurityHeadersMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "portal.middleware.RefuseUnknownMethodMiddleware",
    "portal.middleware.RefuseUnreadableMiddleware",
    "hospitals.middleware.RepeatVisitMiddleware",
    "portal.middleware.SessionMiddleware",
    "portal.middleware.WithoutLanguageMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "portal.middleware.StaffSessionMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portal.context.site",
            ],
        },
    }
]

# SQLite: BEGIN IMMEDIATE and WAL, or parallel writers fail (measured: 166 of 320 transactions).
SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": (
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; "
        "PRAGMA recursive_triggers=ON; PRAGMA secure_delete=ON;"
    ),
}
DATABASES = {"default": env.db("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'portal.sqlite3'}")}
DATABASES["default"]["CONN_MAX_AGE"] = env.int("DATABASE_CONN_MAX_AGE", default=600)
if "sqlite" in DATABASES["default"]["ENGINE"]:
    DATABASES["default"]["OPTIONS"] = SQLITE_OPTIONS
    # A file, so that threads of the tests that compete for rows have connections of their own.
    DATABASES["default"]["TEST"] = {"NAME": env.str("TEST_SQLITE_FILE", default=None) or None}
else:
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "OPTIONS": {"MAX_ENTRIES": 2000},
    },
    # What searches read again and again: small and many (45 MB with 10,000 hospitals, under
    # 1 MB with 13), where pages are large and few.
    "directory": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "directory",
        "OPTIONS": {"MAX_ENTRIES": 30_000},
    },
    # What words of questions mean, apart from the rest: a flood of made-up words pushes nothing
    # else out. At most about 15 MB.
    "words": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "words",
        "OPTIONS": {"MAX_ENTRIES": 20_000},
    },
}
# See portal/queues.py.
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": ["default", "heavy"]}}

AUTH_USER_MODEL = "portal.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
_VALIDATION = "django.contrib.auth.password_validation"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"{_VALIDATION}.UserAttributeSimilarityValidator"},
    {"NAME": f"{_VALIDATION}.MinimumLengthValidator", "OPTIONS": {"min_length": 15}},
    {"NAME": f"{_VALIDATION}.CommonPasswordValidator"},
]
LOGIN_URL = "office:login"
AXES_FAILURE_LIMIT = 5
AXES_LOCK_OUT_AT_FAILURE = AXES_RESET_ON_SUCCESS = True
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_HANDLER = "portal.log_in_limits.LogInHandler"
AXES_CLIENT_IP_CALLABLE = "portal.networks.client_network"
AXES_LOCKOUT_CALLABLE = "portal.views.errors.too_many_requests"
AXES_HTTP_RESPONSE_CODE = 429
AXES_ENABLE_ADMIN = False
# A recovery code beside a wrong password still opens: it is not written down.
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address", "code"]
OTP_TOTP_ISSUER = "Treatment in Shanghai"

# Families: 30 minutes idle, 12 hours in all. Staff: 15 minutes, 8 hours (security row A5).
SESSION_ENGINE = "portal.sealed_sessions"
FAMILY_SESSION_IDLE, FAMILY_SESSION_MAX = timedelta(minutes=30), timedelta(hours=12)
STAFF_SESSION_IDLE, STAFF_SESSION_MAX = timedelta(minutes=15), timedelta(hours=8)
SESSION_COOKIE_AGE = int(FAMILY_SESSION_MAX.total_seconds())
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_PRODUCTION
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_NAME = "__Host-session" if IS_PRODUCTION else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if IS_PRODUCTION else "csrf"
CSRF_FAILURE_VIEW = "portal.views.errors.csrf_failure"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

SECURE_SSL_REDIRECT = IS_PRODUCTION
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if IS_PRODUCTION else None
SECURE_HSTS_SECONDS = 2 * 365 * 24 * 3600 if IS_PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = IS_PRODUCTION
SECURE_REFERRER_POLICY = SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# How many proxies in front of us set X-Forwarded-For. 0: the header is not read.
TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", default=0)
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
        "report-uri": "/csp-report",
    }
}

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("zh-hans", "简体中文"), ("pl", "Polski"), ("ar", "العربية")]
LOCALE_PATHS = [BASE_DIR / "portal" / "locale"]
LANGUAGE_COOKIE_NAME = "language"
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_SECURE = IS_PRODUCTION
MODELTRANSLATION_DEFAULT_LANGUAGE = "en"
MODELTRANSLATION_FALLBACK_LANGUAGES = ("en",)
FORMAT_MODULE_PATH = ["portal.formats"]
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True

CRISPY_ALLOWED_TEMPLATE_PACKS = CRISPY_TEMPLATE_PACK = "bootstrap5"
PHONENUMBER_DB_FORMAT = PHONENUMBER_DEFAULT_FORMAT = "E164"

MAILBOX_DIR = VAR_DIR / "mailbox"
EMAIL_CONFIG = env.email("EMAIL_URL", default="consolemail://")
vars().update(EMAIL_CONFIG)
EMAIL_BACKEND = "portal.mail.MailboxBackend" if IS_LOCAL else "portal.mail.SmtpBackend"
EMAIL_TIMEOUT = 20
# The name is neutral: mail boxes show it before anything else (row M2).
DEFAULT_FROM_EMAIL = env.str("MAIL_FROM", default="Shanghai coordinators <no-reply@localhost>")

# Who runs this portal. Empty values are said to staff on every office page.
OPERATOR = {
    "name": env.str("OPERATOR_NAME", default=""),
    "address": env.str("OPERATOR_ADDRESS", default=""),
    "data_controller": env.str("OPERATOR_DATA_CONTROLLER", default=""),
    "email": env.str("OPERATOR_EMAIL", default=""),
    "phone": env.str("OPERATOR_PHONE", default=""),
    "emergency_line": env.str("OPERATOR_EMERGENCY_LINE", default=""),
    "working_hours": env.str("OPERATOR_WORKING_HOURS", default="09:00-17:00"),
    # Days off beyond China's public holidays, as ISO dates.
    "extra_holidays": env.list("OPERATOR_EXTRA_HOLIDAYS", default=[]),
}
OPERATOR_LABELS = {
    "name": _("name"),
    "address": _("address"),
    "data_controller": _("data controller"),
    "email": _("e-mail"),
    "phone": _("phone"),
    "emergency_line": _("emergency line"),
}

LOGGING = logging_configuration(env.str("LOG_LEVEL", default="INFO"))
