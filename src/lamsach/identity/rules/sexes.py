"""The rule of sex: columns `t_sex` (typed) and `g_sex` (register), each 'M', 'F' or ''."""

from __future__ import annotations

from typing import Final

from lamsach.identity.rules.decisions import Decision, Outcome
from lamsach.identity.rules.expressions import column

__all__ = ["SEX"]

_typed, _register = column("t_sex"), column("g_sex")

#: Giới tính. A register person without a sex differs from the record, and is no evidence.
SEX: Final = Decision(
    "sex_case",
    ("t_sex", "g_sex"),
    (
        (_typed == "", Outcome("missing", ("sex.missing",))),
        (_typed == _register, Outcome("same")),
        (_register == "", Outcome("missing", ("sex",))),
    ),
    Outcome("differs", ("sex",)),
)
