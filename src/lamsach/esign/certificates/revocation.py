"""Whether anything on a path was revoked, by the answers its authorities signed.

Each certificate below the root needs a good answer of its own: OCSP (RFC 6960), else a list
(RFC 5280, 6.3). This room judges answers; they are gathered by `authorities`.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.errors import (
    CRLValidationError,
    OCSPValidationError,
    PathBuildingError,
    RevokedError,
    ValidationError,
)
from pyhanko_certvalidator.path import ValidationPath
from pyhanko_certvalidator.revinfo.validate_crl import verify_crl
from pyhanko_certvalidator.revinfo.validate_ocsp import verify_ocsp_response

from lamsach.esign.certificates.authorities import Authorities, Evidence
from lamsach.esign.findings import Finding, failed, passed, unknown
from lamsach.esign.moments import english, vietnamese
from lamsach.esign.waiting import completed

__all__ = ["GARBLED", "TOLERANCE", "asn1", "certificates_of", "check_revocation"]

TOLERANCE = timedelta(minutes=5)  # clocks of authorities and of time stamps differ a little
# Reasons of RFC 5280, 5.3.1; where none is given the key may be lost (RFC 3161, 4).
_KEY_NOT_LOST = frozenset({"affiliation_changed", "superseded", "cessation_of_operation"})
# What asn1crypto, which reads lazily, and cryptography raise on parts that are garbled.
GARBLED = (
    ValueError,
    TypeError,
    KeyError,
    AttributeError,
    IndexError,
    OverflowError,
    InvalidSignature,
    UnsupportedAlgorithm,
)


def asn1(certificate: x509.Certificate) -> asn1_x509.Certificate:
    """A certificate in asn1crypto's form."""
    return asn1_x509.Certificate.load(certificate.public_bytes(Encoding.DER))


def certificates_of(path: ValidationPath) -> tuple[x509.Certificate, ...]:
    """The certificates of a path, signer first and root last."""
    found = [x509.load_der_x509_certificate(one.dump()) for one in path.iter_certs(True)]
    return tuple(reversed(found))


def check_revocation(
    path: ValidationPath,
    authorities: Authorities,
    *,
    at: datetime | None,
    archived: Evidence,
    compromise_reaches_back: bool = False,
) -> tuple[Finding, Evidence]:
    """What is known about revocation, and the answers by which it is.

    Without `at` any revocation counts; with it one that took effect before. Fresh answers come
    first; archived ones serve where fresh ones do not tell, and alone once a certificate of the
    path has expired, because authorities then take it off their lists. With
    `compromise_reaches_back` a later revocation counts as well unless its reason says that the
    key was not lost: whoever holds a time-stamping key can stamp any past time (RFC 3161, 4).
    """
    certificates = certificates_of(path)
    if all(datetime.now(UTC) <= one.not_valid_after_utc for one in certificates):
        # An OCSP answer tells of a past time only when nothing was revoked since; a list does.
        fresh = authorities.evidence(certificates, lists=at is not None)
        found = _judged(path, fresh, at, retroactive=at is not None)
        if found is None and at is None:
            # A responder answered, but not so that it counts; the lists may still tell.
            fresh = authorities.evidence(certificates, lists=True)
            found = _judged(path, fresh, at, retroactive=False)
        if compromise_reaches_back and at is not None:
            ever = _judged(path, fresh, None, retroactive=False, passed_over=_KEY_NOT_LOST)
            if ever is not None and not ever.passed:
                found = ever
        if found is not None:
            return found, fresh
    if at is not None:
        found = _judged(path, archived, at, retroactive=False)
        if found is not None:
            return found, archived
    nothing = unknown(
        "REVOCATION_UNKNOWN",
        "Chưa biết chứng thư số có bị thu hồi hay không: không có trả lời OCSP hoặc CRL dùng được; "
        "hãy kiểm tra mạng hoặc nạp tệp CRL mới",
        "whether the certificate was revoked is not known: no OCSP or CRL answer can be used; "
        "check the network or load a new CRL file",
    )
    return nothing, Evidence()


def _judged(
    path: ValidationPath,
    evidence: Evidence,
    at: datetime | None,
    *,
    retroactive: bool,
    passed_over: frozenset[str] = frozenset(),
) -> Finding | None:
    """What the answers tell; None when they do not tell."""
    try:
        by = completed(_unrevoked(path, evidence, at, retroactive))
    except RevokedError as error:
        if error.reason.native in passed_over:
            return None
        when = error.revocation_dt
        reason = error.reason.human_friendly
        return failed(
            "CERTIFICATE_REVOKED",
            f"Chứng thư số trong đường dẫn đã bị thu hồi lúc {vietnamese(when)} ({reason})",
            f"a certificate of the path was revoked at {english(when)} ({reason})",
        )
    except (
        OCSPValidationError,
        CRLValidationError,
        ValidationError,
        PathBuildingError,
        *GARBLED,
    ):
        return None
    return passed(
        "NOT_REVOKED",
        f"Chứng thư số không bị thu hồi (theo {' và '.join(by)})",
        f"the certificate is not revoked (by {' and '.join(by)})",
    )


async def _unrevoked(
    path: ValidationPath, evidence: Evidence, at: datetime | None, retroactive: bool
) -> list[str]:
    """Check each certificate below the root; by what kinds of answers it is good."""
    root, *below = path.iter_certs(True)
    context = ValidationContext(
        trust_roots=[root],
        other_certs=below,
        moment=at,
        crls=list(evidence.crls),
        ocsps=list(evidence.ocsps),
        revocation_mode="require",
        retroactive_revinfo=retroactive,
        time_tolerance=TOLERANCE,
    )
    by: dict[str, None] = {}
    for certificate in below:
        try:
            await verify_ocsp_response(certificate, path, context)
            by["OCSP"] = None
        except OCSPValidationError:
            await verify_crl(certificate, path, context)
            by["CRL"] = None
    return sorted(by, reverse=True)
