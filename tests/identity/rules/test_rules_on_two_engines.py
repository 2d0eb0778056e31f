"""One rule set, two engines: DuckDB and Python give the same answer on any values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lamsach.identity.births import parse_birth
from lamsach.identity.personal_ids import read_personal_id
from lamsach.identity.rules import (
    BIRTH,
    BIRTH_FORMS,
    NUMBER,
    RESIDENCE_COLUMNS,
    RESIDENCE_LEVELS,
    SEX,
    birth_form,
    residence_level,
)
from lamsach.identity.rules.expressions import (
    LONGEST_NUMBER,
    column,
    ends_with,
    neighbours_exchanged,
    number,
    only_digits,
    starts_with,
    translated,
    within_edits,
    without_leading_zeros,
)

Row = tuple[Any, ...]
EnginesAgree = Callable[..., list[Any]]

DIGITS = "0123456789"
CMND = "271234567"


def many(rows: st.SearchStrategy[Row]) -> st.SearchStrategy[list[Row]]:
    return st.lists(rows, min_size=40, max_size=80)


batches = settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def two_births(draw: st.DrawFn) -> Row:
    """Parts as typed beside a register person's, related more often than chance would have it."""
    number = st.integers(0, 99)
    register = draw(
        st.sampled_from([(1963, 5, 4), (1963, 12, 3), (1963, 1, 1), (1963, 5, 0), (1963, 0, 0)])
        | st.tuples(st.integers(1900, 2022), st.integers(0, 12), st.integers(0, 31))
        | st.sampled_from([(0, 0, 0), (0, 0, 99)])
    )
    year, month, day = register
    typed = draw(
        st.sampled_from(
            [
                register,
                (year, day, month),
                (year, 1, 1),
                (year, 0, 0),
                (year, month, 0),
                (0, 0, 0),
                (0, 0, 99),
                (year + 1, month, day),
                (year + 1, day, month),
            ]
        )
        | st.tuples(st.just(year), number, number)
        | st.tuples(st.integers(0, 2100), st.just(month), st.just(day))
        | st.tuples(st.just(year), st.just(month), number)
        | st.tuples(st.just(year), number, st.just(day))
    )
    return (*typed, *register)


@st.composite
def two_numbers(draw: st.DrawFn) -> Row:
    """A number with up to two slips beside a register person's numbers."""
    register = draw(
        st.sampled_from(["001093012345", "079185012345", "012012012012", "000000000012"])
        | st.text(DIGITS, min_size=12, max_size=12)
    )
    previous = draw(st.sampled_from(["", CMND, "012345678"]))
    typed = draw(st.sampled_from([register, previous, register.lstrip("0"), register[:10]]))
    for _ in range(draw(st.integers(0, 2))):
        at = draw(st.integers(0, max(len(typed) - 1, 0)))
        slip = draw(st.sampled_from(["put", "drop", "replace", "exchange", "letter", "front"]))
        new = draw(st.sampled_from(DIGITS))
        match slip:
            case "put":
                typed = typed[:at] + new + typed[at:]
            case "drop":
                typed = typed[:at] + typed[at + 1 :]
            case "replace":
                typed = typed[:at] + new + typed[at + 1 :]
            case "exchange":
                typed = typed[:at] + typed[at : at + 2][::-1] + typed[at + 2 :]
            case "letter":
                typed = typed[:at] + draw(st.sampled_from("OQDILSBZXA")) + typed[at + 1 :]
            case _:
                typed = "CMND " + typed
    typed = draw(st.just(typed) | st.text(DIGITS + "OXE+.", max_size=15))
    reading = read_personal_id(typed)
    return reading.digits, reading.kind, register, previous


codes = st.integers(0, 3)


@batches
@given(rows=many(two_births()))
def test_births(engines_agree: EnginesAgree, rows: list[Row]) -> None:
    cases = engines_agree(BIRTH.case, BIRTH.columns, rows)
    assert set(cases) <= set(range(len(BIRTH.outcomes)))
    forms = engines_agree(birth_form, BIRTH.columns, rows)
    assert set(forms) <= set(BIRTH_FORMS)


@batches
@given(rows=many(two_numbers()))
def test_numbers(engines_agree: EnginesAgree, rows: list[Row]) -> None:
    cases = engines_agree(NUMBER.case, NUMBER.columns, rows)
    assert set(cases) <= set(range(len(NUMBER.outcomes)))


def test_sexes(engines_agree: EnginesAgree) -> None:
    rows = [(typed, register) for typed in ("M", "F", "") for register in ("M", "F", "")]
    engines_agree(SEX.case, SEX.columns, rows)


@batches
@given(rows=many(st.tuples(*[codes] * 6)))
def test_residences(engines_agree: EnginesAgree, rows: list[Row]) -> None:
    levels = engines_agree(residence_level, RESIDENCE_COLUMNS, rows)
    assert set(levels) <= set(RESIDENCE_LEVELS)


@pytest.mark.parametrize("rule", [BIRTH, SEX, NUMBER], ids=lambda rule: str(rule.name))
def test_a_case_has_one_level_and_its_codes(engines_agree: EnginesAgree, rule: Any) -> None:
    rows = [(place,) for place in range(len(rule.outcomes))]
    levels = engines_agree(rule.level, (rule.name,), rows)
    assert levels == [outcome.level for outcome in rule.outcomes]
    texts = engines_agree(rule.codes, (rule.name,), rows)
    assert [tuple(text.split()) for text in texts] == [outcome.codes for outcome in rule.outcomes]


@pytest.mark.parametrize("rule", [BIRTH, SEX, NUMBER], ids=lambda rule: str(rule.name))
def test_only_those_who_agree_have_no_difference(rule: Any) -> None:
    assert [o.level for o in rule.outcomes if not o.codes] == ["same"]
    assert [o.level for o in rule.outcomes].count("same") == 1


short = st.text("01", max_size=LONGEST_NUMBER)


@batches
@given(rows=many(st.tuples(short, short)))
def test_distances_are_those_of_the_engine(engines_agree: EnginesAgree, rows: list[Row]) -> None:
    left, right = column("l"), column("r")
    for expression in (
        within_edits(left, right, 1),
        within_edits(left, right, 2),
        neighbours_exchanged(left, right),
        starts_with(left, right),
        ends_with(left, right),
        without_leading_zeros(left),
        translated(left, "10", "x"),
        translated(left, "1", ""),
    ):
        engines_agree(expression, ("l", "r"), rows)


@batches
@given(rows=many(st.tuples(st.text("09٣²x +-.\n", max_size=5) | st.text(DIGITS, max_size=20))))
def test_what_is_digits_alone_is_the_same_on_both_engines(
    engines_agree: EnginesAgree, rows: list[Row]
) -> None:
    for expression in (only_digits(column("text")), number(column("text"))):
        engines_agree(expression, ("text",), rows)


@given(st.text("01", min_size=2, max_size=LONGEST_NUMBER), st.integers(0, LONGEST_NUMBER - 2))
def test_exchanged_neighbours_are_seen(text: str, at: int) -> None:
    exchanged = text[:at] + text[at : at + 2][::-1] + text[at + 2 :]
    seen = neighbours_exchanged(column("l"), column("r")).function("l", "r")(text, exchanged)
    assert seen == (exchanged != text)


def test_every_case_of_every_rule_can_happen() -> None:
    """A case that an earlier one always takes would be dead."""
    births = [
        (typed, register)
        for typed in (
            "",
            "x1",
            "1963",
            "1964",
            "05/1963",
            "06/1963",
            "05/1964",
            "01/01/1963",
            "04/05/1963",
            "05/04/1963",
            "05/04/1964",
            "05/05/1963",
            "04/06/1963",
            "04/05/1964",
            "07/08/1963",
            "07/08/1970",
        )
        for register in ("1963-05-04", "1963-05", "1963", "")
    ]
    birth_case = BIRTH.function()
    places = {birth_case(*parse_birth(t).parts, *parse_birth(r).parts) for t, r in births}
    assert places == set(range(len(BIRTH.outcomes)))

    number_case = NUMBER.function()
    numbers = [
        ("", "001093012345"),
        ("001093012345", "001093012345"),
        (CMND, "001093012345"),
        ("1093012345", "001093012345"),
        ("12345678", "001093012345"),
        ("OO1093012345", "001093012345"),
        ("010093012345", "001093012345"),
        ("001093012346", "001093012345"),
        ("00109301234", "001093012345"),
        ("1093012354", "001093012345"),
        ("1093012346", "001093012345"),
        ("109301234", "001093012345"),
        ("0109312345", "001093012345"),
        ("271234576", "001093012345"),
        ("271234568", "001093012345"),
        ("CCCD001093012345", "001093012345"),
        (f"CMND{CMND}", "001093012345"),
        ("031090000111", "001093012345"),
        ("001093012399", "001093012345"),
        ("12345", "001093012345"),
    ]
    reached = set()
    for typed, register in numbers:
        reading = read_personal_id(typed)
        previous = "012345678" if len(typed) == 8 else CMND
        reached.add(number_case(reading.digits, reading.kind, register, previous))
    assert reached == set(range(len(NUMBER.outcomes)))
