"""The register side's secrets: the key that signs statements, and keyed digests.

The signing key (Ed25519, PEM) comes from LAMSACH_IDENTITY_KEY, from the file that
LAMSACH_IDENTITY_KEY_FILE names, or is made once in the data folder for its owner alone.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Iterable
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from lamsach.population.statements import SALT_BYTES, Signer

__all__ = [
    "fields_digest",
    "identity_keys",
    "identity_signer",
    "keyed",
    "keyed_number",
    "pads",
    "statement_salt",
]

_VARIABLE = "LAMSACH_IDENTITY_KEY"
_FORMER = "LAMSACH_IDENTITY_FORMER_KEYS_FILE"
_BLOCK = 64  # bytes that SHA-256 takes at a time


def identity_signer() -> Signer:
    """The key that signs statements; made when there is none."""
    text = os.environ.get(_VARIABLE, "")
    file = os.environ.get(f"{_VARIABLE}_FILE", "")
    if not text:
        text = _from_file(Path(file)) if file else _kept()
    return _read(text)


def identity_keys() -> list[Ed25519PublicKey]:
    """The public keys whose statements are believed: the signing key's own, and former ones.

    LAMSACH_IDENTITY_FORMER_KEYS_FILE names a file of PEM public keys that signed before.
    """
    keys = [identity_signer().key.public_key()]
    file = os.environ.get(_FORMER, "")
    if file:
        end = "-----END PUBLIC KEY-----"
        for part in _from_file(Path(file), _FORMER).split(end)[:-1]:
            keys.append(read_public(part.strip() + "\n" + end + "\n"))
    return keys


def read_public(pem: str) -> Ed25519PublicKey:
    """A public key from PEM."""
    key = load_pem_public_key(pem.encode())
    if not isinstance(key, Ed25519PublicKey):
        raise ImproperlyConfigured("a key of the register's is not Ed25519")
    return key


def public_pem(key: Ed25519PublicKey) -> str:
    """A public key as PEM."""
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def _from_file(path: Path, variable: str = f"{_VARIABLE}_FILE") -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise ImproperlyConfigured(
            f"{variable}: {path} cannot be read ({error.strerror})"
        ) from error


@lru_cache(maxsize=4)
def _read(text: str) -> Signer:
    try:
        key = load_pem_private_key(text.encode(), password=None)
    except ValueError as error:
        raise ImproperlyConfigured(f"{_VARIABLE} is no private key in PEM") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise ImproperlyConfigured(f"{_VARIABLE} is no Ed25519 key")
    return Signer(key)


def _kept() -> str:
    """The key in the data folder; whoever comes second reads the first's."""
    path: Path = settings.DATA_FOLDER / "register-identity.key"
    if not path.exists():
        made = Ed25519PrivateKey.generate().private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
        )
        beside = path.with_name(f".{path.name}.{os.getpid()}")
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(made)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(beside, path)
        except FileExistsError:
            pass  # another process was first: its key is the key
        finally:
            beside.unlink()
    return path.read_text(encoding="utf-8")


def keyed(purpose: bytes, *parts: str) -> bytes:
    """A digest that only the register's side can make: of what, and for which purpose."""
    said = [purpose, b"\0"]
    for part in parts:
        text = part.encode()
        said += (len(text).to_bytes(4), text)
    return hmac.digest(settings.REGISTER_KEY, b"".join(said), "sha256")


def pads() -> tuple[bytes, bytes]:
    """The key as HMAC-SHA256 puts it before a message, and before that one's hash (RFC 2104).

    As secret as the key: for a statement's parameters, never for its text.
    """
    key: bytes = settings.REGISTER_KEY
    block = (sha256(key).digest() if len(key) > _BLOCK else key).ljust(_BLOCK, b"\0")
    return bytes(one ^ 0x36 for one in block), bytes(one ^ 0x5C for one in block)


def keyed_number(purpose: bytes, *parts: str) -> int:
    """The same as a number that a bigint holds; never 0."""
    return int.from_bytes(keyed(purpose, *parts)[:8], signed=True) or 1


def statement_salt(job: str, reference: str) -> bytes:
    """The salt of the statement that answers a question; the same when it is asked again."""
    return keyed(b"salt", job, reference)[:SALT_BYTES]


def fields_digest(fields: Iterable[str]) -> bytes:
    """What tells that a question asked again is the same."""
    return keyed(b"fields", *fields)[:SALT_BYTES]
