"""Signers and files for the tests of certificates."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from hcert_making import VACCINATION, Dsc, make_dsc, make_payload

_MODULES = (
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
)


@pytest.fixture(scope="session", params=["ES256", "PS256"])
def dsc(request: pytest.FixtureRequest) -> Dsc:
    """A signer of each algorithm, allowed to sign vaccinations."""
    return make_dsc(request.param, usages=[VACCINATION])


@pytest.fixture(scope="session")
def es256() -> Dsc:
    """A signer with ES256, allowed to sign vaccinations."""
    return make_dsc("ES256", usages=[VACCINATION])


@pytest.fixture
def files(tmp_path: Path, es256: Dsc) -> Callable[..., Path]:
    """A folder with key.pem, dsc.pem and payload.json; the payload may be changed."""

    def write(**changes: Any) -> Path:
        (tmp_path / "key.pem").write_bytes(es256.key_pem)
        (tmp_path / "dsc.pem").write_bytes(es256.pem)
        text = json.dumps(make_payload(**changes), ensure_ascii=False)
        (tmp_path / "payload.json").write_text(text, encoding="utf-8")
        return tmp_path

    return write


@pytest.fixture(scope="session")
def node(absent: Callable[[str], NoReturn]) -> Path:
    """The folder in which `npm ci` has put the second verifier."""
    folder = Path(__file__).resolve().parent / "npm"
    if not (folder / "node_modules").is_dir():
        absent("the second verifier is not installed: run npm ci in tests/hcert/npm")
    return folder


@pytest.fixture
def token(tmp_path: Path, es256: Dsc, absent: Callable[[str], NoReturn]) -> dict[str, str]:
    """SoftHSM2 with the signer's key in it: what the environment must hold to use it."""
    tool = shutil.which("softhsm2-util")
    module = next(filter(Path.exists, map(Path, _MODULES)), None)
    if tool is None or module is None:
        absent("SoftHSM2 is not installed (Debian: softhsm2)")
    (tmp_path / "tokens").mkdir()
    (tmp_path / "softhsm2.conf").write_text(f"directories.tokendir = {tmp_path / 'tokens'}\n")
    (tmp_path / "softhsm.pem").write_bytes(es256.key_pem)
    environment = {**os.environ, "SOFTHSM2_CONF": str(tmp_path / "softhsm2.conf")}
    pin = ["--label", "facility", "--pin", "2468"]
    for command in (
        ["--init-token", "--free", "--so-pin", "135791", *pin],
        ["--import", str(tmp_path / "softhsm.pem"), "--token", "facility", "--id", "01", *pin],
    ):
        subprocess.run([tool, *command], env=environment, check=True, capture_output=True)
    return {**environment, "LAMSACH_PIN": "2468", "PKCS11_MODULE_PATH": str(module)}
