"""Entering a part of a checked file: people found or made, doses added, counts of what was new.

One part is one transaction of a job's step; entering it again changes nothing that is in.
"""

from __future__ import annotations

from collections.abc import Sequence

from lamsach.accounts.actions import actor_of
from lamsach.accounts.models import Officer
from lamsach.authentication.actions import ask_about
from lamsach.authentication.models import Purpose
from lamsach.intake.actions.matching import match_people, remember_people
from lamsach.intake.checking import Checked
from lamsach.ledger.actions import Action
from lamsach.places.models import Office
from lamsach.registry.actions import enter_doses, enter_people
from lamsach.registry.entries import DoseEntry

__all__ = ["enter_rows"]


def enter_rows(
    act: Action, *, officer: Officer, office: Office, rows: Sequence[Checked], job: str
) -> dict[str, int]:
    """Enter good rows, and have the register asked about who is new; counts of what came of them.

    The counts: `people_new`, `people_known`, `doses_new`, `doses_known`, `guesses` (rows left out
    because one name and birth came with ever more numbers).
    """
    taken = [one for one in rows if one.person is not None]
    people = match_people(act, office, (one.person for one in taken if one.person))
    distinct = {id(one): one for one in people}.values()
    new = [one for one in distinct if one.person is None and not (one.same_as or one.is_guess)]
    made = enter_people(
        act, officer=officer, office=office, rows=[one.entry for one in new], job=job
    )
    for typed, key in zip(new, made, strict=True):
        typed.person = key
    remember_people(act, office, (one for one in distinct if not one.is_guess))
    if made:
        ask_about(act, made, Purpose.ENTRY, actor=actor_of(officer), office=office)
    doses = []
    for one, typed in zip(taken, people, strict=True):
        person, dose = typed.record, one.dose
        if dose is not None and person is not None:
            doses.append(
                DoseEntry(
                    person=person,
                    campaign=dose.campaign,
                    vaccine_code=dose.vaccine_code,
                    vaccinated_on=dose.vaccinated_on,
                    dose_number=dose.dose_number,
                    lot=dose.lot,
                    facility=dose.facility,
                    supervising_clinician=dose.supervising_clinician,
                    presence=dose.presence,
                )
            )
    entered = enter_doses(act, officer=officer, office=office, rows=doses, job=job)
    fresh = set(made)
    known = {one.record for one in distinct} - fresh - {None}
    counts = {
        "people_new": len(made),
        "people_known": len(known),
        "doses_new": sum(one is not None for one in entered),
        "doses_known": sum(one is None for one in entered),
        "guesses": sum(typed.is_guess for typed in people),
    }
    return counts
