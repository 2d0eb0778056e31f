"""Trust lists in the forms that are published, told apart by their content.

A bundle of PEM certificates; JSON from a key identifier to certificates; the EU gateway's trust
list; a DID document of the WHO's GDHCN; the EU's public archive (zip). One unreadable certificate
does not close the door to all others: it is listed in `problems` and trusted by nobody.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import functools
import hashlib
import io
import json
import re
import urllib.parse
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from lamsach.hcert.errors import TrustListError
from lamsach.hcert.trust.keys import CertificateError, TrustedKey, key_identifier

__all__ = ["MAX_FILE", "TrustList"]

MAX_FILE = 64 << 20  # bytes; the EU's complete list has about 5 MB
_MAX_MEMBERS = 50_000
_PEM = re.compile(
    rb"-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]*)-----END CERTIFICATE-----", re.ASCII
)
_PEM_MARK = b"-----BEGIN CERTIFICATE-----"
_PEM_END = b"-----END CERTIFICATE-----"
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2})+")
# The last part of a DID before '#': what a key is for. Only a document signer signs certificates.
_NO_SIGNER = frozenset({"SCA", "CSCA", "DECA", "DESC", "TLS", "UP", "TA", "AUTH", "AUTHENTICATION"})
_UNKNOWN = (
    "this is no trust list: expected PEM certificates, JSON from key identifiers to certificates,"
    " the gateway's trust list, a DID document, or the EU's zip archive"
)


class _Entry(NamedTuple):
    """A certificate as a list gives it: where in the list, under which identifiers, which bytes."""

    place: str
    kids: tuple[bytes, ...]  # empty: the certificate's own
    der: bytes


class TrustList:
    """Signers by key identifier.

    >>> len(TrustList([]))
    0
    """

    def __init__(self, keys: Iterable[TrustedKey], problems: Iterable[str] = ()) -> None:
        self._by_kid: dict[bytes, tuple[TrustedKey, ...]] = {}
        self.problems = tuple(problems)
        for key in keys:
            known = self._by_kid.get(key.kid, ())
            if all(key.der != other.der for other in known):
                self._by_kid[key.kid] = (*known, key)

    def __len__(self) -> int:
        return sum(map(len, self._by_kid.values()))

    def find(self, kid: bytes) -> tuple[TrustedKey, ...]:
        """The signers with this identifier: none, one, or several (8 bytes can collide)."""
        return self._by_kid.get(kid, ())

    def kids_of(self, key: TrustedKey) -> frozenset[bytes]:
        """Every identifier under which the list holds this public key.

        An identifier in the unprotected header is not signed: whoever shows a certificate can
        exchange it for another of the same key, and must not escape a revocation by it.
        """
        return self._kids.get(_spki(key), frozenset({key.kid}))

    @functools.cached_property
    def _kids(self) -> dict[bytes, frozenset[bytes]]:
        made: dict[bytes, frozenset[bytes]] = {}
        for kid, keys in self._by_kid.items():
            for key in keys:
                made[_spki(key)] = made.get(_spki(key), frozenset()) | {kid}
        return made

    @classmethod
    def load(cls, source: Path | str | bytes) -> TrustList:
        """Read a list from a file, or from its bytes; raises `TrustListError`.

        >>> len(TrustList.load(b'{}'))
        0
        """
        if isinstance(source, bytes):
            return cls.from_bytes(source)
        path = Path(source)
        try:
            with path.open("rb") as file:
                data = file.read(MAX_FILE + 1)
        except OSError as error:
            raise TrustListError(f"{path}: cannot be read ({error.strerror})") from error
        try:
            return cls.from_bytes(data)
        except TrustListError as error:
            raise TrustListError(f"{path}: {error}") from error

    @classmethod
    def from_bytes(cls, data: bytes) -> TrustList:
        """Read a list of any of the known forms; raises `TrustListError`."""
        if len(data) > MAX_FILE:
            raise TrustListError(f"a trust list has at most {MAX_FILE >> 20} MB")
        problems: list[str] = []
        keys = []
        for entry in _entries(data, problems):
            for kid in entry.kids or (None,):
                try:
                    keys.append(TrustedKey.from_der(entry.der, kid))
                except CertificateError as error:
                    problems.append(f"{entry.place}: {error}")
                    break
        return cls(keys, problems)


def _spki(key: TrustedKey) -> bytes:
    return key.public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _entries(data: bytes, problems: list[str]) -> Iterator[_Entry]:
    if data.startswith(b"PK\x03\x04"):
        return _zip(data, problems)
    text = data.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text[:1] in {b"{", b"["}:
        return _json(text, problems)
    if _PEM_MARK in data:
        return _pem(data, "certificate", problems)
    raise TrustListError(_UNKNOWN)


def _pem(data: bytes, name: str, problems: list[str]) -> Iterator[_Entry]:
    usable = False
    for number, block in enumerate(data.split(_PEM_MARK)[1:], 1):
        text, ended, _ = block.partition(_PEM_END)
        try:
            der = base64.b64decode(b"".join(text.split()), validate=True) if ended else b""
        except binascii.Error:
            der = b""
        if der:
            usable = True
            yield _Entry(f"{name} {number}", (), der)
        else:
            problems.append(f"{name} {number}: the PEM text is damaged")
    if not usable:
        raise TrustListError(f"{name}: no PEM text in it can be read")


def _zip(data: bytes, problems: list[str]) -> Iterator[_Entry]:
    """The EU's public archive: DSC/<kind>/<country>/<sha256>.pem."""
    left = MAX_FILE
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            if len(members) > _MAX_MEMBERS:
                raise TrustListError(f"the archive holds more than {_MAX_MEMBERS} files")
            for member in members:
                parts = member.filename.split("/")
                if "DSC" not in parts[:-1] or not member.filename.endswith(".pem"):
                    continue
                with archive.open(member) as file:
                    content = file.read(left + 1)
                left -= len(content)
                if left < 0:
                    raise TrustListError(f"the archive unpacks to more than {MAX_FILE >> 20} MB")
                try:
                    entries = list(_pem(content, member.filename, problems))
                except TrustListError as error:
                    problems.append(str(error))
                    continue
                yield from entries
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise TrustListError("the zip archive is damaged") from error


def _json(text: bytes, problems: list[str]) -> Iterator[_Entry]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise TrustListError("the JSON text is damaged") from error
    if isinstance(document, list):
        return _gateway(document, problems)
    if "verificationMethod" in document:
        return _did(document["verificationMethod"], problems)
    return _map(document, problems)


def _der(value: Any) -> bytes | None:
    """Base64 of DER, or PEM, as bytes; None if it is neither."""
    if not isinstance(value, str):
        return None
    block = _PEM.search(value.encode())
    text = block[1].decode() if block else value
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return None


def _kids(text: Any) -> tuple[bytes, ...]:
    """A key identifier in hex or base64 (either alphabet, padded or not).

    Sixteen hex digits are base64 as well: both readings count, of different lengths.

    >>> [kid.hex() for kid in _kids("f30da46716f7882d")]
    ['f30da46716f7882d', '7f7d1d6b8ebbd7a7fbf3cd9d']
    >>> _kids("8w2kZxb3iC0=") == _kids("8w2kZxb3iC0") == (bytes.fromhex("f30da46716f7882d"),)
    True
    """
    if not isinstance(text, str):
        return ()
    found = [bytes.fromhex(text)] if _HEX.fullmatch(text) else []
    standard = text.rstrip("=").replace("-", "+").replace("_", "/")
    with contextlib.suppress(binascii.Error, ValueError):
        found.append(base64.b64decode(standard + "=" * (-len(standard) % 4), validate=True))
    return tuple(kid for kid in found if kid)


def _map(document: dict[str, Any], problems: list[str]) -> Iterator[_Entry]:
    """{kid: certificate or list of certificates}."""
    usable = not document
    for name, value in document.items():
        kids = _kids(name)
        for item in value if isinstance(value, list) else [value]:
            der = _der(item)
            place = f"key {name[:64]}"
            if not kids:
                problems.append(f"{place}: a key identifier is base64 or hex")
            elif der is None:
                problems.append(f"{place}: no certificate in base64")
            else:
                usable = True
                yield _Entry(place, kids, der)
    if not usable:
        raise TrustListError(_UNKNOWN)


def _gateway(document: list[Any], problems: list[str]) -> Iterator[_Entry]:
    """[{kid, country, certificateType, thumbprint, rawData, …}] of the gateway's /trustList."""
    if document and not any(isinstance(item, dict) and "rawData" in item for item in document):
        raise TrustListError(_UNKNOWN)
    for number, item in enumerate(document, 1):
        if not isinstance(item, dict) or "rawData" not in item:
            problems.append(f"entry {number}: no rawData")
            continue
        if item.get("certificateType", "DSC") != "DSC":
            continue
        der = _der(item["rawData"])
        if der is None:
            problems.append(f"entry {number}: rawData is no base64")
            continue
        thumbprint = item.get("thumbprint")
        if isinstance(thumbprint, str) and thumbprint.lower() != hashlib.sha256(der).hexdigest():
            problems.append(f"entry {number}: the thumbprint is another certificate's")
            continue
        yield _Entry(f"entry {number}", _kids(item.get("kid")) or (key_identifier(der),), der)


def _did(methods: Any, problems: list[str]) -> Iterator[_Entry]:
    """A DID document: the certificate in x5c is the truth, never x and y.

    In WHO's own list half of the x have 33 bytes and some curves are unknown.
    """
    if not isinstance(methods, list):
        raise TrustListError(_UNKNOWN)
    for number, method in enumerate(methods, 1):
        place = f"verificationMethod {number}"
        if not isinstance(method, dict):  # a document of references only
            problems.append(f"{place}: a reference without a key")
            continue
        name, _, fragment = str(method.get("id", "")).partition("#")
        if name.rsplit(":", 1)[-1] in _NO_SIGNER:
            continue
        jwk = method.get("publicKeyJwk")
        jwk = jwk if isinstance(jwk, dict) else {}
        chain = jwk.get("x5c")
        der = _der(chain[0]) if isinstance(chain, list) and chain else None
        if der is None:
            problems.append(f"{place}: no certificate (x5c)")
            continue
        kids = {*_kids(jwk.get("kid")), *_kids(urllib.parse.unquote(fragment))}
        yield _Entry(place, tuple(sorted(kids)) or (key_identifier(der),), der)
