"""Whether a certificate may be believed: the checks in the order of the contract.

Prefix, base45, zlib, CBOR and COSE, key identifier, signature, validity of the key, usage of the
key, times, schema, revocation; the first failing check gives the code. Nothing of a certificate is
shown before its signature has been verified.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple, Protocol

from lamsach.hcert.contents import Content, content_of
from lamsach.hcert.cose import Sign1, signed_bytes
from lamsach.hcert.decode import as_json, body_of
from lamsach.hcert.envelope import Envelope, open_envelope, open_many
from lamsach.hcert.errors import Code, Refused, sentence
from lamsach.hcert.trust import TrustedKey, TrustList

__all__ = ["Revocations", "Verification", "verify", "verify_many"]

_TOGETHER = 32  # texts that take each step together: their contents stay in the cache


class Revocations(Protocol):
    """What a list of revocations must answer."""

    def is_revoked(
        self,
        *,
        country: str,
        kid: bytes,
        signature: bytes,
        algorithm: str,
        uci: str,
        at: datetime,
    ) -> bool:
        """Whether the certificate is revoked or suspended at this time."""
        ...


class Verification(NamedTuple):
    """The outcome: `code` is None for a valid certificate; `detail` is for the engineer.

    `envelope` and `key` are there once the signature has been verified.
    """

    code: Code | None
    detail: str | None
    envelope: Envelope | None
    key: TrustedKey | None

    @property
    def valid(self) -> bool:
        """Whether every check passed."""
        return self.code is None

    @property
    def message(self) -> dict[str, str]:
        """What to tell people, by language (`vi`, `en`)."""
        return sentence(self.code)

    @property
    def certificate(self) -> Mapping[Any, Any] | None:
        """The certificate as it was signed; None if nobody known signed it."""
        return None if self.envelope is None else body_of(self.envelope)

    def as_json(self) -> dict[str, Any]:
        """The contract's form of the result."""
        return {
            "valid": self.valid,
            "error": self.code,
            "message": self.message,
            "detail": self.detail,
            "certificate": as_json(self.certificate),
            "signer": None if self.key is None else self.key.as_json(),
        }


def verify(
    text: str,
    trust: TrustList,
    *,
    at: datetime | None = None,
    revocations: Revocations | None = None,
) -> Verification:
    """Verify an HC1 text at a time (now, if none is given; without a zone it is UTC).

    Never raises for what is in the text.

    >>> result = verify("HC2:", TrustList([]))
    >>> result.code, result.detail
    (<Code.INVALID_SCHEME_PREFIX: 'INVALID_SCHEME_PREFIX'>, 'the text does not begin with HC1:')
    """
    moment = _moment(at)
    try:
        opened = open_envelope(text)
    except Refused as refused:
        return Verification(refused.code, refused.detail, None, None)
    return _verdict(opened, _believed(opened, trust), trust, moment, revocations)


def verify_many(
    texts: Iterable[str],
    trust: TrustList,
    *,
    at: datetime | None = None,
    revocations: Revocations | None = None,
) -> Iterator[Verification]:
    """What `verify` says of each text, in their order and sooner than one by one.

    All texts of a handful take one step before any takes the next: a signature's check drives
    everything else from the processor's cache. Without a time, it is now when a handful begins.

    >>> [result.code.value for result in verify_many(["HC2:", "HC1:1"], TrustList([]))]
    ['INVALID_SCHEME_PREFIX', 'BASE_45_DECODING_FAILED']
    """
    source = iter(texts)
    while handful := list(itertools.islice(source, _TOGETHER)):
        moment = _moment(at)
        opened = open_many(handful)
        believed = [_believed(one, trust) for one in opened]
        for one, signers in zip(opened, believed, strict=True):
            yield _verdict(one, signers, trust, moment, revocations)


_Refusal = tuple[Code, str]
_Known = tuple[Content, Mapping[Any, Any]]


def _moment(at: datetime | None) -> datetime:
    if at is None:
        return datetime.now(UTC)
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)


def _believed(opened: Envelope | Refused, trust: TrustList) -> list[TrustedKey] | Refused:
    """Who signed it."""
    if isinstance(opened, Refused):
        return opened
    try:
        return _signers(opened.message, trust)
    except Refused as refused:
        return refused


def _verdict(
    opened: Envelope | Refused,
    believed: list[TrustedKey] | Refused,
    trust: TrustList,
    at: datetime,
    revocations: Revocations | None,
) -> Verification:
    """What was signed, by whom and when."""
    if isinstance(believed, Refused):
        return Verification(believed.code, believed.detail, None, None)
    assert not isinstance(opened, Refused)  # nothing that was refused has signers
    known = content_of(opened.contents)
    now = at.timestamp()
    key, refusal = _suitable(believed, known, now)
    refusal = refusal or _judge(opened, known, now)
    if refusal is None and revocations is not None and known is not None:
        refusal = _revoked(opened, known, key, trust, at, revocations)
    if refusal is None:
        return Verification(None, None, opened, key)
    return Verification(*refusal, opened, key)


def _signers(message: Sign1, trust: TrustList) -> list[TrustedKey]:
    """The trusted keys that signed the message, at least one; raises `Refused`.

    Eight bytes can collide, and a renewed certificate may keep its key: all are tried.
    """
    kid = message.kid
    if kid is None:
        raise Refused(Code.KEY_NOT_IN_TRUST_LIST, "the code names no key (kid)")
    candidates = trust.find(kid)
    if not candidates:
        raise Refused(Code.KEY_NOT_IN_TRUST_LIST, f"no trusted key has the kid {kid[:32].hex()}")
    algorithm = message.algorithm
    if type(algorithm) is not int:
        raise Refused(Code.SIGNATURE_INVALID, "the code names no algorithm")
    data = signed_bytes(message.protected_bytes, message.payload)
    signers = [
        key
        for key in candidates
        if key.algorithm == algorithm and key.signed(message.signature, data)
    ]
    if not signers:
        if all(key.algorithm != algorithm for key in candidates):
            raise Refused(
                Code.SIGNATURE_INVALID, f"algorithm {algorithm} does not fit the trusted key"
            )
        raise Refused(Code.SIGNATURE_INVALID, "no trusted key with this kid made the signature")
    return signers


def _suitable(
    signers: list[TrustedKey], known: _Known | None, at: float
) -> tuple[TrustedKey, _Refusal | None]:
    """The first signer that is valid and may sign this; else the nearest one, and why not."""
    kinds: frozenset[str] = frozenset() if known is None else known[0].kinds(known[1])
    wrong_usage = wrong_time = None
    for key in signers:
        if at < key.starts:
            wrong_time = key, (Code.PUBLIC_KEY_NOT_YET_VALID, "before the certificate's validity")
        elif at > key.ends:
            wrong_time = key, (Code.PUBLIC_KEY_EXPIRED, "after the certificate's validity")
        elif key.usages is None or kinds <= key.usages:
            return key, None
        else:
            allowed = ", ".join(sorted(key.usages))
            detail = f"the key may sign {allowed}, the certificate is {', '.join(sorted(kinds))}"
            wrong_usage = key, (Code.UNSUITABLE_PUBLIC_KEY_TYPE, detail)
    nearest = wrong_usage or wrong_time
    assert nearest is not None  # there is at least one signer
    return nearest


def _judge(envelope: Envelope, known: _Known | None, now: float) -> _Refusal | None:
    """Times and schema of a certificate that a suitable key signed."""
    issued, start = envelope.issued_at, envelope.not_before
    if (issued is not None and now < issued) or (start is not None and now < start):
        return Code.CWT_NOT_YET_VALID, "issued after the time of verification"
    if now >= envelope.expires_at:
        return Code.CWT_EXPIRED, "expired at or before the time of verification"
    if known is None:
        keys = ", ".join(str(key)[:20] for key in list(envelope.contents)[:5])
        return Code.SCHEMA_VALIDATION_FAILED, f"no known content: {keys} under the claim hcert"
    content, body = known
    problem = content.problem(body)
    return None if problem is None else (Code.SCHEMA_VALIDATION_FAILED, problem)


def _revoked(
    envelope: Envelope,
    known: _Known,
    key: TrustedKey,
    trust: TrustList,
    at: datetime,
    revocations: Revocations,
) -> _Refusal | None:
    """A refusal if any way to name the certificate is revoked.

    The issuing state is the claim iss; where that is no country ("CNAM"), the signer's; lists that
    hash a country with the identifier may mean the country of the event. All identifiers of the key
    are asked for.
    """
    content, body = known
    message = envelope.message
    kids = trust.kids_of(key)
    for country, uci in content.identifiers(body):
        issuers = dict.fromkeys((envelope.issuer, key.country, country))
        for issuer, kid in itertools.product(filter(None, issuers), kids):
            if revocations.is_revoked(
                country=issuer,
                kid=kid,
                signature=message.signature,
                algorithm=key.algorithm_name,
                uci=uci,
                at=at,
            ):
                return Code.REVOKED, "the certificate is on the revocation list"
    return None
