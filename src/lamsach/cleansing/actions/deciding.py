"""Deciding: what the police found about each entry, and what the hamlet group heard before.

Any number of entries with a constant number of statements. A decision is a new row; the one before
stays and no longer holds. Values are read as corrections read them, so that what could never be
applied is refused where it is typed.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils.translation import gettext_lazy as _

from lamsach.accounts.actions import actor_of
from lamsach.accounts.models import Officer
from lamsach.cleansing.actions.steps import locked, standing_in
from lamsach.cleansing.models import (
    CleansingEntry,
    CleansingList,
    Decision,
    DecisionKind,
    LookedAt,
)
from lamsach.clock import now
from lamsach.ledger.actions import Action, action
from lamsach.ledger.verbs import Verb
from lamsach.places.models import Office, Unit
from lamsach.registry.actions.rows import update_rows
from lamsach.registry.fields import read_changes
from lamsach.registry.models import Person

__all__ = [
    "BRINGS_CHANGES",
    "Judgement",
    "check_judgement",
    "check_suggestion",
    "decide_entries",
    "suggest",
    "undo_decision",
]

#: Which fields a decision of a kind may change.
BRINGS_CHANGES: Final[Mapping[str, frozenset[str]]] = {
    DecisionKind.CONFIRMED_PROPOSAL: frozenset({"full_name", "birth_date", "sex", "personal_id"}),
    DecisionKind.CORRECTED: frozenset({"full_name", "birth_date", "sex", "personal_id"}),
    DecisionKind.FOREIGNER: frozenset({"nationality", "passport_number"}),
}
_SUGGESTED: Final = frozenset({"full_name", "birth_date", "sex", "personal_id", "hamlet", "phone"})


@dataclass(frozen=True, slots=True)
class Judgement:
    """One entry judged. `changes` are new texts by field; what equals the record is left out."""

    entry: uuid.UUID
    kind: DecisionKind
    changes: Mapping[str, str] = field(default_factory=dict)
    commune: Unit | None = None
    duplicate_of: Person | None = None
    note: str = ""


def decide_entries(
    *,
    officer: Officer,
    cleansing_list: CleansingList,
    judgements: Sequence[Judgement],
    looked_at: LookedAt,
) -> list[Decision]:
    """Keep what was decided of entries of a list that is with the officer's post.

    Raises `ValidationError` (by field) for values that cannot be, `PermissionDenied` for an entry
    of another list, `ConflictError` when the list is elsewhere.
    """
    with action() as act:
        fresh = locked(act, cleansing_list)
        _step, office = standing_in(officer, fresh, "decide")
        entries = _entries(act, fresh, [one.entry for one in judgements])
        moment = now()
        made = [
            Decision(
                entry=entries[one.entry],
                kind=one.kind,
                changes=_changes(one, entries[one.entry].person),
                commune=_commune(one, fresh),
                duplicate_of=_duplicate(one, entries[one.entry].person),
                note=one.note.strip(),
                looked_at=looked_at,
                officer=officer,
                office=office,
                at=moment,
            )
            for one in judgements
        ]
        Decision.objects.using(act.using).bulk_create(made)
        rows = [{"id": one.entry_id, "decision_id": one.pk} for one in made]
        update_rows(act.using, "cleansing_cleansingentry", {"decision_id": "bigint"}, rows)
        for one in made:
            _tell(act, officer, office, one.entry, kind=one.kind, looked_at=looked_at, what=one)
    return made


def undo_decision(*, officer: Officer, cleansing_list: CleansingList, entry: uuid.UUID) -> None:
    """Leave an entry undecided again: its list is still with the police, nothing rests on it."""
    with action() as act:
        fresh = locked(act, cleansing_list)
        _step, office = standing_in(officer, fresh, "decide")
        one = _entries(act, fresh, [entry])[entry]
        if one.decision_id is not None:
            CleansingEntry.objects.using(act.using).filter(pk=one.pk).update(decision=None)
            _tell(act, officer, office, one, kind="undone", looked_at="", what=None)


def suggest(
    *,
    officer: Officer,
    cleansing_list: CleansingList,
    suggestions: Mapping[uuid.UUID, tuple[Mapping[str, str], str]],
) -> int:
    """Note what was heard at the door: values by field and a remark for each entry; how many.

    Raises as `decide_entries`. The record itself changes only by what the police decide.
    """
    with action() as act:
        fresh = locked(act, cleansing_list)
        _step, office = standing_in(officer, fresh, "suggest")
        entries = _entries(act, fresh, list(suggestions))
        for public_id, (values, note) in suggestions.items():
            if not set(values) <= _SUGGESTED:
                raise ValueError("a suggestion names a field that lists do not have")
            entry = entries[public_id]
            entry.suggestion = check_suggestion(values, entry.person)
            entry.suggestion_note = note.strip()
            _tell(act, officer, office, entry, kind="suggested", looked_at="", what=None)
        update_rows(
            act.using,
            "cleansing_cleansingentry",
            {"suggestion": "jsonb", "suggestion_note": "text"},
            [
                {
                    "id": one.pk,
                    "suggestion": json.dumps(one.suggestion),
                    "suggestion_note": one.suggestion_note,
                }
                for one in entries.values()
            ],
        )
    return len(suggestions)


def check_suggestion(values: Mapping[str, str], person: Person) -> dict[str, str]:
    """What a suggestion brings that the record does not say; `ValidationError` by field."""
    try:
        read = read_changes(person, {name: text for name, text in values.items() if text.strip()})
    except ValidationError as error:
        if hasattr(error, "error_dict"):
            raise
        return {}  # everything is as the record says
    return {name: new for name, (_old, new) in read.items()}


def _entries(
    act: Action, fresh: CleansingList, asked: Sequence[uuid.UUID]
) -> dict[uuid.UUID, CleansingEntry]:
    found = {
        one.public_id: one
        for one in CleansingEntry.objects.using(act.using)
        .select_related("person__residence")
        .filter(list=fresh, public_id__in=asked, is_open=True)
    }
    if set(found) != set(asked) or len(found) != len(asked):
        raise PermissionDenied
    return found


def check_judgement(one: Judgement, person: Person, cleansing_list: CleansingList) -> None:
    """Whether a judgement could be kept, before it is. Raises as `decide_entries`."""
    _changes(one, person)
    _commune(one, cleansing_list)
    _duplicate(one, person)


def _changes(one: Judgement, person: Person) -> dict[str, str]:
    allowed = BRINGS_CHANGES.get(one.kind, frozenset())
    if not set(one.changes) <= allowed:
        raise ValueError("a decision of this kind changes no such field")
    if not allowed:
        return {}
    if one.kind == DecisionKind.FOREIGNER and not one.changes.get("nationality"):
        raise ValidationError({"nationality": _("Say of which country the person is a citizen.")})
    return {name: new for name, (_old, new) in read_changes(person, one.changes).items()}


def _commune(one: Judgement, fresh: CleansingList) -> Unit | None:
    if one.kind != DecisionKind.NOT_RESIDENT:
        return None
    if one.commune is None or one.commune.pk == fresh.commune_id:
        raise ValidationError({"commune": _("Say in which other commune the person lives.")})
    return one.commune


def _duplicate(one: Judgement, person: Person) -> Person | None:
    if one.kind != DecisionKind.DUPLICATE_OF:
        return None
    if one.duplicate_of is None or one.duplicate_of.pk == person.pk:
        raise ValidationError({"duplicate_of": _("Say which other record is the same person.")})
    return one.duplicate_of


def _tell(
    act: Action,
    officer: Officer,
    office: Office,
    entry: CleansingEntry,
    *,
    kind: str,
    looked_at: str,
    what: Decision | None,
) -> None:
    act.record(
        Verb.LIST_DECIDE,
        actor=actor_of(officer),
        office=str(office.public_id),
        subject=("cleansing_entry", entry.public_id),
        facts={"kind": str(kind), "looked_at": str(looked_at)},
        content={"changes": dict(what.changes), "note": what.note} if what else None,
    )
