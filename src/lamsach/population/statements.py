"""Identity statements: the register's signed word that a record's four fields are right.

A statement is canonical JSON signed with Ed25519. It names the record by its opaque reference and
holds of each field a digest salted with 128 bits of its own; the salts follow from one, which is
not in the statement: whoever has it can show single fields, and once it is destroyed the digests
tell nothing. This room signs and verifies; it reads no table.

>>> key = Ed25519PrivateKey.from_private_bytes(bytes(32))
>>> fields = {"full_name": "Lê An", "birth_date": "1963", "sex": "M", "personal_id": "079063012345"}
>>> salt = bytes(16)
>>> text, signature = sign(
...     Signer(key), reference="9e2f…", salt=salt, fields=fields, purpose="entry",
...     register_version="2022-04-19.1", at=datetime(2022, 4, 19, tzinfo=UTC),
... )
>>> statement = verify(text, signature, [key.public_key()])
>>> statement.is_about(salt, fields), statement.is_about(salt, {**fields, "sex": "F"})
(True, False)
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from lamsach.esign.canonical import parse
from lamsach.esign.errors import ESignError, Sentence

__all__ = [
    "FIELDS",
    "SALT_BYTES",
    "Signer",
    "Statement",
    "as_said",
    "field_digest",
    "field_salt",
    "key_id",
    "sign",
    "statement_text",
    "verify",
]

FIELDS: Final = ("birth_date", "full_name", "personal_id", "sex")
SALT_BYTES: Final = 16
_NAMES: Final = tuple(name.encode() for name in FIELDS)
#: What HMAC does to each byte of its key (RFC 2104).
_INNER: Final = bytes(one ^ 0x36 for one in range(256))
_OUTER: Final = bytes(one ^ 0x5C for one in range(256))
_TYPE: Final = "lamsach.identity-statement.v1"
# In canonical form as it stands: keys in order, and no value that JSON would write otherwise
# (times, UUIDs, hex and names of purposes are plain ASCII).
_TEMPLATE: Final = (
    '{"answer":"right","at":"%s","fields":{"birth_date":"%s","full_name":"%s",'
    '"personal_id":"%s","sex":"%s"},"key":"%s","purpose":"%s","reference":"%s",'
    f'"register_version":"%s","type":"{_TYPE}"}}'
)


def key_id(key: Ed25519PublicKey) -> str:
    """The short name of a public key, as statements give it."""
    return sha256(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()[:16]


class Signer:
    """A private key and its short name."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self.key = key
        self.key_id = key_id(key.public_key())


def field_salt(salt: bytes, name: str) -> bytes:
    """The salt of one field, which shows that field and no other; `salt` is the statement's."""
    return hmac.digest(salt, name.encode(), sha256)[:SALT_BYTES]


def field_digest(salt: bytes, name: str, value: str) -> str:
    """The salted digest of one field, in hex; `salt` is the statement's."""
    return sha256(field_salt(salt, name) + value.encode()).hexdigest()


def field_digests(salt: bytes, values: Iterable[str]) -> list[str]:
    """`field_digest` of each of FIELDS; what their salts have in common is hashed once."""
    block = salt.ljust(64, b"\0")
    inner, outer = sha256(block.translate(_INNER)), sha256(block.translate(_OUTER))
    digests = []
    for name, value in zip(_NAMES, values, strict=True):
        message, key = inner.copy(), outer.copy()
        message.update(name)
        key.update(message.digest())
        digests.append(sha256(key.digest()[:SALT_BYTES] + value.encode()).hexdigest())
    return digests


def as_said(at: datetime) -> str:
    """A moment as statements say it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def statement_text(
    key: str,
    *,
    reference: str,
    salt: bytes,
    values: Iterable[str],
    purpose: str,
    register_version: str,
    at: str,
) -> bytes:
    """The text that the key of this short name signs; `values` in the order of FIELDS."""
    digests = field_digests(salt, values)
    return (_TEMPLATE % (at, *digests, key, purpose, reference, register_version)).encode()


def sign(
    signer: Signer,
    *,
    reference: str,
    salt: bytes,
    fields: Mapping[str, str],
    purpose: str,
    register_version: str,
    at: datetime,
) -> tuple[bytes, bytes]:
    """A statement that these fields are right, and its signature; the same for the same values."""
    text = statement_text(
        signer.key_id,
        reference=reference,
        salt=salt,
        values=(fields[name] for name in FIELDS),
        purpose=purpose,
        register_version=register_version,
        at=as_said(at),
    )
    return text, signer.key.sign(text)


@dataclass(frozen=True, slots=True)
class Statement:
    """What a verified statement says."""

    reference: str
    at: datetime
    purpose: str
    register_version: str
    key_id: str
    digests: Mapping[str, str]

    def shows(self, salt: bytes, name: str, value: str) -> bool:
        """Whether the statement is about this value of a field."""
        return hmac.compare_digest(self.digests[name], field_digest(salt, name, value))

    def opens(self, own: bytes, name: str, value: str) -> bool:
        """Whether the statement is about this value, by the field's own salt (`field_salt`)."""
        return hmac.compare_digest(self.digests[name], sha256(own + value.encode()).hexdigest())

    def is_about(self, salt: bytes, fields: Mapping[str, str]) -> bool:
        """Whether the statement is about exactly these four fields."""
        return all(self.shows(salt, name, fields[name]) for name in FIELDS)


def _invalid(vi: str, en: str) -> ESignError:
    return ESignError("STATEMENT_INVALID", Sentence(vi=vi, en=en))


def verify(statement: bytes, signature: bytes, keys: Sequence[Ed25519PublicKey]) -> Statement:
    """Read a statement that one of the register's keys has signed.

    Raises `ESignError` STATEMENT_INVALID when none has, or the text is no identity statement.
    """
    for key in keys:
        try:
            key.verify(signature, statement)
        except InvalidSignature:
            continue
        return _read(statement, key)
    raise _invalid(
        "Chữ ký của CSDL dân cư trên xác nhận danh tính không đúng",
        "the register's signature on the identity statement is not valid",
    )


def _read(text: bytes, key: Ed25519PublicKey) -> Statement:
    try:
        said = parse(text)
        if said["type"] != _TYPE or said["answer"] != "right" or said["key"] != key_id(key):
            raise ValueError("another kind of statement")
        return Statement(
            reference=said["reference"],
            at=datetime.strptime(said["at"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC),
            purpose=said["purpose"],
            register_version=said["register_version"],
            key_id=said["key"],
            digests={name: str(said["fields"][name]) for name in FIELDS},
        )
    except (KeyError, TypeError, ValueError) as error:
        raise _invalid(
            "Văn bản đã ký không phải là xác nhận danh tính",
            "the signed text is no identity statement",
        ) from error
