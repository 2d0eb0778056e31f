"""Intake's background work: the check of a file, and the entering of its good rows.

The check changes nothing until it is through; the entering commits part by part, with how far it
is, so that it can be broken off anywhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from lamsach.files.actions import content_of
from lamsach.files.errors import FileRefusedError
from lamsach.files.workbooks import opened_workbook
from lamsach.intake.actions import enter_rows, finish_batch, note_check, note_refusal
from lamsach.intake.checking import Checked
from lamsach.intake.models import Batch, BatchState
from lamsach.intake.outcome import Outcome, has_bit
from lamsach.intake.queries import known_for
from lamsach.intake.returning import CheckedFile, checked_rows, returned_workbook
from lamsach.jobs.actions import step
from lamsach.jobs.models import Job
from lamsach.jobs.registry import JobProblem, background

__all__ = ["apply", "check"]

#: Rows of one transaction: some tenths of a second, which is what a kill can cost.
PART: Final = 1000
_TELL_EVERY: Final = 5000


def _batch_of(job: Job) -> Batch:
    return Batch.objects.select_related("office", "campaign", "file", "uploaded_by").get(
        public_id=job.arguments["batch"]
    )


def _page_of(job: Job) -> str:
    return reverse("intake:batch", args=[job.arguments["batch"]])


@background("intake.check", label=_("Check of a workbook"), result=_page_of)
def check(job: Job) -> None:
    """Check a whole file and keep what was found, with the workbook of its bad rows."""
    batch = _batch_of(job)
    if batch.state != BatchState.CHECKING:
        return
    outcome, file = Outcome(), CheckedFile()

    def each(checked: Checked) -> None:
        outcome.count(checked)
        if outcome.rows % _TELL_EVERY == 0 and outcome.rows > job.done:
            with step(job) as here:
                here.advance(outcome.rows - job.done)

    try:
        with opened_workbook(content_of(batch.file)) as book:
            returned = returned_workbook(
                book,
                known_for(batch.office, batch.campaign),
                file,
                each=each,
                identity={"batch": str(batch.public_id), "office": str(batch.office.public_id)},
            )
        returned_from = _returned_from(batch, file.identity)
    except FileRefusedError as error:
        with step(job) as here:
            note_refusal(here.act, batch=batch, code=error.code)
        return
    with step(job) as here:
        note_check(
            here.act,
            batch=batch,
            outcome=outcome,
            returned=returned if outcome.bad else None,
            returned_from=returned_from,
        )
        here.advance(max(0, outcome.rows - job.done))


def _returned_from(batch: Batch, identity: dict[str, str]) -> Batch | None:
    """The batch whose returned workbook this is; refused when it went to another office."""
    try:
        before = Batch.objects.filter(public_id=UUID(identity.get("batch", ""))).first()
    except ValueError:
        return None
    if before is not None and before.office_id != batch.office_id:
        raise FileRefusedError("other_office")
    return before


@background("intake.apply", label=_("Entering a workbook's rows"), result=_page_of)
def apply(job: Job) -> None:
    """Enter the rows that the check let pass, part by part."""
    batch = _batch_of(job)
    if batch.state != BatchState.APPLYING or batch.applied_by is None:
        return
    bits = bytes(batch.good_rows)
    officer, known = batch.applied_by, known_for(batch.office, batch.campaign)
    try:
        with opened_workbook(content_of(batch.file)) as book:
            rows = checked_rows(book, known, CheckedFile())
            good = (one for one in rows if one.is_good and has_bit(bits, one.row.number))
            for part in _parts(good):
                if part[-1].row.number <= job.cursor.get("row", 0):
                    continue
                with step(job) as here:
                    after = here.cursor.get("row", 0)
                    left = [one for one in part if one.row.number > after]
                    counts = enter_rows(
                        here.act,
                        officer=officer,
                        office=batch.office,
                        rows=left,
                        job=str(job.public_id),
                    )
                    total = Counter(here.cursor.get("counts", {}))
                    total.update(counts)
                    cursor = {"row": part[-1].row.number, "counts": dict(total)}
                    here.advance(len(left), cursor=cursor)
    except PermissionDenied as error:
        raise JobProblem(
            _("Who had this file entered no longer works there; a colleague has to do it.")
        ) from error
    with step(job) as here:
        finish_batch(here.act, batch=batch, result=here.cursor.get("counts", {}))


def _parts(rows: Iterable[Checked]) -> Iterator[list[Checked]]:
    rows = iter(rows)
    while part := list(islice(rows, PART)):
        yield part
