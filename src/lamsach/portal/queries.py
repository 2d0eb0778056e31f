"""Reading for citizens: the record that somebody asked for, and what its owner may see of it.

There is no viewer here but the person: a record opens by what they know of themself and a code
sent to the contact on the record. Officers' names are never shown, offices and days are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from django.db.models import Count
from django.db.models.functions import TruncDate

from lamsach.clock import VIETNAM, now
from lamsach.hcert.vaccines import PRODUCTS
from lamsach.ledger.models import Event
from lamsach.ledger.verbs import Verb
from lamsach.places.models import Office
from lamsach.portal.asking import Asked
from lamsach.portal.models import Lookup, Message
from lamsach.portal.sealing import digest, unseal
from lamsach.portal.sending import Letter
from lamsach.registry.models import Dose, Person
from lamsach.registry.queries import StandingLine, standing_of

__all__ = [
    "DoseSeen",
    "Reading",
    "doses_of",
    "find_record",
    "obstacle_of",
    "opened_lookup",
    "outbox",
    "readings_of",
    "waiting_lookup",
]

_FEW: Final = 5
_READINGS_SHOWN: Final = 100
#: What stands on the slips of 2021 (5772/QĐ-BYT), where the product has another name.
_KNOWN_AS: Final = {
    "EU/1/21/1529": "AstraZeneca",
    "EU/1/20/1528": "Pfizer",
    "EU/1/20/1507": "Moderna",
    "EU/1/20/1525": "Janssen",
    "BBIBP-CorV": "Vero Cell",
    "WIBP-CorV": "Vero Cell",
}
#: Acts by which somebody has seen a person's record.
_SEEING: Final = (
    Verb.PERSON_READ,
    Verb.PERSON_PRESENT,
    Verb.PERSON_UNMASK,
    Verb.PASSPORT_READ,
    Verb.CITIZEN_RECORD_READ,
)


def find_record(asked: Asked) -> Person | None:
    """The one record that these answers name; None for none, and for several that could be meant.

    With a number a word of the name is enough: that a name is written wrongly may be why its owner
    is here. Without one the whole name counts, though not its marks. Where one human being has
    several records, one to whose contact a code can go comes first.
    """
    born = Person.objects.filter(birth_date__in=asked.births, sex__in=[asked.sex, ""])
    if asked.number:
        if not asked.digits:
            return None
        words = set(asked.name_key.split())
        same_number = born.filter(personal_id=asked.digits).order_by("id")[:_FEW]
        found = [one for one in same_number if words & set(one.name_key.split())]
        found.sort(key=lambda one: not (one.phone or one.email))
        return found[0] if found else None
    if asked.day is None:
        return None
    found = list(
        born.filter(
            name_key=asked.name_key,
            doses__vaccinated_on=asked.day,
            doses__withdrawn_at=None,
        )
        .distinct()
        .order_by("id")[:_FEW]
    )
    return found[0] if len(found) == 1 else None


def waiting_lookup(public_id: str | None) -> Lookup | None:
    """A look-up that still waits for its code; its identifier is known to one browser alone."""
    try:
        identifier = UUID(public_id or "")
    except ValueError:
        return None
    return Lookup.objects.filter(public_id=identifier, expires_at__gt=now(), opened_at=None).first()


def opened_lookup(token: str | None) -> Lookup | None:
    """The look-up that a session cookie opened, with its person; None when its time is over."""
    if not token:
        return None
    rows = Lookup.objects.filter(session=digest("session", token), closes_at__gt=now())
    return rows.select_related("person__residence__above__above").first()


@dataclass(frozen=True, slots=True)
class DoseSeen:
    """A dose as its owner sees it."""

    number: int
    day: date
    vaccine: str
    lot: str
    facility: str
    withdrawn: bool


def doses_of(person: Person) -> list[DoseSeen]:
    """All doses of a person, the first one first."""
    rows = Dose.objects.filter(person=person).select_related("facility")
    return [
        DoseSeen(
            dose.dose_number,
            dose.vaccinated_on,
            _vaccine(dose.vaccine_code),
            dose.lot,
            dose.facility.name,
            dose.withdrawn_at is not None,
        )
        for dose in rows.order_by("vaccinated_on", "dose_number", "id")
    ]


def _vaccine(code: str) -> str:
    known, product = _KNOWN_AS.get(code), PRODUCTS.get(code)
    name = product.name if product else code
    return f"{known} ({name})" if known else name


def obstacle_of(person: Person) -> StandingLine | None:
    """What stands in the way of the person's passport; None when nothing does."""
    return standing_of([person]).get(person.pk)


@dataclass(frozen=True, slots=True)
class Reading:
    """That somebody at an office has looked at a record on a day; "" is the owner themself."""

    day: date
    office: str
    times: int


def readings_of(person: Person) -> Sequence[Reading]:
    """Who has looked at a record, by day and office, the latest first."""
    events = Event.objects.filter(
        subject_kind="person", subject_id=str(person.public_id), verb__in=_SEEING
    )
    rows: Any = (
        events.annotate(day=TruncDate("at", tzinfo=VIETNAM))
        .values("day", "office")
        .annotate(times=Count("id"))
        .order_by("-day", "office")[:_READINGS_SHOWN]
    )
    found = list(rows)
    named = {row["office"] for row in found if row["office"]}
    names = {
        str(identifier): name
        for identifier, name in Office.objects.filter(public_id__in=named).values_list(
            "public_id", "name"
        )
    }
    return [
        Reading(row["day"], names.get(row["office"], row["office"]), row["times"]) for row in found
    ]


def outbox(*, most: int = 100) -> list[tuple[Message, Letter]]:
    """The messages that wait in the outbox and are still of use, opened; the newest first.

    For whoever holds the installation's secret: it is recorded by `actions.read_outbox`.
    """
    rows = Message.objects.filter(sent_at=None, expires_at__gt=now()).order_by("-id")[:most]
    opened = [(row, unseal("message", bytes(row.sealed))) for row in rows]
    return [(row, Letter.from_text(text)) for row, text in opened if text is not None]
