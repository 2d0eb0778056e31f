"""Use cases of campaigns: open, change, close. The rules are checked here, whoever gives them.

A campaign without vaccines would refuse every dose and no passport could rest on it.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from lamsach.administration.actions.standing import look_at_campaign
from lamsach.administration.reading import read_text
from lamsach.clock import today
from lamsach.hcert.vaccines import DISEASES, PRODUCTS
from lamsach.intake.columns import COLUMNS
from lamsach.ledger.actions import Action, Actor, action
from lamsach.ledger.verbs import Verb
from lamsach.registry.models import Campaign

__all__ = ["COMPULSORY", "Rules", "change_campaign", "close_campaign", "narrows", "open_campaign"]

_CODE: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_MOST_DOSES: Final = 9
#: What a campaign may demand of each row. A name is always demanded, and a record without a number
#: goes in and is cleansed later (2262/BYT-CNTT).
COMPULSORY: Final = tuple(
    one
    for one in COLUMNS
    if one.identifier
    not in ("full_name", "personal_id", "campaign", "dose_number", "vaccine", "vaccinated_on")
)


@dataclass(frozen=True, slots=True)
class Rules:
    """What a campaign is and asks for; `last_day` is included, None is open.

    `doses_required` maps a vaccine's code to the doses of its course; `minimum_doses` is what a
    passport needs (None: the full course).
    """

    name: str
    disease: str
    legal_basis: str
    vaccines: tuple[str, ...]
    doses_required: dict[str, int]
    minimum_doses: int | None
    compulsory_fields: tuple[str, ...]
    units_as_of: str
    opened_on: date
    last_day: date | None = None

    def check(self) -> None:
        """Raise `ValidationError`, by field, for rules that cannot be."""
        told: dict[str, Any] = {}
        try:
            read_text(self.name)
        except ValidationError as error:
            told["name"] = error
        if self.disease not in DISEASES:
            told["disease"] = _("Certificates know no such disease.")
        if not self.legal_basis.strip():
            told["legal_basis"] = _("Name the decision that the campaign rests on.")
        unknown = [one for one in self.vaccines if one not in PRODUCTS or not PRODUCTS[one].active]
        if not self.vaccines:
            told["vaccines"] = _("Choose at least one vaccine: without one no dose can be entered.")
        elif unknown:
            told["vaccines"] = _("Certificates know no such vaccine, or not any more.")
        wrong = [one for one in self.doses_required.values() if not 1 <= one <= _MOST_DOSES]
        if wrong or set(self.doses_required) != set(self.vaccines):
            told.setdefault("vaccines", _("Write for each vaccine how many doses its course has."))
        if self.minimum_doses is not None and not 1 <= self.minimum_doses <= _MOST_DOSES:
            told["minimum_doses"] = _("Write a number from 1 to 9, or leave it empty.")
        if set(self.compulsory_fields) - {one.identifier for one in COMPULSORY}:
            told["compulsory_fields"] = _("This cannot be demanded.")
        if self.units_as_of not in ("2022", "2025"):
            told["units_as_of"] = _("Choose one of the catalogues.")
        if self.last_day is not None and self.last_day < self.opened_on:
            told["last_day"] = _("The last day lies before the first.")
        if told:
            raise ValidationError(told)

    def columns(self) -> dict[str, Any]:
        """The columns of the table that hold them."""
        found = asdict(self)
        last_day = found.pop("last_day")
        return found | {
            "name": read_text(self.name),
            "legal_basis": self.legal_basis.strip(),
            "vaccines": list(self.vaccines),
            "compulsory_fields": list(self.compulsory_fields),
            "closed_on": last_day + timedelta(1) if last_day else None,
        }


def open_campaign(*, code: str, rules: Rules, by: Actor) -> Campaign:
    """Open a campaign. Raises `ValidationError`, by field."""
    code = code.strip().lower()
    if not _CODE.fullmatch(code) or len(code) > 50:
        raise ValidationError(
            {"code": _("A code has small letters a-z, digits and hyphens, for example covid-19.")}
        )
    rules.check()
    with action() as act:
        if Campaign.objects.filter(code=code).exists():
            raise ValidationError({"code": _("There is a campaign of this code already.")})
        made = Campaign.objects.create(code=code, **rules.columns())
        _record(act, Verb.CAMPAIGN_OPEN, made, by)
    return made


def narrows(campaign: Campaign, rules: Rules) -> bool:
    """Whether new rules could take a passport away: a vaccine goes, or more doses are needed."""
    courses, every_other = campaign.doses_required, campaign.doses_required.get("", 1)
    kept = set(campaign.vaccines) & set(rules.vaccines)
    return kept != set(campaign.vaccines) or any(
        (rules.minimum_doses or rules.doses_required.get(one, 1))
        > (campaign.minimum_doses or courses.get(one, every_other))
        for one in kept
    )


def change_campaign(*, campaign: Campaign, rules: Rules, by: Actor) -> None:
    """Change a campaign's rules; everyone with a dose in it is looked at again.

    Disease and catalogue of units stay what they were: doses and passports carry them. Raises
    `ValidationError`, by field.
    """
    rules.check()
    with action() as act:
        locked = Campaign.objects.select_for_update().get(pk=campaign.pk)
        kept = {"disease": locked.disease, "units_as_of": locked.units_as_of}
        new = rules.columns() | kept
        if all(getattr(locked, name) == value for name, value in new.items()):
            return
        Campaign.objects.filter(pk=campaign.pk).update(**new)
        campaign.refresh_from_db()
        _record(act, Verb.CAMPAIGN_CHANGE, campaign, by)
        look_at_campaign(act, campaign, by=by)


def close_campaign(*, campaign: Campaign, by: Actor, last_day: date | None = None) -> None:
    """Let a campaign end with a day (today): later doses do not belong to it.

    What was entered stays, and is corrected, signed and certified as before.
    """
    last = last_day or today()
    if last < campaign.opened_on:
        raise ValidationError({"last_day": _("The last day lies before the first.")})
    with action() as act:
        Campaign.objects.filter(pk=campaign.pk).update(closed_on=last + timedelta(1))
        campaign.refresh_from_db()
        _record(act, Verb.CAMPAIGN_CLOSE, campaign, by)


def _record(act: Action, verb: Verb, campaign: Campaign, by: Actor) -> None:
    act.record(
        verb,
        actor=by,
        subject=("campaign", campaign.code),
        facts={
            "name": campaign.name,
            "disease": campaign.disease,
            "legal_basis": campaign.legal_basis,
            "vaccines": list(campaign.vaccines),
            "doses_required": dict(campaign.doses_required),
            "minimum_doses": campaign.minimum_doses,
            "compulsory_fields": list(campaign.compulsory_fields),
            "opened_on": campaign.opened_on.isoformat(),
            "closed_on": campaign.closed_on.isoformat() if campaign.closed_on else None,
        },
    )
