"""Writing many rows into a table of the database: columns become the lines of one COPY.

Knows tables by name alone, and what stands in them not at all.
"""

from __future__ import annotations

from io import BytesIO
from typing import Any, Final

import pyarrow as pa
import pyarrow.csv as pa_csv

__all__ = ["copy_table"]

_BLOCK: Final = 1 << 20


def copy_table(cursor: Any, target: str, rows: pa.Table) -> None:
    """Append rows to a table, whose columns are those of `rows` in their order."""
    out = BytesIO()
    # Texts are always in quotation marks, missing values never: COPY tells them apart.
    pa_csv.write_csv(rows, out, pa_csv.WriteOptions(include_header=False))
    lines = out.getbuffer()
    names = ", ".join(rows.column_names)
    with cursor.copy(f"copy {target} ({names}) from stdin (format csv)") as copy:
        for start in range(0, len(lines), _BLOCK):
            copy.write(lines[start : start + _BLOCK])
