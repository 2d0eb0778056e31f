from __future__ import annotations

import hashlib
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import tsp
from certomancer.services import TimeStamper
from cryptography.hazmat.primitives.serialization import Encoding

from lamsach.esign.certificates import Authorities, TimeStamps, check_time_stamp
from lamsach.esign.errors import ESignError
from lamsach.esign.fetching import fetch_http

DATA = b"manifest"


def test_a_time_stamp_proves_the_time_and_openssl_agrees(
    pki: Any, authorities: Any, tmp_path: Path
) -> None:
    token = TimeStamps(pki.tsa()).token(DATA)
    found = check_time_stamp(token, DATA, authorities)
    assert found.passed
    assert found.time is not None
    assert abs(datetime.now(UTC) - found.time) < timedelta(minutes=1)
    (tmp_path / "token").write_bytes(token)
    (tmp_path / "root.pem").write_bytes(pki.certificate("root").public_bytes(Encoding.PEM))

    def openssl(data: bytes) -> int:
        (tmp_path / "data").write_bytes(data)
        command = ["openssl", "ts", "-verify", "-token_in", "-in", str(tmp_path / "token")]
        command += ["-data", str(tmp_path / "data"), "-CAfile", str(tmp_path / "root.pem")]
        return subprocess.run(command, capture_output=True, check=False).returncode

    assert openssl(DATA) == 0
    assert openssl(DATA + b"!") != 0


def test_a_stamp_on_other_data_or_of_a_stranger_proves_nothing(pki: Any, authorities: Any) -> None:
    token = TimeStamps(pki.tsa()).token(DATA)
    other = check_time_stamp(token, b"other", authorities)
    assert (other.passed, other.time) == (False, None)
    assert other.integrity.code == "TIME_STAMP_BROKEN"
    strange = check_time_stamp(TimeStamps(pki.tsa("stranger")).token(DATA), DATA, authorities)
    assert not strange.passed
    fault = strange.first_fault()
    assert fault is not None
    assert fault.code == "PATH_UNTRUSTED"
    for garbage in (b"", b"0", token[:-1], token + b"x", bytes(100)):
        assert not check_time_stamp(garbage, DATA, authorities).passed


def test_a_change_anywhere_in_a_stamp_is_found(pki: Any, authorities: Any) -> None:
    token = TimeStamps(pki.tsa()).token(DATA)
    offline = Authorities(roots=authorities.roots, follow=False)
    kept = check_time_stamp(token, DATA, authorities)
    assert kept.authority is not None
    evidence = kept.authority.evidence
    assert check_time_stamp(token, DATA, offline, archived=evidence).passed
    for at in range(0, len(token), 31):
        changed = bytearray(token)
        changed[at] ^= 0x10
        assert not check_time_stamp(bytes(changed), DATA, offline, archived=evidence).passed, at


def test_what_the_authority_answers_is_checked(pki: Any) -> None:
    def refusing(*_: Any) -> bytes:
        answer: bytes = tsp.TimeStampResp({"status": {"status": "rejection"}}).dump()
        return answer

    def replaying(address: str, body: bytes | None = None, kind: str = "") -> bytes:
        request = tsp.TimeStampReq.load(body)
        request["nonce"] = 1
        return fetch_http(address, request.dump(force=True), kind)

    def stamping_else(address: str, body: bytes | None = None, kind: str = "") -> bytes:
        request = tsp.TimeStampReq.load(body)
        request["message_imprint"]["hashed_message"] = hashlib.sha256(b"else").digest()
        return fetch_http(address, request.dump(force=True), kind)

    for fetch in (refusing, replaying, stamping_else, lambda *_: b"garbage"):
        with pytest.raises(ESignError) as caught:
            TimeStamps(pki.tsa(), fetch).token(DATA)
        assert caught.value.code == "TIME_STAMP_REFUSED"
    with pytest.raises(ESignError, match="check the network"):
        TimeStamps("http://127.0.0.1:9/").token(DATA)


def test_a_stamp_by_a_certificate_for_signing_proves_nothing(pki: Any, authorities: Any) -> None:
    government = pki.config.get_pki_arch("government")
    stamper = TimeStamper(
        government.get_cert("head"),
        government.key_set.get_private_key("head"),
        certs_to_embed=[government.get_cert("issuing")],
    )

    def answering(address: str, body: bytes | None = None, kind: str = "") -> bytes:
        answer: bytes = stamper.request_tsa_response(tsp.TimeStampReq.load(body)).dump()
        return answer

    token = TimeStamps("http://tsa.example", answering).token(DATA)
    found = check_time_stamp(token, DATA, authorities)
    assert found.integrity.passed
    assert not found.passed
    fault = found.first_fault()
    assert fault is not None
    assert fault.code == "KEY_USAGE_UNSUITABLE"
