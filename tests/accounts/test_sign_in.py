"""Nobody gets in without a password of their own and a second factor; guesses lock the account."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.core.cache import cache
from django.test import Client
from django.urls import URLPattern, get_resolver

from lamsach.accounts import actions
from lamsach.accounts.decorators import is_public
from lamsach.accounts.models import Officer
from lamsach.clock import now
from lamsach.ledger.actions import Actor
from lamsach.ledger.models import Event
from lamsach.ledger.verbs import Verb

SYSTEM = Actor.system("test")
OWN = "một mật khẩu dài của riêng tôi"


def code_of(secret: str) -> str:
    """The code that an app with this secret shows now."""
    return format_hotp_value(hotp_value(secret, list(yield_hotp_counters_from_time())[1]))


def sign_in(client: Client, password: str, username: str = "alice") -> Any:
    return client.post("/accounts/login/", {"login": username, "password": password})


@pytest.fixture
def alice(committed: None) -> tuple[Officer, str]:
    cache.clear()
    return actions.create_officer(username="Alice", full_name="Alice", by=SYSTEM)


def test_a_password_is_kept_as_a_slow_hash_of_its_own(
    db: None, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    _quick, *settings.PASSWORD_HASHERS = settings.PASSWORD_HASHERS  # what the site has
    rounds: list[int] = []
    real = hashlib.pbkdf2_hmac

    def counted(name: str, password: bytes, salt: bytes, iterations: int, *more: Any) -> bytes:
        rounds.append(iterations)
        return real(name, password, salt, iterations, *more)

    monkeypatch.setattr("django.utils.crypto.hashlib.pbkdf2_hmac", counted)
    officers = [
        actions.create_officer(username=name, full_name=name, password=OWN, by=SYSTEM)[0]
        for name in ("alice", "bob")
    ]
    assert all(one.check_password(OWN) for one in officers)
    assert len({one.password for one in officers}) == 2
    assert min(rounds) >= 600_000  # OWASP, Password Storage Cheat Sheet: PBKDF2-HMAC-SHA256


def enrolled(client: Client, first: str) -> str:
    """Go the whole way of a first sign-in; the secret of the second factor."""
    assert sign_in(client, first).headers["Location"] == "/"
    assert client.get("/").headers["Location"] == "/accounts/password/"
    form = {"oldpassword": first, "password1": OWN, "password2": OWN}
    assert client.post("/accounts/password/", form).status_code == 302
    assert client.get("/").headers["Location"] == "/accounts/factor/totp/"
    again = client.get("/accounts/factor/totp/").headers["Location"]
    assert again.startswith("/accounts/reauthenticate/")  # who enrols has just given the password
    assert client.post(again, {"password": OWN}).status_code == 302
    page = client.get("/accounts/factor/totp/").content.decode()
    secret = page.split('id="authenticator_secret">')[1].split("<")[0]
    assert "<svg" in page
    answer = client.post("/accounts/factor/totp/", {"code": code_of(secret)})
    assert answer.status_code == 302
    return secret


@pytest.mark.db
def test_a_first_sign_in_and_the_next(alice: tuple[Officer, str]) -> None:
    officer, first = alice
    client = Client()
    secret = enrolled(client, first)
    assert client.get("/").status_code == 200
    stored = Authenticator.objects.get(user=officer, type="totp").data["secret"]
    assert secret not in stored
    cache.clear()  # a code is good once; the next half minute is not waited for
    again = Client()
    assert sign_in(again, OWN).headers["Location"] == "/accounts/factor/code/"
    assert "_auth_user_id" not in again.session
    assert "Đăng nhập" in again.get("/").content.decode()
    again.post("/accounts/factor/code/", {"code": "000000"})
    assert "_auth_user_id" not in again.session
    again.post("/accounts/factor/code/", {"code": code_of(secret)})
    assert "_auth_user_id" in again.session
    verbs = list(Event.objects.filter(subject_kind="officer").values_list("verb", flat=True))
    assert verbs.count(Verb.OFFICER_SIGN_IN) == 2
    assert Verb.OFFICER_PASSWORD_CHANGE in verbs
    assert Verb.OFFICER_FACTOR_ADD in verbs


@pytest.mark.db
def test_a_code_is_good_once(alice: tuple[Officer, str]) -> None:
    secret = enrolled(Client(), alice[1])
    cache.clear()
    code = code_of(secret)
    for works in (True, False):
        client = Client()
        sign_in(client, OWN)
        client.post("/accounts/factor/code/", {"code": code})
        assert ("_auth_user_id" in client.session) is works


@pytest.mark.db
def test_taking_the_factor_away_leads_back_to_enrolment(alice: tuple[Officer, str]) -> None:
    client = Client()
    enrolled(client, alice[1])
    Authenticator.objects.filter(type="totp").delete()
    assert client.get("/").headers["Location"] == "/accounts/factor/totp/"


@pytest.mark.db
def test_too_many_wrong_passwords_lock_the_account_even_for_the_right_one(
    alice: tuple[Officer, str], clock_at: Any
) -> None:
    officer, first = alice
    for _ in range(actions.FAILURES_ALLOWED):
        cache.clear()  # the limit on attempts is another one; this is the account's own
        assert sign_in(Client(), "a wrong password").status_code == 200
    cache.clear()
    client = Client()
    refused = sign_in(client, first)
    assert "_auth_user_id" not in client.session
    unknown = sign_in(Client(), first, username="nobody")
    assert errors(refused) == errors(unknown) != []
    officer.refresh_from_db()
    assert officer.is_locked
    assert Event.objects.filter(verb=Verb.OFFICER_LOCK).count() == 1
    with clock_at(now() + actions.LOCKED_FOR + timedelta(seconds=1)):
        assert sign_in(client, first).headers["Location"] == "/"


def errors(answer: Any) -> list[str]:
    page = answer.content.decode()
    return [part.split("</ul>")[0] for part in page.split("errorlist")[1:]]


@pytest.mark.db
def test_attempts_are_limited_for_all_processes_together(alice: tuple[Officer, str]) -> None:
    answers = [sign_in(Client(), "a wrong password") for _ in range(6)]
    assert errors(answers[-1]) != errors(answers[0])  # too many attempts, not a wrong password
    alice[0].refresh_from_db()
    assert alice[0].failed_sign_ins == 5


@pytest.mark.db
@pytest.mark.parametrize("days", [29, 31])
def test_an_account_sleeps_after_thirty_days(
    alice: tuple[Officer, str], clock_at: Any, days: int
) -> None:
    officer, first = alice
    with clock_at(now() + timedelta(days=days)):
        client = Client()
        sign_in(client, first)
        assert ("_auth_user_id" in client.session) is (days == 29)
        actions.wake_officer(officer=officer, by=SYSTEM)
        sign_in(client, first)
        assert "_auth_user_id" in client.session


@pytest.mark.db
def test_a_suspended_officer_is_out_with_the_next_page(alice: tuple[Officer, str]) -> None:
    client = Client()
    enrolled(client, alice[1])
    actions.suspend_officer(officer=alice[0], by=SYSTEM)
    assert client.get("/accounts/factor/").headers["Location"].startswith("/accounts/login/")


@pytest.mark.db
@pytest.mark.parametrize("path", ["signup/", "email/", "reset/", "password/set/"])
def test_nobody_signs_up_or_resets_a_password_alone(alice: Any, path: str) -> None:
    assert Client().get(f"/accounts/{path}").status_code == 404


@pytest.mark.db
def test_a_security_key_of_somebody_elses_is_out_of_reach(alice: tuple[Officer, str]) -> None:
    bob, _ = actions.create_officer(username="bob", full_name="Bob", by=SYSTEM)
    data = {"name": "khóa của Bob", "credential": {}}
    key = Authenticator.objects.create(user=bob, type="webauthn", data=data)
    client = Client()
    enrolled(client, alice[1])  # has just given the password again
    for page in ("edit", "remove"):
        address = f"/accounts/factor/key/{key.pk}/{page}/"
        for answer in (client.get(address), client.post(address, {"name": "x"})):
            assert answer.status_code == 404
            assert "Bob" not in answer.content.decode()
        away = Client().get(address)
        assert away.headers["Location"].startswith("/accounts/login/")
    assert Authenticator.objects.get(pk=key.pk).data == data


def views() -> list[URLPattern]:
    found, waiting = [], list(get_resolver().url_patterns)
    while waiting:
        one = waiting.pop()
        if isinstance(one, URLPattern):
            found.append(one)
        else:
            waiting += one.url_patterns
    return found


def test_the_open_pages_are_these() -> None:
    """Whoever opens another page to everyone writes it here too."""
    opened = {one.name for one in views() if is_public(one.callback)}
    closed = {"account_signup", "account_email", "account_reset_password", "account_set_password"}
    published = {"trust-list", "revocations", "lists", "log"}
    verifier = {"verify", "check", "worker"}
    # The citizen's own: each asks for the cookie that a code opened.
    record = {"record", "code", "mine", "passport_pdf", "passport_code", "close"}
    provider = {"provider_begin", "provider_return"}
    ours = {"home", "language", "health", "icon"} | provider
    assert opened - closed == ours | published | verifier | record
