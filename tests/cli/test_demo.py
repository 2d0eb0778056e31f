"""`lamsach demo` and `lamsach synthesize`, on a province of a village's size."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pyarrow as pa
import pytest
from pyarrow import parquet

from lamsach.cli.demo import telling_record

Lamsach = Callable[..., Any]


def test_the_demo_ends_with_the_funnel_one_record_and_the_summary(
    lamsach: Lamsach, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    first = lamsach("demo", "--people", "2000")
    assert (first.status, first.stderr) == (0, "")
    shares = dict(re.findall(r"^(\w+) +[\d,]+ +([\d.]+)%$", first.stdout, re.MULTILINE))
    assert shares.pop("total") == "100.00"
    assert set(shares) == {"authenticated", "correctable", "ambiguous", "unmatched", "exempt"}
    assert 40 < float(shares["authenticated"]) < 80
    address = first.stdout.split()[-1]
    assert Path(unquote(urlsplit(address).path)).is_file()
    person, folder = re.findall(r"lamsach explain (\w+) (\S+)\)", first.stdout)[0]
    shown = lamsach("explain", person, folder)
    assert shown.status == 0
    assert shown.stdout.strip() in first.stdout
    assert "SAI" in shown.stdout

    made = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.parquet")}
    second = lamsach("demo", "--people", "2000")
    assert second.status == 0
    assert "Making" not in second.stdout
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.parquet")} == made


def test_a_broken_demo_goes_on(
    lamsach: Lamsach, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    half = tmp_path / "var" / "demo" / "province-1000.part"
    half.mkdir(parents=True)
    (half / "persons.parquet").write_text("half")
    assert lamsach("demo", "--people", "1000").status == 0
    assert not half.exists()


def test_the_record_that_is_explained_tells_the_most(tmp_path: Path) -> None:
    rows = [
        ("a", "correctable", ["name.accents"]),
        ("b", "correctable", ["name.spelling", "birth_date.day_month_swapped"]),
        ("c", "correctable", ["name.spelling", "birth_date.day_month_swapped", "sex"]),
        ("d", "ambiguous", ["name.spelling", "birth_date.day_month_swapped"]),
        ("e", "correctable", ["name.spelling", "birth_date.day_month_swapped"]),
    ]
    columns = [list(column) for column in zip(*rows, strict=True)]
    path = tmp_path / "results.parquet"
    parquet.write_table(pa.table(columns, ["person_id", "outcome", "differences"]), path)
    assert telling_record(path) == "b"
    parquet.write_table(parquet.read_table(path).slice(3, 1), path)
    assert telling_record(path) is None


def test_synthesize_has_its_own_help_and_errors(lamsach: Lamsach, tmp_path: Path) -> None:
    assert "--people" in lamsach("synthesize", "--help").stdout
    outcome = lamsach("synthesize", "--people", "many", "--out", tmp_path / "out")
    assert outcome.status == 2
    assert outcome.stderr.startswith("lamsach: ")
    assert outcome.stderr.count("\n") == 1
    assert lamsach("synthesize", "--people", "1000", "--out", tmp_path / "out").status == 0
    assert parquet.read_metadata(tmp_path / "out" / "register.parquet").num_rows == 1000
