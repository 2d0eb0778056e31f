"""Readers that nobody here wrote accept what is issued, and refuse it once it is altered."""

from __future__ import annotations

import json
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import cbor2
import cwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hcert_making import Dsc, make_dsc, make_payload, message_of, to_text

from lamsach.hcert import base45
from lamsach.hcert.issue import Issuer


def issued(dsc: Dsc) -> tuple[str, dict[str, Any]]:
    made = Issuer(dsc.signer, dsc.der).issue(make_payload())
    return made.text, made.payload


def altered(text: str) -> str:
    """The same certificate for somebody born a year later."""
    message = message_of(text)
    assert b"1989-01-02" in message
    return to_text(message.replace(b"1989-01-02", b"1990-01-02"))


@pytest.fixture(scope="module")
def now_dsc(dsc: Dsc) -> Dsc:
    """A signer that is valid today: the other readers have clocks of their own."""
    now = datetime.now(UTC)
    return make_dsc(
        dsc.signer.algorithm, starts=now - timedelta(days=1), ends=now + timedelta(days=400)
    )


def test_pypi_cwt(now_dsc: Dsc) -> None:
    text, payload = issued(now_dsc)
    pem = now_dsc.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    key = cwt.COSEKey.from_pem(pem, alg=now_dsc.signer.algorithm, kid=now_dsc.kid)
    claims = cwt.decode(message_of(text), keys=key)
    assert claims[1] == "VN"
    assert claims[-260] == {1: payload}
    with pytest.raises(cwt.VerifyError):
        cwt.decode(message_of(altered(text)), keys=key)


@pytest.mark.npm
def test_npm_cose_js(now_dsc: Dsc, node: Path) -> None:
    program = shutil.which("node")
    assert program is not None
    public = now_dsc.key.public_key()
    if isinstance(public, ec.EllipticCurvePublicKey):
        point = public.public_numbers()
        key = {"x": f"{point.x:064x}", "y": f"{point.y:064x}"}
    else:
        numbers = public.public_numbers()
        key = {"n": f"{numbers.n:0512x}", "e": f"{numbers.e:06x}"}

    def read(text: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [program, node / "verify.js"],
            input=json.dumps({"text": text, "key": key}),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    text, payload = issued(now_dsc)
    answer = read(text)
    assert answer.returncode == 0, answer.stderr
    assert json.loads(answer.stdout) == payload
    refused = read(altered(text))
    assert refused.returncode != 0
    assert "Signature missmatch" in refused.stderr


def test_the_text_is_what_the_specification_says(now_dsc: Dsc) -> None:
    """hcert_spec 1.0.8, by hand with zlib and the CBOR library."""
    text, payload = issued(now_dsc)
    message = message_of(text)
    assert base45.decode(text[4:])[:2] == b"\x78\xda"
    value = cbor2.loads(message)
    assert value.tag == 18
    head, rest, body, signature = value.value
    label = {"ES256": -7, "PS256": -37}[now_dsc.signer.algorithm]
    assert cbor2.loads(head) == {1: label, 4: now_dsc.kid}
    assert rest == {}
    claims = cbor2.loads(body)
    assert list(claims) == [1, 4, 6, -260]
    assert type(claims[4]) is type(claims[6]) is int
    assert claims[-260] == {1: payload}
    assert len(signature) == {"ES256": 64, "PS256": 256}[now_dsc.signer.algorithm]


def test_how_dense_the_code_is(now_dsc: Dsc) -> None:
    """A typical certificate: 571 characters with ES256, 873 with PS256."""
    text, _ = issued(now_dsc)
    assert abs(len(text) - {"ES256": 571, "PS256": 873}[now_dsc.signer.algorithm]) < 25
