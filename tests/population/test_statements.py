"""Identity statements: what is signed is what is verified, and nothing else is."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings as configured
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from hypothesis import given
from hypothesis import strategies as st

from lamsach.esign.canonical import canonical, parse
from lamsach.esign.errors import ESignError
from lamsach.population.keys import identity_keys, identity_signer, public_pem
from lamsach.population.statements import FIELDS, Signer, sign, verify

SIGNER = Signer(Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
OTHER = Signer(Ed25519PrivateKey.from_private_bytes(bytes(32)))
AT = datetime(2022, 4, 19, 3, 4, 5, tzinfo=UTC)
FOUR = {"full_name": "Lê An", "birth_date": "1963", "sex": "M", "personal_id": "070063000123"}


def made(signer: Signer = SIGNER, **changes: Any) -> tuple[bytes, bytes]:
    usual = {
        "reference": "6f1c7b0e-3f0a-4a59-9f6e-0e5b6a4c2d10", "salt": bytes(16), "fields": FOUR,
        "purpose": "entry", "register_version": "2022-04-19.1", "at": AT,
    }  # fmt: skip
    return sign(signer, **{**usual, **changes})


def test_a_statement_is_canonical_json() -> None:
    text, _ = made()
    assert canonical(parse(text)) == text


@given(st.integers(min_value=0), st.integers(min_value=1, max_value=255), st.booleans())
def test_any_changed_byte_is_refused(place: int, change: int, in_signature: bool) -> None:
    text, signature = (bytearray(part) for part in made())
    part = signature if in_signature else text
    part[place % len(part)] ^= change
    with pytest.raises(ESignError):
        verify(bytes(text), bytes(signature), [SIGNER.key.public_key()])


def test_only_known_keys_are_believed() -> None:
    text, signature = made()
    with pytest.raises(ESignError):
        verify(text, signature, [OTHER.key.public_key()])
    keys = [OTHER.key.public_key(), SIGNER.key.public_key()]
    assert verify(text, signature, keys).key_id == SIGNER.key_id


@pytest.mark.parametrize(
    "changes", [{"answer": "wrong"}, {"type": "another"}, {"key": "0" * 16}, {"at": "yesterday"}]
)
def test_another_text_of_the_same_signer_is_no_statement(changes: dict[str, str]) -> None:
    text, _ = made()
    forged = canonical({**parse(text), **changes})
    with pytest.raises(ESignError):
        verify(forged, SIGNER.key.sign(forged), [SIGNER.key.public_key()])


@given(st.binary(min_size=16, max_size=16), st.sampled_from(FIELDS), st.text(min_size=1))
def test_a_statement_is_about_its_fields_alone(salt: bytes, field: str, other: str) -> None:
    text, signature = made(salt=salt)
    said = verify(text, signature, [SIGNER.key.public_key()])
    assert said.is_about(salt, FOUR)
    assert said.is_about(salt, {**FOUR, field: other}) == (other == FOUR[field])
    assert not said.shows(bytes(15) + b"\1" + salt, field, FOUR[field])


def test_the_key_is_made_once_for_its_owner_alone() -> None:
    first = identity_signer()
    assert identity_signer().key_id == first.key_id
    file = configured.DATA_FOLDER / "register-identity.key"
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_key_from_the_environment_and_a_former_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any, capsys: Any
) -> None:
    from cryptography.hazmat.primitives import serialization as form

    pem = SIGNER.key.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption())
    kept = tmp_path / "key.pem"
    kept.write_bytes(pem)
    monkeypatch.setenv("LAMSACH_IDENTITY_KEY_FILE", str(kept))
    assert identity_signer().key_id == SIGNER.key_id
    former = tmp_path / "former.pem"
    former.write_text(public_pem(OTHER.key.public_key()))
    monkeypatch.setenv("LAMSACH_IDENTITY_FORMER_KEYS_FILE", str(former))
    assert verify(*made(OTHER), identity_keys()).key_id == OTHER.key_id
    call_command("identity_key")
    told = capsys.readouterr().out
    assert told == "".join(public_pem(one.key.public_key()) for one in (SIGNER, OTHER))
    assert "PRIVATE" not in told


@pytest.mark.parametrize("text", ["no key", "", None])
def test_a_broken_key_is_said_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any, text: str | None
) -> None:
    file = tmp_path / "key.pem"
    if text is not None:
        file.write_text(text)
    monkeypatch.setenv("LAMSACH_IDENTITY_KEY_FILE", str(file))
    with pytest.raises(ImproperlyConfigured) as said:
        identity_signer()
    assert "LAMSACH_IDENTITY_KEY" in str(said.value)
    assert "no key" not in str(said.value).replace("no private key", "").replace(os.sep, "")
