"""An installation with an administrator, the ministry and a station, and who works there."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from administration_making import House, make_house


@pytest.fixture
def house(db: None) -> House:
    """The house, gone after the test."""
    return make_house()
