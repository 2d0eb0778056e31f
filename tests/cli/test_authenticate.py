"""`lamsach authenticate` on inputs a person can check by eye."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pyarrow import parquet

from lamsach.identity import engine

Lamsach = Callable[..., Any]


def results(out: Path) -> dict[str, dict[str, Any]]:
    rows = parquet.read_table(out / "results.parquet").to_pylist()
    return {row.pop("person_id"): row for row in rows}


def test_the_funnel_and_the_files(
    lamsach: Lamsach, inputs: tuple[Path, Path], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    outcome = lamsach("authenticate", *inputs, "--out", out, "--memory-limit", "1GB")
    assert (outcome.status, outcome.stderr) == (0, "")
    lines = outcome.stdout.splitlines()
    assert lines[0].split() == ["outcome", "persons", "percent"]
    assert ["authenticated", "1", "25.00%"] in [line.split() for line in lines]
    assert ["total", "4", "100.00%"] in [line.split() for line in lines]
    assert str(out / "summary.html") in lines[-1]
    visible = [path for path in out.iterdir() if not path.name.startswith(".")]
    assert {"results.parquet", "candidates.parquet", "summary.json", "summary.html"} <= {
        path.name for path in visible
    }
    assert {stat.S_IMODE(path.stat().st_mode) for path in visible} == {0o600}
    rows = results(out)
    assert set(rows) == {"p1", "p2", "p3", "p4"}
    assert rows["p1"]["outcome"] == "authenticated"
    assert rows["p1"]["matched_personal_id"] == "001093012345"
    assert rows["p4"]["outcome"] == "exempt"


def test_the_health_side_learns_right_or_wrong(
    lamsach: Lamsach, inputs: tuple[Path, Path], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    assert lamsach("authenticate", *inputs, "--out", out, "--side", "health").status == 0
    rows = results(out)
    assert rows["p1"] == {"answer": "right", "id_status": "well_formed"}
    assert rows["p2"] == {"answer": "wrong", "id_status": "well_formed"}
    assert rows["p3"] == {"answer": "not_checkable", "id_status": "missing"}
    assert rows["p4"]["answer"] == "exempt"
    assert not (out / "candidates.parquet").exists()


def test_several_files_and_patterns_are_one_table(
    lamsach: Lamsach, persons: Path, register: Path, tmp_path: Path
) -> None:
    lines = persons.read_text(encoding="utf-8").splitlines(keepends=True)
    for name, rows in (("part-1.csv", lines[1:3]), ("part-2.csv", lines[3:4]), ("x", lines[4:])):
        (tmp_path / name).write_text("".join([lines[0], *rows]), encoding="utf-8")
    sources = f"{tmp_path}/part-*.csv,{tmp_path}/x"
    out = tmp_path / "out"
    assert lamsach("authenticate", sources, register, "--out", out).status == 0
    assert set(results(out)) == {"p1", "p2", "p3", "p4"}


def test_unknown_columns_are_warned_of(
    lamsach: Lamsach, persons: Path, register: Path, tmp_path: Path
) -> None:
    persons.write_text("person_id,personal_id,full_name,birth_date,sex,shoe\n", encoding="utf-8")
    outcome = lamsach("authenticate", persons, register, "--out", tmp_path / "out")
    assert outcome.status == 0
    assert outcome.stderr == f'lamsach: warning: {persons}: unknown column "shoe" ignored\n'


def test_every_option_reaches_the_engine(
    lamsach: Lamsach,
    inputs: tuple[Path, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[Any] = []

    def authenticate(*arguments: Any) -> engine.Summary:
        seen.extend(arguments)
        return engine.Summary(counts={}, seconds=0.0, html=tmp_path / "summary.html")

    monkeypatch.setattr(engine, "authenticate", authenticate)
    options = (
        "--side health --engine duckdb --threads 3 --memory-limit 2GiB --units 2025"
        " --threshold 0.995 --no-candidates --temp-dir"
    )
    out = tmp_path / "out"
    call = ["authenticate", *inputs, "--out", out, *options.split(), tmp_path / "work"]
    assert lamsach(*call).status == 0
    assert seen[:3] == [[str(inputs[0])], [str(inputs[1])], out]
    assert seen[3] == engine.Options(
        side="health",
        engine="duckdb",
        threads=3,
        memory_limit="2GiB",
        temp_dir=tmp_path / "work",
        units="2025",
        threshold=0.995,
        candidates=False,
    )


def test_odd_values_are_data(lamsach: Lamsach, register: Path, tmp_path: Path) -> None:
    persons = tmp_path / "odd.csv"
    rows = [
        "person_id,personal_id,full_name,birth_date,sex",
        "q1,ABC,Lê Văn An,31/02/1993,x",
        "q2,001093012345,Lê Văn An,1021-01-01,M",
        'q3,"=""001""",  ,13/13/13,?',
        "q4,999999999999999999999999,Lê Văn An,9999999-99,M",
        "q5,001093012345,;drop table x;'--,1993-04-05,M",
    ]
    persons.write_text("\n".join(rows) + "\n", encoding="utf-8")
    assert lamsach("authenticate", persons, register, "--out", tmp_path / "out").status == 0
    assert set(results(tmp_path / "out")) == {"q1", "q2", "q3", "q4", "q5"}
