"""A security key as a second factor, with the browser's own virtual one."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.models import Authenticator

from .conftest import NARROW, PASSWORD, SignIn

pytestmark = [pytest.mark.browser, pytest.mark.db]


def plug_in(page: Any) -> Callable[[], None]:
    """Give a page a key that is touched whenever it is asked; what is returned pulls it out."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "usb", "automaticPresenceSimulation": True}
    key = session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return lambda: session.send("WebAuthn.removeVirtualAuthenticator", key)


def begin(page: Any, first: str) -> None:
    """Alice's first sign-in, up to where she must choose a second factor."""
    page.goto("/accounts/login/")
    page.fill("#id_login", "alice")
    page.fill("#id_password", first)
    page.click("main form button")
    page.fill("#id_oldpassword", first)
    page.fill("#id_password1", PASSWORD)
    page.fill("#id_password2", PASSWORD)
    page.click("main form button")
    page.goto("/accounts/factor/totp/")
    if "reauthenticate" in page.url:
        page.fill("#id_password", PASSWORD)
        page.click("main form button")


def password(page: Any) -> None:
    page.goto("/accounts/login/")
    page.fill("#id_login", "alice")
    page.fill("#id_password", PASSWORD)
    page.click("main form button")


def test_a_key_alone_is_a_second_factor_and_no_other_key_is(
    visit: Any, site: str, accessible: Callable[[Any], None]
) -> None:
    from lamsach.accounts.actions import create_officer
    from lamsach.ledger.actions import Actor

    _officer, first = create_officer(username="alice", full_name="Alice", by=Actor.system("test"))
    # Keys belong to a name of the site; a bare address is none.
    page = visit(base_url=site.replace("127.0.0.1", "localhost"), width=NARROW)
    pull_out = plug_in(page)
    begin(page, first)
    page.click("text=Dùng khóa bảo mật thay cho ứng dụng")
    page.wait_for_selector("[data-key-missing]", state="hidden")
    accessible(page)
    page.fill("#id_name", "Khóa xanh")
    page.click("[data-key] button")
    page.wait_for_url("**/factor/recovery/")
    assert page.locator("main code").count() == 10
    accessible(page)
    page.goto("/accounts/factor/")
    assert "Khóa xanh" in page.inner_text("main")
    accessible(page)
    assert set(Authenticator.objects.values_list("type", flat=True)) == {
        "webauthn", "recovery_codes",
    }  # fmt: skip

    page.context.clear_cookies()
    password(page)
    page.wait_for_selector("#id_code")  # a code on paper would do as well
    accessible(page)
    page.click("[data-key] button")
    page.wait_for_url(re.compile(r"^\w+://[^/]+/$"))
    assert "Đăng xuất" in page.inner_text("header")

    page.context.clear_cookies()
    pull_out()
    plug_in(page)  # somebody else's
    password(page)
    page.click("[data-key] button")
    page.wait_for_selector("[data-key-failed]:visible", timeout=90_000)
    page.goto("/accounts/factor/")
    assert "Đăng xuất" not in page.inner_text("header")
    assert "Khóa xanh" not in page.inner_text("main")


def test_a_second_key_is_added_beside_the_app_and_taken_away_again(
    visit: Any, site: str, sign_in: SignIn
) -> None:
    from lamsach.accounts.actions import create_officer
    from lamsach.ledger.actions import Actor

    _officer, first = create_officer(username="alice", full_name="Alice", by=Actor.system("test"))
    page = visit(base_url=site.replace("127.0.0.1", "localhost"))
    plug_in(page)
    sign_in(page, "alice", first)
    page.goto("/accounts/factor/key/add/")
    if "reauthenticate" in page.url:
        page.fill("#id_password", PASSWORD)
        page.click("main form button")
    page.click("[data-key] button")
    page.wait_for_url("**/factor/")
    assert "Khóa 1" in page.inner_text("main")
    page.click("text=Gỡ bỏ Khóa 1")
    page.click("main form button")
    page.goto("/accounts/factor/")
    assert "Khóa 1" not in page.inner_text("main")
    assert Authenticator.objects.filter(type="totp").exists()
