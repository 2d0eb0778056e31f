"""Reading lists: each office sees those it made or that were sent to it.

The station sees its own lists; the hamlet group and the police those that are with them (the police
also what they returned); the chair those of the commune.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from django.db.models import Count, Q, QuerySet

from lamsach.accounts.actions import actor_of
from lamsach.accounts.models import Officer
from lamsach.accounts.roles import Role, View
from lamsach.accounts.scope import scope_of
from lamsach.cleansing.models import (
    CleansingEntry,
    CleansingList,
    Decision,
    DecisionKind,
    ListState,
    ListStep,
    LookedAt,
)
from lamsach.clock import today
from lamsach.ledger.actions import action
from lamsach.ledger.verbs import Verb
from lamsach.places.models import Coverage, Office, OfficeKind, Territory, Unit, UnitLevel
from lamsach.places.queries import covered_units, offices_for
from lamsach.registry.models import Campaign, Person, Standing

__all__ = [
    "Counts",
    "Pace",
    "asked_of",
    "campaigns",
    "codes_of_post",
    "communes_of",
    "counts_of",
    "decision_of",
    "entries_of",
    "entries_to_ask",
    "entry_after",
    "entry_before",
    "entry_of",
    "household_of",
    "list_for",
    "lists_for",
    "lists_of_person",
    "note_reading",
    "offices_to_send_to",
    "on_open_lists",
    "pace_of",
    "person_named",
    "sharing_numbers",
    "single_looks",
    "stations_of",
    "steps_of",
    "undecided_references",
    "waiting_people",
]

_SENT: Final = [ListState.POLICE_CHECK, ListState.RETURNED, ListState.APPLIED, ListState.CLOSED]
#: A pause longer than this is not work.
_PAUSE: Final = timedelta(minutes=5)
#: What a single look takes where nothing is known yet.
_USUAL: Final = timedelta(seconds=20)


def lists_for(viewer: Officer) -> QuerySet[CleansingList]:
    """The lists that the viewer's posts open, the newest first."""
    scope = scope_of(viewer)
    condition = Q(pk__in=[])
    stations = [one.office_id for one in scope.grants if one.role == Role.STATION]
    condition |= Q(station__in=stations)
    condition |= Q(
        hamlet_group__in=scope.office_ids(View.SHARED_LISTS), state=ListState.HAMLET_REVIEW
    )
    condition |= Q(police__in=scope.office_ids(View.SENT_LISTS), state__in=_SENT)
    if scope.has(View.LISTS_AND_BATCHES):
        condition |= Q(commune__in=scope.units(View.LISTS_AND_BATCHES))
    return (
        CleansingList.objects.filter(condition)
        .select_related("station", "police", "hamlet_group", "commune", "campaign", "job")
        .order_by("-id")
    )


def list_for(viewer: Officer, public_id: uuid.UUID) -> CleansingList | None:
    """One list; None when there is none or the viewer may not see it."""
    return lists_for(viewer).filter(public_id=public_id).first()


def note_reading(viewer: Officer, cleansing_list: CleansingList, *, what: str) -> None:
    """Keep in the ledger that the people of a list were read, and on which page."""
    with action() as act:
        act.record(
            Verb.LIST_READ,
            actor=actor_of(viewer),
            office=str(_office_of(viewer, cleansing_list).public_id),
            subject=("cleansing_list", cleansing_list.public_id),
            facts={"page": what},
        )


def _office_of(viewer: Officer, cleansing_list: CleansingList) -> Office:
    """The list's office in which the viewer sees it; the station's where it is none of them."""
    mine = {one.office_id for one in scope_of(viewer).grants}
    sides = (cleansing_list.police, cleansing_list.hamlet_group, cleansing_list.station)
    return next((one for one in sides if one and one.pk in mine), cleansing_list.station)


def entries_of(cleansing_list: CleansingList) -> QuerySet[CleansingEntry]:
    """The entries of a list the viewer was given, in their order."""
    return (
        CleansingEntry.objects.filter(list=cleansing_list)
        .select_related("person__residence", "decision__officer", "decision__commune", "correction")
        .order_by("position")
    )


def entry_of(cleansing_list: CleansingList, public_id: uuid.UUID) -> CleansingEntry | None:
    """One entry of a list the viewer was given."""
    return entries_of(cleansing_list).filter(public_id=public_id).first()


def entry_after(cleansing_list: CleansingList, position: int) -> CleansingEntry | None:
    """The next undecided entry after a place; from the beginning again when there is none."""
    open_ones = entries_of(cleansing_list).filter(decision=None, is_open=True)
    return open_ones.filter(position__gt=position).first() or open_ones.first()


def entry_before(cleansing_list: CleansingList, position: int) -> CleansingEntry | None:
    """The entry before a place, decided or not: to look back."""
    return entries_of(cleansing_list).filter(position__lt=position).last()


_NOT_ASKED: Final = Q(suggestion={}, suggestion_note="")


def entries_to_ask(
    cleansing_list: CleansingList, *, shown: str, after: int
) -> QuerySet[CleansingEntry]:
    """The open entries beyond a place: all, or "open" those of whom nothing was heard yet."""
    rows = entries_of(cleansing_list).filter(is_open=True, position__gt=after)
    return rows.filter(_NOT_ASKED) if shown == "open" else rows


def asked_of(cleansing_list: CleansingList) -> tuple[int, int]:
    """Of how many people of a list something was heard, and how many they are."""
    rows = CleansingEntry.objects.filter(list=cleansing_list, is_open=True)
    found = rows.aggregate(all=Count("pk"), open=Count("pk", filter=_NOT_ASKED))
    return found["all"] - found["open"], found["all"]


def household_of(entry: CleansingEntry) -> list[CleansingEntry]:
    """The others of an entry's household on the same list."""
    if not entry.household:
        return []
    same = entries_of(entry.list).filter(household=entry.household).exclude(pk=entry.pk)
    return list(same[:10])


@dataclass(frozen=True, slots=True)
class Counts:
    """How a list stands: entries, undecided ones, by category, by decision, by how looked at."""

    entries: int
    undecided: int
    obstacles: dict[str, int]
    kinds: dict[str, int]
    looked_at: dict[str, int]
    outcomes: dict[str, int]

    @property
    def decided(self) -> int:
        """How many are decided."""
        return self.entries - self.undecided


def counts_of(cleansing_list: CleansingList) -> Counts:
    """The counts of a list, by one statement."""
    rows = (
        CleansingEntry.objects.filter(list=cleansing_list)
        .values_list("obstacle", "decision__kind", "decision__looked_at", "outcome")
        .annotate(count=Count("pk"))
        .order_by()
    )
    sums: tuple[dict[str, int], ...] = ({}, {}, {}, {})
    entries = undecided = 0
    for *words, count in rows:
        entries += count
        if words[1] is None:
            undecided += count
        for known, word in zip(sums, words, strict=True):
            if word:
                known[word] = known.get(word, 0) + count
    obstacles, kinds, looked_at, outcomes = sums
    return Counts(entries, undecided, obstacles, kinds, looked_at, outcomes)


def decision_of(public_id: uuid.UUID, viewer: Officer) -> Decision | None:
    """A decision on a list that the viewer sees."""
    lists = lists_for(viewer).order_by().values("pk")
    return Decision.objects.filter(public_id=public_id, entry__list__in=lists).first()


def steps_of(cleansing_list: CleansingList) -> QuerySet[ListStep]:
    """What happened to a list, the first step first."""
    steps = ListStep.objects.filter(list=cleansing_list)
    return steps.select_related("officer", "office").order_by("pk")


def single_looks(viewer: Officer, cleansing_list: CleansingList) -> tuple[int, int]:
    """How many entries of a list the officer looked at alone, and of these took the proposal."""
    mine = Decision.objects.filter(
        entry__list=cleansing_list, officer=viewer, looked_at=LookedAt.SINGLY
    )
    taken = Count("pk", filter=Q(kind=DecisionKind.CONFIRMED_PROPOSAL))
    found = mine.aggregate(looks=Count("pk"), taken=taken)
    return found["looks"], found["taken"]


def sharing_numbers(entries: Sequence[CleansingEntry]) -> set[str]:
    """Numbers of these entries' people that several records bear: a household's, not a person's."""
    numbers = {one.person.personal_id for one in entries if one.person.personal_id}
    rows = (
        Person.objects.filter(personal_id__in=numbers)
        .exclude(personal_id="")
        .values("personal_id")
        .annotate(count=Count("pk"))
        .filter(count__gt=1)
        .order_by()
    )
    return {row["personal_id"] for row in rows}


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast an officer goes, and what is left at that pace."""

    left: int
    time_left: timedelta
    due_at: datetime | None

    @property
    def hours(self) -> int:
        """The whole hours of the time left."""
        return int(self.time_left.total_seconds()) // 3600

    @property
    def minutes(self) -> int:
        """The minutes beyond the whole hours, at least one where there is no hour."""
        minutes = int(self.time_left.total_seconds()) % 3600 // 60
        return minutes if self.hours else max(1, minutes)


def pace_of(viewer: Officer, cleansing_list: CleansingList, undecided: int) -> Pace:
    """What is left, by the pace of the officer's last fifty looks."""
    times = list(
        Decision.objects.filter(officer=viewer)
        .exclude(looked_at=LookedAt.FILE)
        .order_by("-id")
        .values_list("at", flat=True)[:50]
    )
    gaps = [late - early for late, early in pairwise(times)]
    work = [gap for gap in gaps if timedelta(0) < gap <= _PAUSE]
    each = sum(work, timedelta(0)) / len(work) if len(work) >= 5 else _USUAL
    return Pace(undecided, each * undecided, cleansing_list.due_at)


def stations_of(viewer: Officer) -> QuerySet[Office]:
    """The health stations in which the viewer makes lists."""
    grants = scope_of(viewer).grants
    mine = {one.office_id for one in grants if one.role == Role.STATION}
    return Office.objects.filter(pk__in=mine).order_by("name", "pk")


def communes_of(station: Office) -> QuerySet[Unit]:
    """The communes that a station is responsible for today."""
    own = Territory.objects.filter(office=station, period__contains=today()).values("unit")
    covered = Coverage.objects.filter(covering__in=own).values("covered")
    return Unit.objects.filter(pk__in=covered, level=UnitLevel.COMMUNE).order_by(
        "valid_until", "name"
    )


def waiting_people(station: Office) -> dict[str, int]:
    """How many of a station's residents have wrong data and are on no list, by category."""
    own = Territory.objects.filter(office=station, period__contains=today()).values("unit")
    covered = Coverage.objects.filter(covering__in=own).values("covered")
    rows = (
        Standing.objects.filter(
            residence__in=covered, obstacle__in=["id_missing", "id_malformed", "wrong"]
        )
        .values_list("obstacle")
        .annotate(count=Count("pk"))
        .order_by()
    )
    return dict(rows)


def campaigns() -> QuerySet[Campaign]:
    """The campaigns, the newest first."""
    return Campaign.objects.order_by("-opened_on", "pk")


def offices_to_send_to(cleansing_list: CleansingList, kind: OfficeKind) -> QuerySet[Office]:
    """The offices of a kind that are responsible for a list's commune."""
    return offices_for(cleansing_list.commune, kind, today())


def person_named(cleansing_list: CleansingList, public_id: uuid.UUID) -> Person | None:
    """A person whom the police name as the same as an entry's: one of the commune's residents."""
    units = Coverage.objects.filter(covering=cleansing_list.commune).values("covered")
    return Person.objects.filter(public_id=public_id, residence__in=units).first()


def undecided_references(cleansing_list: CleansingList) -> list[str]:
    """The opaque references of the people of a list's undecided entries."""
    rows = CleansingEntry.objects.filter(list=cleansing_list, decision=None, is_open=True)
    found = rows.order_by("position").values_list("person__reference", flat=True)
    return [str(reference) for reference in found]


def codes_of_post(post: Office, catalogue: str) -> list[str]:
    """The codes, in a catalogue, of all units that an office covers today."""
    covered = covered_units(Office.objects.filter(pk=post.pk), today())
    units = Unit.objects.filter(pk__in=covered, catalogue=catalogue)
    return list(units.order_by("code").values_list("code", flat=True))


def lists_of_person(person: Person) -> QuerySet[CleansingEntry]:
    """A person's entries on lists, for the page of a person whom the viewer may see."""
    entries = CleansingEntry.objects.filter(person=person)
    return entries.select_related("list__station", "list__police", "decision").order_by("-id")


def on_open_lists(**conditions: object) -> Q:
    """The condition on people that are on open lists of a kind: for the gate."""
    entries = CleansingEntry.objects.filter(is_open=True, **conditions)
    return Q(pk__in=entries.values("person_id"))
