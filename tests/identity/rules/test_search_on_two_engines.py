"""What the bulk run looks people up by is what a single record is looked up by."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lamsach.identity.engine.decide import agrees, settles, situation
from lamsach.identity.engine.learn import FORMS
from lamsach.identity.engine.search import BLOCKS, is_near, may_be_near, owner_number
from lamsach.identity.engine.terms import COUNTED_NAMES, COUNTS, SHARES, TERMS
from lamsach.identity.names.levels import NAME_LEVELS
from lamsach.identity.personal_ids import read_personal_id
from lamsach.identity.rules import BIRTH, BIRTH_FORMS, NUMBER, RESIDENCE_LEVELS, SEX

EnginesAgree = Callable[..., list[Any]]

some = settings(
    max_examples=10,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
TYPED = {
    "sound_key": st.integers(0, 2**60 - 1),
    "ends_key": st.integers(0, 2**60 - 1),
    "t_year": st.sampled_from([0, 1963, 1985, 2010]) | st.integers(0, 9999),
    "t_month": st.integers(0, 13),
    "t_day": st.integers(0, 32) | st.just(99),
    "t_sex": st.sampled_from(["M", "F", ""]),
    "t_province": st.sampled_from([0, 1, 46]),
    "t_district": st.sampled_from([0, 1, 474]),
    "t_commune": st.sampled_from([0, 1, 19750]),
    "has_owner": st.booleans(),
}
REGISTER = {
    "sound_key": st.integers(0, 2**60 - 1),
    "ends_key": st.integers(0, 2**60 - 1),
    "birth": st.integers(19000101, 20221231) | st.sampled_from([0, 99, 19630000]),
    "id": st.integers(1, 10**12 - 1),
    "previous": st.integers(0, 10**9 - 1),
    "province": st.integers(0, 96),
    "district": st.integers(0, 973),
    "commune": st.integers(0, 32248),
}
PAIR = {
    "name_level": st.sampled_from(NAME_LEVELS),
    "birth_level": st.sampled_from(BIRTH.levels),
    "sex_level": st.sampled_from(SEX.levels),
    "id_level": st.sampled_from(NUMBER.levels),
    "residence_level": st.sampled_from(RESIDENCE_LEVELS),
    "claim_level": st.sampled_from(["free", "claimed"]),
    "name_form": st.sampled_from(["marked", "unmarked", "damaged", "placeholder", "missing"]),
    "birth_form": st.sampled_from(BIRTH_FORMS),
    "situation": st.sampled_from(["owned", "unknown"]),
}
numbers = st.text("0123456789", max_size=15) | st.text("0123456789OX", max_size=14)


def rows_of(columns: dict[str, Any]) -> st.SearchStrategy[list[tuple[Any, ...]]]:
    return st.lists(st.tuples(*columns.values()), min_size=20, max_size=40)


@some
@given(rows_of(TYPED), st.lists(numbers, min_size=40, max_size=40))
def test_the_keys_of_records(
    engines_agree: EnginesAgree, rows: list[tuple[Any, ...]], typed: list[str]
) -> None:
    readings = [read_personal_id(text) for text in typed]
    full = [
        (*row, reading.digits, reading.kind) for row, reading in zip(rows, readings, strict=False)
    ]
    columns = (*TYPED, "t_digits", "t_kind")
    for expression in (owner_number, situation):
        engines_agree(expression, columns, full)
    for block in BLOCKS:
        meant = engines_agree(block.only, columns, full)
        for key in block.typed:
            values = engines_agree(key, columns, full)
            assert all(isinstance(v, int) for v, m in zip(values, meant, strict=True) if m)


@some
@given(rows_of(REGISTER))
def test_the_keys_of_register_persons(
    engines_agree: EnginesAgree, rows: list[tuple[Any, ...]]
) -> None:
    for block in BLOCKS:
        assert len(block.typed) == len(block.register)
        for key in block.register:
            engines_agree(key, tuple(REGISTER), rows)


@some
@given(
    st.lists(
        st.tuples(numbers, st.text("0123456789", min_size=12, max_size=12), st.integers(0, 3)),
        min_size=20,
        max_size=40,
    )
)
def test_a_number_that_is_near_may_be_near(
    engines_agree: EnginesAgree, drawn: list[tuple[str, str, int]]
) -> None:
    rows = []
    for text, number, damage in drawn:
        slip = number[:4] + number[4:6][::-1] + number[6:]
        typed = (text, number[:7] + "OO" + number[9:], slip, number[:11])[damage]
        reading = read_personal_id(typed)
        columns = {"t_digits": reading.digits, "t_kind": reading.kind}
        columns |= {"g_id": number, "g_previous": number[:9]}
        case = NUMBER.function()(*(columns[name] for name in NUMBER.columns))
        rows.append((case, *columns.values(), len(text) % 3, damage))
    names = (NUMBER.name, "t_digits", "t_kind", "g_id", "g_previous", "t_commune", "g_commune")
    near = engines_agree(is_near, names, rows)
    may_be = engines_agree(may_be_near, names, rows)
    assert all(may for may, is_so in zip(may_be, near, strict=True) if is_so)


@some
@given(rows_of(PAIR))
def test_what_decides_of_pairs(engines_agree: EnginesAgree, rows: list[tuple[Any, ...]]) -> None:
    for expression in (agrees, settles, *FORMS.values()):
        engines_agree(expression, tuple(PAIR), rows)


@st.composite
def counted(draw: st.DrawFn) -> tuple[Any, ...]:
    """Levels of a pair, and counts as a register can hold them: each wider one is greater."""
    levels = draw(st.tuples(*[PAIR[f"{field}_level"] for field in ("name", "birth", "residence")]))
    more = st.integers(0, 1000)
    n_same = draw(st.integers(1, 100))
    n_fold = n_same + draw(more)
    counts = {
        "n_same": n_same,
        "n_fold": n_fold,
        "n_sound": n_fold + draw(more),
        "n_ends": n_fold + draw(more),
        "n_place": draw(st.integers(1, n_fold)),
        "n_decade": draw(st.integers(1, n_fold)),
    }
    for wider in (
        ("on_day", "in_month", "in_year", "in_decade"),
        ("in_commune", "in_district", "in_province"),
    ):
        people = 1
        for name in wider:
            people += draw(more)
            counts[name] = people
    counts["people"] = sum(counts.values())
    return (*levels, *(counts[name] for name in COUNTS))


@some
@given(st.lists(counted(), min_size=20, max_size=40))
def test_the_terms_of_pairs(engines_agree: EnginesAgree, rows: list[tuple[Any, ...]]) -> None:
    columns = ("name_level", "birth_level", "residence_level", *COUNTS)
    shares = [engines_agree(share, columns, rows) for share in SHARES.values()]
    weighed = [(*row, *found) for row, *found in zip(rows, *shares, strict=True)]
    for name, term in TERMS.items():
        terms = engines_agree(term, (*columns, *SHARES), weighed)
        assert all(isinstance(value, int) and value <= 0 for value in terms), name
    assert set(COUNTED_NAMES) < set(NAME_LEVELS)
