"""Which of a process's databases is the register's: its own on its side, `population` beside."""

from __future__ import annotations

from django.db import connections

__all__ = ["register_database"]


def register_database() -> str:
    """The alias of the register's database in this process."""
    return "population" if "population" in connections else "default"
