"""Rules: how the fields of a record compare with those of a register person.

Each rule is an expression over the columns of a pair, written once. The bulk engine runs it as
SQL; `compare_births` and its like, and with them `Matcher`, run the same expression as a Python
function. Names are compared by `names.compare_names` on distinct pairs of names, not here.
"""

from __future__ import annotations

from typing import Final

from lamsach.identity.rules.births import BIRTH, BIRTH_FORMS, UNREADABLE, birth_form
from lamsach.identity.rules.decisions import Decision, Outcome
from lamsach.identity.rules.numbers import LETTERS_FOR_DIGITS, NUMBER
from lamsach.identity.rules.residences import (
    RESIDENCE_COLUMNS,
    RESIDENCE_LEVELS,
    residence_level,
)
from lamsach.identity.rules.sexes import SEX

__all__ = [
    "BIRTH",
    "BIRTH_FORMS",
    "LETTERS_FOR_DIGITS",
    "NUMBER",
    "RESIDENCE_COLUMNS",
    "RESIDENCE_LEVELS",
    "RULES_VERSION",
    "SEX",
    "UNREADABLE",
    "Decision",
    "Outcome",
    "birth_form",
    "residence_level",
]

RULES_VERSION: Final = "2"
