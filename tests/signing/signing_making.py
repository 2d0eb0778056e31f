"""A small authority, officers with keys, and people with doses: what tests of signatures need.

Nobody here is real. The record is written directly: how it is entered is tried elsewhere.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

from lamsach.accounts import actions as accounts
from lamsach.accounts.models import Officer
from lamsach.accounts.roles import Role
from lamsach.authentication.models import Answer
from lamsach.clock import now
from lamsach.ledger.actions import Actor
from lamsach.places.actions import open_office
from lamsach.places.models import Office, OfficeKind
from lamsach.registry.models import Campaign, Correction, Dose, Person
from lamsach.registry.standing import refresh_standing

PIN = "mã PIN thử"
SYSTEM = Actor.system("test")
_NAMES = ("Nguyễn Bửu Lộc", "Trần Thị Hoa", "Lê Văn Đức", "Phạm Ngọc Ẩn", "Đặng Thùy Dương")
_number = itertools.count(1)


class Authority:
    """A certificate authority of the tests: a root, its list of revoked, officers' certificates."""

    def __init__(self, name: str) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name(
            [
                x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"),
                x509.NameAttribute(NameOID.COMMON_NAME, name),
            ]
        )
        self.root = (
            self._builder(self.name, self.key.public_key(), 3650)
            .add_extension(x509.BasicConstraints(True, 0), critical=True)
            .add_extension(_usage(signs_certificates=True), critical=True)
            .sign(self.key, hashes.SHA256())
        )

    def _builder(self, subject: x509.Name, key: Any, days: int) -> x509.CertificateBuilder:
        today = datetime.now(UTC).replace(microsecond=0)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(today - timedelta(days=400))
            .not_valid_after(today + timedelta(days=days))
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()),
                critical=False,
            )
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        )

    def officer(self, name: str, days: int = 365) -> tuple[Any, x509.Certificate]:
        """An officer's key and certificate."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name(
            [
                x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"),
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, "SỞ Y TẾ TỈNH GIẢ ĐỊNH"),
                x509.NameAttribute(NameOID.TITLE, "Trưởng trạm"),
                x509.NameAttribute(NameOID.COMMON_NAME, name),
            ]
        )
        certificate = (
            self._builder(subject, key.public_key(), days)
            .add_extension(_usage(signs_certificates=False), critical=True)
            .sign(self.key, hashes.SHA256())
        )
        return key, certificate

    def crl(self, *revoked: x509.Certificate) -> bytes:
        """The list of what this authority has revoked."""
        today = datetime.now(UTC)
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.name)
            .last_update(today - timedelta(days=1))
            .next_update(today + timedelta(days=300))
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()),
                critical=False,
            )
            .add_extension(x509.CRLNumber(1), critical=False)
        )
        for one in revoked:
            entry = x509.RevokedCertificateBuilder().serial_number(one.serial_number)
            builder = builder.add_revoked_certificate(
                entry.revocation_date(today - timedelta(days=2)).build()
            )
        return builder.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    def trust_in(self, folder: Path) -> None:
        """Have an installation trust this authority."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "root.pem").write_bytes(self.root.public_bytes(serialization.Encoding.PEM))
        (folder / "root.crl").write_bytes(self.crl())


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=not signs_certificates,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def write_p12(path: Path, key: Any, certificate: x509.Certificate, pin: str = PIN) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    encryption = serialization.BestAvailableEncryption(pin.encode())
    path.write_bytes(
        pkcs12.serialize_key_and_certificates(b"key", key, certificate, None, encryption)
    )


@dataclass(frozen=True)
class Head:
    """A facility, its head, and the head's key."""

    officer: Officer
    office: Office
    key: Any
    certificate: x509.Certificate


def make_officer(name: str) -> Officer:
    officer, _password = accounts.create_officer(
        username=f"{name}{next(_number)}", full_name=name.title(), by=SYSTEM
    )
    return officer


def make_office(kind: str = OfficeKind.FACILITY, **more: Any) -> Office:
    more.setdefault("opened_on", date(2020, 1, 1))
    more.setdefault("name", f"Trạm Y tế số {next(_number)}")
    return open_office(kind=kind, actor=SYSTEM, **more)


def make_head(officer: Officer, office: Office) -> None:
    accounts.give_post(officer=officer, office=office, role=Role.FACILITY_HEAD, by=SYSTEM)


def make_campaign(**more: Any) -> Campaign:
    given = {
        "code": f"covid-{next(_number)}",
        "name": "COVID-19 2021-2022",
        "disease": "840539006",
        "vaccines": ["EU/1/20/1528", "EU/1/21/1529", "BBIBP-CorV", "Abdala", "EU/1/20/1525"],
        "doses_required": {"": 2, "Abdala": 3, "EU/1/20/1525": 1},
        "opened_on": date(2021, 3, 8),
    }
    return Campaign.objects.create(**(given | more))


def make_person(office: Office, **more: Any) -> Person:
    number = next(_number)
    name = more.setdefault("full_name", _NAMES[number % len(_NAMES)])
    given = {
        "birth_date": "1980-02-03",
        "sex": "F",
        "personal_id": f"070180{number:06}",
        "name_key": name.lower(),
        "id_status": "well_formed",
        "entered_by": office,
        "entered_at": now(),
    }
    return Person.objects.create(**(given | more))


def make_dose(person: Person, office: Office, campaign: Campaign, **more: Any) -> Dose:
    number = more.setdefault("dose_number", person.doses.count() + 1)
    given = {
        "vaccine_code": "EU/1/20/1528",
        "lot": "FK0112",
        "vaccinated_on": date(2021, 9, 1) + timedelta(days=28 * (number - 1)),
        "facility": office,
        "entered_by": office,
        "entered_at": now(),
    }
    return Dose.objects.create(person=person, campaign=campaign, **(given | more))


def answer(person: Person, kind: str = "right", **more: Any) -> Answer:
    """An answer of the register about a person as they are now, and what follows from it."""
    if kind == "right":
        more.setdefault("statement", b"{}")
        more.setdefault("signature", b"signature")
    made = Answer.objects.create(
        person=person,
        person_version=person.version,
        kind=kind,
        purpose="entry",
        at=now(),
        **more,
    )
    refresh_standing([person.pk])
    return made


def correct(dose: Dose, officer: Officer, office: Office, **changes: Any) -> Correction:
    """An approved correction of a dose, as the registry leaves it before the consequences."""
    told = {name: [str(getattr(dose, name)), str(new)] for name, new in changes.items()}
    for name, new in changes.items():
        setattr(dose, name, new)
    dose.version += 1
    dose.save()
    return Correction.objects.create(
        person=dose.person,
        dose=dose,
        changes=told,
        grounds="theo giấy xác nhận",
        state="approved",
        requested_by=make_officer("clerk"),
        requested_from=office,
        requested_at=now(),
        decided_by=officer,
        decided_from=office,
        decided_at=now(),
    )


def signed_in(officer: Officer) -> Any:
    """A browser in which an officer has signed in, with all factors."""
    from allauth.mfa.models import Authenticator
    from django.test import Client

    Officer.objects.filter(pk=officer.pk).update(must_change_password=False)
    Authenticator.objects.get_or_create(user=officer, type="totp", defaults={"data": {}})
    client = Client()
    client.force_login(officer, backend="lamsach.accounts.sign_in.OfficerBackend")
    return client
