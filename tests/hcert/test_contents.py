"""A content that nobody knew before: one class, and the whole pipeline carries it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from hcert_making import NOW, Dsc, make_claims, seal, signed_payload

from lamsach.hcert.contents import register, withdraw
from lamsach.hcert.decode import decode
from lamsach.hcert.errors import Code
from lamsach.hcert.verify import verify

KEY = -6  # WHO's vaccination and prophylaxis certificate


class Prophylaxis:
    """What one file under contents/ would hold."""

    key = KEY
    name = "ICVP"

    def kinds(self, body: Mapping[Any, Any]) -> frozenset[str]:
        return frozenset()

    def problem(self, body: Mapping[Any, Any]) -> str | None:
        return None if isinstance(body.get("n"), str) else "n: missing"

    def identifiers(self, body: Mapping[Any, Any]) -> list[tuple[str, str]]:
        return [("XX", body["n"])]


@pytest.fixture
def icvp() -> Iterator[None]:
    register(Prophylaxis())
    yield
    withdraw(KEY)


def enveloped(dsc: Dsc, body: Any) -> str:
    return seal(dsc, make_claims(None) | {-260: {KEY: body}})


@pytest.mark.usefixtures("icvp")
def test_a_new_content_is_read_and_verified(dsc: Dsc) -> None:
    text = enveloped(dsc, {"n": "A. Person"})
    assert decode(text)["certificate"] == {"n": "A. Person"}
    result = verify(text, dsc.trust, at=NOW)
    assert result.valid
    assert result.certificate == {"n": "A. Person"}


@pytest.mark.usefixtures("icvp")
def test_its_own_schema_counts(es256: Dsc) -> None:
    result = verify(enveloped(es256, {}), es256.trust, at=NOW)
    assert (result.code, result.detail) == (Code.SCHEMA_VALIDATION_FAILED, "n: missing")


@pytest.mark.usefixtures("icvp")
def test_the_first_known_content_counts(es256: Dsc) -> None:
    claims = make_claims(None) | {-260: {99: {}, KEY: {"n": "x"}}}
    assert verify(seal(es256, claims), es256.trust, at=NOW).certificate == {"n": "x"}


@pytest.mark.usefixtures("icvp")
def test_a_key_is_given_once() -> None:
    with pytest.raises(ValueError, match="taken by ICVP"):
        register(Prophylaxis())


def test_what_nobody_knows_is_shown_and_refused(es256: Dsc) -> None:
    text = enveloped(es256, {"n": "A. Person"})
    assert decode(text)["certificate"] == {"n": "A. Person"}
    result = verify(text, es256.trust, at=NOW)
    assert result.code is Code.SCHEMA_VALIDATION_FAILED
    assert result.detail == "no known content: -6 under the claim hcert"


def test_the_eu_certificate_is_there_without_asking(es256: Dsc) -> None:
    assert verify(seal(es256, make_claims(signed_payload())), es256.trust, at=NOW).valid
