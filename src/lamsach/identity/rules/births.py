"""The rule of births: how a date of birth as typed stands to a register person's.

Columns of a pair: typed `t_year`, `t_month`, `t_day`, register `g_year`, `g_month`, `g_day`; 0 is
a part that is not given. Impossible parts are kept. Text that is no date at all has no year, no
month and the day UNREADABLE (see `births.Birth.parts`).
"""

from __future__ import annotations

from typing import Final

from lamsach.identity.rules.decisions import Decision, Outcome
from lamsach.identity.rules.expressions import Expression, any_of, column, when

__all__ = ["BIRTH", "BIRTH_FORMS", "UNREADABLE", "birth_form"]

#: The day of a date of which nothing could be read.
UNREADABLE: Final = 99

_ty, _tm, _td = column("t_year"), column("t_month"), column("t_day")
_gy, _gm, _gd = column("g_year"), column("g_month"), column("g_day")
_same_year = _ty == _gy
_without_day = any_of(_td == 0, _gd == 0)
_nothing_typed = (_ty == 0) & (_tm == 0) & (_td == 0)

_YEAR: Final = "birth_date.year"
_OTHER: Final = "birth_date.other"

#: Ngày sinh. Levels, by what they say about identity: same: all parts agree, to the same
#: precision. year_only: the year was typed, and is right. placeholder: 01/01 of the right year,
#: while the register holds another day (contracts §1). partial: one side knows less, and all that
#: both know agrees. swapped: day and month exchanged. day, month, year: full dates that one part
#: differs. two_parts: the year agrees and no more, or day and month are exchanged in another year.
#: missing: one side has nothing to compare. other: the years differ, and more with them.
BIRTH: Final = Decision(
    "birth_case",
    ("t_year", "t_month", "t_day", "g_year", "g_month", "g_day"),
    (
        (_nothing_typed, Outcome("missing", ("birth_date.missing",))),
        (any_of(_ty == 0, _gy == 0), Outcome("missing", (_OTHER,))),
        (_same_year & (_tm == _gm) & (_td == _gd), Outcome("same")),
        (_same_year & (_tm == 0), Outcome("year_only", ("birth_date.year_only",))),
        (
            _same_year & (_tm == 1) & (_td == 1),
            Outcome("placeholder", ("birth_date.placeholder",)),
        ),
        (
            _same_year & any_of(_gm == 0, (_tm == _gm) & _without_day),
            Outcome("partial", (_OTHER,)),
        ),
        # Of two or one part, one differs: the code says which, but little is left that agrees.
        (
            _same_year & (_td == 0) & (_gd == 0),
            Outcome("two_parts", ("birth_date.month",)),
        ),
        (
            (_td == 0) & (_gd == 0) & (_tm == _gm),
            Outcome("other", (_YEAR,)),
        ),
        (_same_year & _without_day, Outcome("two_parts", (_OTHER,))),
        (_without_day, Outcome("other", (_OTHER,))),
        (
            _same_year & (_tm == _gd) & (_td == _gm),
            Outcome("swapped", ("birth_date.day_month_swapped",)),
        ),
        (_same_year & (_tm == _gm), Outcome("day", ("birth_date.day",))),
        (_same_year & (_td == _gd), Outcome("month", ("birth_date.month",))),
        ((_tm == _gm) & (_td == _gd), Outcome("year", (_YEAR,))),
        (
            any_of(_same_year, (_tm == _gd) & (_td == _gm)),
            Outcome("two_parts", (_OTHER,)),
        ),
    ),
    Outcome("other", (_OTHER,)),
)

#: What was typed decides which levels are possible; evidence is weighed within the form.
BIRTH_FORMS: Final = ("full", "placeholder", "month", "year", "missing")
birth_form: Final[Expression] = (
    when(_ty == 0, "missing")
    .when(_tm == 0, "year")
    .when(_td == 0, "month")
    .when((_tm == 1) & (_td == 1), "placeholder")
    .otherwise("full")
)
