"""Writing intake: a file comes, is checked, is applied or discarded."""

from lamsach.intake.actions.batches import (
    apply_batch,
    discard_batch,
    finish_batch,
    note_check,
    note_refusal,
    upload_batch,
)
from lamsach.intake.actions.entering import enter_rows

__all__ = [
    "apply_batch",
    "discard_batch",
    "enter_rows",
    "finish_batch",
    "note_check",
    "note_refusal",
    "upload_batch",
]
