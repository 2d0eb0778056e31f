"""Reading the record: every query takes the viewer and returns what their posts open, no more.

Reading personal data is logged by `actions.note_reading` and `actions.note_search`, which the
queries that open a record or look for people call themselves.
"""

from lamsach.registry.queries.corrections import correction_for, corrections_for
from lamsach.registry.queries.history import history_of
from lamsach.registry.queries.people import (
    DoseLine,
    StandingLine,
    dose_for,
    dose_lines,
    doses_for,
    may_unmask,
    person_for,
    persons_for,
    sees_masked,
    standing_of,
    waiting_for,
)
from lamsach.registry.queries.searching import SearchPage, presented_person, search_people

__all__ = [
    "DoseLine",
    "SearchPage",
    "StandingLine",
    "correction_for",
    "corrections_for",
    "dose_for",
    "dose_lines",
    "doses_for",
    "history_of",
    "may_unmask",
    "person_for",
    "persons_for",
    "presented_person",
    "search_people",
    "sees_masked",
    "standing_of",
    "waiting_for",
]
