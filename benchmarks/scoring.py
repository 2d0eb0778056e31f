"""Scoring: the answers of a run beside the truth, counted as the contract counts.

Definitions: "How figures are counted" in the contract for `authenticate`. Knows the contract's
files and the truth of `lamsach synthesize`, and nothing of the engine.

Usage: python -m benchmarks.scoring ANSWERS NATION, two folders; prints JSON.
"""

from __future__ import annotations

import json
import math
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import duckdb

from benchmarks.measuring import CORES

__all__ = ["Bin", "Group", "Point", "Score", "read_score", "score"]

BINS: Final = (0.9, 0.99, 0.999, 0.9999, 1.0)
THRESHOLDS: Final = (0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999, 0.9999)
WRONG_ASKED: Final = 20  # wrong links per million persons
SMALLEST_GROUP: Final = 100  # recoverable rows; in fewer, two points are chance

_OUTCOME: Final = "enum ('authenticated', 'correctable', 'ambiguous', 'unmatched', 'exempt')"
_GROUPS: Final = {
    "ethnic group": "ethnic_group",
    "sex": "sex",
    "age": "case when age < 12 then '0-11' when age < 18 then '12-17' when age < 40 then '18-39'"
    " when age < 60 then '40-59' when age < 80 then '60-79' else '80 and more' end",
    "region": "region",
}


@dataclass(frozen=True, slots=True)
class Bin:
    """Best candidates with a probability in [low, high): how many, and how many are wrong."""

    low: float
    high: float
    rows: int
    expected: float
    observed: int

    @property
    def within(self) -> bool:
        """Whether the observed wrong are between half and twice the expected.

        >>> Bin(0.9, 0.99, rows=1000, expected=40.0, observed=79).within
        True
        """
        return self.expected / 2 <= self.observed <= self.expected * 2

    @property
    def chance(self) -> bool:
        """Whether an honest bin may well be so far off: one time in twenty or more.

        >>> Bin(0.999, 0.9999, 900, 0.3, 0).chance, Bin(0.999, 0.9999, 900, 0.3, 3).chance
        (True, False)
        """
        below = sum(_poisson(n, self.expected) for n in range(self.observed))
        if self.observed > self.expected:
            return 1 - below >= 0.05
        return below + _poisson(self.observed, self.expected) >= 0.05


@dataclass(frozen=True, slots=True)
class Group:
    """The group of one kind with the least recall, and its distance to the whole in points."""

    kind: str
    name: str
    rows: int
    recall: float
    points: float


@dataclass(frozen=True, slots=True)
class Point:
    """The curve at one threshold: what proposing every best candidate from it on would give."""

    threshold: float
    precision: float
    recall: float
    wrong_per_million: float


@dataclass(frozen=True, slots=True)
class Score:
    """All figures of one run; shares are between 0 and 1, None where nothing was to be counted."""

    persons: int
    outcomes: Mapping[str, int]
    wrong: int
    wrong_authenticated: int
    wrong_absent: int
    wrong_per_million: float
    precision: float | None
    recoverable: int
    recall: float | None
    recoverable_without_id: int
    recall_without_id: float | None
    recall_at_asked: float | None
    ambiguous: float
    codes_precision: float | None
    codes_recall: float | None
    codes_f1: float | None
    bins: tuple[Bin, ...]
    groups: tuple[Group, ...]
    curve: tuple[Point, ...]


def score(
    connection: duckdb.DuckDBPyConnection,
    *,
    results: Path,
    candidates: Path,
    truth: Path,
    persons: Path,
) -> Score:
    """Count the figures of a run of `authenticate` against the truth.

    `truth` is that of `lamsach synthesize`: `person_id`, `true_personal_id` (NULL if the register
    does not hold the person), `differences`, `ethnic_group`, `sex`, `age`, `region`,
    `outcome_class`. Raises ValueError if an answer is missing, double or about nobody.
    """
    _judge(connection, results, truth, persons)
    _choose(connection, candidates)

    def row(sql: str) -> tuple[Any, ...]:
        return connection.execute(sql).fetchall()[0]

    total, wrong, sure, absent, right = row(
        """select count(*), count(*) filter (wrong),
            count(*) filter (wrong and outcome = 'authenticated'),
            count(*) filter (wrong and true_personal_id is null), count(*) filter (rightly)
        from judged"""
    )
    recoverable, recall, without, recall_without = row(
        """select count(*), avg(rightly::int), count(*) filter (without_id),
            avg(rightly::int) filter (without_id)
        from judged where recoverable"""
    )
    both, said, meant = row(
        """select coalesce(sum(len(list_intersect(said, differences))), 0),
            coalesce(sum(len(said)), 0), coalesce(sum(len(differences)), 0)
        from (select list_distinct(said) as said, list_distinct(differences) as differences
            from judged where rightly and outcome = 'correctable')"""
    )
    outcomes = dict(
        connection.execute("select outcome, count(*) from judged group by 1 order by 1").fetchall()
    )
    return Score(
        persons=total,
        outcomes=outcomes,
        wrong=wrong,
        wrong_authenticated=sure,
        wrong_absent=absent,
        wrong_per_million=wrong * 1e6 / total,
        precision=_ratio(right, right + wrong),
        recoverable=recoverable,
        recall=recall,
        recoverable_without_id=without,
        recall_without_id=recall_without,
        recall_at_asked=_recall_at(connection, WRONG_ASKED * total / 1e6, recoverable),
        ambiguous=outcomes.get("ambiguous", 0) / total,
        codes_precision=_ratio(both, said),
        codes_recall=_ratio(both, meant),
        codes_f1=_ratio(2 * both, said + meant),
        bins=_bins(connection),
        groups=_worst_groups(connection, recall or 0.0),
        curve=_curve(connection, total, recoverable),
    )


def read_score(text: str) -> Score:
    """A score from the JSON that this file prints as a program."""
    made = json.loads(text)
    made["bins"] = tuple(Bin(**one) for one in made["bins"])
    made["groups"] = tuple(Group(**one) for one in made["groups"])
    made["curve"] = tuple(Point(**one) for one in made["curve"])
    return Score(**made)


def _judge(
    connection: duckdb.DuckDBPyConnection, results: Path, truth: Path, persons: Path
) -> None:
    """Table `judged`: one row per person with its answer, its truth and the verdict."""
    given = r"regexp_replace(coalesce(personal_id, ''), '[\s.\-]', '', 'g')"
    # A nation's keys as numbers: the joins stay within memory. Two persons of one number would
    # show in the counts below.
    connection.execute(
        f"""create or replace table judged as
        select *, linked and coalesce(matched = true_personal_id, false) as rightly,
            linked and not coalesce(matched = true_personal_id, false) as wrong
        from (
            select key, outcome, outcome in ('authenticated', 'correctable') as linked,
                matched_personal_id as matched, probability, r.differences as said,
                true_personal_id, t.differences, ethnic_group, sex, age, region,
                outcome_class <> 'exempt' and true_personal_id is not null
                    and len(t.differences) > 0 as recoverable,
                not well_formed as without_id
            from (select *, hash(person_id) as key from read_parquet($truth)) t
                join (select hash(person_id) as key,
                        regexp_full_match({given}, '[0-9]{{9}}|[0-9]{{12}}') as well_formed
                    from read_parquet($persons)) using (key)
                join (select hash(person_id) as key, outcome::{_OUTCOME} as outcome,
                        matched_personal_id, probability, differences
                    from read_parquet($results)) r using (key)
        )""",
        {"truth": str(truth), "persons": str(persons), "results": str(results)},
    )
    counts = [
        connection.execute(f"select count(*), count(distinct {key}) from {what}").fetchall()[0]
        for key, what in (
            ("key", "judged"),
            ("hash(person_id)", f"read_parquet('{results}')"),
            ("hash(person_id)", f"read_parquet('{truth}')"),
        )
    ]
    if len({count for pair in counts for count in pair}) != 1:
        raise ValueError(f"answers and persons are not one to one: {counts}")


def _choose(connection: duckdb.DuckDBPyConnection, candidates: Path) -> None:
    """Table `best`: for each person that was not authenticated its most probable candidate."""
    connection.execute(
        """create or replace table best as
        select recoverable, probability,
            coalesce(matched = true_personal_id, false) as rightly
        from judged j where outcome = 'correctable'
        union all
        select recoverable, c.probability,
            coalesce(c.personal_id = true_personal_id, false)
        from judged j join (
            select hash(person_id) as key, arg_max(personal_id, probability) as personal_id,
                max(probability) as probability
            from read_parquet(?) group by 1
        ) c using (key)
        where outcome = 'ambiguous'""",
        [str(candidates)],
    )


def _bins(connection: duckdb.DuckDBPyConnection) -> tuple[Bin, ...]:
    """Expected and observed wrong by probability; a probability of 1 is in the last bin."""
    made = []
    for low, high in pairwise(BINS):
        upper = "true" if high == BINS[-1] else f"probability < {high}"
        rows, expected, observed = connection.execute(
            f"""select count(*), coalesce(sum(1 - probability), 0), count(*) filter (not rightly)
            from best where probability >= {low} and {upper}"""
        ).fetchall()[0]
        made.append(Bin(low, high, rows, float(expected), observed))
    return tuple(made)


def _worst_groups(connection: duckdb.DuckDBPyConnection, whole: float) -> tuple[Group, ...]:
    made = []
    for kind, expression in _GROUPS.items():
        found = connection.execute(
            f"""select {expression}, count(*), avg(rightly::int) as recall
            from judged where recoverable group by 1
            having count(*) >= {SMALLEST_GROUP} order by recall, 1 limit 1"""
        ).fetchall()
        for name, rows, recall in found:
            made.append(Group(kind, str(name), rows, recall, (recall - whole) * 100))
    return tuple(made)


def _curve(
    connection: duckdb.DuckDBPyConnection, total: int, recoverable: int
) -> tuple[Point, ...]:
    """Authenticated rows stand at every threshold; best candidates from theirs on."""
    right, wrong, found = connection.execute(
        """select count(*) filter (rightly), count(*) filter (wrong),
            count(*) filter (rightly and recoverable)
        from judged where outcome = 'authenticated'"""
    ).fetchall()[0]
    made = []
    for threshold in THRESHOLDS:
        more_right, more_wrong, more_found = connection.execute(
            """select count(*) filter (rightly), count(*) filter (not rightly),
                count(*) filter (rightly and recoverable)
            from best where probability >= ?""",
            [threshold],
        ).fetchall()[0]
        links = right + wrong + more_right + more_wrong
        made.append(
            Point(
                threshold,
                (right + more_right) / links if links else 1.0,
                (found + more_found) / recoverable if recoverable else 1.0,
                (wrong + more_wrong) * 1e6 / total,
            )
        )
    return tuple(made)


def _recall_at(
    connection: duckdb.DuckDBPyConnection, allowed: float, recoverable: int
) -> float | None:
    """The recall at the lowest threshold that lets no more than `allowed` wrong links through."""
    found = connection.execute(
        """with levels as (
            select 2.0 as probability, count(*) filter (wrong) as wrong,
                count(*) filter (rightly and recoverable) as found
            from judged where outcome = 'authenticated'
            union all
            select probability, count(*) filter (not rightly),
                count(*) filter (rightly and recoverable)
            from best group by 1
        ), sums as (
            select sum(wrong) over higher as wrong, sum(found) over higher as found
            from levels window higher as (order by probability desc)
        )
        select coalesce(max(found), 0) from sums where wrong <= ?""",
        [allowed],
    ).fetchall()[0][0]
    return _ratio(int(found), recoverable)


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _poisson(count: int, mean: float) -> float:
    if mean == 0:
        return float(count == 0)
    return math.exp(count * math.log(mean) - mean - math.lgamma(count + 1))


def main(answers: str, nation: str) -> None:
    """Score a folder of answers against a folder of `lamsach synthesize`; print JSON."""
    with (
        tempfile.TemporaryDirectory(dir=answers) as scratch,
        duckdb.connect(
            Path(scratch) / "judged.duckdb", config={"threads": CORES, "memory_limit": "8GB"}
        ) as connection,
    ):
        made = score(
            connection,
            results=Path(answers) / "results.parquet",
            candidates=Path(answers) / "candidates.parquet",
            truth=Path(nation) / "truth.parquet",
            persons=Path(nation) / "persons.parquet",
        )
    print(json.dumps(asdict(made)))


if __name__ == "__main__":
    main(*sys.argv[1:])
