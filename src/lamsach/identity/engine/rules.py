"""Rules: how the fields of a record compare with those of a register person.

Each rule is an expression over the columns of a pair, written once; the bulk engine runs it as
SQL, `Matcher` as a Python function (see `expressions`). Columns of a pair:

- typed birth `t_year`, `t_month`, `t_day` (0 = not given; impossible parts are kept) and register
  birth `g_year`, `g_month`, `g_day`;
- `t_sex`, `g_sex`: 'M', 'F' or '';
- typed number `t_digits` (cleaned digits, '' = none), `t_kind` (see `personal_ids`), register
  `g_id` (12 digits) and `g_previous` (9 digits or '');
- residence codes `t_commune`, `g_commune`, … as integers (0 = not given).

Names are compared by `names.compare_names` on distinct pairs of names, not here.
"""

from __future__ import annotations

from typing import Final

from lamsach.identity.engine.expressions import (
    Expression,
    any_of,
    column,
    concat,
    edit_distance,
    ends_with,
    length,
    part,
    starts_with,
    when,
    without_leading_zeros,
)

RULES_VERSION: Final = "1"

_ty, _tm, _td = column("t_year"), column("t_month"), column("t_day")
_gy, _gm, _gd = column("g_year"), column("g_month"), column("g_day")

BIRTH_COLUMNS: Final = ("t_year", "t_month", "t_day", "g_year", "g_month", "g_day")
BIRTH_LEVELS: Final = (
    "same",
    "year_only",
    "placeholder",
    "partial",
    "swapped",
    "day",
    "month",
    "year",
    "two_parts",
    "missing",
    "other",
)
BIRTH_CODES: Final = {
    "same": "",
    "year_only": "birth_date.year_only",
    "placeholder": "birth_date.placeholder",
    "partial": "birth_date.other",
    "swapped": "birth_date.day_month_swapped",
    "day": "birth_date.day",
    "month": "birth_date.month",
    "year": "birth_date.year",
    "two_parts": "birth_date.other",
    "missing": "birth_date.missing",
    "other": "birth_date.other",
}

# Ngày sinh. A typed 01/01 is a placeholder whenever the register knows another day (contracts §1).
birth_level: Final[Expression] = (
    when((_ty == 0) & (_tm == 0) & (_td == 0), "missing")
    .when((_ty == _gy) & (_tm == _gm) & (_td == _gd), "same")
    .when((_ty == _gy) & (_tm == 0), "year_only")
    .when((_ty == _gy) & (_tm == 1) & (_td == 1), "placeholder")
    .when((_ty == _gy) & any_of(_gm == 0, (_tm == _gm) & any_of(_td == 0, _gd == 0)), "partial")
    .when(any_of(_tm == 0, _gm == 0), "other")
    .when((_ty == _gy) & (_tm == _gd) & (_td == _gm), "swapped")
    .when((_ty == _gy) & (_tm == _gm), "day")
    .when((_ty == _gy) & (_td == _gd), "month")
    .when((_tm == _gm) & (_td == _gd), "year")
    .when(any_of(_ty == _gy, (_tm == _gd) & (_td == _gm)), "two_parts")
    .otherwise("other")
)

# What was typed decides which levels are possible; evidence is weighed within the form.
BIRTH_FORMS: Final = ("full", "placeholder", "month", "year", "missing")
birth_form: Final[Expression] = (
    when((_ty == 0) & (_tm == 0) & (_td == 0), "missing")
    .when(_tm == 0, "year")
    .when(_td == 0, "month")
    .when((_tm == 1) & (_td == 1), "placeholder")
    .otherwise("full")
)

SEX_COLUMNS: Final = ("t_sex", "g_sex")
SEX_LEVELS: Final = ("same", "differs", "missing")
SEX_CODES: Final = {"same": "", "differs": "sex", "missing": "sex.missing"}
# A register person without a sex says nothing against a record: the record is not "missing" then.
sex_level: Final[Expression] = (
    when(column("t_sex") == "", "missing")
    .when(any_of(column("t_sex") == column("g_sex"), column("g_sex") == ""), "same")
    .otherwise("differs")
)

_digits, _kind = column("t_digits"), column("t_kind")
_id, _previous = column("g_id"), column("g_previous")

ID_COLUMNS: Final = ("t_digits", "t_kind", "g_id", "g_previous")
ID_LEVELS: Final = (
    "same",
    "leading_zero",
    "previous_id",
    "transposed",
    "digit",
    "length",
    "other",
    "missing",
)
ID_CODES: Final = {
    "same": "",
    "leading_zero": "personal_id.leading_zero",
    "previous_id": "personal_id.previous_id",
    "transposed": "personal_id.transposed",
    "digit": "personal_id.digit",
    "length": "personal_id.length",
    "other": "",
    "missing": "personal_id.missing",
}


def _swapped_at(k: int) -> Expression:
    return _id == concat(
        part(_digits, 1, k - 1),
        part(_digits, k + 1, 1),
        part(_digits, k, 1),
        part(_digits, k + 2, 12),
    )


# Số định danh cá nhân. 12 digits without a check digit (NĐ 137/2015, điều 13).
id_level: Final[Expression] = (
    when(_digits == "", "missing")
    .when(_digits == _id, "same")
    .when(
        (length(_digits) >= 10)
        & (length(_digits) < 12)
        & starts_with(_id, "0")
        & (without_leading_zeros(_digits) == without_leading_zeros(_id)),
        "leading_zero",
    )
    .when((length(_digits) == 9) & (_digits == _previous), "previous_id")
    .when(
        (length(_digits) == 8) & (concat("0", _digits) == _previous),
        "previous_id",
    )
    .when(
        (length(_digits) == 12) & any_of(*(_swapped_at(k) for k in range(1, 12))),
        "transposed",
    )
    .when((length(_digits) == 12) & (edit_distance(_digits, _id) == 1), "digit")
    .when(
        any_of(
            (length(_digits) >= 8)
            & (length(_digits) < 12)
            & any_of(starts_with(_id, _digits), ends_with(_id, _digits)),
            (length(_digits) == 11) & (edit_distance(_digits, _id) == 1),
            (length(_digits) == 10) & (edit_distance(_digits, _id) == 2),
            (length(_digits) == 13) & (edit_distance(_digits, _id) == 1),
            (length(_digits) == 14) & (edit_distance(_digits, _id) == 2),
        ),
        "length",
    )
    .otherwise("other")
)

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
