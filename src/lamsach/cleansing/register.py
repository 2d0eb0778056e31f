"""The register as the police desk uses it: proposals while a page is rendered, and confirming.

The one place of this floor that speaks to `population.gateway`. What comes through is put on the
page and forgotten: no function here keeps, caches or logs a value of the register's. The four
fields of a person whom an officer confirms are all that ever stays, in the officer's decision.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from lamsach.accounts.actions import actor_of
from lamsach.accounts.models import Officer
from lamsach.cleansing.models import CleansingEntry, CleansingList
from lamsach.cleansing.queries import codes_of_post
from lamsach.population import gateway
from lamsach.population.messages import Proposal

__all__ = ["confirmed_fields", "found_by_machine", "proposals_for"]

#: What the gateway takes at a time.
_AT_A_TIME: Final = 200
#: A longer list is counted in its first part alone.
_COUNTED: Final = 5000


def _who(officer: Officer, cleansing_list: CleansingList) -> tuple[str, str, list[str]]:
    """Officer, office and the units of the post, as the gateway asks for them."""
    post = cleansing_list.police
    assert post is not None
    units = codes_of_post(post, gateway.register_version().catalogue)
    return str(actor_of(officer)), str(post.public_id), units


def proposals_for(
    officer: Officer, cleansing_list: CleansingList, entries: Sequence[CleansingEntry]
) -> dict[str, Proposal]:
    """The proposals for entries, by the person's reference, for this officer's eyes alone.

    Raises OSError when the register cannot be reached.
    """
    who, office, units = _who(officer, cleansing_list)
    references = [str(one.person.reference) for one in entries]
    found: dict[str, Proposal] = {}
    for start in range(0, len(references), _AT_A_TIME):
        part = references[start : start + _AT_A_TIME]
        found |= gateway.proposals(part, officer=who, office=office, units=units)
    return found


def found_by_machine(
    officer: Officer, cleansing_list: CleansingList, references: Sequence[str]
) -> int:
    """For how many of these records the register proposes one person of the post's own."""
    who, office, units = _who(officer, cleansing_list)
    count = 0
    for start in range(0, min(len(references), _COUNTED), _AT_A_TIME):
        part = references[start : start + _AT_A_TIME]
        told = gateway.overview(part, officer=who, office=office, units=units)
        count += sum(one.status == "correctable" and one.is_here for one in told.values())
    return count


def confirmed_fields(
    officer: Officer, cleansing_list: CleansingList, entry: CleansingEntry, candidate: str
) -> dict[str, str]:
    """The four fields of the candidate whom the officer confirms for an entry.

    Raises LookupError when the register proposes no such candidate any more, OSError when it cannot
    be reached.
    """
    who, office, units = _who(officer, cleansing_list)
    found = gateway.confirm(
        str(entry.person.reference), candidate, officer=who, office=office, units=units
    )
    return {
        "full_name": found.full_name,
        "birth_date": found.birth_date,
        "sex": found.sex,
        "personal_id": found.personal_id,
    }
