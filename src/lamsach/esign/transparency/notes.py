"""Signed notes (c2sp.org/signed-note): a text that people can read, signed with Ed25519.

This room signs and opens notes; what the text says is for others.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from lamsach.esign.errors import ESignError, Sentence

__all__ = ["NoteKey", "NoteVerifier", "exact_bytes", "open_note"]

_ED25519 = b"\1"
_DASH = "\u2014 "
_KEY_BYTES = 32
_LARGEST = 1 << 20
_MOST_SIGNATURES = 64
_PRIVATE = "PRIVATE+KEY+"


def _invalid(vi: str, en: str) -> ESignError:
    return ESignError("NOTE_INVALID", Sentence(vi=vi, en=en))


def exact_bytes(text: str) -> bytes:
    """The bytes of base64; ValueError unless the text is the one way to write them.

    >>> exact_bytes("AQ==")
    b'\\x01'
    """
    data = b64decode(text, validate=True)
    if b64encode(data).decode() != text:
        raise ValueError("base64 with bits left over")
    return data


def _key_id(name: str, public: bytes) -> bytes:
    return sha256(name.encode() + b"\n" + _ED25519 + public).digest()[:4]


def _check_name(name: str) -> None:
    if not name or "+" in name or re.search(r"\s", name) or not name.isprintable():
        raise ValueError("the name of a key has no space, no plus sign and no control character")


def _parts(text: str) -> tuple[str, bytes, bytes]:
    """Name, key id and key bytes of `name+id+key`; ValueError."""
    name, number, data = text.split("+", 2)
    _check_name(name)
    key = exact_bytes(data)
    if key[:1] != _ED25519 or len(key) != 1 + _KEY_BYTES or len(number) != 8:
        raise ValueError("no Ed25519 key")
    return name, bytes.fromhex(number), key[1:]


@dataclass(frozen=True)
class NoteVerifier:
    """A public key that opens notes, written `name+id+key` as everyone writes it.

    >>> text = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    >>> str(NoteVerifier.read(text)) == text
    True
    """

    name: str
    public: bytes

    @classmethod
    def read(cls, text: str) -> NoteVerifier:
        """Read a written key; `ESignError` NOTE_KEY_INVALID when it is none."""
        try:
            name, number, public = _parts(text.strip())
            if number != _key_id(name, public):
                raise ValueError("another key id")
        except ValueError as error:
            raise _key_invalid() from error
        return cls(name, public)

    @property
    def key_id(self) -> bytes:
        """The four bytes that tell keys of one name apart."""
        return _key_id(self.name, self.public)

    def __str__(self) -> str:
        """The key as it is written."""
        return f"{self.name}+{self.key_id.hex()}+{b64encode(_ED25519 + self.public).decode()}"

    def opens(self, text: str, signature: bytes) -> bool:
        """Whether the signature on the text is this key's."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, text.encode())
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True)
class NoteKey:
    """A private key that signs notes."""

    name: str
    _private: bytes = field(repr=False)

    @classmethod
    def generate(cls, name: str) -> NoteKey:
        """A fresh key; `name` is best the log's address without its scheme."""
        _check_name(name)
        return cls(name, Ed25519PrivateKey.generate().private_bytes_raw())

    @classmethod
    def read(cls, text: str) -> NoteKey:
        """Read what `secret` wrote; `ESignError` NOTE_KEY_INVALID when it is no such key."""
        try:
            if not text.startswith(_PRIVATE):
                raise ValueError("no private key")
            name, number, private = _parts(text.strip().removeprefix(_PRIVATE))
            key = cls(name, private)
            if number != key.verifier.key_id:
                raise ValueError("another key id")
        except ValueError as error:
            raise _key_invalid() from error
        return key

    def secret(self) -> str:
        """The private key in writing, for a file that only the log can read."""
        number = self.verifier.key_id.hex()
        return f"{_PRIVATE}{self.name}+{number}+{b64encode(_ED25519 + self._private).decode()}"

    @property
    def verifier(self) -> NoteVerifier:
        """The public half."""
        key = Ed25519PrivateKey.from_private_bytes(self._private)
        return NoteVerifier(self.name, key.public_key().public_bytes_raw())

    def sign(self, text: str) -> str:
        """The note: the text, an empty line, the signature. The text ends with a newline."""
        if not text.endswith("\n") or any(ord(one) < 32 and one != "\n" for one in text):
            raise ValueError("a note ends with a newline and holds no other control character")
        key = Ed25519PrivateKey.from_private_bytes(self._private)
        signature = b64encode(self.verifier.key_id + key.sign(text.encode())).decode()
        return f"{text}\n{_DASH}{self.name} {signature}\n"


def open_note(note: bytes, verifiers: Sequence[NoteVerifier]) -> str:
    """The text of a note that one of the known keys signed.

    Signatures of unknown keys are passed over, a bad one of a known key spoils the note. Raises
    `ESignError` NOTE_INVALID or NOTE_UNSIGNED.
    """
    try:
        if len(note) > _LARGEST:
            raise ValueError("too large")
        whole = note.decode()
        if any(ord(one) < 32 and one != "\n" for one in whole) or not whole.endswith("\n"):
            raise ValueError("control characters")
        text, found = _split(whole)
    except ValueError as error:
        raise _invalid(
            "Văn bản có chữ ký (signed note) không đúng định dạng", "this is not a signed note"
        ) from error
    known = {(one.name, one.key_id): one for one in verifiers}
    signed = False
    for name, number, signature in found:
        verifier = known.get((name, number))
        if verifier is not None:
            if not verifier.opens(text, signature):
                raise _invalid(
                    f"Chữ ký của {name} trên văn bản không đúng",
                    f"the signature of {name} on the note is wrong",
                )
            signed = True
    if not signed:
        raise ESignError(
            "NOTE_UNSIGNED",
            Sentence(
                vi="Văn bản không có chữ ký của khóa nào được tin cậy",
                en="the note bears no signature of a trusted key",
            ),
        )
    return text


def _split(whole: str) -> tuple[str, list[tuple[str, bytes, bytes]]]:
    """The text and the signatures: name, key id, signature."""
    text, empty, lines = whole.rpartition("\n\n")
    if not empty or not lines or lines.count("\n") > _MOST_SIGNATURES:
        raise ValueError("no signatures, or too many")
    found = []
    for line in lines.removesuffix("\n").split("\n"):
        if not line.startswith(_DASH):
            raise ValueError("no signature line")
        name, encoded = line.removeprefix(_DASH).split(" ")
        _check_name(name)
        data = exact_bytes(encoded)
        if len(data) <= 4:
            raise ValueError("no signature")
        found.append((name, data[:4], data[4:]))
    return text + "\n", found


def _key_invalid() -> ESignError:
    return ESignError(
        "NOTE_KEY_INVALID",
        Sentence(
            vi="Khóa của nhật ký không đúng dạng tên+mã+khóa (Ed25519)",
            en="the log's key is not of the form name+id+key (Ed25519)",
        ),
    )
