"""A batch's way: uploaded, checked, and then applied or discarded; each step once.

Steps that the state does not allow are refused with `ConflictError` and change nothing. The check
and the entering themselves run as jobs (`tasks`), under a lock of the office.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from lamsach.accounts.actions import actor_of
from lamsach.accounts.models import Officer
from lamsach.accounts.refusals import ConflictError
from lamsach.accounts.scope import scope_of
from lamsach.clock import now
from lamsach.files.actions import keep_file
from lamsach.files.workbook_guard import guard
from lamsach.intake.models import Batch, BatchState
from lamsach.intake.outcome import Outcome
from lamsach.jobs.actions import start_job
from lamsach.jobs.models import Job
from lamsach.ledger.actions import Action, action
from lamsach.ledger.verbs import Verb
from lamsach.places.models import Office
from lamsach.registry.models import Campaign
from lamsach.registry.workflow import MAY_ENTER

__all__ = [
    "apply_batch",
    "discard_batch",
    "finish_batch",
    "note_check",
    "note_refusal",
    "upload_batch",
]


def _may(officer: Officer, office: Office) -> None:
    grants = scope_of(officer).grants
    if not any(one.office_id == office.pk and one.role in MAY_ENTER for one in grants):
        raise PermissionDenied


def upload_batch(
    *, officer: Officer, office: Office, campaign: Campaign, content: bytes, name: str
) -> Batch:
    """Take a file in and have it checked; what is plainly no workbook is refused at once.

    Raises `FileRefusedError`, and `PermissionDenied` for an office that is not the officer's.
    """
    _may(officer, office)
    guard(content)
    with action() as act:
        batch = Batch.objects.create(
            office=office,
            campaign=campaign,
            file=keep_file(content=content),
            file_name=PurePath(name.replace("\\", "/")).name[:200],
            uploaded_by=officer,
            uploaded_at=now(),
        )
        batch.job = _start(act, "intake.check", batch, officer)
        batch.save(update_fields=["job"])
        act.record(
            Verb.INTAKE_UPLOAD,
            actor=actor_of(officer),
            office=str(office.public_id),
            subject=("batch", batch.public_id),
            facts={"bytes": len(content), "campaign": campaign.code},
        )
    return batch


def _start(act: Action, task: str, batch: Batch, officer: Officer) -> Job:
    return start_job(
        act,
        task,
        key=f"{task}:{batch.public_id}",
        actor=actor_of(officer),
        subject=("facility", batch.office.public_id),
        arguments={"batch": str(batch.public_id)},
        office=batch.office,
        total=batch.good or None,
    )


def _change(batch: Batch, state: BatchState, *, after: BatchState, **values: object) -> None:
    """Move the batch on if it still stands where it should; refused otherwise."""
    moved = Batch.objects.filter(pk=batch.pk, state=after).update(state=state, **values)
    if not moved:
        raise ConflictError(_("The file has gone on in the meantime; nothing was changed."))


def note_check(
    act: Action,
    *,
    batch: Batch,
    outcome: Outcome,
    returned: bytes | None,
    returned_from: Batch | None,
) -> None:
    """Keep what the check found, with the workbook of bad rows if there are any."""
    _change(
        batch,
        BatchState.CHECKED,
        after=BatchState.CHECKING,
        checked_at=now(),
        rows=outcome.rows,
        bad=outcome.bad,
        problems=dict(outcome.problems.most_common()),
        remarks=dict(outcome.remarks.most_common()),
        first_problems=outcome.first,
        good_rows=bytes(outcome.good_rows),
        returned=keep_file(content=returned) if returned else None,
        returned_from=returned_from,
    )
    act.record(
        Verb.INTAKE_RETURN,
        actor=actor_of(batch.uploaded_by),
        office=str(batch.office.public_id),
        subject=("batch", batch.public_id),
        facts={"rows": outcome.rows, "bad": outcome.bad},
    )


def note_refusal(act: Action, *, batch: Batch, code: str) -> None:
    """Keep why a file could not be read at all."""
    _change(batch, BatchState.REFUSED, after=BatchState.CHECKING, refusal=code)
    act.record(
        Verb.INTAKE_RETURN,
        actor=actor_of(batch.uploaded_by),
        office=str(batch.office.public_id),
        subject=("batch", batch.public_id),
        facts={"refused": code},
    )


def discard_batch(*, officer: Officer, batch: Batch) -> None:
    """Leave a checked file alone: nothing of it goes in."""
    _may(officer, batch.office)
    with action() as act:
        _change(batch, BatchState.DISCARDED, after=BatchState.CHECKED)
        act.record(
            Verb.INTAKE_DISCARD,
            actor=actor_of(officer),
            office=str(batch.office.public_id),
            subject=("batch", batch.public_id),
        )


def apply_batch(*, officer: Officer, batch: Batch) -> Job:
    """Have the good rows of a checked file entered; the job that does it.

    Raises `ConflictError` when the file is not waiting for this or has no good row.
    """
    _may(officer, batch.office)
    if not batch.good:
        raise ConflictError(_("No row of this file can be entered; correct it and send it again."))
    with action() as act:
        job = _start(act, "intake.apply", batch, officer)
        _change(batch, BatchState.APPLYING, after=BatchState.CHECKED, applied_by=officer, job=job)
        act.record(
            Verb.INTAKE_APPLY,
            actor=actor_of(officer),
            office=str(batch.office.public_id),
            subject=("batch", batch.public_id),
            facts={"rows": batch.good},
        )
    return job


def finish_batch(act: Action, *, batch: Batch, result: Mapping[str, int]) -> None:
    """Keep what went in."""
    _change(
        batch,
        BatchState.APPLIED,
        after=BatchState.APPLYING,
        applied_at=now(),
        result=dict(result),
    )
