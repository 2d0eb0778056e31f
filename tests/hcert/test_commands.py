"""`lamsach hcert issue | decode | verify` as the contract has them."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import select
import subprocess
import sys
import tracemalloc
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cbor2
import pytest
import segno
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
)
from hcert_making import NOW, Dsc, make_claims, make_dsc, message_of, seal, signed_payload

from lamsach.cli.main import run

AT = ["--at", NOW.isoformat()]
Files = Callable[..., Path]


@dataclass(frozen=True)
class Said:
    status: int
    out: str
    error: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def lamsach(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Said]:
    """The command in this process; `stdin` are the bytes it reads."""
    monkeypatch.delenv("LAMSACH_DEBUG", raising=False)

    def call(*arguments: str | Path, stdin: bytes = b"") -> Said:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        capsys.readouterr()
        status = run(["hcert", *map(str, arguments)])
        said = capsys.readouterr()
        return Said(status, said.out, said.err)

    return call


COMMAND = [sys.executable, "-c", "from lamsach.cli.main import main; main()", "hcert"]


def in_a_process(*arguments: str | Path, **changes: str) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, with changes to the environment."""
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        env={**os.environ, **changes},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="surrogateescape",
        check=False,
    )


def issuing(folder: Path, *more: str) -> Sequence[str | Path]:
    keys = ["--key", folder / "key.pem", "--cert", folder / "dsc.pem"]
    return ["issue", folder / "payload.json", *keys, "--issued-at", NOW.isoformat(), *more]


def test_issue_then_verify_then_decode(lamsach: Callable[..., Said], files: Files) -> None:
    folder = files()
    issued = lamsach(*issuing(folder))
    assert (issued.status, issued.error) == (0, "")
    text = issued.out.strip()
    assert text.startswith("HC1:")
    assert "\n" not in text

    verified = lamsach("verify", text, "--trust-list", folder / "dsc.pem", *AT)
    assert verified.status == 0
    assert verified.json["valid"] is True
    assert verified.json["error"] is None
    assert set(verified.json["message"]) == {"vi", "en"}
    assert verified.json["signer"]["country"] == "VN"
    certificate = verified.json["certificate"]
    assert certificate["nam"]["fnt"] == "NGUYEN"

    decoded = lamsach("decode", text)
    assert decoded.status == 0
    assert set(decoded.json) == {"protected", "unprotected", "claims", "certificate"}
    assert decoded.json["certificate"] == certificate
    assert "Nguyễn" in decoded.out


def test_every_form_of_input(lamsach: Callable[..., Said], tmp_path: Path, es256: Dsc) -> None:
    text = seal(es256, make_claims(signed_payload()))
    (tmp_path / "code.txt").write_text(text + "\n", encoding="utf-8-sig")
    (tmp_path / "no-suffix").write_text(text, encoding="utf-8")
    segno.make(text, error="L", micro=False).save(tmp_path / "code.png", scale=3)
    for source in ("code.txt", "no-suffix", "code.png"):
        assert lamsach("decode", tmp_path / source).json["certificate"] == signed_payload()
    assert lamsach("decode", text).status == 0
    assert lamsach("decode", "-", stdin=text.encode()).status == 0
    assert lamsach("decode", "-", stdin=(tmp_path / "code.png").read_bytes()).status == 0


@pytest.mark.parametrize(
    ("garbage", "code"),
    [
        ("HC2:ABC", "INVALID_SCHEME_PREFIX"),
        ("hello", "INVALID_SCHEME_PREFIX"),
        ("HC1:a", "BASE_45_DECODING_FAILED"),
        ("HC1:BB8", "DECOMPRESSION_FAILED"),
        ("HC1:NCF3H0000100", "CBOR_DESERIALIZATION_FAILED"),
        ("\x00", "INVALID_SCHEME_PREFIX"),
        ("x" * 9999, "INVALID_SCHEME_PREFIX"),
    ],
)
def test_garbage(lamsach: Callable[..., Said], files: Files, garbage: str, code: str) -> None:
    decoded = lamsach("decode", garbage)
    assert (decoded.status, decoded.out) == (2, "")
    assert decoded.error.startswith(f"lamsach: {code}: ")
    assert decoded.error.count("\n") == 1
    verified = lamsach("verify", garbage, "--trust-list", files() / "dsc.pem")
    assert verified.status == 1
    assert verified.json["valid"] is False
    assert verified.json["error"] == code
    assert verified.json["certificate"] is verified.json["signer"] is None


def test_no_text_at_all(lamsach: Callable[..., Said], files: Files) -> None:
    """An empty argument is no folder."""
    said = lamsach("verify", "", "--trust-list", files() / "dsc.pem")
    assert (said.status, said.json["error"]) == (1, "INVALID_SCHEME_PREFIX")


def test_a_terminal_of_another_encoding(files: Files) -> None:
    """What the stream has no letters for is escaped; JSON says the same."""
    folder = files()
    issued = in_a_process(*issuing(folder)).stdout.strip()
    arguments = ("verify", issued, "--trust-list", folder / "dsc.pem", *AT)
    latin = in_a_process(*arguments, PYTHONIOENCODING="latin-1")
    assert (latin.returncode, latin.stderr) == (0, "")
    assert "Nguy\\u1ec5n" in latin.stdout
    assert json.loads(latin.stdout) == json.loads(in_a_process(*arguments).stdout)


def test_a_line_is_answered_before_the_next_comes(files: Files) -> None:
    """A gate writes one line and waits."""
    command = [*COMMAND, "verify", "--stdin", "--trust-list", str(files() / "dsc.pem")]
    gate = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONUNBUFFERED": ""},
    )
    with gate:
        assert gate.stdin is not None
        assert gate.stdout is not None
        gate.stdin.write(b"HC1:a\n")
        gate.stdin.flush()
        answered, _, _ = select.select([gate.stdout], [], [], 20)
        gate.stdin.close()
        assert answered
        assert json.loads(gate.stdout.readline())["error"] == "BASE_45_DECODING_FAILED"
    assert gate.returncode == 1


def test_a_line_without_an_end_fills_no_memory(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, files: Files
) -> None:
    class Endless(io.RawIOBase):
        left = 100 << 20

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: Any) -> int:
            size = min(len(buffer), self.left)
            buffer[:size] = b"A" * size
            self.left -= size
            return size

    trust = files() / "dsc.pem"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(Endless())))
    run(["hcert", "verify", "HC2:", "--trust-list", str(trust)])  # imports what it needs
    capsys.readouterr()
    tracemalloc.start()
    try:
        assert run(["hcert", "verify", "--stdin", "--trust-list", str(trust)]) == 1
        assert tracemalloc.get_traced_memory()[1] < 90 << 20  # a trust list may fill 64 MB
    finally:
        tracemalloc.stop()
    assert [json.loads(line)["error"] for line in capsys.readouterr().out.splitlines()] == [
        "INVALID_SCHEME_PREFIX"
    ]


@pytest.mark.parametrize(
    "moment", ["9999-12-31", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00"]
)
def test_the_ends_of_the_calendar(
    lamsach: Callable[..., Said], files: Files, moment: str, tmp_path: Path, es256: Dsc
) -> None:
    folder = files()
    text = seal(es256, make_claims(signed_payload()))
    for arguments in (
        [*issuing(folder), "--issued-at", moment],
        [*issuing(folder), "--expires-at", moment],
        ["verify", text, "--trust-list", folder / "dsc.pem", "--at", moment],
        ["rules", text, tmp_path / "payload.json", "--country", "AT", "--at", moment],
    ):
        said = lamsach(*arguments)
        assert "not foreseen" not in said.error
        assert said.status in {0, 1, 2}


def test_what_cannot_be_read(lamsach: Callable[..., Said], files: Files, tmp_path: Path) -> None:
    folder = files()
    blank = tmp_path / "blank.png"
    blank.write_bytes(b"\x89PNG\r\n\x1a\n")
    text = "HC1:BB8"
    for arguments in (
        ["decode", tmp_path / "missing.txt"],
        ["decode", tmp_path],
        ["decode", blank],
        ["verify", blank, "--trust-list", folder / "dsc.pem"],
        ["verify", text, "--trust-list", tmp_path / "missing.pem"],
        ["verify", text, "--trust-list", folder / "payload.json"],
        ["verify", text, "--trust-list", folder / "dsc.pem", "--at", "yesterday"],
        ["verify", "--trust-list", folder / "dsc.pem"],
        ["verify", text, "--stdin", "--trust-list", folder / "dsc.pem"],
        ["verify", text],
    ):
        said = lamsach(*arguments)
        assert (said.status, said.out) == (2, ""), arguments
        assert said.error.startswith("lamsach: ")
        assert said.error.count("\n") == 1


def test_a_refused_certificate_has_status_1(
    lamsach: Callable[..., Said], files: Files, es256: Dsc
) -> None:
    text = seal(es256, make_claims(signed_payload()))
    said = lamsach("verify", text, "--trust-list", files() / "dsc.pem", "--at", "2022-06-01")
    assert said.status == 1
    assert said.json["error"] == "CWT_EXPIRED"
    assert "hết hạn" in said.json["message"]["vi"]


def test_a_certificate_a_line(lamsach: Callable[..., Said], files: Files, es256: Dsc) -> None:
    good = seal(es256, make_claims(signed_payload()))
    lines = [good, "HC1:a", "", "HC1:" + "0" * 3_000_000, "\udcff", good]
    stdin = "\n".join(lines).encode(errors="surrogateescape")
    said = lamsach("verify", "--stdin", "--trust-list", files() / "dsc.pem", *AT, stdin=stdin)
    assert said.status == 1
    results = [json.loads(line) for line in said.out.splitlines()]
    assert [result["error"] for result in results] == [
        None,
        "BASE_45_DECODING_FAILED",
        "INVALID_SCHEME_PREFIX",
        "BASE_45_DECODING_FAILED",
        "INVALID_SCHEME_PREFIX",
        None,
    ]
    all_good = f"{good}\n{good}\n".encode()
    said = lamsach("verify", "--stdin", "--trust-list", files() / "dsc.pem", *AT, stdin=all_good)
    assert (said.status, said.out.count("\n")) == (0, 2)


def test_a_trust_list_with_a_damaged_entry_is_used_and_the_entry_named(
    lamsach: Callable[..., Said], tmp_path: Path, es256: Dsc
) -> None:
    path = tmp_path / "list.json"
    good = base64.b64encode(es256.der).decode()
    path.write_text(json.dumps({es256.kid.hex(): ["AAAA", good]}))
    text = seal(es256, make_claims(signed_payload()))
    said = lamsach("verify", text, "--trust-list", path, *AT)
    assert said.status == 0
    assert "it is left out" in said.error


def test_a_list_of_problems_does_not_fill_the_screen(
    lamsach: Callable[..., Said], tmp_path: Path, es256: Dsc
) -> None:
    path = tmp_path / "list.json"
    good = base64.b64encode(es256.der).decode()
    path.write_text(json.dumps({es256.kid.hex(): ["AAAA"] * 300 + [good]}))
    said = lamsach("verify", seal(es256, make_claims(signed_payload())), "--trust-list", path, *AT)
    assert said.status == 0
    assert said.error.count("\n") == 11
    assert "290 more entries are left out" in said.error


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"v_ma": "ORG-100030215"}, "vaccine.maker: v/0/ma"),
        ({"extra": 1}, "field.unknown: extra"),
        ({"nam": {"fn": "Nguyễn", "fnt": "NG"}}, "name.transliteration: nam/fnt"),
        ({"v_ci": "URN:UVCI:01:VN:AB#A"}, "uvci.check: v/0/ci"),
    ],
)
def test_an_illegal_payload(
    lamsach: Callable[..., Said], files: Files, changes: dict[str, Any], reason: str
) -> None:
    said = lamsach(*issuing(files(**changes)))
    assert (said.status, said.out) == (2, "")
    assert reason in said.error
    assert said.error.count("\n") == 1
    assert "Nguyễn" not in said.error


@pytest.mark.parametrize(
    "text",
    ["", "[]", "7", "{", '{"a": 1, "a": 2}', '{"a": NaN}', "[" * 100_000, "\udcff", "null"],
)
def test_a_payload_that_is_no_object(lamsach: Callable[..., Said], files: Files, text: str) -> None:
    folder = files()
    (folder / "payload.json").write_text(text, encoding="utf-8", errors="surrogateescape")
    said = lamsach(*issuing(folder))
    assert (said.status, said.out) == (2, "")
    assert "payload.json" in said.error


def test_options_of_issue(lamsach: Callable[..., Said], files: Files) -> None:
    folder = files()
    text = lamsach(
        *issuing(folder, "--country", "LA", "--expires-at", "2022-05-01", "--alg", "ES256")
    ).out
    decoded = lamsach("decode", text.strip()).json
    assert decoded["claims"]["1"] == "LA"
    assert decoded["claims"]["4"] == 1651363200
    assert decoded["certificate"]["v"][0]["ci"].startswith("URN:UVCI:01:LA:")
    for more, reason in (
        (["--alg", "PS256"], "does not fit"),
        (["--expires-at", "2024-01-01"], "validity.too_long"),
        (["--key", str(folder / "missing.pem")], "cannot be read"),
        (["--key", str(folder / "dsc.pem")], "no PEM private key"),
        (["--cert", str(folder / "key.pem")], "no certificate"),
        (["--cert", str(folder / "payload.json")], "cannot be read"),
    ):
        said = lamsach(*issuing(folder, *more))
        assert (said.status, said.out) == (2, ""), more
        assert reason in said.error


def test_without_a_country_anywhere_it_is_vietnam(
    lamsach: Callable[..., Said], files: Files
) -> None:
    folder = files()
    (folder / "dsc.pem").write_bytes(make_dsc(country=None).pem)
    text = lamsach(*issuing(folder)).out.strip()
    assert lamsach("decode", text).json["claims"]["1"] == "VN"


def test_a_test_certificate(lamsach: Callable[..., Said], files: Files) -> None:
    folder = files()
    (folder / "dsc.pem").write_bytes(make_dsc(name="DSC test").pem)
    said = lamsach(*issuing(folder))
    assert (said.status, said.out) == (2, "")
    assert "--allow-test-certificate" in said.error
    assert lamsach(*issuing(folder, "--allow-test-certificate")).status == 0


def test_the_passphrase_comes_from_the_environment(
    lamsach: Callable[..., Said],
    files: Files,
    es256: Dsc,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = files()
    locked = es256.key.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"open sesame")
    )
    (folder / "key.pem").write_bytes(locked)
    said = lamsach(*issuing(folder))
    assert said.status == 2
    assert "LAMSACH_KEY_PASSPHRASE" in said.error
    monkeypatch.setenv("LAMSACH_KEY_PASSPHRASE", "open sesame")
    assert lamsach(*issuing(folder)).status == 0
    monkeypatch.setenv("LAMSACH_KEY_PASSPHRASE", "wrong")
    assert "wrong" not in lamsach(*issuing(folder)).error.replace("its passphrase is wrong", "")


def test_a_token_address_goes_to_the_token(lamsach: Callable[..., Said], files: Files) -> None:
    said = lamsach(*issuing(files(), "--key", "pkcs11:token=none;object=none"))
    assert (said.status, said.out) == (2, "")
    assert "PKCS#11" in said.error


@pytest.mark.parametrize("kind", ["SIGNATURE", "UCI", "COUNTRYCODEUCI"])
def test_a_revoked_certificate(
    lamsach: Callable[..., Said], files: Files, es256: Dsc, kind: str
) -> None:
    """By r alone for ECDSA: s can be changed without a key."""
    folder = files()
    text = seal(es256, make_claims(signed_payload()))
    signature = cbor2.loads(message_of(text)).value[3]
    subject = {
        "SIGNATURE": signature[:32],
        "UCI": b"URN:UVCI:01:VN:AB12",
        "COUNTRYCODEUCI": b"VNURN:UVCI:01:VN:AB12",
    }[kind]
    batch = {
        "country": "VN",
        "expires": "2022-05-01T00:00:00Z",
        "kid": base64.b64encode(es256.kid).decode(),
        "hashType": kind,
        "entries": [{"hash": base64.b64encode(hashlib.sha256(subject).digest()[:16]).decode()}],
    }
    (folder / "revoked.json").write_text(json.dumps([batch]))
    command = ["verify", text, "--trust-list", folder / "dsc.pem"]
    listed = ["--revocation", folder / "revoked.json"]
    said = lamsach(*command, *listed, *AT)
    assert (said.status, said.json["error"]) == (1, "REVOKED")
    assert said.json["certificate"] == signed_payload()
    (folder / "revoked.json").write_text(json.dumps({**batch, "expires": "2022-04-19T00:00:00Z"}))
    assert lamsach(*command, *listed, *AT).status == 0
    (folder / "revoked.json").write_text("{}")
    said = lamsach(*command, *listed, *AT)
    assert (said.status, said.out) == (2, "")
    assert "revoked.json" in said.error


@pytest.mark.pkcs11
def test_a_key_in_a_token_signs(
    lamsach: Callable[..., Said], files: Files, token: dict[str, str]
) -> None:
    """In a process of its own: a token's library reads its configuration once."""
    folder = files()

    def issue(**changes: str) -> subprocess.CompletedProcess[str]:
        arguments = issuing(folder, "--key", "pkcs11:token=facility;id=%01")
        return in_a_process(*arguments, **(token | changes))

    issued = issue()
    assert (issued.returncode, issued.stderr) == (0, "")
    text = issued.stdout.strip()
    assert lamsach("verify", text, "--trust-list", folder / "dsc.pem", *AT).status == 0
    refused = issue(LAMSACH_PIN="0000")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "PIN" in refused.stderr
