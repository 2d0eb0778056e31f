"""Initial passwords: drawn at random, read off paper and typed once."""

from __future__ import annotations

import secrets
from typing import Final

__all__ = ["initial_password"]

#: Without letters and digits that are taken for one another.
_LETTERS: Final = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_GROUPS, _EACH = 4, 6


def initial_password() -> str:
    """Four groups of six letters: 139 random bits.

    >>> len(initial_password())
    27
    """
    return "-".join(
        "".join(secrets.choice(_LETTERS) for _letter in range(_EACH)) for _group in range(_GROUPS)
    )
