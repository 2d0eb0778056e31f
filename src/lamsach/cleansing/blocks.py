"""Blocks: which proposals may be confirmed together, and from when on (threats.md).

Never where a look at each is what protects people: numbers that a household shares, twins, minors,
rivals, another name. And never before the officer has looked at enough of the list alone and taken
nearly all proposals as they were. This room decides; it reads and writes nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from lamsach.cleansing.models import CleansingEntry
from lamsach.identity.births import parse_birth
from lamsach.population.messages import Candidate, Proposal

__all__ = ["LOOKS", "MOST", "Opening", "may_be_in_block", "opening_of"]

#: Single looks on a list before its first block, and of how many the proposal must have been right.
LOOKS: Final = 20
TAKEN: Final = 0.9
#: Entries of one block: what fits on a screen and is read in a minute.
MOST: Final = 20
_SURE: Final = 0.99
_ADULT: Final = 18
_ALONE: Final = frozenset(
    {"personal_id.other_person", "name.other", "sex", "birth_date.year", "birth_date.other"}
)


@dataclass(frozen=True, slots=True)
class Opening:
    """Whether a block may be opened, and if not, why not yet."""

    is_open: bool
    looks: int
    looks_wanted: int
    reason: str | Promise = ""


def opening_of(looks: int, taken: int) -> Opening:
    """Whether an officer who looked so often, and took so many proposals, may open a block.

    >>> opening_of(5, 5).is_open, opening_of(20, 12).is_open, opening_of(20, 19).is_open
    (False, False, True)
    """
    if looks < LOOKS:
        return Opening(False, looks, LOOKS, _("Look at more of them singly first."))
    if taken < TAKEN * looks:
        reason = _("Too many proposals of this list were not right: look at each.")
        return Opening(False, looks, LOOKS, reason)
    return Opening(True, looks, LOOKS)


def may_be_in_block(
    entries: Sequence[CleansingEntry],
    proposals: Mapping[str, Proposal],
    *,
    shared_numbers: Iterable[str],
    today: date,
) -> list[tuple[CleansingEntry, Candidate]]:
    """Those of a list's next entries that may stand in a block, each with its candidate."""
    shared = set(shared_numbers)
    proposed = Counter(
        best.personal_id for one in proposals.values() if (best := one.best) is not None
    )
    twins = _same_birth_in_household(entries, proposals)
    found = []
    for entry in entries:
        best = _sure(proposals.get(str(entry.person.reference)))
        if best is None or set(best.differences) & _ALONE:
            continue
        if entry.person.personal_id in shared or proposed[best.personal_id] > 1:
            continue
        if entry.pk in twins or _is_minor(best.birth_date, today):
            continue
        if _is_minor(entry.person.birth_date, today):
            continue
        found.append((entry, best))
    return found[:MOST]


def _sure(proposal: Proposal | None) -> Candidate | None:
    best = proposal.best if proposal else None
    if proposal is None or best is None:
        return None
    if proposal.rivals or proposal.elsewhere or len(proposal.candidates) > 1:
        return None
    return best if best.probability >= _SURE and not best.number_is_new else None


def _is_minor(birth: str, today: date) -> bool:
    """Whether somebody born so may be under age; an unknown birth is no reason to think so."""
    year = parse_birth(birth).year
    return year is not None and today.year - year <= _ADULT


def _same_birth_in_household(
    entries: Sequence[CleansingEntry], proposals: Mapping[str, Proposal]
) -> set[int]:
    """Entries of people of one home with one birth: twins, or one person twice."""
    homes: dict[tuple[object, str], list[int]] = {}
    for entry in entries:
        births = {entry.person.birth_date}
        keys: list[object] = [("list", entry.household)] if entry.household else []
        proposal = proposals.get(str(entry.person.reference))
        best = proposal.best if proposal else None
        if proposal is not None and proposal.household:
            keys.append(("register", proposal.household))
        if best is not None:
            births.add(best.birth_date)
        for key in keys:
            for birth in births - {""}:
                homes.setdefault((key, birth), []).append(entry.pk)
    return {pk for same in homes.values() if len(set(same)) > 1 for pk in same}
