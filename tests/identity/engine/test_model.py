"""The model: a readable file that round-trips, and the weights that follow from it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamsach.identity.engine import defaults
from lamsach.identity.engine.model import (
    FIELDS,
    ID_SITUATIONS,
    LOOKALIKES,
    MODEL_VERSION,
    Model,
    Owner,
    Search,
    absent_weight,
    lookalike_offset,
    millibits,
    owner_advance,
    owner_weights,
    search_weights,
)

probabilities = st.floats(1e-5, 1.0)
levels = st.dictionaries(
    st.sampled_from(["full", "year", ""]),
    st.dictionaries(st.sampled_from(["same", "day", "other"]), probabilities, min_size=1),
)
tables = st.dictionaries(st.sampled_from(FIELDS), levels)
models = st.builds(
    Model,
    register_people=st.integers(1, 10**8),
    owner=st.builds(
        Owner,
        same=tables,
        other=tables,
        borrowed=st.dictionaries(st.sampled_from(["", "196"]), probabilities),
    ),
    search=st.builds(
        Search,
        same=tables,
        chance=tables,
        absent=st.dictionaries(st.sampled_from(ID_SITUATIONS), probabilities),
        lookalike=st.dictionaries(st.sampled_from(LOOKALIKES), tables),
        lookalike_share=st.dictionaries(st.sampled_from(LOOKALIKES), probabilities),
    ),
)


def simple_model(people: int = 1000, absent: float = 0.2) -> Model:
    """A model of the defaults alone."""
    owner = Owner(same=defaults.SAME, other=defaults.SAME, borrowed={"": 0.5, "196": 0.1})
    search = Search(
        same={**defaults.SAME, "id": defaults.ID_SAME},
        chance={"sex": {"close": {"same": 0.5, "differs": 0.5}}},
        absent=dict.fromkeys(ID_SITUATIONS, absent),
        lookalike=defaults.LOOKALIKE,
        lookalike_share=defaults.LOOKALIKE_SHARE,
    )
    return Model(register_people=people, owner=owner, search=search)


@given(models)
def test_a_model_round_trips(model: Model) -> None:
    assert Model.from_json(model.to_json()) == model


def test_a_model_is_text_that_a_person_can_read_and_compare() -> None:
    text = simple_model().to_json()
    assert json.loads(text)["version"] == MODEL_VERSION
    assert text.count("\n") > 100
    assert text == Model.from_json(text).to_json()


@pytest.mark.parametrize("version", ["0", "2000", None])
def test_a_model_of_another_version_is_refused(version: str | None) -> None:
    raw = json.loads(simple_model().to_json())
    raw["version"] = version
    with pytest.raises(ValueError, match=f"version {version}.*{MODEL_VERSION}"):
        Model.from_json(json.dumps(raw))


def test_evidence_for_and_against_is_the_ratio_of_the_tables() -> None:
    weights = {
        (field, form, level): weight
        for field, form, level, weight in search_weights(
            simple_model().search, simple_model().search.same
        )
    }
    assert weights["sex", "close", "same"] == millibits(0.97 / 0.5)
    assert weights["sex", "close", "differs"] == millibits(0.03 / 0.5)
    # what is counted in the register has no table of chance: the term comes from the counts
    assert weights["birth", "full", "same"] == millibits(defaults.SAME["birth"]["full"]["same"])
    assert {w for *_, w in owner_weights(simple_model().owner)} == {0}


def test_offsets_grow_with_the_odds_that_they_stand_for() -> None:
    unlike = 1 - sum(defaults.LOOKALIKE_SHARE.values())
    assert absent_weight(simple_model(absent=0.5), "owned") == millibits(1000 * unlike)
    assert absent_weight(simple_model(absent=0.9), "owned") > millibits(1000)
    many = absent_weight(simple_model(people=10**8, absent=0.5), "owned")
    assert many == millibits(10**8 * unlike)
    model = simple_model(absent=0.5)
    share = defaults.LOOKALIKE_SHARE["namesake"]
    assert lookalike_offset(model, "namesake", "owned") == millibits(share)
    # a decade that was not seen has the share of all
    assert owner_advance(model.owner, "201", 1000) == owner_advance(model.owner, "", 1000)
    assert owner_advance(model.owner, "196", 1000) == millibits(9 * 1000)


@pytest.mark.parametrize("kind", [None, *LOOKALIKES])
def test_every_default_table_is_a_distribution(kind: str | None) -> None:
    found = defaults.SAME if kind is None else defaults.LOOKALIKE[kind]
    every = {**found, "number": defaults.ID_SAME} if kind is None else found
    for field, forms in every.items():
        for form, chances in forms.items():
            assert sum(chances.values()) == pytest.approx(1, abs=0.12), (kind, field, form)
            assert min(chances.values()) > 0
