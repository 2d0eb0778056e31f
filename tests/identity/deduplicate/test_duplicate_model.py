"""The model: known parameters come back from counts; weights and JSON hold what was learned."""

from __future__ import annotations

import itertools

import numpy as np
import pyarrow as pa
import pytest

from lamsach.identity.deduplicate import defaults
from lamsach.identity.deduplicate.model import Model, learn
from lamsach.identity.engine.estimate import Patterns, encode

RECORDS = 100_000
PAIRS = RECORDS * (RECORDS - 1) / 2
#: How the pairs of this world agree: (form, level) by field, for one person and for strangers.
SAME = {
    "name": {("marked", "same"): 0.7, ("marked", "spelling"): 0.2, ("marked", "different"): 0.1},
    "birth": {("full", "same"): 0.8, ("full", "day"): 0.15, ("full", "other"): 0.05},
    "phone": {("", "same"): 0.4, ("", "differs"): 0.6},
    "id": {("own", "same"): 0.9, ("own", "other"): 0.1},
}
CHANCE = {
    "name": {("marked", "same"): 1e-4, ("marked", "spelling"): 2e-4, ("marked", "different"): 0.9},
    "birth": {("full", "same"): 4e-5, ("full", "day"): 1e-3, ("full", "other"): 0.99},
    "phone": {("", "same"): 1e-5, ("", "differs"): 1.0},
    "id": {("own", "same"): 1e-8, ("own", "other"): 1.0},
}
GIVEN = {
    field: {form: {level: p for (f, level), p in cells.items() if f == form} for form, _ in cells}
    for field, cells in CHANCE.items()
    if field != "id"
}
ONE_PERSON = 3_000


def world() -> tuple[Patterns, np.ndarray]:
    """Every pattern with the number of pairs expected to show it."""
    rows = []
    for combination in itertools.product(*(SAME[field] for field in SAME)):
        same = np.prod([SAME[f][cell] for f, cell in zip(SAME, combination, strict=True)])
        chance = np.prod([CHANCE[f][cell] for f, cell in zip(SAME, combination, strict=True)])
        # Only pairs that share something are ever brought together.
        if combination[0][1] != "different" or combination[3][1] == "same":
            rows.append((combination, ONE_PERSON * same + (PAIRS - ONE_PERSON) * chance))
    columns = {
        field: pa.chunked_array(
            [
                pa.array(
                    [
                        "|".join(combination[list(SAME).index(field)]) if field in SAME else None
                        for combination, _ in rows
                    ],
                    pa.string(),
                )
            ]
        )
        for field in defaults.FIELDS
    }
    counts = np.array([count for _, count in rows])
    groups = pa.chunked_array([pa.array([""] * len(rows))])
    return encode(defaults.FIELDS, columns, counts, groups), np.zeros(len(rows))


@pytest.fixture(scope="module")
def model() -> Model:
    patterns, counted = world()
    return learn(patterns, counted, GIVEN, RECORDS, rounds=200)


def test_the_number_of_duplicates_comes_back(model: Model) -> None:
    """Those who share neither name nor number are never brought together (0.1 of 0.1)."""
    assert model.pairs["same"] == pytest.approx(ONE_PERSON * 0.99, rel=0.03)


def test_what_one_person_shows_comes_back(model: Model) -> None:
    same = model.tables["same"]
    assert same["birth"]["full"]["same"] == pytest.approx(0.8, rel=0.03)
    assert same["birth"]["full"]["day"] == pytest.approx(0.15, rel=0.05)
    assert same["phone"][""]["same"] == pytest.approx(0.4, rel=0.05)
    assert same["name"]["marked"]["spelling"] == pytest.approx(0.2, rel=0.05)


def test_what_strangers_share_comes_back(model: Model) -> None:
    assert model.chance["id"]["own"]["same"] == pytest.approx(1e-8, rel=0.2)
    assert model.chance["name"]["marked"]["same"] == 1e-4  # given, and left as it was


def test_weights_say_what_the_tables_say(model: Model) -> None:
    weights = {(f, form, level): same for f, form, level, same, _, _ in model.weights()}
    assert weights["name", "marked", "same"] == pytest.approx(1000 * np.log2(0.7e4), abs=60)
    assert weights["phone", "", "differs"] < 0
    assert model.advance("same") == pytest.approx(1000 * np.log2(0.99 * 3_000 / PAIRS), abs=60)


def test_a_model_survives_its_file(model: Model) -> None:
    assert Model.from_json(model.to_json()) == model


def test_nothing_found_is_no_error() -> None:
    nothing = pa.chunked_array([pa.array([], pa.string())])
    empty = encode(defaults.FIELDS, dict.fromkeys(defaults.FIELDS, nothing), np.zeros(0), nothing)
    assert learn(empty, np.zeros(0), {}, 0).weights() == []


@pytest.mark.parametrize("kind", defaults.CLASSES)
def test_defaults_are_probabilities(kind: str) -> None:
    for field in defaults.FIELDS:
        for form, levels in defaults.CLASSES[kind][field].items():
            assert sum(levels.values()) == pytest.approx(1.0, abs=0.12), (field, form)
