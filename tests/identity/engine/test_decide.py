"""Probabilities of candidates: they share one whole, and the bulk run computes them alike."""

from __future__ import annotations

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lamsach.identity.engine import defaults
from lamsach.identity.engine.decide import CERTAIN, DIGITS, RIVAL, decide, posterior
from lamsach.identity.engine.model import ID_SITUATIONS, Model, Owner, Search, absent_weight

weights = st.integers(-60_000, 60_000)
lists = st.lists(weights, min_size=1, max_size=6)
SLACK = 10.0**-DIGITS


@given(lists, weights, st.lists(weights, max_size=3))
def test_probabilities_share_one_whole(found: list[int], none: int, alike: list[int]) -> None:
    shares = posterior(found, none, alike)
    assert all(0 <= share <= CERTAIN for share in shares)
    assert sum(shares) <= 1 + len(shares) * SLACK


@given(lists, weights)
def test_more_evidence_is_never_less_probable(found: list[int], none: int) -> None:
    shares = posterior(found, none)
    ranked = [share for _, share in sorted(zip(found, shares, strict=True))]
    assert ranked == sorted(ranked)
    assert len(set(shares)) <= len(set(found))  # equal evidence, equal probability


@given(lists, weights, st.integers(1, 20_000))
def test_evidence_for_one_takes_from_the_others(found: list[int], none: int, more: int) -> None:
    before = posterior(found, none)
    after = posterior([found[0] + more, *found[1:]], none)
    assert after[0] >= before[0]
    assert all(a <= b for a, b in zip(after[1:], before[1:], strict=True))


@given(lists, weights, weights)
def test_a_rival_or_a_lookalike_makes_nobody_more_probable(
    found: list[int], none: int, other: int
) -> None:
    alone = posterior(found, none)
    for shares in (posterior([*found, other], none), posterior(found, none, [other])):
        assert all(s <= a + SLACK for s, a in zip(shares, alone, strict=False))


@given(lists, weights, weights)
def test_only_differences_between_weights_count(found: list[int], none: int, shift: int) -> None:
    moved = posterior([w + shift for w in found], none + shift)
    assert moved == pytest.approx(posterior(found, none), abs=SLACK)


def test_two_of_equal_weight_are_never_safe() -> None:
    assert posterior([50_000, 50_000], -50_000) == [0.5, 0.5]
    assert posterior([50_000], -50_000) == [CERTAIN]
    assert posterior([0], 0) == [0.5]


def model_of(absent: float) -> Model:
    search = Search(
        same={},
        chance={},
        absent=dict.fromkeys(ID_SITUATIONS, absent),
        lookalike={},
        lookalike_share=defaults.LOOKALIKE_SHARE,
    )
    return Model(register_people=1, owner=Owner(same={}, other={}, borrowed={}), search=search)


records = st.lists(
    st.lists(st.tuples(weights, st.none() | weights, st.none() | weights), max_size=7),
    min_size=5,
    max_size=30,
)


@settings(max_examples=20)
@given(records, st.floats(0.05, 0.95))
def test_the_bulk_run_decides_by_the_same_probabilities(
    found: list[list[tuple[int, int | None, int | None]]], absent: float
) -> None:
    model = model_of(absent)
    with duckdb.connect() as connection:
        connection.execute("set threads = 1")
        connection.execute(
            "create table rest as select range as row, '' as person_id, '' as id_status,"
            " true as comparable, '' as stated_province, '' as stated_commune from range(?)",
            [len(found)],
        )
        connection.execute(
            "create table owners_levels (row bigint, id bigint, id_level varchar, "
            "name_level varchar, birth_level varchar, sex_level varchar, name_form varchar)"
        )
        connection.execute(
            "create table weighed (row bigint, id bigint, situation varchar, weight integer, "
            "namesake integer, twin integer)"
        )
        rows = [
            (row, 100 - at, "missing", *weighed)
            for row, candidates in enumerate(found)
            for at, weighed in enumerate(candidates)
        ]
        if rows:
            connection.executemany("insert into weighed values (?, ?, ?, ?, ?, ?)", rows)
        decide(connection, model, 0.99)
        told = connection.execute(
            "select row, id, probability from candidates order by row, place"
        ).fetchall()
        outcomes = {
            row: (outcome, matched, probability, rivals)
            for row, outcome, matched, probability, rivals in connection.execute(
                "select row, outcome, id, probability, rivals from decided"
            ).fetchall()
        }
    assert set(outcomes) == set(range(len(found)))
    none = absent_weight(model, "missing")
    for row, candidates in enumerate(found):
        alike = [w for _, *others in candidates for w in others if w is not None]
        shares = posterior([w for w, *_ in candidates], none, alike) if candidates else []
        expected = sorted(((-share, 100 - at) for at, share in enumerate(shares) if share >= RIVAL))
        answer = [(-p, matched) for at_row, matched, p in told if at_row == row]
        assert [m for _, m in answer] == [m for _, m in expected]
        assert [p for p, _ in answer] == pytest.approx([p for p, _ in expected], abs=SLACK)
        best = -expected[0][0] if expected else 0.0
        outcome, matched, probability, rivals = outcomes[row]
        if abs(best - 0.99) <= SLACK or abs(best - 0.05) <= SLACK:
            continue
        if best > 0.99:
            assert (outcome, matched) == ("correctable", expected[0][1])
            assert probability == pytest.approx(best, abs=SLACK)
        else:
            assert (outcome, matched, probability) == (
                "ambiguous" if best > 0.05 else "unmatched",
                None,
                None,
            )
        assert rivals == (len(expected) - 1 if best > 0.05 else 0)
