"""Estimation recovers known parameters from the counts that they would lead to."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import product

import numpy as np
import pyarrow as pa
import pytest

from lamsach.identity.engine.estimate import (
    Candidates,
    TwoClasses,
    encode,
    normalise,
    search_classes,
    two_classes,
)

Tables = Mapping[str, Mapping[str, Mapping[str, float]]]

TOLERANCE = 0.02
SEEN = 0.01
"""Cells rarer than this are held near their defaults and not looked at."""

OWN: Tables = {
    "name": {
        "marked": {"same": 0.82, "accents": 0.06, "spelling": 0.09, "different": 0.03},
        "unmarked": {"same": 0.03, "accents": 0.9, "spelling": 0.05, "different": 0.02},
    },
    "birth": {"full": {"same": 0.88, "day": 0.07, "other": 0.05}},
    "sex": {"": {"same": 0.985, "differs": 0.015}},
}
BORROWED: Tables = {
    "name": {
        "marked": {"same": 0.02, "accents": 0.01, "spelling": 0.07, "different": 0.9},
        "unmarked": {"same": 0.01, "accents": 0.02, "spelling": 0.06, "different": 0.91},
    },
    "birth": {"full": {"same": 0.02, "day": 0.03, "other": 0.95}},
    "sex": {"": {"same": 0.62, "differs": 0.38}},
}
SHARE_BORROWED = {"195": 0.02, "201": 0.3}


def skewed(tables: Tables) -> dict[str, dict[str, dict[str, float]]]:
    """Defaults that are wrong: every probability half way to an equal one."""
    return {
        field: {
            form: {level: (p + 1 / len(levels)) / 2 for level, p in levels.items()}
            for form, levels in forms.items()
        }
        for field, forms in tables.items()
    }


def assert_recovered(found: Tables, known: Tables) -> None:
    for field, forms in known.items():
        for form, levels in forms.items():
            assert sum(found[field][form].values()) == pytest.approx(1, rel=1e-3)
            for level, probability in levels.items():
                if probability > SEEN:
                    assert found[field][form][level] == pytest.approx(probability, rel=TOLERANCE), (
                        field,
                        form,
                        level,
                    )


def cells(table: Mapping[str, Mapping[str, float]]) -> list[tuple[str, str]]:
    return [(form, level) for form, levels in table.items() for level in levels]


def expected_counts(records: float) -> tuple[list[dict[str, str | None]], list[float], list[str]]:
    """Every pattern of agreement with its exact expected count, in two decades of birth."""
    rows: list[dict[str, str | None]] = []
    counts, decades = [], []
    for decade, name_form in product(SHARE_BORROWED, OWN["name"]):
        share = SHARE_BORROWED[decade]
        for name, birth, sex in product(
            OWN["name"][name_form], OWN["birth"]["full"], [*OWN["sex"][""], None]
        ):
            chance = [1 - share, share]
            for k, tables in enumerate((OWN, BORROWED)):
                chance[k] *= tables["name"][name_form][name] * tables["birth"]["full"][birth]
                if sex is not None:  # a tenth of the records have no sex
                    chance[k] *= tables["sex"][""][sex] * 0.9
                else:
                    chance[k] *= 0.1
            rows.append(
                {
                    "name": f"{name_form}|{name}",
                    "birth": f"full|{birth}",
                    "sex": None if sex is None else f"|{sex}",
                }
            )
            counts.append(sum(chance) * records)
            decades.append(decade)
    return rows, counts, decades


def test_two_classes_recovers_what_the_counts_were_made_from() -> None:
    rows, counts, decades = expected_counts(1_000_000)
    patterns = encode(
        tuple(OWN),
        {name: pa.chunked_array([[row[name] for row in rows]]) for name in OWN},
        np.array(counts),
        pa.chunked_array([decades]),
    )
    found = two_classes(patterns, skewed(OWN), skewed(BORROWED), share=0.05)
    assert isinstance(found, TwoClasses)
    assert_recovered(found.first, OWN)
    assert_recovered(found.second, BORROWED)
    for decade, share in SHARE_BORROWED.items():
        assert found.share_of_second[decade] == pytest.approx(share, rel=TOLERANCE)
    assert found.share_of_second[""] == pytest.approx(0.16, rel=TOLERANCE)


def test_what_is_seen_seldom_stays_near_its_default() -> None:
    table = [("full", "same"), ("full", "day"), ("year", "same")]
    default = {"full": {"same": 0.9, "day": 0.1}, "year": {"same": 1.0}}
    nothing = normalise(table, np.zeros(3), default)
    assert nothing == pytest.approx([0.9, 0.1, 1.0])
    little = normalise(table, np.array([0.0, 2.0, 0.0]), default)
    much = normalise(table, np.array([0.0, 20_000.0, 0.0]), default)
    assert 0.1 < little[1] < 0.3
    assert much[1] > 0.99
    assert (much > 0).all()


PEOPLE = 1_000_000
FOUND_BY_CHANCE = 0.2  # register persons brought to a record who are not its person
MOST_BY_CHANCE = 2
SAME: Tables = {
    "name": {"marked": {"same": 0.85, "spelling": 0.12, "different": 0.03}},
    "sex": {"": {"same": 0.97, "differs": 0.03}},
    "claim": {"": {"free": 0.9, "claimed": 0.1}},
}
CHANCE: Tables = {
    "name": {"marked": {"same": 0.05, "spelling": 0.15, "different": 0.8}},
    "sex": {"": {"same": 0.45, "differs": 0.55}},
    "claim": {"": {"free": 0.3, "claimed": 0.7}},
}
ABSENT = {"unknown": 0.3, "missing": 0.1}
NOBODY_ALIKE: dict[str, Tables] = {}

Pattern = tuple[str, ...]


def patterns_of(tables: Tables) -> list[tuple[Pattern, float]]:
    """Each combination of levels and its probability."""
    fields = [
        [(f"{form}|{level}", p) for form, level in cells(t) for p in [t[form][level]]]
        for t in tables.values()
    ]
    return [
        (tuple(text for text, _ in combination), math.prod(p for _, p in combination))
        for combination in product(*fields)
    ]


def lists_of_candidates(
    first: Sequence[tuple[tuple[Pattern, ...], float]],
) -> list[tuple[tuple[Pattern, ...], float]]:
    """The candidates of a record and the probability of this list: `first`, and some by chance."""
    poisson = [
        math.exp(-FOUND_BY_CHANCE) * FOUND_BY_CHANCE**k / math.factorial(k)
        for k in range(MOST_BY_CHANCE + 1)
    ]
    by_chance = patterns_of(CHANCE)
    lists = []
    for k, share in enumerate(poisson):
        for combination in product(by_chance, repeat=k):
            others = tuple(pattern for pattern, _ in combination)
            chance = share / sum(poisson) * math.prod(p for _, p in combination)
            lists += [((*head, *others), p * chance) for head, p in first]
    return lists


def candidates(records: int, share_alike: float = 0.0, alike: Tables | None = None) -> Candidates:
    """Records with their candidates, each list of candidates as often as is expected."""
    own = [((pattern,), p) for pattern, p in patterns_of(SAME)]
    nobody: list[tuple[tuple[Pattern, ...], float]] = [((), 1 - share_alike)]
    if alike is not None:
        nobody += [((pattern,), share_alike * p) for pattern, p in patterns_of(alike)]
    pairs: list[Pattern] = []
    record_of: list[np.ndarray] = []
    pair_of: list[np.ndarray] = []
    situations: list[np.ndarray] = []
    at = 0
    for place, absent in enumerate(ABSENT.values()):
        for first, share in ((own, 1 - absent), (nobody, absent)):
            for listed, chance in lists_of_candidates(first):
                times = round(records / len(ABSENT) * share * chance)
                rows = np.arange(at, at + times)
                at += times
                situations.append(np.full(times, place))
                for pattern in listed:
                    record_of.append(rows)
                    pair_of.append(np.full(times, len(pairs)))
                    pairs.append(pattern)
    record, pair = np.concatenate(record_of), np.concatenate(pair_of)
    order = np.argsort(record, kind="stable")
    record, pair = record[order], pair[order]
    columns = {
        name: pa.chunked_array([pa.array([p[k] for p in pairs]).take(pa.array(pair))])
        for k, name in enumerate(SAME)
    }
    count = len(record)
    return Candidates(
        record=record,
        patterns=encode(
            tuple(SAME), columns, np.ones(count), pa.chunked_array([pa.array([""] * count)])
        ),
        counted=np.full(count, math.log2(FOUND_BY_CHANCE / PEOPLE)),
        fixed=np.full(count, np.nan),
        situation=np.concatenate(situations),
        situations=tuple(ABSENT),
        people=PEOPLE,
    )


def test_search_classes_recovers_what_the_pairs_were_made_from() -> None:
    found = search_classes(
        candidates(120_000),
        skewed(SAME),
        {**skewed(CHANCE), "name": CHANCE["name"]},
        estimated_chance=("sex", "claim"),
        absent={"unknown": 0.15, "missing": 0.15},
        lookalike=NOBODY_ALIKE,
        lookalike_share={},
        rounds=60,
    )
    assert_recovered(found.same, SAME)
    assert_recovered(found.chance, CHANCE)
    for situation, share in ABSENT.items():
        assert found.absent[situation] == pytest.approx(share, rel=TOLERANCE)


@pytest.mark.parametrize(("start", "tolerance"), [(0.2, TOLERANCE), (0.02, 0.2)])
def test_search_classes_sees_how_many_of_the_absent_have_a_lookalike(
    start: float, tolerance: float
) -> None:
    """The truth stays where it is; from afar the way there is long: little parts the classes."""
    alike: Tables = {
        "name": SAME["name"],
        "sex": {"": {"same": 0.55, "differs": 0.45}},
        "claim": {"": {"free": 0.35, "claimed": 0.65}},
    }
    found = search_classes(
        candidates(50_000, share_alike=0.2, alike=alike),
        SAME,
        CHANCE,
        estimated_chance=("sex", "claim"),
        absent=ABSENT if start == 0.2 else {"unknown": 0.15, "missing": 0.15},
        lookalike={"namesake": alike},
        lookalike_share={"namesake": start},
        rounds=100,
    )
    assert found.lookalike_share["namesake"] == pytest.approx(0.2, rel=tolerance)
    for situation, share in ABSENT.items():
        assert found.absent[situation] == pytest.approx(share, rel=max(tolerance / 3, TOLERANCE))
