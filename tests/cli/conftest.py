"""A tiny register with records about it, and the command to run on them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from lamsach.cli.main import run

PERSONS = """\
person_id,personal_id,full_name,birth_date,sex,nationality
p1,001093012345,Lê Văn An,1993-04-05,M,
p2,001193012346,Nguyen Thi Binh,05/04/1993,Nữ,
p3,,Trần Thị Cúc,,F,
p4,001093012345,Somebody Else,1993-04-05,M,LA
"""
REGISTER = """\
personal_id,full_name,birth_date,sex
001093012345,Lê Văn An,1993-04-05,M
001193012346,Nguyễn Thị Bình,1993-04-05,F
001193012347,Trần Thị Cúc,1993-04-15,F
"""


@dataclass(frozen=True)
class Outcome:
    """How a command ended and what it said."""

    status: int
    stdout: str
    stderr: str


@pytest.fixture
def lamsach(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Outcome]:
    """The command, run in this process."""
    monkeypatch.delenv("LAMSACH_DEBUG", raising=False)

    def call(*arguments: str | Path) -> Outcome:
        capsys.readouterr()
        status = run([str(argument) for argument in arguments])
        said = capsys.readouterr()
        return Outcome(status, said.out, said.err)

    return call


@pytest.fixture
def persons(tmp_path: Path) -> Path:
    path = tmp_path / "persons.csv"
    path.write_text(PERSONS, encoding="utf-8")
    return path


@pytest.fixture
def register(tmp_path: Path) -> Path:
    path = tmp_path / "register.csv"
    path.write_text(REGISTER, encoding="utf-8")
    return path


@pytest.fixture
def inputs(persons: Path, register: Path) -> tuple[Path, Path]:
    return persons, register
