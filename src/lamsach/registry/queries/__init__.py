"""Reading the record: every query takes the viewer and returns what their posts open, no more.

Reading personal data is logged by `actions.note_reading` and `actions.note_search`, which the
queries that open a record or look for people call themselves.
"""

from lamsach.registry.queries.corrections import (
    correction_for,
    corrections_for,
    decidable_for,
    facility_names,
    offices_deciding,
)
from lamsach.registry.queries.history import history_of
from lamsach.registry.queries.people import (
    DoseLine,
    StandingLine,
    dose_for,
    dose_lines,
    doses_for,
    masked_among,
    may_search,
    may_unmask,
    offices_for_step,
    person_for,
    persons_for,
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
    "decidable_for",
    "dose_for",
    "dose_lines",
    "doses_for",
    "facility_names",
    "history_of",
    "masked_among",
    "may_search",
    "may_unmask",
    "offices_deciding",
    "offices_for_step",
    "person_for",
    "persons_for",
    "presented_person",
    "search_people",
    "standing_of",
    "waiting_for",
]
