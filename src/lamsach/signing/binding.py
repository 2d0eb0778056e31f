"""Binding certificates from a page: what an administrator uploads, judged, then bound.

A certificate is public and comes as a file; a private key never does: it lies in the server's key
folder, in a token, or at the officer's own desk. This room reads and judges the file and asks
`actions` to write; it knows no page.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from django.core.exceptions import PermissionDenied
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from lamsach.accounts.actions import actor_of
from lamsach.accounts.models import Officer
from lamsach.accounts.roles import Role
from lamsach.accounts.scope import scope_of
from lamsach.esign.certificates import Holder, check_certificate
from lamsach.esign.der import read_certificate
from lamsach.identity.names import normalize_name
from lamsach.signing import actions
from lamsach.signing.errors import CannotSignError
from lamsach.signing.models import SignerCertificate
from lamsach.signing.trust import authorities

__all__ = [
    "Judged",
    "Told",
    "bind_judged",
    "judge",
    "may_bind",
    "read_uploaded",
    "unbind",
]

_PEM: Final = b"-----BEGIN CERTIFICATE-----"


@dataclass(frozen=True, slots=True)
class Told:
    """One thing that was checked: whether it holds, and the sentence that says so."""

    good: bool
    sentence: str


@dataclass(frozen=True, slots=True)
class Judged:
    """A certificate as the administrator is shown it before it is bound."""

    holder: Holder
    findings: tuple[Told, ...]
    names_officer: bool
    pem: str

    @property
    def good(self) -> bool:
        """Whether it may be bound now."""
        return all(one.good for one in self.findings)


def may_bind(officer: Officer) -> bool:
    """Whether an officer binds certificates: an administrator does."""
    return scope_of(officer).may(Role.ADMINISTRATOR)


def read_uploaded(content: bytes) -> x509.Certificate:
    """The certificate of a file in PEM or DER; of several, the one that is no authority's.

    Raises `CannotSignError` with a sentence for who uploaded something else.
    """
    if b"PRIVATE KEY-----" in content:
        raise CannotSignError(
            "private_key",
            _(
                "This file holds a private key, which must never be uploaded. Take it off every"
                " shared disk, and choose the certificate alone (.cer, .crt or .pem)."
            ),
        )
    try:
        if _PEM in content:
            several = x509.load_pem_x509_certificates(content)
            return next((one for one in several if not _is_authority(one)), several[0])
        return read_certificate(content)
    except ValueError as error:
        raise CannotSignError(
            "no_certificate",
            _(
                "This file is no certificate. Choose the officer's certificate (.cer, .crt or"
                " .pem); never a .p12 or .pfx file, which holds the private key."
            ),
        ) from error


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def judge(certificate: x509.Certificate, officer: Officer) -> Judged:
    """Whether a certificate may be bound to an officer now, point by point.

    Raises `CannotSignError` when the installation trusts no authority yet.
    """
    found = check_certificate(certificate, (), authorities())
    vietnamese = (get_language() or "").startswith("vi")
    return Judged(
        holder=found.holder,
        findings=tuple(
            Told(one.passed, one.sentence.vi if vietnamese else one.sentence.en)
            for one in found.findings
        ),
        names_officer=normalize_name(found.holder.name) == normalize_name(officer.full_name),
        pem=certificate.public_bytes(Encoding.PEM).decode("ascii"),
    )


def bind_judged(
    *, by: Officer, officer: Officer, certificate: x509.Certificate, key: str, daily_ceiling: int
) -> SignerCertificate:
    """Bind a certificate, judged anew. Raises as `bind_certificate`."""
    _must_bind(by)
    return actions.bind_certificate(
        officer=officer,
        certificate=certificate,
        by=actor_of(by),
        key=key,
        daily_ceiling=daily_ceiling,
    )


def unbind(*, by: Officer, officer: Officer) -> None:
    """Take an officer's certificate away; what was signed with it stays signed."""
    _must_bind(by)
    actions.unbind_certificate(officer=officer, by=actor_of(by))


def _must_bind(officer: Officer) -> None:
    if not may_bind(officer):
        raise PermissionDenied
