"""Whether a certificate may sign now, or could at a time: dates, usage, path, revocation.

The law wants it checked before signing (TT 15/2025/TT-BKHCN) and again by who receives. The path
is checked first and without the network; only then are addresses asked that stand in
certificates, so that a stranger's certificate cannot make this machine call anywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import (
    ExpiredError,
    NotYetValidError,
    PathBuildingError,
    ValidationError,
)
from pyhanko_certvalidator.path import ValidationPath

from lamsach.esign.certificates.authorities import Authorities, Evidence
from lamsach.esign.certificates.holders import Holder
from lamsach.esign.certificates.issuing import issued_below
from lamsach.esign.certificates.revocation import (
    GARBLED,
    TOLERANCE,
    asn1,
    certificates_of,
    check_revocation,
)
from lamsach.esign.findings import Finding, failed, passed, unknown
from lamsach.esign.moments import english, vietnamese
from lamsach.esign.waiting import completed

__all__ = ["CertificateCheck", "Use", "check_certificate"]


# Of persons' certificates no purpose is common to all authorities; these are never theirs.
_PURPOSES_OF_MACHINES = {
    ExtendedKeyUsageOID.SERVER_AUTH,
    ExtendedKeyUsageOID.CODE_SIGNING,
    ExtendedKeyUsageOID.TIME_STAMPING,
    ExtendedKeyUsageOID.OCSP_SIGNING,
}


class Use(StrEnum):
    """What a certificate is used for."""

    SIGNATURE = "signature"
    TIME_STAMP = "time_stamp"


@dataclass(frozen=True)
class CertificateCheck:
    """What was found about a certificate at a time.

    `path` runs from the certificate to its root, empty when there is none; `evidence` holds the
    answers on revocation that were used, to be archived.
    """

    holder: Holder
    at: datetime
    validity: Finding
    usage: Finding
    trust: Finding
    revocation: Finding
    path: tuple[x509.Certificate, ...]
    evidence: Evidence

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Everything checked, in the order of the checks."""
        return (self.validity, self.usage, self.trust, self.revocation)

    @property
    def passed(self) -> bool:
        """Whether the certificate is good for its use at that time."""
        return all(one.passed for one in self.findings)

    def require(self) -> None:
        """Raise the first finding that did not pass as an `ESignError`."""
        for finding in self.findings:
            if not finding.passed:
                raise finding.error()


def check_certificate(
    certificate: x509.Certificate,
    others: Sequence[x509.Certificate],
    authorities: Authorities,
    *,
    at: datetime | None = None,
    use: Use = Use.SIGNATURE,
    archived: Evidence | None = None,
) -> CertificateCheck:
    """Check a certificate against the trusted authorities.

    `others` are certificates that may stand above it. Without `at` it is checked for now, and a
    revocation of any date counts. With `at`, a proven time in the past, a revocation counts when
    it took effect before; `archived` answers serve where no fresh one can be had, and alone once
    the certificate has expired, because authorities then take it off their lists.
    """
    now = datetime.now(UTC)
    moment = now if at is None else at
    within = min(max(moment, certificate.not_valid_before_utc), certificate.not_valid_after_utc)
    everything = issued_below(authorities.roots, [*others, *authorities.intermediates])
    trust, path = _trusted(certificate, everything, authorities, within)
    evidence = Evidence()
    if path is None:
        revocation = unknown(
            "REVOCATION_UNKNOWN",
            "Không kiểm tra thu hồi vì chứng thư số không thuộc tổ chức tin cậy",
            "revocation was not checked: the certificate is of no trusted authority",
        )
    else:
        kept = Evidence() if archived is None else archived.readable()
        revocation, evidence = check_revocation(
            path,
            authorities,
            at=at,
            archived=kept,
            compromise_reaches_back=use is Use.TIME_STAMP,
        )
    return CertificateCheck(
        holder=Holder.of(certificate),
        at=moment,
        validity=_valid(certificate, moment),
        usage=_usable(certificate, use),
        trust=trust,
        revocation=revocation,
        path=() if path is None else certificates_of(path),
        evidence=evidence,
    )


def _valid(certificate: x509.Certificate, at: datetime) -> Finding:
    since, until = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if at > until:
        return failed(
            "CERTIFICATE_EXPIRED",
            f"Chứng thư số đã hết hạn lúc {vietnamese(until)}; hãy xin gia hạn",
            f"the certificate expired at {english(until)}; have it renewed",
        )
    if at < since:
        return failed(
            "CERTIFICATE_NOT_YET_VALID",
            f"Chứng thư số chỉ có hiệu lực từ {vietnamese(since)}; hãy kiểm tra đồng hồ của máy",
            f"the certificate is valid only from {english(since)}; check this machine's clock",
        )
    return passed(
        "CERTIFICATE_VALID",
        f"Chứng thư số có hiệu lực vào lúc {vietnamese(at)}",
        f"the certificate is valid at {english(at)}",
    )


def _usable(certificate: x509.Certificate, use: Use) -> Finding:
    """Key usage (RFC 5280, 4.2.1.3) and the extended one (4.2.1.12; RFC 3161, 2.3)."""
    wrong = failed(
        "KEY_USAGE_UNSUITABLE",
        "Chứng thư số không được cấp để ký dữ liệu; hãy dùng chứng thư số có mục đích ký số",
        "the certificate was not issued for signing data; use one whose key usage allows it",
    )
    try:
        extensions = certificate.extensions
        usage = extensions.get_extension_for_class(x509.KeyUsage).value
        if not (usage.digital_signature or usage.content_commitment):
            return wrong
    except x509.ExtensionNotFound:
        pass  # RFC 5280: without the extension the key is not restricted
    except ValueError:
        return wrong
    try:
        if extensions.get_extension_for_class(x509.BasicConstraints).value.ca:
            return wrong
    except x509.ExtensionNotFound:
        pass
    try:
        extended = extensions.get_extension_for_class(x509.ExtendedKeyUsage)
        purposes = set(extended.value)
    except x509.ExtensionNotFound:
        extended, purposes = None, set()
    if use is Use.TIME_STAMP:
        if (
            extended is None
            or not extended.critical
            or purposes != {ExtendedKeyUsageOID.TIME_STAMPING}
        ):
            return wrong
    elif purposes and purposes <= _PURPOSES_OF_MACHINES:
        return wrong
    return passed(
        "KEY_USAGE_SUITABLE",
        "Chứng thư số được cấp cho mục đích này",
        "the certificate was issued for this use",
    )


def _trusted(
    certificate: x509.Certificate,
    others: Sequence[x509.Certificate],
    authorities: Authorities,
    at: datetime,
) -> tuple[Finding, ValidationPath | None]:
    """Whether a path leads to a root, revocation left aside."""
    context = ValidationContext(
        trust_roots=[asn1(one) for one in authorities.roots],
        moment=at,
        revocation_mode="soft-fail",
        time_tolerance=TOLERANCE,
    )
    validator = CertificateValidator(
        asn1(certificate), [asn1(one) for one in others], validation_context=context
    )
    try:
        path = completed(validator.async_validate_path())
    except PathBuildingError:
        return failed(
            "PATH_UNTRUSTED",
            "Chứng thư số không do tổ chức chứng thực tin cậy nào cấp; "
            "hãy thêm chứng thư số gốc của tổ chức đó nếu đúng là được công nhận",
            "the certificate comes from no trusted authority; "
            "add that authority's root if it is a recognised one",
        ), None
    except (ExpiredError, NotYetValidError):
        return failed(
            "PATH_EXPIRED",
            "Chứng thư số của tổ chức chứng thực không có hiệu lực tại thời điểm này",
            "a certificate of the authority is not valid at that time",
        ), None
    except (ValidationError, *GARBLED):
        return failed(
            "PATH_INVALID",
            "Đường dẫn chứng thực không hợp lệ (chữ ký, ràng buộc hoặc thuật toán)",
            "the certification path is not valid (a signature, constraint or algorithm)",
        ), None
    root = Holder.of(certificates_of(path)[-1]).name
    return passed(
        "PATH_TRUSTED",
        f"Chứng thư số thuộc tổ chức chứng thực tin cậy {root}",
        f"the certificate leads to the trusted authority {root}",
    ), path
