"""Officers come by an identity provider: those who were bound to it, with a second factor."""

from __future__ import annotations

import http.client
import io
import logging
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from cryptography.hazmat.primitives.asymmetric import rsa
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.test import Client

from lamsach.accounts import actions
from lamsach.accounts.models import Officer, ProviderIdentity
from lamsach.clock import now
from lamsach.ledger.actions import Actor
from lamsach.ledger.models import Event
from lamsach.ledger.verbs import Verb
from lamsach.site import environment

from .identity_provider import IdentityProvider, running
from .test_sign_in import code_of

SYSTEM = Actor.system("test")
SUBJECT = "alice-at-the-provider"


@pytest.fixture(scope="module")
def house() -> Iterator[IdentityProvider]:
    with running() as provider:
        yield provider


@pytest.fixture
def provider(house: IdentityProvider, settings: Any, db: None) -> IdentityProvider:
    cache.clear()
    settings.IDENTITY_PROVIDER = house.settings()
    house.signs_with, house.algorithm = house.key, "RS256"
    house.says, house.methods = {"sub": SUBJECT}, ["client_secret_basic"]
    return house


@pytest.fixture
def alice(provider: IdentityProvider) -> Officer:
    officer, _password = actions.create_officer(username="alice", full_name="Alice", by=SYSTEM)
    actions.bind_identity(officer=officer, issuer=provider.issuer, subject=SUBJECT, by=SYSTEM)
    return officer


def followed(address: str) -> str:
    """Where the provider sends the browser back."""
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.netloc)
    connection.request("GET", f"{parts.path}?{parts.query}")
    back = urlsplit(connection.getresponse().headers["Location"])
    connection.close()
    return f"{back.path}?{back.query}"


def come(client: Client, begin: str = "/accounts/provider/") -> Any:
    """Out to the provider and back, as a browser does."""
    return client.get(followed(client.get(begin).headers["Location"]))


def is_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def with_app(officer: Officer) -> str:
    """Give an officer an app for codes; its secret."""
    secret = "JBSWY3DPEHPK3PXP"
    TOTP.activate(officer, secret)
    return secret


@pytest.mark.db
def test_an_officer_who_is_bound_comes_in_with_a_second_factor_of_their_own(
    alice: Officer, provider: IdentityProvider
) -> None:
    secret = with_app(alice)
    client = Client()
    page = client.get("/accounts/login/?next=/accounts/factor/").content.decode()
    assert "Cổng định danh" in page
    begin = page.split('href="/accounts/provider/')[1].split('"')[0]
    answer = come(client, f"/accounts/provider/{begin}")
    assert answer.headers["Location"] == "/accounts/factor/code/"
    assert not is_in(client)
    cache.clear()
    answer = client.post("/accounts/factor/code/", {"code": code_of(secret)})
    assert answer.headers["Location"] == "/accounts/factor/"
    assert is_in(client)
    # No password was used, so none needs to be changed.
    assert client.get("/").status_code == 200
    event = Event.objects.get(verb=Verb.OFFICER_SIGN_IN)
    assert event.facts == {"by": "provider"}
    assert event.subject_id == str(alice.public_id)


@pytest.mark.db
def test_who_has_no_second_factor_yet_enrols_one_first(
    alice: Officer, provider: IdentityProvider
) -> None:
    client = Client()
    come(client)
    assert is_in(client)
    assert client.get("/").headers["Location"] == "/accounts/factor/totp/"
    page = client.get("/accounts/factor/totp/").content.decode()
    secret = page.split('id="authenticator_secret">')[1].split("<")[0]
    assert client.post("/accounts/factor/totp/", {"code": code_of(secret)}).status_code == 302
    assert client.get("/").status_code == 200


@pytest.mark.db
@pytest.mark.parametrize(
    ("says", "vouches"),
    [
        ({"amr": ["pwd", "otp"]}, True),
        ({"acr": "urn:level:3"}, True),
        ({"amr": ["pwd"]}, False),
        ({"acr": "urn:level:1"}, False),
        ({"amr": "otp"}, False),
        ({}, False),
    ],
)
def test_the_providers_second_factor_counts_where_the_administrator_allowed_it(
    alice: Officer, provider: IdentityProvider, settings: Any, says: dict[str, Any], vouches: bool
) -> None:
    with_app(alice)
    provider.says |= says
    client = Client()
    come(client)
    assert not is_in(client), "nothing was allowed"
    settings.IDENTITY_PROVIDER = provider.settings("amr:otp", "acr:urn:level:3")
    client = Client()
    come(client)
    assert is_in(client) is vouches
    assert provider.asked[-1]["acr_values"] == "urn:level:3"


@pytest.mark.db
def test_a_vouched_sign_in_needs_no_factor_here_and_the_next_one_without_does(
    alice: Officer, provider: IdentityProvider, settings: Any
) -> None:
    settings.IDENTITY_PROVIDER = provider.settings("amr:otp")
    provider.says |= {"amr": ["otp"]}
    client = Client()
    come(client)
    assert client.get("/").status_code == 200
    assert not Authenticator.objects.exists()
    client.post("/accounts/logout/")
    provider.says["amr"] = ["pwd"]
    come(client)
    assert client.get("/").headers["Location"] == "/accounts/factor/totp/"


def refused(answer: Any, client: Client) -> str:
    """A readable page, and nobody is in; its text."""
    assert answer.status_code == 403
    assert not is_in(client)
    page: str = answer.content.decode().split("<main")[1]
    assert "Về trang đăng nhập" in page
    assert "Traceback" not in page
    return page


@pytest.mark.db
def test_a_stranger_and_a_shut_account_get_the_same_page(
    alice: Officer, provider: IdentityProvider, clock_at: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "lamsach")
    provider.says["sub"] = "somebody-else"
    client = Client()
    strange = refused(come(client), client)
    assert Officer.objects.count() == 1, "the provider makes nobody"
    provider.says["sub"] = SUBJECT
    actions.suspend_officer(officer=alice, by=SYSTEM)
    assert refused(come(client), client) == strange
    actions.wake_officer(officer=alice, by=SYSTEM)
    with clock_at(now() + timedelta(days=31)):
        assert refused(come(client), client) == strange
    events = Event.objects.filter(verb=Verb.OFFICER_SIGN_IN_FAIL).order_by("id")
    told = [(one.facts["reason"], one.subject_id) for one in events]
    shut = ("shut", str(alice.public_id))
    assert told == [("unknown", ""), shut, shut]
    assert "unknown" in caplog.text
    assert "somebody-else" not in caplog.text + str(list(events.values()))


@pytest.mark.db
@pytest.mark.parametrize(
    "says",
    [
        {"aud": "another client"},
        {"aud": ["lamsach", "another"], "azp": "another"},
        {"azp": "another"},
        {"iss": "https://another.example"},
        {"exp": int(time.time()) - 3600, "iat": int(time.time()) - 7200},
        {"iat": int(time.time()) + 3600},
        {"nonce": "of another sign-in"},
        {"sub": ""},
        {"sub": None},
    ],
    ids=[
        "audience",
        "audiences",
        "party",
        "issuer",
        "ended",
        "to-come",
        "nonce",
        "nobody",
        "no-subject",
    ],
)
def test_a_token_that_is_not_for_us_now_is_refused(
    alice: Officer, provider: IdentityProvider, says: dict[str, Any]
) -> None:
    provider.says |= says
    client = Client()
    refused(come(client), client)
    event = Event.objects.get(verb=Verb.OFFICER_SIGN_IN_FAIL)
    assert event.facts == {"by": "provider", "reason": "token"}


@pytest.mark.db
@pytest.mark.parametrize("algorithm", ["RS256", "RS512", "HS256", "none"])
def test_a_token_that_somebody_else_signed_is_refused(
    alice: Officer, provider: IdentityProvider, algorithm: str, caplog: pytest.LogCaptureFixture
) -> None:
    provider.signs_with = rsa.generate_private_key(65537, 2048)
    provider.algorithm = algorithm
    client = Client()
    refused(come(client), client)
    assert "refused" in caplog.text
    assert SUBJECT not in caplog.text
    assert Event.objects.filter(verb=Verb.OFFICER_SIGN_IN_FAIL).count() == 1


@pytest.mark.db
def test_an_answer_is_good_once_and_in_its_own_browser(
    alice: Officer, provider: IdentityProvider
) -> None:
    client, other = Client(), Client()
    back = followed(client.get("/accounts/provider/").headers["Location"])
    refused(other.get(back), other)
    other.get("/accounts/provider/")
    refused(other.get(back), other)
    assert client.get(back).status_code == 302
    client.post("/accounts/logout/")
    refused(client.get(back), client)


@pytest.mark.db
def test_no_other_site_can_start_a_sign_in(alice: Officer, provider: IdentityProvider) -> None:
    client = Client()
    answer = client.get("/accounts/provider/", headers={"Sec-Fetch-Site": "cross-site"})
    refused(answer, client)
    for inside in ("same-origin", "none"):
        answer = client.get("/accounts/provider/", headers={"Sec-Fetch-Site": inside})
        assert answer.status_code == 302


@pytest.mark.db
def test_afterwards_nobody_is_led_to_another_site(
    alice: Officer, provider: IdentityProvider
) -> None:
    client = Client()
    assert come(client, "/accounts/provider/?next=//evil.example/").headers["Location"] == "/"


@pytest.mark.db
def test_breaking_off_at_the_provider_is_no_error(
    alice: Officer, provider: IdentityProvider
) -> None:
    client = Client()
    client.get("/accounts/provider/")
    state = client.session["provider_sign_in"]["state"]
    back = f"/accounts/provider/back/?error=access_denied&state={state}"
    assert "dừng lại" in refused(client.get(back), client)


@pytest.mark.db
def test_a_silent_provider_gives_a_page_and_a_time_to_try_again(
    alice: Officer, provider: IdentityProvider, settings: Any
) -> None:
    client = Client()
    back = followed(client.get("/accounts/provider/").headers["Location"])
    provider.codes.clear()  # it does not know the code any more
    gone = client.get(back)
    settings.IDENTITY_PROVIDER = {**provider.settings(), "issuer": "http://127.0.0.1:9"}
    for answer in (gone, client.get("/accounts/provider/")):
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "30"
        assert "mật khẩu" in answer.content.decode()
    assert not is_in(client)


@pytest.mark.db
def test_a_provider_that_takes_its_secret_in_the_form(
    alice: Officer, provider: IdentityProvider
) -> None:
    provider.methods = ["client_secret_post"]
    client = Client()
    come(client)
    assert is_in(client)


@pytest.mark.db
def test_without_a_provider_there_is_no_such_page(db: None) -> None:
    assert "/accounts/provider/" not in Client().get("/accounts/login/").content.decode()
    for path in ("", "back/"):
        assert Client().get(f"/accounts/provider/{path}").status_code == 404


@pytest.mark.db
def test_an_identity_is_bound_to_one_officer_of_one_issuer_and_its_name_is_not_kept(
    alice: Officer, provider: IdentityProvider, settings: Any
) -> None:
    bob, _ = actions.create_officer(username="bob", full_name="Bob", by=SYSTEM)
    with pytest.raises(ValidationError):
        actions.bind_identity(officer=bob, issuer=provider.issuer, subject=SUBJECT, by=SYSTEM)
    other = "https://another.example"
    actions.bind_identity(officer=bob, issuer=other, subject=SUBJECT, by=SYSTEM)
    rows = list(ProviderIdentity.objects.values_list("officer__username", "digest"))
    assert {name for name, _ in rows} == {"alice", "bob"}
    assert len({bytes(digest) for _, digest in rows}) == 2
    assert all(SUBJECT.encode() not in bytes(digest) for _, digest in rows)
    assert SUBJECT not in str(list(Event.objects.values()))


@pytest.mark.db
def test_an_administrator_binds_and_unbinds_at_the_command_line(
    alice: Officer, provider: IdentityProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("alice-anew\n"))
    call_command("bind_officer", "Alice", stdout=io.StringIO())
    client = Client()
    refused(come(client), client)
    provider.says["sub"] = "alice-anew"
    come(client)
    assert is_in(client)
    call_command("bind_officer", "alice", "--remove", stdout=io.StringIO())
    again = Client()
    refused(come(again), again)
    with pytest.raises(CommandError, match="not bound"):
        call_command("bind_officer", "alice", "--remove")
    with pytest.raises(CommandError, match="no account"):
        call_command("bind_officer", "nobody")


@pytest.mark.parametrize(
    ("variable", "value", "names"),
    [
        ("ISSUER", "http://login.example", "ISSUER"),
        ("ISSUER", "login.example", "ISSUER"),
        ("CLIENT_ID", "", "CLIENT_ID"),
        ("CLIENT_SECRET", "", "CLIENT_SECRET"),
        ("SECOND_FACTOR", "otp", "SECOND_FACTOR"),
    ],
)
def test_a_provider_that_is_set_up_wrongly_is_refused_with_the_variables_name(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, names: str
) -> None:
    right = {"ISSUER": "https://login.example", "CLIENT_ID": "a", "CLIENT_SECRET": "b"}
    for name, one in right.items():
        monkeypatch.setenv(f"LAMSACH_OIDC_{name}", one)
    told = environment.identity_provider()
    assert told is not None
    assert told["name"] == "login.example"
    monkeypatch.setenv(f"LAMSACH_OIDC_{variable}", value)
    with pytest.raises(environment.SettingError, match=f"LAMSACH_OIDC_{names}"):
        environment.identity_provider()
