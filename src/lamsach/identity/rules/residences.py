"""The rule of residence: how the areas that a record and a register person live in agree.

Columns of a pair: `t_province`, `t_district`, `t_commune` (typed) and `g_…` (register), codes of
the General Statistics Office as integers; 0 is not given. A residence is evidence of identity, no
field of the procedure: it has levels and no difference codes.
"""

from __future__ import annotations

from typing import Final

from lamsach.identity.rules.expressions import Expression, any_of, column, when

__all__ = ["RESIDENCE_COLUMNS", "RESIDENCE_LEVELS", "residence_level"]

RESIDENCE_COLUMNS: Final = (
    "t_province",
    "t_district",
    "t_commune",
    "g_province",
    "g_district",
    "g_commune",
)
RESIDENCE_LEVELS: Final = ("commune", "district", "province", "differs", "missing")


def _agree(name: str) -> Expression:
    return (column(f"t_{name}") > 0) & (column(f"t_{name}") == column(f"g_{name}"))


residence_level: Final[Expression] = (
    when(_agree("commune"), "commune")
    .when(_agree("district"), "district")
    .when(_agree("province"), "province")
    .when(any_of(column("t_province") == 0, column("g_province") == 0), "missing")
    .otherwise("differs")
)
