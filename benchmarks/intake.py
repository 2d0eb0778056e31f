"""Intake: a workbook of 200,000 rows read and checked, beside only reading it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

from benchmarks.measuring import measure
from benchmarks.report import MISSED, Table

__all__ = ["run"]

ASKED = (60.0, 500.0)  # users.md, "Figures to hold": seconds, MB


def run(folder: Path, say: Callable[[str], None]) -> list[Table]:
    """One table, some two minutes: read, checked, checked and returned."""
    path = folder / "intake.xlsx"
    os.environ["LAMSACH_DATA"] = str(folder / "data")
    os.environ["DJANGO_SETTINGS_MODULE"] = "lamsach.site.settings"
    work = (sys.executable, "-W", "ignore", "-m", "benchmarks.intake_work", path)
    say("write the workbook")
    measure(*work, "write")
    rows = []
    for what, asked in (("read", None), ("check", ASKED), ("return", None)):
        say(what)
        found = measure(*work, what)
        memory = found.peak_bytes / 1024 / 1024
        missed = asked and (found.seconds > asked[0] or memory > asked[1])
        said = dict(zip(("rows", "bad"), found.said.split()[-2:], strict=True))
        rows.append(
            (
                _SAID[what] + (f" {MISSED}" if missed else ""),
                f"{found.seconds:.1f}",
                f"{memory:.0f}",
                f"{int(said['rows']):,}",
                f"{int(said['bad']):,}",
            )
        )
    path.unlink()
    title = "Intake: a workbook of 200,000 rows (asked: 60 s and 500 MB for the check)"
    return [Table(title, ("", "seconds", "MB", "rows", "bad"), tuple(rows))]


_SAID = {
    "read": "read alone",
    "check": "read and checked",
    "return": "read, checked, bad rows written",
}
