"""Settings of the health side; everything that differs between machines is in `environment`.

There is no debugging switch: what an error page shows must never depend on one.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from lamsach.site import environment
from lamsach.site.databases import connection

_ROOM = Path(__file__).parent
# `lamsach manage migrate` and what goes with it run as the owner of the tables.
_as_owner = environment.flag("LAMSACH_AS_OWNER")

DATA_FOLDER = environment.data_folder()
SECRET_KEY = environment.derived("sessions").hex()
FIELD_KEY = environment.derived("fields")
LEDGER_KEY = environment.derived("ledger", ledger=True)
LEDGER_ORIGIN = os.environ.get("LAMSACH_LEDGER_NAME", "lamsach/ledger/health")
LEDGER_HEADS = os.environ.get("LAMSACH_LEDGER_HEADS", str(DATA_FOLDER / "heads"))
REGISTER_KEY = environment.derived("register", ledger=True)
# The register's gateway, when it is a process of another authority's, and the secret of both.
REGISTER_GATEWAY_URL = os.environ.get("REGISTER_GATEWAY_URL", "")
REGISTER_GATEWAY_SECRET = environment.secret("REGISTER_GATEWAY_SECRET")
# By which law the register answers, for each purpose.
REGISTER_GROUNDS = environment.register_grounds()
# Questions to the register, and wrong guesses among them, that a day allows.
REGISTER_BUDGETS = {"officer": (500, 50), "office": (5_000, 500)}

# How messages reach citizens (`lamsach.portal.sending`).
SENDING = os.environ.get("LAMSACH_SENDING", "")
SENDING_TOKEN = os.environ.get("LAMSACH_SENDING_TOKEN", "")
SENDING_FROM = os.environ.get("LAMSACH_SENDING_FROM", "")

DEBUG = False
ALLOWED_HOSTS = environment.hosts()
ROOT_URLCONF = "lamsach.site.urls"
WSGI_APPLICATION = "lamsach.site.wsgi.application"

DATABASES: dict[str, dict[str, Any]] = {
    "default": connection(environment.database_url("health", owner=_as_owner)),
    "population": connection(environment.database_url("register", owner=_as_owner)),
}
DATABASE_ROUTERS = ["lamsach.site.databases.SideRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Limits on attempts count for all processes together, so the cache must be a shared one.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "site_cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django_htmx",
    "csp",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "lamsach.site",
    "lamsach.ledger",
    "lamsach.places",
    "lamsach.accounts",
    "procrastinate.contrib.django",
    "lamsach.jobs",
    "lamsach.files",
    "lamsach.population",
    "lamsach.registry",
    "lamsach.authentication",
    "lamsach.signing",
    "lamsach.intake",
    "lamsach.cleansing",
    "lamsach.passports",
    "lamsach.portal",
    "lamsach.administration",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "lamsach.accounts.middleware.FullSignInMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "lamsach.site.middleware.ConflictMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [_ROOM / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["lamsach.site.templatetags.numbers"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "lamsach.site.context.frame",
            ],
        },
    }
]

# Languages and time: Vietnamese first; moments in UTC, shown in Vietnam's time.
LANGUAGE_CODE = "vi"
LANGUAGES = [("vi", _("Vietnamese")), ("en", _("English"))]
LOCALE_PATHS = [_ROOM / "locale"]
LANGUAGE_COOKIE_NAME = "language"
FORMAT_MODULE_PATH = ["lamsach.site.formats"]
USE_TZ = True
TIME_ZONE = "Asia/Ho_Chi_Minh"

STATIC_URL = "static/"
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False

# Sign-in: allauth alone; the second factor is enforced by `accounts.middleware`.
AUTH_USER_MODEL = "accounts.Officer"
AUTHENTICATION_BACKENDS = ["lamsach.accounts.sign_in.OfficerBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "lamsach.accounts.sign_in.OfficerAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_USER_MODEL_EMAIL_FIELD = None
ACCOUNT_EMAIL_NOTIFICATIONS = False
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_RATE_LIMITS = {"login": "60/m/ip", "login_failed": "20/m/ip,5/5m/key"}
IDENTITY_PROVIDER = environment.identity_provider()
MFA_ADAPTER = "lamsach.accounts.sign_in.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_TOTP_ISSUER = "lamsach"
MFA_TOTP_TOLERANCE = 1  # half a minute either way: office computers' clocks drift
MFA_RECOVERY_CODES_SHOW_ONCE = True

SESSION_COOKIE_AGE = 10 * 60 * 60
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "lamsach.site.errors.csrf_failure"

if environment.flag("LAMSACH_HTTPS"):
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = True
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = True
    SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "worker-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}

# After this long a worker that gives no sign of life has lost its jobs to others.
WORKER_PATIENCE = environment.seconds("LAMSACH_WORKER_PATIENCE", 15)

# Keys and the authorities that name signers: folders that the installation's keeper fills.
SIGNING_KEYS = DATA_FOLDER / "keys" / "signers"
SIGNING_AUTHORITIES = DATA_FOLDER / "keys" / "authorities"
SIGNING_TIME_STAMPS = os.environ.get("LAMSACH_TIME_STAMPS", "")

# The ministry's key, which issues passports, and the public log of what was issued.
PASSPORT_KEY = os.environ.get("LAMSACH_ISSUER_KEY", str(DATA_FOLDER / "keys" / "issuer.pem"))
PASSPORT_KEY_SECRET = environment.secret("LAMSACH_ISSUER_SECRET")
PASSPORT_CERTIFICATE = os.environ.get(
    "LAMSACH_ISSUER_CERTIFICATE", str(DATA_FOLDER / "keys" / "issuer-certificate.pem")
)
PASSPORT_TEST_CERTIFICATES = environment.flag("LAMSACH_TEST_CERTIFICATES")
PASSPORT_ISSUER_NAME = os.environ.get("LAMSACH_ISSUER_NAME", "Cục Y tế dự phòng")
TRANSPARENCY_LOG = DATA_FOLDER / "transparency"
TRANSPARENCY_KEY = DATA_FOLDER / "keys" / "transparency.key"
TRANSPARENCY_NAME = os.environ.get("LAMSACH_LOG_NAME", "lamsach/passports")

DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
FILE_UPLOAD_PERMISSIONS = 0o600

# Requests bear no personal data in their addresses, errors may: only their kind is written down.
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"lines": {"()": "lamsach.site.logs.json_lines"}},
    "handlers": {"out": {"class": "logging.StreamHandler", "formatter": "lines"}},
    "root": {"handlers": ["out"], "level": "INFO"},
    "loggers": {
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        "django.server": {"handlers": [], "level": "WARNING", "propagate": True},
        "django.security.DisallowedHost": {"level": "CRITICAL"},
        "fido2": {"handlers": [], "level": "WARNING", "propagate": True},  # it names keys
        "procrastinate": {"handlers": [], "level": "WARNING", "propagate": True},
    },
}
