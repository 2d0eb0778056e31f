"""The clock runs on from where it was moved to, for what is done inside alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lamsach import clock

MOMENT = datetime(2022, 4, 19, 3, tzinfo=UTC)


def test_a_moved_clock_runs_on_and_goes_back(clock_at: Any) -> None:
    with clock_at(MOMENT):
        first = clock.now()
        assert MOMENT <= first < MOMENT + timedelta(seconds=5)
        assert clock.now() >= first
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=5)


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"), clock.moved(datetime(2022, 4, 19)):  # noqa: DTZ001
        pass
