"""The reference tables that the made-up nation rests on, as plain values.

Reads the package's own `data/*.csv` (facts and published counts; origin and licence in
`data/ORIGIN.md`). Knows nothing of what is drawn from them.
"""

from __future__ import annotations

import csv
import re
from functools import cache
from importlib import resources

Row = dict[str, str]


@cache
def rows(name: str) -> tuple[Row, ...]:
    """All rows of one table of the package, by column name.

    >>> rows("provinces")[0]["name"]
    'Thành phố Hà Nội'
    """
    path = resources.files("lamsach.synthetic") / "data" / f"{name}.csv"
    return tuple(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


def number(text: str) -> float:
    """A count or share; an empty cell is nought.

    >>> number(""), number("31.5")
    (0.0, 31.5)
    """
    return float(text) if text else 0.0


@cache
def legacy_encodings() -> dict[str, dict[int, str]]:
    """For each damage of encoding: what is seen in place of each Vietnamese letter.

    The tables are those of `str.translate`. Cells write control characters as `\\xNN`.

    >>> "Nguyễn Thị".translate(legacy_encodings()["TCVN3"])
    'NguyÔn ThÞ'
    """
    table = rows("legacy_encodings")
    names = [name for name in table[0] if name != "char"]
    return {
        name: {ord(row["char"]): _unescaped(row[name]) for row in table if row[name] != row["char"]}
        for name in names
    }


def _unescaped(cell: str) -> str:
    return re.sub(r"\\x([0-9A-F]{2})", lambda match: chr(int(match[1], 16)), cell)
