"""Vietnamese identity: names, births, personal numbers, and matching against a register.

Each field has a room of its own. The names below, one record against a register, bring the engine
along and are loaded when first asked for: who only reads names or dates does not wait for it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from lamsach.identity.candidates import (
        BlockKey,
        CandidateSource,
        NumberOwner,
        RegisterPerson,
        Totals,
        Written,
    )
    from lamsach.identity.engine.model import Model
    from lamsach.identity.lookup import DuckDBSource, prepare_lookup
    from lamsach.identity.matcher import Answer, Candidate, Matcher, Record

__all__ = [
    "Answer",
    "BlockKey",
    "Candidate",
    "CandidateSource",
    "DuckDBSource",
    "Matcher",
    "Model",
    "NumberOwner",
    "Record",
    "RegisterPerson",
    "Totals",
    "Written",
    "prepare_lookup",
]

_ROOMS: Final = {
    "candidates": (
        "BlockKey",
        "CandidateSource",
        "NumberOwner",
        "RegisterPerson",
        "Totals",
        "Written",
    ),
    "engine.model": ("Model",),
    "lookup": ("DuckDBSource", "prepare_lookup"),
    "matcher": ("Answer", "Candidate", "Matcher", "Record"),
}
_ROOM_OF: Final = {name: room for room, names in _ROOMS.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _ROOM_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_ROOM_OF[name]}"), name)
