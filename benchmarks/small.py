"""The small benchmark: three mixes of errors, and Splink beside us on the first.

Every nation keeps the namesake density of the real one, whatever its size (lamsach.synthetic says
how), so that the answers are as hard as at home; times and memory are of the size that is run.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks import matcher, nations, peer
from benchmarks.measuring import Measurement, measure
from benchmarks.report import Table, beside, correctness, curves, gibibytes
from benchmarks.scoring import Score, read_score

__all__ = ["MIXES", "run"]

SEED = 20220425
PEER_MIX = "april2022"
MATCHER_MIX = "rural"
#: People in the register and persons on the platform, by mix of errors.
MIXES = {
    PEER_MIX: (3_000_000, 1_000_000),
    "careless": (1_000_000, 300_000),
    "rural": (1_000_000, 300_000),
}


@dataclass(frozen=True, slots=True)
class Run:
    """One run of `authenticate` on one nation."""

    taken: Measurement
    floor: float
    score: Score


def run(
    folder: Path,
    say: Callable[[str], None],
    mixes: Mapping[str, tuple[int, int]] = MIXES,
) -> list[Table]:
    """Measure everything and give the tables; what is made in `folder` is removed again."""
    work = folder / "nations"
    interpreter = peer.install(folder / "splink")
    runs: dict[str, Run] = {}
    try:
        for mix, (people, persons) in mixes.items():
            nation = work / mix
            say(f"{mix}: making the nation")
            nations.make(nation, people=people, mix=mix, seed=SEED)
            nations.cut(nation, persons)
            say(f"{mix}: lamsach authenticate")
            runs[mix] = _authenticate(nation)
            if mix == PEER_MIX:
                say(f"{mix}: Splink")
                splink, scores = _splink(interpreter, nation, runs[mix])
            if mix == MATCHER_MIX:
                say(f"{mix}: one record at a time")
                one_by_one = matcher.run(nation / "persons.parquet", nation / "answers")
            shutil.rmtree(nation)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    taken = {"lamsach": runs[PEER_MIX].taken, **dict.fromkeys(peer.VARIANTS, splink)}
    sizes = f"{runs[PEER_MIX].score.persons:,} × {mixes[PEER_MIX][0]:,}"
    return [
        correctness("Correctness by mix of errors", {mix: one.score for mix, one in runs.items()}),
        _speed(runs),
        one_by_one,
        beside(
            f"Beside Splink, the same inputs ({PEER_MIX}, {sizes})",
            taken,
            scores,
        ),
        curves(
            "By threshold: precision · recall · wrong links per million",
            {mix: one.score for mix, one in runs.items()} | _only_peers(scores),
        ),
    ]


def _authenticate(nation: Path) -> Run:
    persons, register = nation / "persons.parquet", nation / "register.parquet"
    floor = measure(*nations.python("floor"), persons, register)
    answers = nation / "answers"
    taken = measure(nations.lamsach(), "authenticate", persons, register, "--out", answers)
    return Run(taken, float(floor.said), _score(answers, nation))


def _score(answers: Path, nation: Path) -> Score:
    return read_score(measure(*nations.python("scoring"), answers, nation).said)


def _splink(interpreter: Path, nation: Path, ours: Run) -> tuple[Measurement, dict[str, Score]]:
    out = nation / "splink"
    taken = peer.run(interpreter, nation, out)
    scores = {"lamsach": ours.score}
    for name, column in peer.VARIANTS.items():
        scores[name] = _score(out / column, nation)
    return taken, scores


def _only_peers(scores: dict[str, Score]) -> dict[str, Score]:
    return {name: one for name, one in scores.items() if name in peer.VARIANTS}


def _speed(runs: dict[str, Run]) -> Table:
    every = list(runs.values())
    rows = (
        ("× the floor", *[f"{one.taken.seconds / one.floor:.0f}" for one in every]),
        (
            "persons a second",
            *[f"{one.score.persons / one.taken.seconds:,.0f}" for one in every],
        ),
        ("seconds", *[f"{one.taken.seconds:.1f}" for one in every]),
        ("seconds of processors", *[f"{one.taken.cpu_seconds:.1f}" for one in every]),
        ("seconds of the floor", *[f"{one.floor:.2f}" for one in every]),
        ("peak memory", *[gibibytes(one.taken.peak_bytes) for one in every]),
    )
    return Table("Speed and memory", ("", *runs), rows)
