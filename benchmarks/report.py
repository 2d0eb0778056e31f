"""Report: the figures as aligned tables for the terminal and as Markdown for docs/benchmarks.md.

Ratios stand before seconds: they say the same on another machine. A figure that misses what was
asked bears a cross. Must not know how a figure was measured.
"""

from __future__ import annotations

import datetime
import os
import platform
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from benchmarks.measuring import Measurement
from benchmarks.scoring import WRONG_ASKED, Bin, Score

__all__ = ["MISSED", "Table", "beside", "correctness", "curves", "machine", "record", "told"]

MISSED = "✗"
_UNTOLD = "?"


@dataclass(frozen=True, slots=True)
class Table:
    """A titled table of text; the first column is words, the others figures."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def plain(self) -> str:
        """The table for a terminal.

        >>> print(Table("Speed", ("", "ours"), (("seconds", "12.5"), ("ratio", "3"))).plain())
        Speed
                 ours
        seconds  12.5
        ratio       3
        """
        lines = [self.header, *self.rows]
        widths = [max(len(line[at]) for line in lines) for at in range(len(self.header))]
        made = [self.title]
        for line in lines:
            cells = [line[0].ljust(widths[0])]
            cells += [cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True)]
            made.append("  ".join(cells).rstrip())
        return "\n".join(made)

    def markdown(self) -> str:
        """The table as Markdown.

        >>> print(Table("Speed", ("", "ours"), (("seconds", "12.5"),)).markdown())
        ### Speed
        <BLANKLINE>
        |  | ours |
        |---|--:|
        | seconds | 12.5 |
        """
        made = [f"### {self.title}", "", _line(self.header)]
        made.append("|---|" + "--:|" * (len(self.header) - 1))
        return "\n".join(made + [_line(row) for row in self.rows])


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def told(value: str, reached: bool) -> str:
    """A figure, with a cross if it misses what was asked."""
    return value if reached else f"{value} {MISSED}"


def correctness(title: str, scores: Mapping[str, Score]) -> Table:
    """What was asked of the answers and what each mix gave."""
    every = list(scores.values())
    rows = [
        ("persons", "", *[f"{s.persons:,}" for s in every]),
        ("recoverable", "", *[f"{s.recoverable:,}" for s in every]),
        (
            "wrong links per million persons",
            "≤ 20",
            *[told(f"{s.wrong_per_million:.1f}", s.wrong_per_million <= 20) for s in every],
        ),
        (
            "… of them, true person not in the register",
            "",
            *[f"{s.wrong_absent} of {s.wrong}" for s in every],
        ),
        ("recall of recoverable", "≥ 97 %", *[_share(s.recall, 0.97) for s in every]),
        ("recall without an ID", "≥ 92 %", *[_share(s.recall_without_id, 0.92) for s in every]),
        (
            f"recall at the threshold that lets {WRONG_ASKED} wrong per million through",
            "",
            *["–" if s.recall_at_asked is None else f"{s.recall_at_asked:.2%}" for s in every],
        ),
        (
            "ambiguous",
            "≤ 1.5 %",
            *[told(f"{s.ambiguous:.2%}", s.ambiguous <= 0.015) for s in every],
        ),
        (
            "difference codes, F1",
            "≥ 0.970",
            *[
                "–" if s.codes_f1 is None else told(f"{s.codes_f1:.3f}", s.codes_f1 >= 0.97)
                for s in every
            ],
        ),
    ]
    for at, one in enumerate(every[0].bins):
        rows.append(
            (
                f"wrong at {one.low:g} to {one.high:g}, expected → observed",
                "½ to 2 ×",
                *[_bin(s.bins[at]) for s in every],
            )
        )
    for kind in ("ethnic group", "sex", "age", "region"):
        cells = []
        for s in every:
            worst = [group for group in s.groups if group.kind == kind]
            cells.append(
                told(
                    f"{worst[0].name} ({worst[0].rows:,}) {worst[0].points:+.2f}",
                    worst[0].points >= -3,
                )
                if worst
                else "–"
            )
        rows.append((f"worst {kind}, points of recall", "≥ −3", *cells))
    return Table(title, ("", "asked", *scores), tuple(rows))


def _share(value: float | None, asked: float) -> str:
    return "–" if value is None else told(f"{value:.2%}", value >= asked)


def _bin(one: Bin) -> str:
    figures = f"{one.expected:.1f} → {one.observed}"
    return f"{figures} {_UNTOLD}" if one.chance and not one.within else told(figures, one.within)


def curves(title: str, scores: Mapping[str, Score]) -> Table:
    """By threshold, for each run: precision, recall and wrong links per million persons."""
    rows = [
        (
            f"{point.threshold:g}",
            *[
                f"{one.curve[at].precision:.5f} · {one.curve[at].recall:.2%}"
                f" · {one.curve[at].wrong_per_million:,.0f}"
                for one in scores.values()
            ],
        )
        for at, point in enumerate(next(iter(scores.values())).curve)
    ]
    return Table(title, ("threshold", *scores), tuple(rows))


def beside(title: str, taken: Mapping[str, Measurement], scores: Mapping[str, Score]) -> Table:
    """Programs on the same inputs, ours first; ratios are to ours."""
    ours = next(iter(taken.values()))
    rows = []
    for name, one in scores.items():
        spent = taken[name]
        rows.append(
            (
                name,
                f"{spent.seconds / ours.seconds:.2f}",
                f"{spent.cpu_seconds / ours.cpu_seconds:.2f}",
                f"{spent.peak_bytes / ours.peak_bytes:.2f}",
                f"{spent.seconds:.1f}",
                gibibytes(spent.peak_bytes),
                f"{one.precision or 0:.5f}",
                f"{one.recall or 0:.2%}",
                f"{one.recall_without_id or 0:.2%}",
                f"{one.wrong_per_million:.1f}",
            )
        )
    ratios = ("", "× our time", "× our processor time", "× our memory")
    answers = ("precision", "recall", "recall without an ID", "wrong per million")
    return Table(title, (*ratios, "seconds", "peak memory", *answers), tuple(rows))


def gibibytes(size: int) -> str:
    """A size as people read it.

    >>> gibibytes(3 * 2**29)
    '1.5 GiB'
    """
    return f"{size / 2**30:.1f} GiB"


def machine(command: str, cores: int, load: float) -> str:
    """When, how and on what kind of machine the figures were taken, as a paragraph."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    busy = (
        "" if load < 0.5 else f" Other work ran on the machine before the start (load {load:.1f})."
    )
    return (
        f"Taken {today} with `{command}` on {cores} cores ({platform.machine()},"
        f" {platform.system()}), {memory / 2**30:.0f} GiB of memory,"
        f" Python {'.'.join(map(str, sys.version_info[:2]))}, DuckDB {duckdb.__version__}.{busy}"
        f" {MISSED} misses what was asked; {_UNTOLD} does too, but an honest probability"
        " would as well, one time in twenty or more."
    )


def record(paper: Path, section: str, text: str) -> None:
    """Put a text between the marks of a section of a paper; raises ValueError without marks."""
    old = paper.read_text(encoding="utf-8")
    begin, end = f"<!-- begin: {section} -->", f"<!-- end: {section} -->"
    pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    if not pattern.search(old):
        raise ValueError(f"{paper} has no section {section}")
    made = pattern.sub(lambda _: f"{begin}\n{text.strip()}\n{end}", old)
    paper.write_text(made, encoding="utf-8")
