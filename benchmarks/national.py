"""The national benchmark: the whole of `authenticate` on a nation of 98 million people.

Looks first whether the machine has the room, and leaves nothing behind.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from benchmarks import nations
from benchmarks.measuring import Measurement, measure
from benchmarks.report import Table, correctness, curves, gibibytes, told
from benchmarks.scoring import read_score

__all__ = ["NoRoom", "room", "run"]

PEOPLE = 98_000_000
PERSONS = 82_300_000
MIX = "april2022"
SEED = 20220425
MEMORY = 18 * 2**30  # the run may have 16 GiB, and the machine lives too
DISK = 70 * 2**30  # tables 15 GiB, copies with changes 9, the run's own files and spills the rest

_MINUTES, _PREPARED, _CHANGED, _RATIO, _RESIDENT = 600, 360, 60, 25, 16 * 2**30
_FEW = 1000  # persons of the run that prepares the register and does next to nothing else


class NoRoom(Exception):
    """The machine is too small; the message says what is needed and what there is."""


def room(folder: Path) -> None:
    """Check the free memory and the free disk under `folder`; raises `NoRoom`."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    memory = next(int(line.split()[1]) * 1024 for line in lines if line[:12] == "MemAvailable")
    disk = shutil.disk_usage(folder).free
    if memory < MEMORY or disk < DISK:
        raise NoRoom(
            f"the national benchmark needs {gibibytes(MEMORY)} of free memory and {gibibytes(DISK)}"
            f" of free disk; there are {gibibytes(memory)} and, under {folder},"
            f" {gibibytes(disk)} (BENCH_DIR names another folder)"
        )


def run(folder: Path, say: Callable[[str], None]) -> list[Table]:
    """Measure the nation and give the tables; what is made in `folder` is removed again."""
    room(folder)
    work = folder / "nation"
    try:
        return _Nation(work, say).measured()
    finally:
        shutil.rmtree(work, ignore_errors=True)


class _Nation:
    """The runs in their order: each finds what the one before left."""

    def __init__(self, folder: Path, say: Callable[[str], None]) -> None:
        self.folder, self.say = folder, say
        self.persons, self.register = folder / "persons.parquet", folder / "register.parquet"
        self.temp, self.answers = folder / "temp", folder / "answers"

    def measured(self) -> list[Table]:
        made = self._told("making the nation", self._make)
        floor = self._told("the floor", self._floor)
        ratio = float(floor.said)
        whole = self._told("the whole of authenticate", self._authenticate)
        score = read_score(
            self._told("counting", lambda: self._child("scoring", self.answers, self.folder)).said
        )
        unchanged = self._told("again, nothing changed", self._authenticate)
        one = self.folder / "persons-changed.parquet"
        nations.changed_persons(self.folder, one)
        self.persons.unlink()
        self.persons = one
        persons = self._told("1 % of the persons changed", self._authenticate)
        other = self.folder / "register-changed.parquet"
        nations.changed_register(self.folder, other)
        self.register.unlink()
        self.register = other
        register = self._told("1 % of the register changed", self._authenticate)
        answers = self.folder / "answers-changed.parquet"
        (self.answers / "results.parquet").rename(answers)
        prepared = self._told("with the register prepared", self._prepared)
        # The same inputs twice: once what a change touches answered anew, once all of it.
        differing = int(self._child("differing", answers, self.answers / "results.parquet").said)
        speed = (
            _row("whole", whole, _MINUTES),
            _row("the register prepared", prepared, _PREPARED),
            _row("1 % of the persons changed", persons, _CHANGED),
            _row("1 % of the register changed", register, _CHANGED),
            _row("nothing changed", unchanged, 2),
            ("making the nation", "", f"{made.seconds:.0f}", gibibytes(made.peak_bytes)),
        )
        times = whole.seconds / ratio
        return [
            Table(
                "The nation against the floor",
                ("", "asked", "measured"),
                (
                    ("× the floor", f"≤ {_RATIO}", told(f"{times:.1f}", times <= _RATIO)),
                    ("seconds of the floor", "", f"{ratio:.1f}"),
                    ("persons a second", "", f"{score.persons / whole.seconds:,.0f}"),
                    (
                        "answers after a change that a full run gives otherwise",
                        "0",
                        told(f"{differing:,}", differing == 0),
                    ),
                ),
            ),
            Table("The nation, run by run", ("", "asked, s", "seconds", "peak memory"), speed),
            correctness("Correctness at national size", {MIX: score}),
            curves("By threshold: precision · recall · wrong links per million", {MIX: score}),
        ]

    def _told(self, name: str, step: Callable[[], Measurement]) -> Measurement:
        self.say(name)
        taken = step()
        self.say(f"  {taken.seconds:.0f} s, {gibibytes(taken.peak_bytes)}")
        return taken

    def _make(self) -> Measurement:
        taken = nations.make(self.folder, people=PEOPLE, mix=MIX, seed=SEED)
        nations.cut(self.folder, PERSONS)
        return taken

    def _child(self, module: str, *arguments: Path) -> Measurement:
        return measure(*nations.python(module), *arguments)

    def _floor(self) -> Measurement:
        return self._child("floor", self.persons, self.register)

    def _authenticate(self) -> Measurement:
        return self._run(self.persons)

    def _run(self, persons: Path) -> Measurement:
        return measure(
            nations.lamsach(),
            "authenticate",
            *(persons, self.register),
            *("--out", self.answers),
            *("--temp-dir", self.temp),
        )

    def _prepared(self) -> Measurement:
        """A full run that finds the register prepared and nothing else that it could use.

        A run of a few persons leaves just that.
        """
        shutil.rmtree(self.temp)
        shutil.rmtree(self.answers)
        few = self.folder / "few"
        few.mkdir()
        for name in ("persons", "truth"):
            source = self.persons if name == "persons" else self.folder / "truth.parquet"
            (few / f"{name}.parquet").symlink_to(source)
        nations.cut(few, _FEW)
        self._run(few / "persons.parquet")
        return self._authenticate()


def _row(name: str, taken: Measurement, asked: int) -> tuple[str, str, str, str]:
    digits = 1 if asked < _MINUTES else 0
    return (
        name,
        f"≤ {asked}",
        told(f"{taken.seconds:.{digits}f}", taken.seconds <= asked),
        told(gibibytes(taken.peak_bytes), taken.peak_bytes <= _RESIDENT),
    )
