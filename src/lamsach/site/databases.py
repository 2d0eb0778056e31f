"""Which table lives in which database, and how an address becomes a connection.

The health side's database is `default`; the register's is `population`. An application's label
says where its tables are; the ground floor stands on both sides and goes, unless the caller names
a database, to the one that is the default of the side which runs.
"""

from __future__ import annotations

from typing import Any, Final

from psycopg.conninfo import conninfo_to_dict

from lamsach.site.environment import SettingError

__all__ = ["POPULATION", "SideRouter", "connection"]

POPULATION: Final = "population"

# What the register's own process installs too, so that its database has all that it needs.
_BOTH: Final = frozenset(
    {
        "account",
        "accounts",
        "auth",
        "contenttypes",
        "django_cache",
        "jobs",
        "ledger",
        "mfa",
        "places",
        "procrastinate",
        "sessions",
    }
)


class SideRouter:
    """Routes by application label; nothing relates or moves across the two databases."""

    def db_for_read(self, model: Any, **hints: Any) -> str | None:
        """The database that holds a model."""
        instance = hints.get("instance")
        if model._meta.app_label == POPULATION:
            return POPULATION
        return instance._state.db if instance is not None else None

    db_for_write = db_for_read

    def allow_relation(self, one: Any, other: Any, **_hints: Any) -> bool:
        """Whether two rows may be related: in one database only."""
        return bool(one._state.db == other._state.db)

    def allow_migrate(self, db: str, app_label: str, **_hints: Any) -> bool | None:
        """Whether an application's tables are made in a database."""
        if db == POPULATION:
            return app_label == POPULATION or app_label in _BOTH
        return app_label != POPULATION


class RegisterRouter:
    """The register's own process has one database; nothing is to be routed."""

    def allow_migrate(self, _db: str, _app_label: str, **_hints: Any) -> bool:
        """Everything that is installed there is made there."""
        return True


def connection(url: str) -> dict[str, Any]:
    """Django's settings for the database at an address.

    >>> connection("postgresql://lamsach@db.example:5433/health")["HOST"]
    'db.example'
    """
    try:
        parts = conninfo_to_dict(url)
    except Exception as error:
        raise SettingError(
            "The address of a database cannot be read; write postgresql://user@host:5432/name"
        ) from error
    known = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host"}
    settings = {name: str(parts.pop(key, None) or "") for name, key in known.items()}
    return {
        **settings,
        "ENGINE": "django.db.backends.postgresql",
        "PORT": str(parts.pop("port", None) or ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        # A statement that hangs must not take the page with it; bulk jobs set their own limit.
        "OPTIONS": {"connect_timeout": 5, "application_name": "lamsach", **parts},
    }
