"""`python -m benchmarks SIZE`: measure, print the tables, write them as Markdown.

The tables lie in BENCH_DIR (default var/bench) as SIZE.md; `--record` also puts them into their
section of docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

from benchmarks import certificates, intake, national, renewal, site, small
from benchmarks.measuring import Failed, keep_to_two_cores
from benchmarks.report import machine, record

PAPER = Path(__file__).resolve().parent.parent / "docs" / "benchmarks.md"

SIZES = {
    "small": small.run,
    "national": national.run,
    "certificates": certificates.run,
    "intake": intake.run,
    "site": site.run,
    "renewal": renewal.run,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("size", choices=tuple(SIZES), nargs="?", default="small")
    parser.add_argument("--record", action="store_true", help="put them into docs/benchmarks.md")
    chosen = parser.parse_args()
    folder = Path(os.environ.get("BENCH_DIR", "var/bench")).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    load, cores, started = os.getloadavg()[0], keep_to_two_cores(), time.monotonic()

    def say(line: str) -> None:
        print(f"{time.monotonic() - started:6.0f} s  {line}", file=sys.stderr, flush=True)

    try:
        tables = SIZES[chosen.size](folder, say)
    except (Failed, national.NoRoom) as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 1
    command = "make bench" + ("" if chosen.size == "small" else f" SIZE={chosen.size}")
    where = machine(command, cores, load)
    text = "\n\n".join([where, *[table.markdown() for table in tables]])
    written = folder / f"{chosen.size}.md"
    written.write_text(text + "\n", encoding="utf-8")
    if chosen.record:
        record(PAPER, chosen.size, text)
    print("\n\n".join([where, *[table.plain() for table in tables]]))
    print(f"\n{written}  ({time.monotonic() - started:.0f} s)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
