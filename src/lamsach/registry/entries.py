"""What is handed in to be entered: people and doses as typed, before they are rows.

Plain values, so that a form, a workbook and a partner's message enter in the same way. Reading
happens in `keys`; what may not be entered at all is refused by `actions`.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import date

__all__ = ["DoseEntry", "PersonEntry"]


@dataclass(frozen=True, slots=True)
class PersonEntry:
    """One person as typed. `residence` is a unit's key (`places.Unit.id`) or None."""

    full_name: str
    birth_date: str = ""
    sex: str = ""
    personal_id: str = ""
    nationality: str = "VN"
    passport_number: str = ""
    travel_name: str = ""
    guardian_name: str = ""
    guardian_personal_id: str = ""
    phone: str = ""
    email: str = ""
    insurance_number: str = ""
    residence: int | None = None
    hamlet: str = ""
    address: str = ""
    public_id: uuid.UUID = field(default_factory=uuid.uuid4)


@dataclass(frozen=True, slots=True)
class DoseEntry:
    """One dose of a person who is entered already (`person`: their key).

    `facility` is where it was given, the entering office unless stated; `presence` says how the
    identity was checked (`models.Presence`).
    """

    person: int
    campaign: int
    vaccine_code: str
    vaccinated_on: date
    dose_number: int
    lot: str = ""
    facility: int | None = None
    country: str = "VN"
    supervising_clinician: str = ""
    presence: str = "none"
    public_id: uuid.UUID = field(default_factory=uuid.uuid4)
