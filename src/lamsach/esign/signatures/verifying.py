"""Verifying CMS and JWS signatures: integrity first, then time, then the certificate.

The certificate is judged as of the proven time, or as of now when no time stamp proves one: a
signer's own clock is no evidence. This room needs only the signature, the signed bytes and the
trusted authorities.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from cryptography import x509

from lamsach.esign.certificates.authorities import Authorities, Evidence
from lamsach.esign.certificates.checking import check_certificate
from lamsach.esign.certificates.signed_data import SignedData
from lamsach.esign.certificates.timestamps import check_time_stamp
from lamsach.esign.errors import ESignError
from lamsach.esign.findings import Finding, State, failed, passed, unknown
from lamsach.esign.signatures.jws import ReadJws
from lamsach.esign.signatures.results import Verification

__all__ = ["broken", "verify_cms", "verify_jws", "verify_whole"]

_INTACT = passed(
    "CONTENT_INTACT",
    "Nội dung còn nguyên vẹn từ khi ký",
    "the content is unchanged since it was signed",
)
_BROKEN = failed(
    "CONTENT_CHANGED",
    "Nội dung hoặc chữ ký đã bị thay đổi sau khi ký, hoặc chữ ký không phải của nội dung này",
    "the content or the signature was changed after signing, "
    "or the signature belongs to something else",
)
_UNPROVEN = unknown(
    "TIME_CLAIMED",
    "thời gian theo đồng hồ của người ký, không có dấu thời gian",
    "the time is by the signer's own clock, no time stamp proves it",
)
_PROVEN = passed(
    "TIME_PROVEN",
    "thời gian được tổ chức cấp dấu thời gian xác nhận",
    "the time is proven by a time-stamping authority",
)
_MOST_STAMPS = 4


def verify_cms(signature: bytes, data: bytes, authorities: Authorities) -> Verification:
    """Verify a detached CMS signature on `data`; never raises on what a stranger sent.

    It may raise `ESignError` for the configuration: a CRL file that cannot be read.
    """
    return _verify_detached(SignedData, signature, data, authorities)


def verify_jws(signature: bytes, data: bytes, authorities: Authorities) -> Verification:
    """Verify a detached JWS on `data`, in flattened JSON; see `verify_cms`."""
    return _verify_detached(ReadJws, signature, data, authorities)


def _verify_detached(
    form: type[SignedData | ReadJws], signature: bytes, data: bytes, authorities: Authorities
) -> Verification:
    try:
        signed = form.read(signature)
    except ESignError as error:
        return broken(Finding(State.FAILED, error.code, error.sentence))
    if not signed.signs(data):
        return broken()
    return verify_whole(
        signed.certificate,
        signed.others,
        authorities,
        claimed_at=signed.signing_time,
        time_stamps=signed.time_stamps,
        stamped=signed.stamped,
        evidence=signed.evidence,
    )


def broken(why: Finding = _BROKEN) -> Verification:
    """The result for a signature that does not hold: nothing it claims is shown."""
    nothing = unknown("TIME_UNKNOWN", "thời gian ký không rõ", "the time of signing is unknown")
    return Verification(why, nothing, None, None, None)


def verify_whole(
    certificate: x509.Certificate,
    others: Sequence[x509.Certificate],
    authorities: Authorities,
    *,
    claimed_at: datetime | None,
    time_stamps: Sequence[bytes],
    stamped: bytes,
    evidence: Evidence,
) -> Verification:
    """Judge time and certificate of a signature that covers its content.

    `stamped` is what its time stamps must be made over.
    """
    time, proven_at = _UNPROVEN, None
    for token in time_stamps[:_MOST_STAMPS]:
        stamp = check_time_stamp(token, stamped, authorities, archived=evidence)
        fault = stamp.first_fault()
        if fault is not None:
            time, proven_at = Finding(State.FAILED, fault.code, fault.sentence), None
            break
        # Of several the earliest proves the most.
        if stamp.time is not None and (proven_at is None or stamp.time < proven_at):
            time, proven_at = _PROVEN, stamp.time
    check = check_certificate(certificate, others, authorities, at=proven_at, archived=evidence)
    return Verification(_INTACT, time, claimed_at, proven_at, check)
