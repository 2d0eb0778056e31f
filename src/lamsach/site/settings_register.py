"""Settings of the register's side (`lamsach register serve`): its database is the default one.

It has the ground floor and the register, and nothing of the health side.
"""

from __future__ import annotations

import os

from lamsach.site.settings import *  # noqa: F403 - the same house, seen from the other authority
from lamsach.site.settings import DATABASES as _BOTH
from lamsach.site.settings import INSTALLED_APPS as _HEALTH

DATABASES = {"default": _BOTH["population"]}
DATABASE_ROUTERS = ["lamsach.site.databases.RegisterRouter"]
_OF_THE_HEALTH_SIDE = frozenset(
    f"lamsach.{name}"
    for name in (
        "registry", "authentication", "signing", "intake", "cleansing", "passports", "portal",
        "administration",
    )
)  # fmt: skip
INSTALLED_APPS = [name for name in _HEALTH if name not in _OF_THE_HEALTH_SIDE]
# Its one page is the gateway: no sessions, no cookies, nothing for a browser.
ROOT_URLCONF = "lamsach.population.urls"
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "allauth.account.middleware.AccountMiddleware",  # the package refuses to load without it
]
REGISTER_GATEWAY_URL = ""
LEDGER_ORIGIN = os.environ.get("LAMSACH_REGISTER_LEDGER_NAME", "lamsach/ledger/register")
SESSION_COOKIE_NAME = "register_session"
CSRF_COOKIE_NAME = "register_csrf"
