"""Repair candidates: the right number is among them, and each is one plausible error away."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lamsach.identity.personal_id_repair import repairs
from lamsach.identity.personal_ids import (
    compare_personal_ids,
    conflicts,
    is_plausible,
    structure_of,
)
from lamsach.identity.places import PROVINCES

personal_ids = st.builds(
    lambda place, century, rest: place + century + rest,
    st.sampled_from(sorted(PROVINCES)),
    st.sampled_from("0123"),
    st.text("0123456789", min_size=8, max_size=8),
)


@st.composite
def damage(draw: st.DrawFn) -> tuple[str, str]:
    """A right number, and the same after one of the errors that repairs undo."""
    right = draw(personal_ids)
    at = draw(st.integers(0, 10))
    digit = draw(st.sampled_from("0123456789"))
    kind = draw(st.sampled_from(["zeros", "digit", "swap", "cut", "inside", "longer", "letter"]))
    match kind:
        case "zeros":
            typed = right.lstrip("0")
        case "digit":
            typed = right[:at] + digit + right[at + 1 :]
        case "swap":
            typed = right[:at] + right[at + 1] + right[at] + right[at + 2 :]
        case "cut":
            typed = draw(st.sampled_from([right[2:], right[:-2], right[1:], right[:-1]]))
        case "inside":
            typed = right[:at] + right[at + 1 :]
        case "longer":
            typed = right[:at] + draw(st.sampled_from([digit, digit + "7"])) + right[at:]
        case _:
            typed = right[:at] + "X" + right[at + 1 :]
    return right, typed


@given(damage())
def test_the_right_number_is_among_the_repairs_of_its_damage(pair: tuple[str, str]) -> None:
    right, typed = pair
    assume(right != typed and typed.strip("0"))
    found = dict(repairs(typed))
    assert right in found
    assert compare_personal_ids(typed, right).codes == (found[right],)


@given(damage())
def test_every_repair_is_plausible_new_and_given_once(pair: tuple[str, str]) -> None:
    _, typed = pair
    found = list(repairs(typed))
    assert len(found) == len({candidate for candidate, _ in found}) <= 250
    for candidate, code in found:
        assert is_plausible(candidate)
        assert candidate != typed
        assert compare_personal_ids(typed, candidate).codes == (code,)


@given(personal_ids, st.sampled_from("OQIL"))
def test_letters_that_look_like_digits_are_read_as_such(right: str, letter: str) -> None:
    digit = "0" if letter in "OQ" else "1"
    assume(digit in right)
    assert (right, "personal_id.digit") in repairs(right.replace(digit, letter))


@pytest.mark.parametrize(
    "text", ["", "271234567", "12345678", "0" * 15, "0" * 12, "0" * 10, "ABCDEFGHIJKL", "12"]
)
def test_nothing_is_made_up_for_other_things(text: str) -> None:
    assert list(repairs(text)) == []


def test_the_person_rules_most_repairs_out() -> None:
    right = "079185012345"
    parts = structure_of(right)
    assert parts is not None
    candidates = [candidate for candidate, _ in repairs("079188012345")]
    agreeing = [c for c in candidates if not conflicts(c, sex=parts.sex, birth_year=1985)]
    assert agreeing == [right]
