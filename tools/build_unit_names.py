"""Build the compact tables of administrative units that `lamsach.identity.units` reads.

Usage: python tools/build_unit_names.py SOURCE   (SOURCE holds admin_units_2022.csv and _2025.csv)

Origin: the lists of administrative units of the General Statistics Office (Tổng cục Thống kê) as
of June 2022 and July 2025, facts, in the form of the project vietnamese-provinces-database
(MIT licence, tags v1.0.1 and v3.0.2). Kept: code, code of the unit above, full name.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

TARGET = Path(__file__).resolve().parent.parent / "src" / "lamsach" / "identity"


def compact(source: Path) -> list[tuple[str, str, str]]:
    """Rows (code, code of the unit above, full name), the highest level first."""
    with source.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    found = []
    for row in rows:
        above = row.get("parent_code") or row["province_code"]
        found.append((row["code"], "" if row["level"] == "1" else above, row["name_full"]))
    return sorted(found, key=lambda unit: (len(unit[0]), unit[0]))


def main() -> None:
    source = Path(sys.argv[1])
    for catalogue in ("2022", "2025"):
        units = compact(source / f"admin_units_{catalogue}.csv")
        with (TARGET / f"units_{catalogue}.csv").open("w", encoding="utf-8", newline="") as out:
            writer = csv.writer(out, lineterminator="\n")
            writer.writerow(("code", "above", "name"))
            writer.writerows(units)


if __name__ == "__main__":
    main()
