"""Issuing a certificate: only what is legal, only with a key that may sign it, only for so long.

The payload is completed (names in Latin letters, identifier), judged by the linter and the schema,
built and verified with a throwaway key, and only then shown to the real key. Must not know where
the key lies (`signer`) nor how codes are printed (`qr`).
"""

from __future__ import annotations

import copy
import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import MAXYEAR, UTC, datetime
from typing import Any

import cbor2
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from lamsach.hcert import cose, envelope
from lamsach.hcert.contents.dcc import Dcc
from lamsach.hcert.errors import IssueError
from lamsach.hcert.linter import lint
from lamsach.hcert.signer import KeySigner, Signer
from lamsach.hcert.transliteration import TransliterationError, transliterate
from lamsach.hcert.trust import CertificateError, TrustedKey, TrustList
from lamsach.hcert.uvci import new_uvci
from lamsach.hcert.verify import verify

__all__ = ["Issued", "Issuer", "Validity", "with_latin_names"]

_COUNTRY = re.compile(r"[A-Z]{2}", re.ASCII)
# Words by which certificates for trials name themselves or their issuer.
_TRIAL = re.compile(
    r"(?<![^\W_])(?:test|tests|testing|staging|demo|dummy|sandbox|uat|thử\snghiệm|kiểm\sthử)(?![^\W_])",
    re.IGNORECASE,
)
_DCC = Dcc()
_FEBRUARY_29 = (2, 29)


@dataclass(frozen=True, slots=True)
class Validity:
    """From when to when a certificate is valid: whole seconds since 1970 (claims 6 and 4)."""

    issued_at: int
    expires_at: int


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate: its HC1 text, its identifier (UVCI) and the payload as it was signed."""

    text: str
    identifier: str
    payload: dict[str, Any]


class Issuer:
    """A signing key with its certificate, checked once, that issues vaccination certificates.

    `certificate` is the DSC in DER; `country` the claim iss, the certificate's own by default.
    Raises `IssueError` if the key must not sign: it is not the certificate's key, the certificate
    may not sign vaccinations, or calls itself a test and `allow_test_certificate` is not given.
    """

    def __init__(
        self,
        signer: Signer,
        certificate: bytes,
        *,
        country: str | None = None,
        allow_test_certificate: bool = False,
    ) -> None:
        self.signer = signer
        self.key = _signing_certificate(certificate, allow_test_certificate)
        if signer.algorithm != self.key.algorithm_name:
            raise _mismatch()
        probe = b"lamsach: does this key belong to this certificate?"
        if not self.key.signed(signer.sign(probe), probe):
            raise _mismatch()
        self.country = _issuing_country(country, self.key)
        self.protected = _protected(self.key)

    @classmethod
    def from_pem(
        cls,
        key: bytes,
        certificate: bytes,
        *,
        passphrase: bytes | None = None,
        country: str | None = None,
        allow_test_certificate: bool = False,
    ) -> Issuer:
        """An issuer whose key is PEM and whose certificate is DER; raises `IssueError`.

        With `functools.partial` it is what bulk issue opens in each process.
        """
        return cls(
            KeySigner.from_pem(key, passphrase),
            certificate,
            country=country,
            allow_test_certificate=allow_test_certificate,
        )

    def issue(
        self,
        payload: Mapping[str, Any],
        *,
        issued_at: datetime | None = None,
        expires_at: datetime | None = None,
    ) -> Issued:
        """Issue a certificate for a DCC payload (`ver`, `nam`, `dob`, `v`).

        `fnt`, `gnt` and `ci` are filled in when absent. Valid from now and for 12 months, or until
        the signing certificate ends, unless told otherwise. Raises `IssueError`, its code the
        linter's first finding or one of this room.
        """
        return self.issue_for(payload, self.validity(issued_at, expires_at))

    def issue_for(self, payload: Mapping[str, Any], validity: Validity) -> Issued:
        """The same for times that `validity` gave."""
        complete = self.complete(payload)
        self.judge(complete, validity)
        claims = self.claims(complete, validity)
        self.rehearse(claims, complete, validity)
        text = envelope.pack(self.sign(claims))
        return Issued(text, complete["v"][0]["ci"], complete)

    def validity(
        self, issued_at: datetime | None = None, expires_at: datetime | None = None
    ) -> Validity:
        """The times of a certificate; raises `IssueError` for those it must not have.

        12 months unless told otherwise, never more, never beyond the signing certificate
        (hcert_spec 3.3.3 and 3.3.4; QĐ 5772/QĐ-BYT).
        """
        issued = _aware(issued_at or datetime.now(UTC)).replace(microsecond=0)
        start = int(issued.timestamp())
        if start < self.key.starts:
            raise IssueError(
                "validity.before_certificate",
                "issued before the signing certificate is valid: change --issued-at or the key",
                "thời điểm cấp trước khi chứng thư số có hiệu lực: đổi thời điểm cấp hoặc khóa ký",
            )
        if start >= self.key.ends or issued.year == MAXYEAR:
            raise IssueError(
                "validity.certificate_expired",
                "the signing certificate is no longer valid at the time of issue: use a new one",
                "chứng thư số đã hết hạn vào thời điểm cấp: hãy dùng chứng thư số mới",
            )
        latest = int(_a_year_later(issued).timestamp())
        if expires_at is None:
            return Validity(start, min(latest, int(self.key.ends)))
        end = int(_aware(expires_at).timestamp())
        if end <= start:
            raise IssueError(
                "validity.empty",
                "it would expire before or when it is issued: give a later time of expiry",
                "chứng nhận sẽ hết hạn trước khi được cấp: hãy chọn thời điểm hết hạn muộn hơn",
            )
        if end > latest:
            raise IssueError(
                "validity.too_long",
                "it would be valid for more than 12 months: give an earlier time of expiry",
                "thời hạn quá 12 tháng: hãy chọn thời điểm hết hạn sớm hơn",
            )
        if end > self.key.ends:
            raise IssueError(
                "validity.beyond_certificate",
                "it would outlive the signing certificate: give an earlier time of expiry",
                "chứng nhận hết hạn sau chứng thư số: hãy chọn thời điểm hết hạn sớm hơn",
            )
        return Validity(start, end)

    def complete(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        """The payload with `fnt`, `gnt` and `ci` filled in where they are absent."""
        complete = copy.deepcopy(dict(payload))
        names = complete.get("nam")
        if isinstance(names, dict):
            complete["nam"] = with_latin_names(names)
        events = complete.get("v")
        if isinstance(events, list):
            for event in events:
                if isinstance(event, dict) and "ci" not in event:
                    event["ci"] = new_uvci(self.country)
        return complete

    def judge(self, payload: Mapping[str, Any], validity: Validity) -> None:
        """Raise `IssueError` with every reason against signing a complete payload."""
        if "v" not in payload:
            raise IssueError(
                "event.kind",
                "the payload holds no vaccination (v): nothing else is issued here",
                "nội dung không có mũi tiêm (v): chỉ cấp chứng nhận tiêm chủng",
            )
        findings = lint(payload, issued_at=datetime.fromtimestamp(validity.issued_at, UTC))
        if findings:
            raise IssueError(
                findings[0].code,
                "; ".join(f"{found.path}: {found.message['en']}" for found in findings),
                "; ".join(f"{found.path}: {found.message['vi']}" for found in findings),
            )
        problem = _DCC.problem(payload)
        if problem is not None:
            raise IssueError("schema", problem, f"nội dung không đúng lược đồ: {problem}")

    def claims(self, payload: Mapping[str, Any], validity: Validity) -> bytes:
        """The CWT claims of a payload, as they are signed."""
        return cbor2.dumps(
            {
                envelope.CLAIM_ISSUER: self.country,
                envelope.CLAIM_EXPIRES: validity.expires_at,
                envelope.CLAIM_ISSUED: validity.issued_at,
                envelope.CLAIM_HCERT: {_DCC.key: payload},
            }
        )

    def rehearse(self, claims: bytes, payload: Mapping[str, Any], validity: Validity) -> None:
        """Build the certificate with a throwaway key and verify it; raises `IssueError`."""
        understudy = _understudy(self.key.algorithm)
        trusted = TrustedKey(
            kid=self.key.kid,
            der=b"",
            public_key=understudy.public_key,
            algorithm=self.key.algorithm,
            subject="",
            issuer="",
            country=self.country,
            starts=self.key.starts,
            ends=self.key.ends,
            usages=self.key.usages,
        )
        text = envelope.pack(_seal(understudy.signer, self.protected, claims))
        at = datetime.fromtimestamp(validity.issued_at, UTC)
        result = verify(text, TrustList([trusted]), at=at)
        if not result.valid or result.certificate != payload:
            raise IssueError(
                "rehearsal",
                f"signed with a throwaway key it does not verify ({result.code}): report this",
                f"ký thử không kiểm tra được ({result.code}): hãy báo lỗi này",
            )

    def sign(self, claims: bytes) -> bytes:
        """Sign claims that were judged and rehearsed: the COSE message."""
        return _seal(self.signer, self.protected, claims)


def _seal(signer: Signer, protected: bytes, claims: bytes) -> bytes:
    signature = signer.sign(cose.signed_bytes(protected, claims))
    return cose.sign1_bytes(protected, claims, signature)


def _protected(key: TrustedKey) -> bytes:
    return cbor2.dumps({cose.LABEL_ALGORITHM: key.algorithm, cose.LABEL_KID: key.kid})


@dataclass(frozen=True, slots=True)
class _Understudy:
    signer: KeySigner
    public_key: cose.PublicKey


@functools.lru_cache
def _understudy(algorithm: int) -> _Understudy:
    """A throwaway key of the same kind, made once a process."""
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
    if algorithm == cose.ES256:
        key = ec.generate_private_key(ec.SECP256R1())
    else:
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return _Understudy(KeySigner(key), key.public_key())


def _mismatch() -> IssueError:
    return IssueError(
        "key.mismatch",
        "the signing key is not the key of the certificate: give the two that belong together",
        "khóa ký không phải khóa của chứng thư số: hãy dùng đúng cặp khóa và chứng thư số",
    )


def _signing_certificate(der: bytes, allow_test_certificate: bool) -> TrustedKey:
    """The certificate, if certificates may be signed with it."""
    try:
        key = TrustedKey.from_der(der)
    except CertificateError as error:
        raise IssueError(
            "certificate.unreadable",
            f"{error}: give the signing certificate (DSC)",
            "không dùng được chứng thư số này: hãy dùng chứng thư số ký (DSC)",
        ) from error
    if key.usages is not None and "v" not in key.usages:
        raise IssueError(
            "certificate.usage",
            "the signing certificate may not sign vaccination certificates (extended key usage)",
            "chứng thư số không được phép ký chứng nhận tiêm chủng (extended key usage)",
        )
    if not _may_sign(der):
        raise IssueError(
            "certificate.key_usage",
            "the signing certificate does not allow digital signatures (key usage)",
            "chứng thư số không cho phép ký số (key usage)",
        )
    if not allow_test_certificate and _TRIAL.search(f"{key.subject}\n{key.issuer}"):
        raise IssueError(
            "certificate.test",
            "the signing certificate calls itself a test certificate: use the real one, or"
            " --allow-test-certificate for a trial",
            "chứng thư số là chứng thư thử nghiệm: hãy dùng chứng thư thật, hoặc"
            " --allow-test-certificate khi chạy thử",
        )
    return key


def _may_sign(der: bytes) -> bool:
    """Whether key usage, if the certificate names any, includes digital signatures."""
    try:
        extensions = x509.load_der_x509_certificate(der).extensions
        return extensions.get_extension_for_class(x509.KeyUsage).value.digital_signature
    except x509.ExtensionNotFound:
        return True
    except (ValueError, x509.InvalidVersion, x509.DuplicateExtension):
        return False  # read leniently, good enough to verify with, not to sign with


def _issuing_country(country: str | None, key: TrustedKey) -> str:
    found = key.country if country is None else country
    found = None if found is None else found.upper()
    if found is None or not _COUNTRY.fullmatch(found):
        raise IssueError(
            "country",
            "the issuing country is not two capital letters: give it with --country",
            "nước cấp không phải hai chữ cái in hoa: hãy dùng --country",
        )
    return found


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _a_year_later(moment: datetime) -> datetime:
    """The same day of the next year; 28 February for the leap day."""
    if (moment.month, moment.day) == _FEBRUARY_29:
        moment = moment.replace(day=28)
    return moment.replace(year=moment.year + 1)


def with_latin_names(names: Mapping[str, Any]) -> dict[str, Any]:
    """The names with `fnt` and `gnt` filled in, in the order of the schema.

    >>> with_latin_names({"fn": "Nguyễn", "gn": "Bảo Duy"})
    {'fn': 'Nguyễn', 'fnt': 'NGUYEN', 'gn': 'Bảo Duy', 'gnt': 'BAO<DUY'}
    """
    filled = dict(names)
    for written, latin in (("fn", "fnt"), ("gn", "gnt")):
        name = names.get(written)
        if latin in names or not isinstance(name, str):
            continue
        try:
            form = transliterate(name)
        except TransliterationError:
            continue  # the linter says what to do
        if form:
            filled[latin] = form
    order = ("fn", "fnt", "gn", "gnt")
    known = {field: filled[field] for field in order if field in filled}
    return known | filled
