"""What the check of a file compares with: campaigns, vaccines, offices, communes. Read once a file.

Reference data only: nothing here is about a person.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from babel import Locale

from lamsach.identity.names import normalize_name
from lamsach.intake.communes import Communes

__all__ = ["Known", "KnownCampaign", "countries"]


@dataclass(frozen=True, slots=True)
class KnownCampaign:
    """A campaign as rows ask for it."""

    id: int
    opened_on: date
    closed_on: date | None
    vaccines: Mapping[str, str]
    compulsory: frozenset[str]
    catalogue: str


@dataclass(frozen=True, slots=True)
class Known:
    """Everything that rows of one office, for one campaign unless they name another, refer to."""

    today: date
    campaign: KnownCampaign
    campaigns: Mapping[str, KnownCampaign]
    facilities: Mapping[str, int]
    units: Mapping[str, int]
    communes: Communes


@lru_cache(maxsize=1)
def countries() -> Mapping[str, str]:
    """Countries' names, Vietnamese and English, in one writing: their codes.

    >>> countries()["hàn quốc"], countries()["laos"]
    ('KR', 'LA')
    """
    found = {}
    for language in ("en", "vi"):
        names: Mapping[str, str] = Locale(language).territories
        for code, name in names.items():
            if len(code) == 2 and code.isalpha() and code not in ("ZZ", "XA", "XB", "EU", "UN"):
                found[normalize_name(name)] = code
    return found
