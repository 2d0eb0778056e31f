"""Each error of births and numbers makes what its code says, whatever it befalls."""

from __future__ import annotations

import datetime

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

from lamsach.synthetic import mixes, spoil_births, spoil_numbers
from lamsach.synthetic.people import FULL, MONTH, YEAR

KINDS = ("swapped", "day", "month", "year", "year_only", "placeholder", "birth_missing",
         "birth_other")  # fmt: skip
dates = st.dates(min_value=datetime.date(1915, 1, 1),
                 max_value=datetime.date(2022, 4, 24))  # fmt: skip


def read(year: int, month: int, day: int, precision: int) -> tuple[int, ...]:
    return {FULL: (year, month, day), MONTH: (year, month), YEAR: (year,), -1: ()}[precision]


def judged(typed: tuple[int, ...], true: tuple[int, ...]) -> str:
    """The contract's code for a typed birth beside the register's."""
    if not typed:
        return "missing"
    if len(typed) == 3 and typed[1:] == (1, 1) and typed[0] == true[0]:
        return "placeholder"
    if len(typed) == len(true):
        if len(true) == 3 and typed == (true[0], true[2], true[1]):
            return "day_month_swapped"
        apart = [i for i in range(len(true)) if typed[i] != true[i]]
        return ("year", "month", "day")[apart[0]] if len(apart) == 1 else "other"
    if len(typed) == 1 and len(true) == 3 and typed[0] == true[0]:
        return "year_only"
    return "other"


@given(dates, st.sampled_from((FULL, FULL, FULL, MONTH, YEAR)), st.sampled_from(KINDS),
       st.integers(0, 1 << 30))  # fmt: skip
def test_births(date, precision: int, kind: str, dice: int) -> None:
    year, month, day, held = (
        np.array([v], dtype=np.int32) for v in (date.year, date.month, date.day, precision)
    )
    able = spoil_births.applicable(month, day, held)
    assume(kind not in able or bool(able[kind][0]))
    number = np.array([mixes.kind(kind)], dtype=np.int32)
    made = spoil_births.typed_births(number, year, month, day, held, dice=np.array([dice]))
    codes = [code for code, holds in zip(spoil_births.CODES, made.codes[0], strict=True) if holds]
    typed = read(int(made.year[0]), int(made.month[0]), int(made.day[0]), int(made.precision[0]))
    assert codes == [
        "birth_date." + judged(typed, read(date.year, date.month, date.day, precision))
    ]
    assert typed == () or 1900 <= typed[0] <= 2022


@given(st.integers(1_000_000_000, 96_399_999_999), st.integers(0, 1 << 30),
       st.sampled_from(("digit", "transposed", "leading_zero", "length")))  # fmt: skip
def test_numbers_that_were_damaged(number: int, seed: int, kind: str) -> None:
    text = f"{number:012d}"
    assume(len(set(text)) > 1)
    own = np.frombuffer(text.encode(), dtype=np.uint8)[None, :]
    made = spoil_numbers.typed_numbers(
        np.random.default_rng(seed),
        np.array([mixes.kind(kind)]),
        own,
        cmnd=np.array([123_456_789]),
        borrowed=own,
        unused=own,
        phone=own[:, :10],
    )
    typed = made.digits[0, : made.length[0]].tobytes().decode()
    codes = [code for code, holds in zip(spoil_numbers.CODES, made.codes[0], strict=True) if holds]
    assert codes == [f"personal_id.{kind}"]
    if kind == "digit":
        assert sum(a != b for a, b in zip(typed, text, strict=True)) == 1
    elif kind == "transposed":
        at = next(i for i in range(12) if typed[i] != text[i])
        assert typed == text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    elif kind == "leading_zero":
        assert typed == text.lstrip("0")
    else:
        assert text[: len(typed)] == typed or len(typed) == 13
        assert len(typed) != 12


def test_a_mixes_rates_make_up_the_whole() -> None:
    for mix in mixes.MIXES.values():
        shares = mix.habit_shares()
        rates = mix.rates(shares)
        assert np.all((rates >= 0) & (rates <= 1))
        assert np.isclose(shares.sum(), 1)
        spared = (1 - mix.wrong - mix.piled) * (mix.absent + mix.register_wrong)
        assert np.isclose((rates[:, 0] * shares).sum() + spared, mix.wrong)
        assert np.isclose((rates[:, 1] * shares).sum(), mix.piled)
