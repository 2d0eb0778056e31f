from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamsach.esign.errors import ESignError
from lamsach.esign.transparency.notes import NoteKey, NoteVerifier, open_note

# The example of the Go package golang.org/x/mod/sumdb/note.
GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_TEXT = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
)
GO_NOTE = (
    GO_TEXT + "\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNX"
    "gKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
KEY = NoteKey.generate("example.com/thử")


def test_a_note_signed_by_go_opens() -> None:
    assert open_note(GO_NOTE.encode(), [NoteVerifier.read(GO_KEY)]) == GO_TEXT


def test_a_changed_bit_anywhere_is_found() -> None:
    verifier = NoteVerifier.read(GO_KEY)
    for at in range(len(GO_NOTE.encode())):
        for bit in range(8):
            note = bytearray(GO_NOTE.encode())
            note[at] ^= 1 << bit
            with pytest.raises(ESignError):
                open_note(bytes(note), [verifier])


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.just("\n")))
def test_any_text_comes_back_as_it_was_signed(text: str) -> None:
    note = KEY.sign(text + "\n").encode()
    assert open_note(note, [KEY.verifier]) == text + "\n"


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_with_our_errors(data: bytes) -> None:
    with pytest.raises(ESignError):
        open_note(data, [KEY.verifier])


def test_signatures_of_strangers_are_passed_over_and_bad_ones_of_friends_spoil_all() -> None:
    other = NoteKey.generate("other.example")
    own, theirs = KEY.sign("text\n"), other.sign("text\n")
    both = own + theirs.rpartition("\n\n")[2]
    assert open_note(both.encode(), [KEY.verifier]) == "text\n"
    assert open_note(both.encode(), [other.verifier]) == "text\n"
    with pytest.raises(ESignError, match="no signature of a trusted key"):
        open_note(own.encode(), [other.verifier])
    wrong = own + other.sign("else\n").rpartition("\n\n")[2]
    with pytest.raises(ESignError, match=r"other\.example"):
        open_note(wrong.encode(), [KEY.verifier, other.verifier])


def test_keys_are_written_and_read() -> None:
    assert NoteKey.read(KEY.secret() + "\n") == KEY
    assert NoteVerifier.read(str(KEY.verifier)) == KEY.verifier
    assert KEY.secret() not in repr(KEY)
    for text in ("", "a+b+c", GO_KEY.replace("c74f20a3", "c74f20a4"), KEY.secret(), "x y+00+AQ=="):
        with pytest.raises(ESignError) as caught:
            NoteVerifier.read(text)
        assert caught.value.code == "NOTE_KEY_INVALID"
    for text in ("", GO_KEY, "PRIVATE+KEY+" + GO_KEY):
        with pytest.raises(ESignError):
            NoteKey.read(text)
    with pytest.raises(ValueError, match="name"):
        NoteKey.generate("with space")


@pytest.mark.parametrize("text", ["no newline", "tab\t\n", ""])
def test_what_no_note_may_hold_is_not_signed(text: str) -> None:
    with pytest.raises(ValueError, match="newline"):
        KEY.sign(text)
    with suppress(ESignError):
        open_note(text.encode(), [KEY.verifier])
