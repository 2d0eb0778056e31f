"""Detached JSON Web Signatures (RFC 7515) with JAdES's words for certificate, time and evidence.

This room writes and reads the JSON; whether the certificate is trusted is for `certificates`.
"""

from __future__ import annotations

import hmac
import json
from base64 import b64decode, b64encode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from lamsach.esign.certificates.authorities import Evidence
from lamsach.esign.der import read_certificate
from lamsach.esign.errors import ESignError, Sentence
from lamsach.esign.keys.model import Algorithm, SigningKey, public_key_of, verify

__all__ = ["MadeJws", "ReadJws", "sign"]

_LARGEST = 64 << 20
_MOST_CERTIFICATES = 32
_GARBLED = (
    ValueError,
    TypeError,
    KeyError,
    AttributeError,
    IndexError,
    OverflowError,
    OSError,
)
_HEADER = {"alg", "iat", "x5c", "x5t#S256"}


@dataclass(frozen=True)
class MadeJws:
    """A signature just made: the protected header and the signature, both base64url."""

    protected: str
    signature: str

    @property
    def stamped(self) -> bytes:
        """What a time stamp is made over: the signature in base64url (TS 119 182-1, 5.3.4)."""
        return self.signature.encode()

    def with_evidence(self, token: bytes | None, evidence: Evidence) -> bytes:
        """The JSON text, with the time stamp and the answers on revocation beside it."""
        beside: list[dict[str, Any]] = []
        if token is not None:
            beside.append({"sigTst": {"tstTokens": [{"val": _standard(token)}]}})
        if evidence.crls or evidence.ocsps:
            values = {
                "crlVals": [{"val": _standard(one)} for one in evidence.crls],
                "ocspVals": [{"val": _standard(one)} for one in evidence.ocsps],
            }
            beside.append({"rVals": {name: one for name, one in values.items() if one}})
        whole: dict[str, Any] = {"protected": self.protected, "signature": self.signature}
        if beside:
            whole["header"] = {"etsiU": [_encoded(_text(one)) for one in beside]}
        return _text(whole)


def sign(
    data: bytes,
    key: SigningKey,
    algorithm: Algorithm,
    path: Sequence[x509.Certificate],
    at: datetime,
) -> MadeJws:
    """Sign `data`; `path` runs from the signer's certificate to its root, which is left out."""
    sent = [one.public_bytes(Encoding.DER) for one in path[:-1] or path]
    header = {
        "alg": str(algorithm),
        "iat": int(at.timestamp()),
        "x5c": [_standard(one) for one in sent],
        "x5t#S256": _encoded(sha256(sent[0]).digest()),
    }
    protected = _encoded(_text(header))
    return MadeJws(protected, _encoded(key.sign(_input(protected, data), algorithm)))


@dataclass(frozen=True)
class ReadJws:
    """A detached JWS taken apart."""

    certificate: x509.Certificate
    others: tuple[x509.Certificate, ...]
    algorithm: Algorithm
    signing_time: datetime
    time_stamps: tuple[bytes, ...]
    evidence: Evidence
    protected: str
    signature: str

    @classmethod
    def read(cls, text: bytes) -> ReadJws:
        """Read the JSON; `ESignError` SIGNATURE_UNREADABLE when it is none such."""
        try:
            return cls._read(text)
        except (*_GARBLED, RecursionError) as error:
            raise ESignError(
                "SIGNATURE_UNREADABLE",
                Sentence(
                    vi="Chữ ký không đúng định dạng JWS tách rời",
                    en="this is not a detached JWS in flattened JSON",
                ),
            ) from error

    @classmethod
    def _read(cls, text: bytes) -> ReadJws:
        if len(text) > _LARGEST:
            raise ValueError("too large")
        whole = json.loads(text, object_pairs_hook=_once)
        if not {"protected", "signature"} <= set(whole) <= {"protected", "signature", "header"}:
            raise ValueError("other members")
        header = json.loads(_decoded(whole["protected"]), object_pairs_hook=_once)
        # "crit" would name what a verifier must understand, and there is nothing else we do.
        if set(header) != _HEADER or type(header["iat"]) is not int:
            raise ValueError("other header parameters")
        chain = [_certificate(one) for one in header["x5c"][:_MOST_CERTIFICATES]]
        named = _decoded(header["x5t#S256"])
        own = sha256(chain[0].public_bytes(Encoding.DER)).digest()
        if not hmac.compare_digest(named, own):
            raise ValueError("the header names another certificate")
        _decoded(whole["signature"])
        stamps, evidence = _beside(whole.get("header"))
        return cls(
            certificate=chain[0],
            others=tuple(chain[1:]),
            algorithm=Algorithm(header["alg"]),
            signing_time=datetime.fromtimestamp(header["iat"], UTC),
            time_stamps=stamps,
            evidence=evidence,
            protected=whole["protected"],
            signature=whole["signature"],
        )

    def signs(self, data: bytes) -> bool:
        """Whether the signature is a good one on `data` by the certificate inside."""
        key = public_key_of(self.certificate)
        signature = _decoded(self.signature)
        return key is not None and verify(
            key, signature, _input(self.protected, data), self.algorithm
        )

    @property
    def stamped(self) -> bytes:
        """What a time stamp is made over; see `MadeJws.stamped`."""
        return self.signature.encode()


def _beside(header: Any) -> tuple[tuple[bytes, ...], Evidence]:
    """The time stamps and answers on revocation beside the signature."""
    stamps: list[bytes] = []
    evidence = Evidence()
    if header is None:
        return (), evidence
    if set(header) != {"etsiU"}:
        raise ValueError("other header parameters")
    for element in header["etsiU"]:
        ((kind, value),) = json.loads(_decoded(element), object_pairs_hook=_once).items()
        if kind == "sigTst":
            stamps += [_standard_decoded(one["val"]) for one in value["tstTokens"]]
        elif kind == "rVals":
            lists = [_standard_decoded(one["val"]) for one in value.get("crlVals", [])]
            answers = [_standard_decoded(one["val"]) for one in value.get("ocspVals", [])]
            evidence += Evidence(tuple(lists), tuple(answers))
        else:
            raise ValueError("an unknown kind of evidence")
    return tuple(stamps), evidence


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object in which no name stands twice (RFC 7515, 4)."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


def _input(protected: str, data: bytes) -> bytes:
    """The JWS Signing Input (RFC 7515, 5.1)."""
    return protected.encode("ascii") + b"." + _encoded(data).encode()


def _certificate(text: str) -> x509.Certificate:
    return read_certificate(_standard_decoded(text))


def _text(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), sort_keys=True).encode()


def _standard(data: bytes) -> str:
    return b64encode(data).decode()


def _standard_decoded(text: str) -> bytes:
    data = b64decode(text, validate=True)
    if _standard(data) != text:
        raise ValueError("not base64")
    return data


def _encoded(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    """The bytes of base64url; ValueError unless the text is the one way to write them."""
    data = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if _encoded(data) != text:
        raise ValueError("not base64url")
    return data
