"""What cannot be used is refused by the real command: one line that says where, nothing written."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

Lamsach = Callable[..., Any]
HEADER = "person_id,personal_id,full_name,birth_date,sex"
GOOD = [f"g{row},00109301{row:04},Lê Văn An,1993-04-05,M" for row in range(1, 200)]


def lines(*replaced: tuple[int, str | bytes], header: str = HEADER) -> bytes:
    """A PERSONS file of 199 rows (from 1) with some of them replaced."""
    all_lines = [header.encode(), *(row.encode() for row in GOOD)]
    for row, line in replaced:
        all_lines[row] = line.encode() if isinstance(line, str) else line
    return b"\n".join(all_lines) + b"\n"


def in_parquet(path: Path, table: pa.Table) -> bytes:
    parquet.write_table(table, path)
    return path.read_bytes()


def table(**replaced: list[str]) -> pa.Table:
    cells = [row.split(",") for row in GOOD]
    columns = {name: [row[place] for row in cells] for place, name in enumerate(HEADER.split(","))}
    for name, values in replaced.items():
        columns[name] = values + columns[name][len(values) :]
    return pa.table(columns)


CASES: dict[str, tuple[str, Callable[[Path], bytes], str]] = {
    "missing column": (
        "a.csv",
        lambda _: lines(header=HEADER.replace("birth_date", "born")),
        ", column birth_date: this required column is missing",
    ),
    "missing column in Parquet": (
        "a.parquet",
        lambda path: in_parquet(path, table().drop_columns("sex")),
        ", column sex: this required column is missing",
    ),
    "duplicate person_id": (
        "a.csv",
        lambda _: lines((150, "g7,,An,,M")),
        ', row 150 (line 151), column person_id: the key "g7" stands here and in {path}, row 7 (',
    ),
    "duplicate person_id in Parquet": (
        "a.parquet",
        lambda path: in_parquet(path, table(person_id=["g9"])),
        ', row 9, column person_id: the key "g9" stands here and in {path}, row 1;',
    ),
    "missing person_id": (
        "a.csv",
        lambda _: lines((3, ",,An,,M")),
        ", row 3 (line 4), column person_id: the key is empty",
    ),
    "truncated Parquet": (
        "a.parquet",
        lambda path: in_parquet(path, table())[:-100],
        ": the Parquet file is cut short",
    ),
    "broken quote": (
        "a.csv",
        lambda _: lines((42, 'g42,,"Lê Văn An,,M')),
        ", row 42 (line 43), column full_name: a quote is opened here",
    ),
    "another encoding": (
        "a.csv",
        lambda _: lines((42, b"g42,,Tr\xe2n,,M")),
        ", row 42 (line 43), column full_name: the text is not UTF-8",
    ),
    "UTF-16": (
        "a.csv",
        lambda _: lines().decode().encode("utf-16"),
        ": the file is UTF-16 text",
    ),
    "empty file": ("a.csv", lambda _: b"", ": the file is empty"),
    "empty Parquet": ("a.parquet", lambda _: b"", ": the file is empty"),
    "giant cell": (
        "a.csv",
        lambda _: lines((42, f"g42,,{'x' * 1_000_000},,M")),
        ", row 42 (line 43), column full_name: the cell is longer than 10,000 characters",
    ),
    "giant cell in Parquet": (
        "a.parquet",
        lambda path: in_parquet(path, table(sex=["M", "x" * 1_000_000])),
        ", row 2, column sex: the cell is longer than 10,000 characters",
    ),
    "NUL byte": (
        "a.csv",
        lambda _: lines((42, "g42,,Lê\0An,,M")),
        ", row 42 (line 43), column full_name: the cell holds a NUL byte",
    ),
    "NUL byte in Parquet": (
        "a.parquet",
        lambda path: in_parquet(path, table(birth_date=["1993", "19\x0093"])),
        ", row 2, column birth_date: the cell holds a NUL byte",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_bad_persons(lamsach: Lamsach, register: Path, tmp_path: Path, case: str) -> None:
    name, make, says = CASES[case]
    path = tmp_path / name
    path.write_bytes(make(path))
    out = tmp_path / "out"
    out.mkdir()
    (out / "results.parquet").write_text("of an earlier run")
    outcome = lamsach("authenticate", path, register, "--out", out)
    assert outcome.stderr.startswith(f"lamsach: {path}{says.format(path=path)}")
    assert (outcome.status, outcome.stdout) == (2, "")
    assert outcome.stderr.count("\n") == 1
    assert len(outcome.stderr) < 500
    visible = [entry.name for entry in out.iterdir() if not entry.name.startswith(".")]
    assert visible == ["results.parquet"]
    assert (out / "results.parquet").read_text() == "of an earlier run"


@pytest.mark.parametrize("place", ["nothing.csv", "*.csv", "."])
def test_inputs_that_are_not_there(
    lamsach: Lamsach, register: Path, tmp_path: Path, place: str
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    out = tmp_path / "out"
    for inputs in ((folder / place, register), (register, folder / place)):
        outcome = lamsach("authenticate", *inputs, "--out", out)
        assert outcome.status == 2
        assert outcome.stderr.count("\n") == 1
    assert str(folder) in outcome.stderr or "column person_id" in outcome.stderr
    assert not out.exists()


def test_a_duplicate_register_number_is_found_by_its_rows(
    lamsach: Lamsach, persons: Path, register: Path, tmp_path: Path
) -> None:
    with register.open("a", encoding="utf-8") as file:
        file.write("001193012346,Phạm Văn Dũng,1970,M\n")
    outcome = lamsach("authenticate", persons, register, "--out", tmp_path / "out")
    assert outcome.status == 2
    assert outcome.stderr.startswith(
        f"lamsach: {register}, row 4 (line 5), column personal_id: the key this number stands here"
        f" and in {register}, row 2 (line 3); remove one"
    )
    # No ID number in an error (house rules): the rows are enough to find it.
    assert "001193012346" not in outcome.stderr


def test_an_output_folder_that_cannot_be(
    lamsach: Lamsach, inputs: tuple[Path, Path], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("mine")
    for out in (tmp_path / "file", tmp_path / "file" / "below"):
        outcome = lamsach("authenticate", *inputs, "--out", out)
        assert outcome.status == 2
        assert outcome.stderr.startswith(f"lamsach: {out}: this is no folder")
        assert outcome.stderr.count("\n") == 1
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.parametrize("room", [1_000, 100_000])
def test_a_full_disk(tmp_path: Path, room: int) -> None:
    # A limit on the size of files stands for the disk: at the start, and in the engine's work.
    persons, register, out = tmp_path / "p.csv", tmp_path / "r.csv", tmp_path / "out"
    people = [f"{row:012},Lê Văn An,{1930 + row % 90}-04-05,M" for row in range(3000)]
    header = "personal_id,full_name,birth_date,sex"
    register.write_text("\n".join([header, *people]), encoding="utf-8")
    asked = [f"p{row},{text}" for row, text in enumerate(people)]
    persons.write_text("\n".join(["person_id," + header, *asked]), encoding="utf-8")
    program = (
        f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({room}, {room}))\n"
        "from lamsach.cli.main import main; main()"
    )
    arguments = ["authenticate", str(persons), str(register), "--out", str(out)]
    ended = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 2
    assert ended.stderr.startswith("lamsach: ")
    assert "the disk is full" in ended.stderr
    assert ended.stderr.count("\n") == 1
    assert not out.exists() or all(path.name.startswith(".") for path in out.iterdir())
