from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamsach.esign.certificates import Authorities, check_time_stamp
from lamsach.esign.signatures import verify_cms, verify_jws

DATA = b"manifest"
NOBODY = Authorities(roots=(), follow=False)


@given(st.binary(max_size=300))
def test_any_bytes_are_answered_with_not_valid(data: bytes) -> None:
    for found in (verify_cms(data, DATA, NOBODY), verify_jws(data, DATA, NOBODY)):
        assert not found.valid
        assert found.signer is None
    assert not check_time_stamp(data, DATA, NOBODY).passed


def torn(message: bytes, draw: random.Random) -> bytes:
    """A message with a piece cut out, doubled, zeroed or overwritten at random."""
    start = draw.randrange(len(message))
    stop = min(len(message), start + draw.choice([1, 2, 5, 40, 400]))
    piece = message[start:stop]
    other = draw.choice([b"", piece * 2, bytes(len(piece)), draw.randbytes(len(piece)), b"\xff"])
    return message[:start] + other + message[stop:]


@pytest.mark.parametrize("kind", ["cms", "jws"])
def test_torn_signatures_are_answered_and_never_taken(
    signer: Any, authorities: Any, kind: str
) -> None:
    made = signer("deputy", stamps=True)
    signature, verify = (
        (made.cms(DATA), verify_cms) if kind == "cms" else (made.jws(DATA), verify_jws)
    )
    offline = replace(authorities, follow=False)
    draw = random.Random(11)
    for _ in range(100):
        changed = torn(signature, draw)
        if changed != signature:
            assert not verify(changed, DATA, offline).valid


def test_nesting_without_end_is_refused() -> None:
    for deep in (b"\x30\x80" * 100_000, b"\xa0\x80" * 100_000, b"0\x84\x7f\xff\xff\xff"):
        assert not verify_cms(deep, DATA, NOBODY).valid
