"""Cells that no spreadsheet or database would write: NUL bytes, a million characters in a name.

Every text column of a view is guarded (the key when it is checked, in `keys.py`): a query that
meets such a cell fails, and `places.py` then finds where it stands. So the check costs no pass of
its own (a quarter of a plain scan, on the columns that a query reads anyway), and cells that
nothing reads harm nobody. Odd values are data and pass.
"""

from __future__ import annotations

from lamsach.identity.tables.schema import CELL_LIMIT

__all__ = ["UNSOUND", "guarded", "unsound_conditions"]

UNSOUND = "lamsach: unsound cell"
"""What a query says that has met one."""


def guarded(expression: str) -> str:
    """SQL of a text expression that fails for an unsound cell.

    >>> print(guarded("c1"))
    case when contains(c1, chr(0)) or (strlen(c1) > 10000 and length(c1) > 10000) \
then error('lamsach: unsound cell') else c1 end
    """
    condition = " or ".join(unsound_conditions(expression).values())
    return f"case when {condition} then error('{UNSOUND}') else {expression} end"


def unsound_conditions(expression: str) -> dict[str, str]:
    """What can be wrong with a text cell, in words, and the SQL that finds it."""
    return {
        "the cell holds a NUL byte; remove it": f"contains({expression}, chr(0))",
        # Bytes are known without counting characters and are never fewer: a cheap first sieve.
        f"the cell is longer than {CELL_LIMIT:,} characters; shorten or empty it": (
            f"(strlen({expression}) > {CELL_LIMIT} and length({expression}) > {CELL_LIMIT})"
        ),
    }
