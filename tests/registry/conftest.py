"""The small country of `registry_making`, as a fixture."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from registry_making import Country, make_country


@pytest.fixture(name="make_country")
def _make_country() -> Callable[[], Country]:
    """Makes the country, in whatever database the test uses."""
    return make_country


@pytest.fixture
def country(db: None) -> Country:
    """The country, gone after the test."""
    return make_country()
