"""Settings of the register's side (`lamsach register serve`): its database is the default one.

It has the ground floor and the register, and nothing of the health side.
"""

from __future__ import annotations

import os

from lamsach.site.settings import *  # noqa: F403 - the same house, seen from the other authority
from lamsach.site.settings import DATABASES as _BOTH

DATABASES = {"default": _BOTH["population"]}
DATABASE_ROUTERS = ["lamsach.site.databases.RegisterRouter"]
LEDGER_ORIGIN = os.environ.get("LAMSACH_REGISTER_LEDGER_NAME", "lamsach/ledger/register")
SESSION_COOKIE_NAME = "register_session"
CSRF_COOKIE_NAME = "register_csrf"
