"""`lamsach demo` and `lamsach synthesize`, on a province of a village's size."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pyarrow import parquet

Lamsach = Callable[..., Any]

_ROLES = 15


def demo(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command as a user gives it, in an empty folder of its own."""
    program = "import sys; from lamsach.cli.main import main; sys.exit(main())"
    surroundings = {
        name: value
        for name, value in os.environ.items()
        if name not in ("LAMSACH_DATA", "DJANGO_SETTINGS_MODULE")
    }
    return subprocess.run(
        [sys.executable, "-c", program, "demo", *arguments],
        cwd=folder,
        env={**surroundings, "DEMO_SERVE": "0", "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=500,
    )


def passports(papers: Path) -> int:
    """How many passports the public log of the demonstration holds."""
    return int((papers / "data/transparency/checkpoint").read_text().splitlines()[1])


@pytest.mark.db
def test_the_demo_fills_an_installation_and_opens_its_pages(lamsach_data: Path) -> None:
    folder = lamsach_data / "demo"  # the database's own user passes through here
    half = folder / "var" / "demo" / "province-1000.part"
    half.mkdir(parents=True)
    (half / "persons.parquet").write_text("left by a run that was broken off")
    for upper in (folder, folder / "var", folder / "var" / "demo"):
        upper.chmod(0o711)
    first = demo(folder, "--people", "1000")
    assert first.returncode == 0, first.stderr
    seen, accounts = map(
        int, re.findall(r"(\d+) pages opened with (\d+) accounts", first.stdout)[0]
    )
    assert not half.exists()
    assert accounts > _ROLES
    assert seen > 2 * accounts
    papers = folder / "var" / "demo"
    for name in ("accounts.txt", "pin.txt"):
        assert stat.S_IMODE((papers / name).stat().st_mode) == 0o600
    assert passports(papers) > 0
    made = (papers / "accounts.txt").read_text(), passports(papers)
    second = demo(folder, "--people", "1000")
    assert second.returncode == 0, second.stderr
    assert "Making" not in second.stdout
    assert "register" not in second.stdout
    assert ((papers / "accounts.txt").read_text(), passports(papers)) == made
    code = demo(folder, "code", "clerk")
    assert re.fullmatch(r"\d{6}", code.stdout.strip()), code.stderr
    nobody = demo(folder, "code", "nobody")
    assert nobody.returncode == 2
    assert "clerk" in nobody.stderr


def test_synthesize_has_its_own_help_and_errors(lamsach: Lamsach, tmp_path: Path) -> None:
    assert "--people" in lamsach("synthesize", "--help").stdout
    outcome = lamsach("synthesize", "--people", "many", "--out", tmp_path / "out")
    assert outcome.status == 2
    assert outcome.stderr.startswith("lamsach: ")
    assert outcome.stderr.count("\n") == 1
    assert lamsach("synthesize", "--people", "1000", "--out", tmp_path / "out").status == 0
    assert parquet.read_metadata(tmp_path / "out" / "register.parquet").num_rows == 1000
