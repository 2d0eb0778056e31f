"""Who holds a certificate, in the words of the certificate itself.

The office title (chức danh) is part of it: certificates of office holders must state it. This
room reads names; it judges nothing and leaves out identity numbers that stand in some subjects.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.x509.oid import NameOID

__all__ = ["Holder"]

_LONGEST = 200


@dataclass(frozen=True)
class Holder:
    """The holder of a certificate and who vouches for it; texts are empty when not stated."""

    name: str
    title: str
    unit: str
    organization: str
    country: str
    issuer: str
    serial: str
    valid_from: datetime
    valid_until: datetime

    @classmethod
    def of(cls, certificate: x509.Certificate) -> Holder:
        """Read a certificate's subject, issuer and dates."""
        subject = certificate.subject
        return cls(
            name=_text(subject, NameOID.COMMON_NAME),
            title=_text(subject, NameOID.TITLE),
            unit=_text(subject, NameOID.ORGANIZATIONAL_UNIT_NAME),
            organization=_text(subject, NameOID.ORGANIZATION_NAME),
            country=_text(subject, NameOID.COUNTRY_NAME),
            issuer=_text(certificate.issuer, NameOID.COMMON_NAME),
            serial=format(certificate.serial_number, "x"),
            valid_from=certificate.not_valid_before_utc,
            valid_until=certificate.not_valid_after_utc,
        )

    def __str__(self) -> str:
        """Name, title, unit and organization as one line."""
        parts = (self.name, self.title, self.unit, self.organization)
        return ", ".join(part for part in parts if part) or self.serial


def _text(name: x509.Name, kind: x509.ObjectIdentifier) -> str:
    """The attributes of one kind, in order, without what would break a line."""
    texts = [str(one.value) for one in name.get_attributes_for_oid(kind)]
    return "".join(one if one.isprintable() else " " for one in " / ".join(texts))[:_LONGEST]
