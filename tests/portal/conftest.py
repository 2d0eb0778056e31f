"""What the tests of the public pages share: the verifier of the page, run by Node."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn

import pytest

import lamsach.portal

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "hcert"))  # signers and certificates made on the fly
sys.path.insert(0, str(HERE))

MODULES = Path(lamsach.portal.__file__).parent / "static" / "portal"

Judge = Callable[..., dict[str, Any]]
Ask = Callable[[Mapping[str, Any]], dict[str, Any]]


@pytest.fixture(scope="session")
def ask_page(
    tmp_path_factory: pytest.TempPathFactory, absent: Callable[[str], NoReturn]
) -> Iterator[Ask]:
    """Asks the page's own modules, running under Node; see judge.mjs."""
    node = shutil.which("node")
    if node is None:
        absent("Node is not installed (Debian: nodejs)")
    folder = tmp_path_factory.mktemp("verifier")
    for room in ("hcert", "verify"):
        (folder / room).mkdir()
        for module in (MODULES / room).glob("*.js"):
            # Without a package.json beside it Node takes only .mjs for a module.
            text = module.read_text(encoding="utf-8").replace(".js';", ".mjs';")
            (folder / room / f"{module.stem}.mjs").write_text(text, encoding="utf-8")
    shutil.copy(HERE / "judge.mjs", folder)
    with subprocess.Popen(
        [node, folder / "judge.mjs"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None

        def ask(question: Mapping[str, Any]) -> dict[str, Any]:
            process.stdin.write(json.dumps(question) + "\n")
            process.stdin.flush()
            answer: dict[str, Any] = json.loads(process.stdout.readline())
            return answer

        yield ask
        process.stdin.close()


@pytest.fixture(scope="session")
def page_judges(ask_page: Ask) -> Judge:
    """The page's own verdict on a text: `page_judges(text, {kid: [der]}, at, batches)["code"]`."""

    def judge(
        text: str,
        keys: Mapping[bytes, Sequence[bytes]],
        at: datetime,
        batches: Sequence[Mapping[str, Any]] | None = None,
    ) -> dict[str, Any]:
        named = {
            base64.b64encode(kid).decode(): [base64.b64encode(der).decode() for der in ders]
            for kid, ders in keys.items()
        }
        return ask_page({"text": text, "at": at.timestamp(), "keys": named, "batches": batches})

    return judge


@pytest.fixture(scope="module")
def judges(page_judges: Judge) -> Any:
    """The library and the page, side by side."""
    from verifier_judges import Judges

    return Judges(page_judges)


@pytest.fixture(scope="module", params=["ES256", "PS256"])
def signer(request: pytest.FixtureRequest) -> Any:
    """A signer of each algorithm, allowed to sign vaccinations."""
    from hcert_making import VACCINATION, make_dsc

    return make_dsc(request.param, usages=[VACCINATION])
