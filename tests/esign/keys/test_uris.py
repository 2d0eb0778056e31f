from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamsach.esign.errors import ESignError
from lamsach.esign.keys.uris import TokenAddress

text = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)


@given(text, text, st.binary(min_size=1, max_size=8))
def test_whatever_is_percent_encoded_comes_back(token: str, label: str, key_id: bytes) -> None:
    parts = {"token": token, "object": label, "id": key_id}
    written = ";".join(f"{name}={quote(value, safe='')}" for name, value in parts.items())
    address = TokenAddress.parse("pkcs11:" + written)
    assert (address.token, address.key_label, address.key_id) == (token, label, key_id)


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(rest: str) -> None:
    with suppress(ESignError):
        TokenAddress.parse("pkcs11:" + rest)


@pytest.mark.parametrize(
    "written",
    [
        "pkcs11:object=a;object=b",
        "pkcs11:object=a;colour=red",
        "pkcs11:object=a;type=cert",
        "pkcs11:object=a;slot-id=one",
        "pkcs11:object",
        "pkcs11:object=a?pin-source=|cat /etc/passwd",
        "pkcs11:object=a?pin-source=http://example.org/pin",
        "pkcs11:object=a?module-name=softhsm",
        "https://example.org",
    ],
)
def test_addresses_that_cannot_be_meant_are_refused(written: str) -> None:
    with pytest.raises(ESignError) as caught:
        TokenAddress.parse(written)
    assert caught.value.code == "ADDRESS_INVALID"


def test_a_pin_in_the_address_is_refused_and_never_repeated() -> None:
    for written in ("pkcs11:object=a?pin-value=8642", "pkcs11:object=a;pin-value=8642"):
        with pytest.raises(ESignError) as caught:
            TokenAddress.parse(written)
        assert "8642" not in str(caught.value) + caught.value.sentence.vi


def test_the_library_and_the_pin_file_come_from_the_query() -> None:
    address = TokenAddress.parse(
        "pkcs11:slot-id=7;type=private?module-path=/opt/a%20b.so&pin-source=file:///run/pin"
    )
    assert address.slot_id == 7
    assert address.module_path == Path("/opt/a b.so")
    assert address.pin_source == Path("/run/pin")
    assert "/run/pin" not in repr(address) + str(address)
