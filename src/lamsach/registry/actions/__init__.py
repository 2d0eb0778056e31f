"""Writing the record: people and doses are entered, corrected, presented; nothing is deleted."""

from lamsach.registry.actions.correcting import (
    CorrectionRequest,
    StaleCorrectionError,
    approve_corrections,
    refuse_correction,
    request_correction,
    request_corrections,
    withdraw_correction,
)
from lamsach.registry.actions.entering import enter_doses, enter_people
from lamsach.registry.actions.reading import note_reading, note_search, present, unmask

__all__ = [
    "CorrectionRequest",
    "StaleCorrectionError",
    "approve_corrections",
    "enter_doses",
    "enter_people",
    "note_reading",
    "note_search",
    "present",
    "refuse_correction",
    "request_correction",
    "request_corrections",
    "unmask",
    "withdraw_correction",
]
