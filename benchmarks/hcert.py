"""Certificates issued and verified a second on one core, beside OpenSSL's own rates.

OpenSSL and the library take turns, and of each the best turn counts, so that both have the same
machine; both count seconds of the processor, as `openssl speed` does. The QR code is not part of
it: it is drawn when somebody prints.

Part of `make bench SIZE=certificates`.
"""

from __future__ import annotations

import datetime
import random
import re
import shutil
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from benchmarks.measuring import Failed
from benchmarks.report import Table, told
from lamsach.hcert.bulk import issue_many
from lamsach.hcert.issue import Issuer
from lamsach.hcert.signer import KeySigner
from lamsach.hcert.trust import TrustList
from lamsach.hcert.verify import verify, verify_many

__all__ = ["run"]

ISSUE_ASKED = 0.36
VERIFY_ASKED = 2 / 3
_ISSUE, _VERIFY, _VERIFY_ALONE = "issue {}", "verify {}", "verify {}, one by one"
_ASKED = {_ISSUE: ISSUE_ASKED, _VERIFY: VERIFY_ASKED, _VERIFY_ALONE: VERIFY_ASKED}
_TURNS = 5
_NOW = datetime.datetime(2022, 4, 19, tzinfo=datetime.UTC)
_SURNAMES = ("Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Huỳnh", "Phan", "Vũ", "Võ", "Đặng")
_MIDDLE = ("Văn", "Thị", "Bảo", "Đức", "Minh", "Ngọc", "Hữu", "Quang")
_GIVEN = ("Duy", "An", "Bình", "Cường", "Dũng", "Đạt", "Hà", "Hạnh", "Hương", "Ỷ", "Lượng", "Ơn")


@dataclass(frozen=True, slots=True)
class _Kind:
    """An algorithm: its name here and in OpenSSL, rows to issue and to verify in one turn."""

    name: str
    openssl: str
    rows: int
    verified: int


_KINDS = (_Kind("ES256", "ecdsap256", 20_000, 8_000), _Kind("PS256", "rsa2048", 2_000, 8_000))


def run(say: Callable[[str], None]) -> list[Table]:
    """Measure both algorithms, some twenty seconds each."""
    if shutil.which("openssl") is None:
        raise Failed("the command openssl is not installed: nothing to measure against")
    rows = []
    for kind in _KINDS:
        say(f"{kind.name}: issuing and verifying, in turns with OpenSSL")
        rows += _measure(kind)
    header = ("one core, certificates a second", "asked", "of OpenSSL", "ours", "OpenSSL")
    return [Table("Health certificates, without the QR code", header, tuple(rows))]


def _measure(kind: _Kind) -> list[tuple[str, ...]]:
    issuer = _issuer(kind.name)
    trust = TrustList([issuer.key])
    persons = _persons(kind.rows)
    ours = dict.fromkeys((_ISSUE, _VERIFY, _VERIFY_ALONE), 0.0)
    theirs = dict.fromkeys(ours, 0.0)
    for _ in range(_TURNS):
        signs, verifies = _openssl(kind.openssl)
        for what in theirs:
            theirs[what] = max(theirs[what], signs if what == _ISSUE else verifies)
        started = time.process_time()
        issued = issue_many(persons, lambda: issuer, issued_at=_NOW)
        ours[_ISSUE] = max(ours[_ISSUE], kind.rows / (time.process_time() - started))
        if issued.column("code").null_count != kind.rows:
            raise Failed("a certificate of the benchmark was refused")
        texts = issued.column("hc1").to_pylist()
        texts = (texts * (kind.verified // len(texts) + 1))[: kind.verified]
        ways = {
            _VERIFY: verify_many(texts, trust, at=_NOW),
            _VERIFY_ALONE: (verify(text, trust, at=_NOW) for text in texts),
        }
        for what, results in ways.items():
            started = time.process_time()
            if not all(result.valid for result in results):
                raise Failed("a certificate of the benchmark did not verify")
            ours[what] = max(ours[what], kind.verified / (time.process_time() - started))
    # What was asked of ES256; an RSA signature costs so much that the rest hardly counts.
    asked = _ASKED if kind.name == "ES256" else {}
    return [
        (
            what.format(kind.name),
            f"≥ {asked[what]:.2f}" if what in asked else "",
            told(
                f"{ours[what] / theirs[what]:.2f}", ours[what] >= asked.get(what, 0) * theirs[what]
            ),
            f"{ours[what]:,.0f}",
            f"{theirs[what]:,.0f}",
        )
        for what in ours
    ]


def _openssl(algorithm: str) -> tuple[float, float]:
    """Signatures and verifications a second, by `openssl speed`."""
    command = ["openssl", "speed", "-seconds", "1", algorithm]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout  # noqa: S603
    figures = re.findall(r"\d+\.\d+(?!\S)", said.strip().splitlines()[-1])
    return float(figures[-2]), float(figures[-1])


def _issuer(algorithm: str) -> Issuer:
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
    if algorithm == "ES256":
        key = ec.generate_private_key(ec.SECP256R1())
    else:
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name(
        [
            x509.NameAttribute(x509.NameOID.COUNTRY_NAME, "VN"),
            x509.NameAttribute(x509.NameOID.COMMON_NAME, "Benchmark"),
        ]
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(_NOW - datetime.timedelta(days=1))
        .not_valid_after(_NOW + datetime.timedelta(days=730))
        .sign(key, SHA256())
    )
    return Issuer(KeySigner(key), certificate.public_bytes(Encoding.DER))


def _persons(count: int) -> pa.Table:
    """Persons that nobody is, with the second dose of three products."""
    draw = random.Random(3)
    day = datetime.timedelta(days=1)
    products = (
        ("1157024006", "BBIBP-CorV", "ORG-100020693"),
        ("29061000087103", "EU/1/21/1529", "ORG-100001699"),
        ("1119349007", "EU/1/20/1528", "ORG-100030215"),
    )
    made: list[dict[str, Any]] = []
    for _ in range(count):
        vp, mp, ma = draw.choice(products)
        made.append(
            {
                "fn": draw.choice(_SURNAMES),
                "gn": f"{draw.choice(_MIDDLE)} {draw.choice(_GIVEN)} {draw.choice(_GIVEN)}",
                "dob": (datetime.date(1940, 1, 1) + day * draw.randrange(28_000)).isoformat(),
                "tg": "840539006",
                "vp": vp,
                "mp": mp,
                "ma": ma,
                "dn": 2,
                "sd": 2,
                "dt": (datetime.date(2021, 8, 1) + day * draw.randrange(200)).isoformat(),
                "co": "VN",
                "is": "Cục Y tế dự phòng",
            }
        )
    return pa.Table.from_pylist(made)
