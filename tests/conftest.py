"""What all tests share: the reference data that may stand beside the checkout."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

_BESIDE = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of public reference data; tests that use it bear the mark `vectors`."""
    if _BESIDE.is_dir():
        return _BESIDE
    reason = "the reference data (../shared/data) is not beside this checkout"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)
