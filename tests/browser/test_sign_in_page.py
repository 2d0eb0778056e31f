"""An officer signs in for the first time and again, in a browser, with the second factor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from .conftest import NARROW, WIDE

pytestmark = [pytest.mark.browser, pytest.mark.db]


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_the_first_time_and_again(
    visit: Any, sign_in: Any, accessible: Callable[[Any], None], width: int
) -> None:
    from lamsach.accounts.actions import create_officer
    from lamsach.ledger.actions import Actor

    by = Actor.system("test")
    _officer, first = create_officer(username="alice", full_name="Alice Nguyen", by=by)
    page = visit(width=width)
    page.goto("/accounts/login/")
    accessible(page)
    sign_in(page, "alice", first)
    assert "Đăng xuất" in page.inner_text("header")
    accessible(page)
    again = visit(width=width)
    sign_in(again, "alice")
    assert "Đăng xuất" in again.inner_text("header")
