"""Time stamps of trusted authorities (RFC 3161): asked for, and checked.

A time stamp proves that a signature existed at a time, which its signer's own clock does not.
This room stamps any bytes; it must not know what they are.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime

from asn1crypto import algos, tsp

from lamsach.esign.certificates.authorities import Authorities, Evidence
from lamsach.esign.certificates.checking import CertificateCheck, Use, check_certificate
from lamsach.esign.certificates.signed_data import SignedData
from lamsach.esign.der import check_sound
from lamsach.esign.errors import ESignError, Sentence
from lamsach.esign.fetching import Fetch, FetchError, fetch_http
from lamsach.esign.findings import Finding, failed, passed

__all__ = ["TimeStampCheck", "TimeStamps", "check_time_stamp"]

_QUERY = "application/timestamp-query"
_DIGESTS = {"sha256", "sha384", "sha512"}
_UNREADABLE = failed(
    "TIME_STAMP_UNREADABLE", "Dấu thời gian không đọc được", "the time stamp cannot be read"
)


@dataclass(frozen=True)
class TimeStamps:
    """A time-stamping authority at an address."""

    address: str
    fetch: Fetch = field(default=fetch_http, repr=False)

    def token(self, data: bytes) -> bytes:
        """A time stamp on `data`: the token in DER, a CMS signature of the authority.

        Raises `ESignError` TIME_STAMP_REFUSED when the authority does not answer, refuses, or
        answers another question. Whether the authority is trusted is for `check_time_stamp`.
        """
        return self.token_of(hashlib.sha256(data).digest())

    def token_of(self, digest: bytes) -> bytes:
        """The same on data of which only the SHA-256 digest is at hand."""
        nonce = secrets.randbits(64)
        request = tsp.TimeStampReq(
            {
                "version": "v1",
                "message_imprint": {
                    "hash_algorithm": algos.DigestAlgorithm({"algorithm": "sha256"}),
                    "hashed_message": digest,
                },
                "nonce": nonce,
                "cert_req": True,
            }
        )
        try:
            answer = tsp.TimeStampResp.load(
                self.fetch(self.address, request.dump(), _QUERY), strict=True
            )
            if answer["status"]["status"].native not in {"granted", "granted_with_mods"}:
                raise ValueError("refused")
            token: bytes = answer["time_stamp_token"].dump()
            info = _info(SignedData.read(token))
            if info["nonce"].native != nonce or _imprint(info) != ("sha256", digest):
                raise ValueError("an answer to another question")
        except (FetchError, ESignError, ValueError, TypeError, KeyError) as error:
            raise ESignError(
                "TIME_STAMP_REFUSED",
                Sentence(
                    vi=f"Không lấy được dấu thời gian từ {self.address}; "
                    "hãy kiểm tra mạng và địa chỉ rồi ký lại",
                    en=f"no time stamp could be had from {self.address}; "
                    "check the network and the address, then sign again",
                ),
            ) from error
        return token


@dataclass(frozen=True)
class TimeStampCheck:
    """What was found about a time stamp: `time` is None when it does not hold for the data."""

    integrity: Finding
    time: datetime | None
    authority: CertificateCheck | None

    @property
    def passed(self) -> bool:
        """Whether the time is proven."""
        return self.integrity.passed and self.authority is not None and self.authority.passed

    def first_fault(self) -> Finding | None:
        """The first thing that did not pass."""
        checked = () if self.authority is None else self.authority.findings
        return next((one for one in (self.integrity, *checked) if not one.passed), None)


def check_time_stamp(
    token: bytes, data: bytes, authorities: Authorities, *, archived: Evidence | None = None
) -> TimeStampCheck:
    """Check that a time stamp is one on `data` and comes from a trusted authority."""
    try:
        signed = SignedData.read(token)
        info = _info(signed)
        algorithm, digest = _imprint(info)
        time: datetime = info["gen_time"].native.astimezone(UTC)
    except (ESignError, ValueError, TypeError, KeyError, AttributeError, OverflowError):
        return TimeStampCheck(_UNREADABLE, None, None)
    own = algorithm in _DIGESTS and hmac.compare_digest(
        hashlib.new(algorithm, data).digest(), digest
    )
    if not own or not signed.covers(signed.content or b""):
        return TimeStampCheck(
            failed(
                "TIME_STAMP_BROKEN",
                "Dấu thời gian không phải của chữ ký này hoặc đã bị thay đổi",
                "the time stamp does not belong to this signature or was changed",
            ),
            None,
            None,
        )
    kept = signed.evidence if archived is None else signed.evidence + archived
    authority = check_certificate(
        signed.certificate,
        signed.others,
        authorities,
        at=time,
        use=Use.TIME_STAMP,
        archived=kept,
    )
    intact = passed(
        "TIME_STAMP_INTACT",
        f"Dấu thời gian nguyên vẹn, do {authority.holder.name} cấp",
        f"the time stamp is intact; {authority.holder.name} made it",
    )
    return TimeStampCheck(intact, time, authority)


def _info(signed: SignedData) -> tsp.TSTInfo:
    """What a token states; ValueError when it is no time stamp."""
    if signed.content_type != "tst_info" or signed.content is None:
        raise ValueError("no time stamp")
    check_sound(signed.content)
    info = tsp.TSTInfo.load(signed.content, strict=True)
    if info["version"].native != "v1":
        raise ValueError("another version")
    return info


def _imprint(info: tsp.TSTInfo) -> tuple[str, bytes]:
    """Over what the stamp was made: the digest's algorithm and the digest."""
    imprint = info["message_imprint"]
    return imprint["hash_algorithm"]["algorithm"].native, imprint["hashed_message"].native
