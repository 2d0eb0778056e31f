"""`lamsach sign`: the manifest from the desk, a file or token key, a signature that is taken."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest
from cryptography.hazmat.primitives import serialization
from django.conf import settings
from signing_making import (
    PIN,
    SYSTEM,
    Authority,
    Head,
    answer,
    make_campaign,
    make_dose,
    make_person,
)

from lamsach.cli.main import run
from lamsach.signing import actions
from lamsach.signing.models import SigningBatch
from lamsach.signing.queries import signed_doses

pytestmark = [pytest.mark.db, pytest.mark.usefixtures("committed")]

_MODULES = (
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
)
TOKEN_PIN = "246810"


def prepared(chief: Head) -> SigningBatch:
    campaign = make_campaign()
    for _ in range(3):
        person = make_person(chief.office)
        make_dose(person, chief.office, campaign)
        answer(person)
    return actions.prepare_batch(officer=chief.officer, office=chief.office)


def options(key: str) -> list[str]:
    folder = settings.SIGNING_AUTHORITIES
    return [
        "--key", key, "--authorities", str(folder / "root.pem"), "--crl", str(folder / "root.crl"),
    ]  # fmt: skip


def test_a_batch_is_signed_with_a_key_file_and_handed_in(
    head: Callable[..., Head],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    chief = head(key="")
    batch = prepared(chief)
    manifest = tmp_path / "batch.json"
    manifest.write_bytes(bytes(batch.manifest))
    monkeypatch.setenv("LAMSACH_PIN", PIN)
    key = str(settings.SIGNING_KEYS / f"{chief.officer.username}.p12")
    assert run(["sign", str(manifest), *options(key)]) == 0
    told = capsys.readouterr()
    assert told.out == ""
    assert f"3 doses; EU/1/20/1528 3; {chief.office.name}" in told.err
    signature = manifest.with_suffix(".p7s").read_bytes()
    actions.accept_signature(officer=chief.officer, batch=batch, signature=signature)
    assert signed_doses().count() == 3


@pytest.mark.parametrize("fault", ["no manifest", "another file", "wrong pin", "unknown authority"])
def test_what_cannot_be_signed_leaves_no_file(
    head: Callable[..., Head],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    fault: str,
) -> None:
    chief = head(key="")
    manifest = tmp_path / "batch.json"
    if fault != "no manifest":
        content = bytes(prepared(chief).manifest) if fault != "another file" else b'{"a":1}'
        manifest.write_bytes(content)
    monkeypatch.setenv("LAMSACH_PIN", "không phải" if fault == "wrong pin" else PIN)
    given = options(str(settings.SIGNING_KEYS / f"{chief.officer.username}.p12"))
    if fault == "unknown authority":
        stranger = tmp_path / "stranger"
        Authority("Người lạ").trust_in(stranger)
        given[3] = str(stranger / "root.pem")
    assert run(["sign", str(manifest), *given]) == 2
    line = capsys.readouterr().err.strip().splitlines()[-1]
    assert line.startswith("lamsach: ")
    assert "không phải" not in line
    assert not list(tmp_path.glob("*.p7s*"))


@pytest.fixture
def token(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, absent: Callable[[str], NoReturn]
) -> Iterator[Callable[[Head], str]]:
    """Put a head's key into a SoftHSM token; its address."""
    module = next((one for one in _MODULES if Path(one).exists()), None)
    if module is None or not all(map(shutil.which, ("softhsm2-util", "pkcs11-tool"))):
        absent("no token: install softhsm2 and opensc (tools/system-packages names them)")
    import pkcs11

    (tmp_path / "tokens").mkdir()
    configuration = tmp_path / "softhsm2.conf"
    configuration.write_text(
        f"directories.tokendir = {tmp_path}/tokens\nobjectstore.backend = file\nlog.level = ERROR\n"
    )
    monkeypatch.setenv("SOFTHSM2_CONF", str(configuration))
    monkeypatch.setenv("PKCS11_MODULE_PATH", module)
    pkcs11.unload(module)

    def put(chief: Head) -> str:
        key, certificate = tmp_path / "key.pem", tmp_path / "certificate.der"
        key.write_bytes(
            chief.key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        certificate.write_bytes(chief.certificate.public_bytes(serialization.Encoding.DER))
        pin = ("--pin", TOKEN_PIN)
        for command in (
            ("softhsm2-util", "--init-token", "--free", "--label", "desk", *pin,
             "--so-pin", "13579"),
            ("softhsm2-util", "--import", str(key), "--token", "desk", "--label", "head", "--id",
             "01", *pin),
            ("pkcs11-tool", "--module", module, "--token-label", "desk", "--login", *pin,
             "--write-object", str(certificate), "--type", "cert", "--id", "01", "--label", "head"),
        ):  # fmt: skip
            subprocess.run(command, check=True, capture_output=True)
        return "pkcs11:token=desk;object=head"

    yield put
    pkcs11.unload(module)


@pytest.mark.pkcs11
def test_a_batch_is_signed_with_a_token_at_the_desk_and_on_the_server(
    head: Callable[..., Head],
    token: Callable[[Head], str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    chief = head(key="")
    address = token(chief)
    batch = prepared(chief)
    manifest = tmp_path / "batch.json"
    manifest.write_bytes(bytes(batch.manifest))
    monkeypatch.setenv("LAMSACH_PIN", TOKEN_PIN)
    assert run(["sign", str(manifest), *options(address)]) == 0
    signature = manifest.with_suffix(".p7s").read_bytes()
    actions.accept_signature(officer=chief.officer, batch=batch, signature=signature)
    assert signed_doses().count() == 3
    actions.bind_certificate(
        officer=chief.officer, certificate=chief.certificate, by=SYSTEM, key=address
    )
    second = prepared(chief)
    with pytest.raises(actions.CannotSignError, match="wrong_pin"):
        actions.sign_batch(officer=chief.officer, batch=second, pin="000000")
    actions.sign_batch(officer=chief.officer, batch=second, pin=TOKEN_PIN)
    assert signed_doses().count() == 6


def test_the_manifest_names_nobody(head: Callable[..., Head]) -> None:
    batch = prepared(head())
    told: dict[str, Any] = json.loads(bytes(batch.manifest))
    assert set(told["statement"]) == {"from", "office", "products", "purpose", "records", "to"}
    people = [row.dose.person for row in batch.statements.select_related("dose__person")]
    assert all(one.full_name not in str(told) for one in people)
    assert all(str(one.reference) not in str(told) for one in people)
