"""Applying a returned list: its decisions become corrections, asked for by who decided them.

The police officer who decided asks for the correction, the station officer who applies approves it:
never one person. Part by part inside a job's steps, each with a constant number of statements;
every entry keeps what came of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Max
from django.utils import translation
from django.utils.translation import gettext as _

from lamsach.accounts.actions import actor_of
from lamsach.accounts.models import Officer
from lamsach.authentication.actions import ask_about
from lamsach.authentication.models import Purpose
from lamsach.cleansing.actions.making import draft_for
from lamsach.cleansing.actions.steps import locked, standing_in, take_step
from lamsach.cleansing.models import CleansingEntry, CleansingList, Decision, DecisionKind
from lamsach.clock import today
from lamsach.jobs.actions import start_job
from lamsach.jobs.models import Job
from lamsach.ledger.actions import Action, action
from lamsach.ledger.verbs import Verb
from lamsach.places.models import Office, OfficeKind, Unit
from lamsach.places.queries import offices_for
from lamsach.registry.actions import (
    CorrectionRequest,
    approve_corrections,
    request_corrections,
)
from lamsach.registry.actions.rows import update_rows
from lamsach.registry.fields import read_changes
from lamsach.registry.models import Correction, CorrectionState
from lamsach.registry.standing import hold_people, refresh_standing

__all__ = ["apply_list", "apply_part", "finish_list"]

SOURCE: Final = "cleansing_entry"
#: Decisions after which the register itself has to change before it is asked again.
_REGISTER_CHANGES: Final = frozenset({DecisionKind.REGISTER_WRONG, DecisionKind.NOT_IN_REGISTER})


def apply_list(*, officer: Officer, cleansing_list: CleansingList) -> Job:
    """Have a returned list applied; the job that does it, one a list."""
    with action() as act:
        fresh = locked(act, cleansing_list)
        _step, office = standing_in(officer, fresh, "apply")
        if fresh.job is not None:
            return fresh.job
        entries = CleansingEntry.objects.using(act.using).filter(list=fresh, is_open=True)
        job = start_job(
            act,
            "cleansing.apply",
            key=f"cleansing.apply:{fresh.public_id}",
            actor=actor_of(officer),
            subject=("cleansing_list", fresh.public_id),
            arguments={"list": str(fresh.public_id), "officer": str(officer.public_id)},
            office=office,
            total=entries.count(),
        )
        fresh.job = job
        take_step(act, officer=officer, fresh=fresh, name="apply", verb=Verb.LIST_APPLY)
    return job


def apply_part(act: Action, *, officer: Officer, cleansing_list: CleansingList, most: int) -> int:
    """Apply the next entries of a list, up to `most`; how many.

    What a correction changed is asked again by the correction's own consequences.
    """
    fresh = locked(act, cleansing_list)
    _step, office = standing_in(officer, fresh, "apply")
    entries = list(
        CleansingEntry.objects.using(act.using)
        .filter(list=fresh, is_open=True)
        .select_related(
            "person__residence", "decision__officer", "decision__office", "decision__commune"
        )
        .order_by("position")[:most]
    )
    hold_people([one.person_id for one in entries], using=act.using)
    requested = _request(act, officer, office, entries)
    _approve(officer, office, [one for one in requested.values() if one is not None])
    for entry in entries:
        entry.is_open = False
        entry.correction = requested.get(entry.pk)
        entry.outcome = _outcome(entry, entry.pk in requested)
    update_rows(
        act.using,
        "cleansing_cleansingentry",
        {"is_open": "boolean", "correction_id": "bigint", "outcome": "text"},
        [
            {
                "id": one.pk,
                "is_open": False,
                "correction_id": one.correction_id,
                "outcome": one.outcome,
            }
            for one in entries
        ],
    )
    _send_on(act, officer, fresh, entries)
    refresh_standing([one.person_id for one in entries], using=act.using)
    again = [
        one.person_id
        for one in entries
        if one.decision is not None and one.decision.kind in _REGISTER_CHANGES
    ]
    if again:  # the police put the register itself right; what is corrected here is asked by itself
        ask_about(act, again, Purpose.CORRECTION, actor=actor_of(officer), office=office)
    return len(entries)


def _outcome(entry: CleansingEntry, asked_for: bool) -> str:
    if not asked_for:
        return "kept"
    if entry.correction is None:
        return "stale"
    if entry.correction.state != CorrectionState.APPROVED:
        return "waiting"
    is_moved = entry.decision is not None and entry.decision.kind == DecisionKind.NOT_RESIDENT
    return "moved" if is_moved else "corrected"


@dataclass(frozen=True)
class _Asked:
    entry: CleansingEntry
    decision: Decision
    row: CorrectionRequest | None


def _request(
    act: Action, officer: Officer, office: Office, entries: Sequence[CleansingEntry]
) -> dict[int, Correction | None]:
    """Ask for the corrections that decisions bring, by entry; None where the record has changed."""
    by_officer: dict[tuple[int, int], list[_Asked]] = defaultdict(list)
    found: dict[int, Correction | None] = {}
    for entry in entries:
        decision = entry.decision
        changes = _changes(decision) if decision else {}
        if decision is None or not changes:
            continue
        row = _row(entry, decision, changes)
        found[entry.pk] = None
        if row is not None:
            asked = _Asked(entry, decision, row)
            by_officer[decision.officer_id, decision.office_id].append(asked)
    for group in by_officer.values():
        rows = [one.row for one in group if one.row]
        decision = group[0].decision
        try:
            made = request_corrections(
                act, officer=decision.officer, office=decision.office, rows=rows
            )
        except PermissionDenied:  # who decided has left: the station asks, a colleague approves
            made = request_corrections(act, officer=officer, office=office, rows=rows)
        for one, correction in zip(group, made, strict=True):
            found[one.entry.pk] = correction
    return found


def _changes(decision: Decision) -> dict[str, str]:
    if decision.commune is not None:
        return {"residence": f"{decision.commune.catalogue}/{decision.commune.code}"}
    return dict(decision.changes)


def _row(
    entry: CleansingEntry, decision: Decision, changes: dict[str, str]
) -> CorrectionRequest | None:
    """The request; None when the record is no longer the one that was judged."""
    if entry.person.version != entry.person_version:
        return None
    try:
        read_changes(entry.person, changes)
    except ValidationError:
        return None
    with translation.override("vi"):
        grounds = _("Commune police, cleansing list: %(kind)s") % {
            "kind": decision.get_kind_display()
        }
    return CorrectionRequest(
        person=entry.person,
        changes=changes,
        grounds=f"{grounds}. {decision.note}".rstrip(". ") + ".",
        source=(SOURCE, str(entry.public_id)),
    )


def _approve(officer: Officer, office: Office, corrections: Sequence[Correction]) -> None:
    """Approve what is still waiting; what this officer may not approve waits for a colleague."""
    waiting = [one for one in corrections if one.state == CorrectionState.REQUESTED]
    others = [one for one in waiting if one.requested_by_id != officer.pk]
    if not others:
        return
    approved = approve_corrections(officer=officer, office=office, corrections=others)
    states = {one.pk: one.state for one in approved}
    for one in others:
        one.state = states.get(one.pk, one.state)


def _send_on(
    act: Action, officer: Officer, fresh: CleansingList, entries: Sequence[CleansingEntry]
) -> None:
    """Put those who live elsewhere on the draft of the station that is responsible there."""
    by_commune: dict[int, list[CleansingEntry]] = defaultdict(list)
    for entry in entries:
        if entry.outcome == "moved" and entry.decision and entry.decision.commune_id:
            by_commune[entry.decision.commune_id].append(entry)
    communes = Unit.objects.using(act.using).in_bulk(by_commune)
    for commune_id, moved in by_commune.items():
        commune = communes[commune_id]
        station = offices_for(commune, OfficeKind.STATION, today()).first()
        if station is None:
            continue  # nobody's yet: standing shows them as nobody's
        draft = draft_for(
            act, officer=officer, station=station, commune=commune, campaign=fresh.campaign
        )
        last = draft.entries.aggregate(last=Max("position"))["last"] or 0
        CleansingEntry.objects.using(act.using).bulk_create(
            CleansingEntry(
                list=draft,
                person=one.person,
                person_version=one.person_version,
                obstacle=one.obstacle,
                position=last + place,
                came_from=one,
            )
            for place, one in enumerate(moved, start=1)
        )


def finish_list(act: Action, *, officer: Officer, cleansing_list: CleansingList) -> None:
    """All entries are applied: the list is."""
    fresh = locked(act, cleansing_list)
    outcomes: dict[str, int] = defaultdict(int)
    rows = CleansingEntry.objects.using(act.using).filter(list=fresh)
    for outcome in rows.values_list("outcome", flat=True):
        outcomes[outcome] += 1
    take_step(
        act,
        officer=officer,
        fresh=fresh,
        name="finish_applying",
        verb=Verb.LIST_APPLY,
        facts=dict(outcomes),
    )
