"""What the check of a file compares with: campaigns, vaccines, offices, communes. Read once a file.

Reference data only: nothing here is about a person.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from babel import Locale
from django.db.models import Q

from lamsach.clock import today
from lamsach.identity.names import normalize_name
from lamsach.intake.communes import Communes, communes_of
from lamsach.intake.vaccines import vaccine_readings
from lamsach.places.models import Office, Unit
from lamsach.registry.models import Campaign

__all__ = ["Known", "KnownCampaign", "countries", "known_for"]


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


def known_for(office: Office, campaign: Campaign) -> Known:
    """What a file that an office sends for a campaign may refer to."""
    campaigns = {one.code: _known(one) for one in Campaign.objects.all()}
    sites = Office.objects.filter(Q(pk=office.pk) | Q(above=office)).exclude(code="")
    catalogue = campaigns[campaign.code].catalogue
    return Known(
        today=today(),
        campaign=campaigns[campaign.code],
        campaigns=campaigns,
        facilities={one.code.upper(): one.pk for one in sites},
        units=dict(Unit.objects.filter(catalogue=catalogue).values_list("code", "id")),
        communes=communes_of(catalogue),
    )


def _known(one: Campaign) -> KnownCampaign:
    return KnownCampaign(
        id=one.pk,
        opened_on=one.opened_on,
        closed_on=one.closed_on,
        vaccines=vaccine_readings(one.vaccines),
        compulsory=frozenset(one.compulsory_fields),
        catalogue=one.units_as_of,
    )


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
