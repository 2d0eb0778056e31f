"""The scorer counts as the contract says: small hand-made runs with figures known beforehand."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from benchmarks.scoring import Bin, Score, read_score, score

from benchmarks import scoring

Scorer = Callable[..., Score]


@dataclass(frozen=True)
class Record:
    """One person: what the platform holds, the truth, and the answer of a run."""

    outcome: str
    matched: str | None = None
    probability: float | None = None
    said: Sequence[str] = ()
    true: str | None = "001090000001"
    meant: Sequence[str] = ("name.accents",)
    number: str | None = "001090000001"
    candidates: Sequence[tuple[str, float]] = ()
    group: str | None = "Kinh"
    age: int = 30
    exempt: bool = False


RIGHT = Record("authenticated", "001090000001", 1.0, meant=())
FOUND = Record("correctable", "001090000001", 0.9995, ("name.accents",))
WRONG = replace(FOUND, matched="001090000002")


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as made:
        yield made


def written(folder: Path, records: Sequence[Record]) -> dict[str, Path]:
    """The files of a run on these records, as `score` wants them."""
    text, texts = pa.string(), pa.list_(pa.string())
    key = [f"{at:032x}" for at in range(len(records))]

    def column(values: Sequence[object], kind: pa.DataType = text) -> pa.Array:
        return pa.array(values, kind)

    tables = {
        "results": {
            "person_id": column(key),
            "outcome": column([one.outcome for one in records]),
            "matched_personal_id": column([one.matched for one in records]),
            "probability": column([one.probability for one in records], pa.float64()),
            "differences": column([list(one.said) for one in records], texts),
        },
        "persons": {
            "person_id": column(key),
            "personal_id": column([one.number for one in records]),
        },
        "truth": {
            "person_id": column(key),
            "true_personal_id": column([one.true for one in records]),
            "differences": column([list(one.meant) for one in records], texts),
            "ethnic_group": column([one.group for one in records]),
            "sex": column(["F"] * len(records)),
            "age": column([one.age for one in records], pa.int32()),
            "region": column(["Bắc Trung Bộ"] * len(records)),
            "outcome_class": column(["exempt" if one.exempt else "wrong" for one in records]),
        },
    }
    told = [(k, *pair) for k, one in zip(key, records, strict=True) for pair in one.candidates]
    tables["candidates"] = {
        "person_id": column([k for k, _, _ in told]),
        "personal_id": column([number for _, number, _ in told]),
        "probability": column([p for _, _, p in told], pa.float64()),
    }
    files = {}
    for name, columns in tables.items():
        files[name] = folder / f"{name}.parquet"
        pq.write_table(pa.table(columns), files[name])
    return files


@pytest.fixture
def scored(tmp_path: Path, connection: duckdb.DuckDBPyConnection) -> Scorer:
    def of(*records: Record) -> Score:
        return score(connection, **written(tmp_path, records))

    return of


def test_wrong_links_are_links_to_anybody_but_the_true_person(scored: Scorer) -> None:
    absent = replace(WRONG, true=None, meant=())
    made = scored(
        RIGHT,
        FOUND,
        WRONG,
        absent,
        replace(RIGHT, matched="001090000002"),
        Record("ambiguous", candidates=[("001090000002", 0.8)]),
        Record("unmatched", true=None, meant=()),
        Record("exempt", true=None, meant=(), exempt=True),
    )
    assert (made.wrong, made.wrong_authenticated, made.wrong_absent) == (3, 1, 1)
    assert made.wrong_per_million == 3 / 8 * 1e6
    assert made.precision == 2 / 5
    assert made.ambiguous == 1 / 8
    assert made.outcomes["correctable"] == 3


def test_recoverable_is_what_differs_and_is_in_the_register_and_not_exempt(scored: Scorer) -> None:
    made = scored(
        RIGHT,  # equal to the register
        FOUND,
        WRONG,
        Record("unmatched"),
        Record("unmatched", true=None),  # not in the register
        Record("exempt", exempt=True),
        replace(FOUND, outcome="authenticated", probability=1.0, said=()),
    )
    assert made.recoverable == 4
    assert made.recall == 2 / 4


@pytest.mark.parametrize(
    ("number", "without"),
    [
        ("001090000001", False),
        ("001 090 000 001", False),
        ("123456789", False),  # CMND
        ("1090000001", True),
        ("0912345678", True),
        ("001O90000001", True),
        ("không", True),
        ("", True),
        (None, True),
    ],
)
def test_without_an_id_is_what_the_ministry_counts_as_missing_or_malformed(
    scored: Scorer, number: str | None, without: bool
) -> None:
    made = scored(replace(FOUND, number=number), replace(WRONG, number=number))
    assert made.recoverable_without_id == (2 if without else 0)
    assert made.recall_without_id == (0.5 if without else None)


def test_codes_are_counted_on_rightly_linked_correctable_rows_alone(scored: Scorer) -> None:
    made = scored(
        replace(FOUND, said=("name.accents", "sex"), meant=("name.accents",)),
        replace(FOUND, said=("birth_date.day",), meant=("birth_date.day", "name.order")),
        replace(WRONG, said=("sex",), meant=("name.order",)),
        replace(RIGHT, said=("sex",)),
    )
    assert made.codes_precision == 2 / 3
    assert made.codes_recall == 2 / 3
    assert made.codes_f1 == pytest.approx(2 * 2 / (3 + 3))


def test_bins_hold_the_best_candidate_of_those_not_authenticated(scored: Scorer) -> None:
    made = scored(
        RIGHT,
        replace(FOUND, probability=0.99),  # a bin holds its lower end
        replace(WRONG, probability=0.9989),
        replace(FOUND, probability=1.0),
        Record("ambiguous", candidates=[("001090000001", 0.04), ("001090000002", 0.95)]),
        Record("unmatched"),
    )
    seen = [(one.rows, one.observed) for one in made.bins]
    assert seen == [(1, 1), (2, 1), (0, 0), (1, 0)]
    assert made.bins[1].expected == pytest.approx(0.01 + 0.0011)
    assert [one.low for one in made.bins] == [0.9, 0.99, 0.999, 0.9999]


def test_a_bin_is_within_from_half_to_twice() -> None:
    for observed, within in ((4, False), (5, True), (20, True), (21, False)):
        assert Bin(0.9, 0.99, 500, 10.0, observed).within is within


def test_only_what_chance_explains_is_laid_to_chance() -> None:
    assert Bin(0.999, 0.9999, 500, 1.0, 3).chance
    assert not Bin(0.999, 0.9999, 500, 1.0, 5).chance
    assert not Bin(0.9, 0.99, 500, 50.0, 101).chance
    assert Bin(0.9999, 1.0, 500, 0.0, 0).chance


def test_the_worst_group_of_each_kind_and_its_distance_in_points(scored: Scorer) -> None:
    lost = Record("unmatched")
    many = [FOUND] * 190 + [lost] * 10
    few = [replace(FOUND, group="Ê Đê", age=70)] * 90 + [replace(lost, group="Ê Đê", age=70)] * 10
    tiny = [replace(lost, group="Ơ Đu")] * 99  # too few to tell
    made = scored(*many, *few, *tiny)
    worst = {one.kind: one for one in made.groups}
    assert worst["ethnic group"].name == "Ê Đê"
    assert worst["ethnic group"].rows == 100
    assert worst["ethnic group"].points == pytest.approx((90 / 100 - 280 / 399) * 100)
    assert worst["age"].name == "18-39"
    assert worst["age"].points == pytest.approx((190 / 299 - 280 / 399) * 100)


def test_the_curve_takes_every_best_candidate_from_the_threshold_on(scored: Scorer) -> None:
    made = scored(
        RIGHT,
        FOUND,
        Record("ambiguous", candidates=[("001090000001", 0.92), ("001090000002", 0.05)]),
        Record("ambiguous", candidates=[("001090000002", 0.75), ("001090000001", 0.2)]),
    )
    at = {one.threshold: one for one in made.curve}
    assert (at[0.99].precision, at[0.99].recall, at[0.99].wrong_per_million) == (1.0, 1 / 3, 0)
    assert (at[0.9].precision, at[0.9].recall) == (1.0, 2 / 3)
    assert (at[0.5].precision, at[0.5].recall, at[0.5].wrong_per_million) == (3 / 4, 2 / 3, 250_000)
    assert at[0.9999].recall == 0


def test_the_recall_that_the_allowed_wrong_links_let_through(
    scored: Scorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scoring, "WRONG_ASKED", 250_000)  # one in these four
    made = scored(
        replace(FOUND, probability=0.999),
        replace(WRONG, probability=0.998),
        replace(FOUND, probability=0.997),
        replace(WRONG, probability=0.996),
    )
    assert made.recall_at_asked == 2 / 4


def test_an_answer_for_nobody_or_none_for_somebody_is_refused(
    tmp_path: Path, connection: duckdb.DuckDBPyConnection
) -> None:
    files = written(tmp_path, [RIGHT, FOUND])
    answers = pq.read_table(files["results"])
    for wrong in (answers.slice(1), pa.concat_tables([answers, answers.slice(1)])):
        pq.write_table(wrong, files["results"])
        with pytest.raises(ValueError, match="not one to one"):
            score(connection, **files)


def test_a_score_is_read_back_as_it_was_printed(scored: Scorer) -> None:
    made = scored(*[RIGHT, WRONG, *[FOUND] * 120])
    assert read_score(json.dumps(asdict(made))) == made
