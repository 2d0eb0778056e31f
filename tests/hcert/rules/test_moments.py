"""Points in time are counted as JavaScript's Date counts them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamsach.hcert.rules.moments import birth_moment, moment, plus

moments = st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(2100, 1, 1)).map(  # noqa: DTZ001
    lambda naive: naive.replace(tzinfo=UTC)
)


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("2021-06-02", "2021-06-02T00:00:00+00:00"),
        ("2021-06-02T16:00:00Z", "2021-06-02T16:00:00+00:00"),
        ("2021-06-02T16:00:00", "2021-06-02T16:00:00+00:00"),
        ("2021-06-02T16:00:00.5", "2021-06-02T16:00:00.500000+00:00"),
        ("2021-06-02T16:00:00.123456789+07:00", "2021-06-02T09:00:00.123000+00:00"),
        ("2021-06-02T16:00:00+7", "2021-06-02T09:00:00+00:00"),
        ("2021-06-02T16:00:00-0330", "2021-06-02T19:30:00+00:00"),
        ("2021-06", "2021-06-30T00:00:00+00:00"),
        ("2021", "2021-12-31T00:00:00+00:00"),
    ],
)
def test_forms_of_a_point_in_time(text: str, iso: str) -> None:
    assert moment(text).isoformat() == iso


@pytest.mark.parametrize(
    "text",
    [
        *("", "x", "21-06-02", "2021-02-30", "2021-13-01", "2021-6-2", "0000", "2021-00", "٢٠٢١"),
        *("2021-06-02T25:00:00Z", "2021-06-02 16:00:00", "2021-06-02T16:00Z"),
        "2021-06-02T16:00:00+99:00",
    ],
)
def test_what_is_no_point_in_time(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        moment(text)


@pytest.mark.parametrize("text", ["2021-06-02T16:00:00Z", "", "2021-6"])
def test_what_is_no_date_of_birth(text: str) -> None:
    with pytest.raises(ValueError, match="date of birth"):
        birth_moment(text)


@pytest.mark.parametrize(
    ("start", "amount", "unit", "end"),
    [
        ("2020-02-29", 1, "year", "2021-03-01"),
        ("2020-02-29", 4, "year", "2024-02-29"),
        ("2020-02-29", -1, "year", "2019-03-01"),
        ("2021-01-31", 1, "month", "2021-03-03"),
        ("2020-01-31", 1, "month", "2020-03-02"),
        ("2021-03-31", -1, "month", "2021-03-03"),
        ("2021-01-15", -1, "month", "2020-12-15"),
        ("2021-11-30", 3, "month", "2022-03-02"),
        ("2021-10-31", 14, "month", "2022-12-31"),
        ("2020-12-31", 1, "day", "2021-01-01"),
        ("2021-06-01", 40, "hour", "2021-06-02T16:00:00"),
        ("2021-06-01", -1, "hour", "2021-05-31T23:00:00"),
    ],
)
def test_what_runs_over_is_carried_on(start: str, amount: int, unit: str, end: str) -> None:
    assert plus(moment(start), amount, unit) == moment(end)


@given(moments, st.integers(-2000, 2000))
def test_days_and_hours_are_elapsed_time(start: datetime, amount: int) -> None:
    assert plus(start, amount, "day") - start == timedelta(days=amount)
    assert plus(start, amount, "hour") - start == timedelta(hours=amount)
    assert plus(start, 24 * amount, "hour") == plus(start, amount, "day")


@given(moments, st.integers(-500, 500))
def test_months_keep_the_day_or_run_over_by_at_most_three(start: datetime, amount: int) -> None:
    end = plus(start, amount, "month")
    assert end.time() == start.time()
    assert end.day == start.day or (start.day > 28 and end.day <= 3)
    assert plus(start, 12 * amount, "month") == plus(start, amount, "year")
