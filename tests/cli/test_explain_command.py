"""`lamsach explain`: the sheet on standard output, one clear line for what cannot be explained."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import typer
from typer.testing import CliRunner

from lamsach.cli.explain import explain
from lamsach.identity.errors import InputError

app = typer.Typer()
app.command()(explain)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run of one foreigner's record, who is never compared."""
    header = "person_id,personal_id,full_name,birth_date,sex\n"
    (tmp_path / "persons.csv").write_text(header + "a1,,Zoë Müller,1980-01-02,F\n", "utf-8")
    row = {
        "person_id": "a1",
        "outcome": "exempt",
        "id_status": "missing",
        "matched_personal_id": None,
        "probability": None,
        "rivals": 0,
        "differences": [],
    }
    pq.write_table(pa.Table.from_pylist([row]), tmp_path / "results.parquet")
    summary = {"side": "police", "inputs": {"persons": {"paths": [f"{tmp_path}/persons.csv"]}}}
    (tmp_path / "summary.json").write_text(json.dumps(summary), "utf-8")
    return tmp_path


def test_the_sheet_is_vietnamese_unless_asked_otherwise(run: Path) -> None:
    vietnamese = CliRunner().invoke(app, ["a1", str(run)])
    assert vietnamese.exit_code == 0
    assert "KẾT QUẢ: NGƯỜI NƯỚC NGOÀI, KHÔNG ĐỐI CHIẾU" in vietnamese.stdout
    english = CliRunner().invoke(app, ["a1", str(run), "--language", "en"])
    assert "OUTCOME: FOREIGNER, NOT COMPARED" in english.stdout


def test_a_device_without_the_letters_gets_plain_ones(run: Path) -> None:
    code = "import typer, lamsach.cli.explain as e; a = typer.Typer(); a.command()(e.explain); a()"
    done = subprocess.run(
        [sys.executable, "-c", code, "a1", str(run)],
        capture_output=True,
        check=True,
        env={**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"},
    )
    assert b"| Ho va ten     Zoe Muller" in done.stdout


def test_an_unknown_record_is_bad_input(run: Path) -> None:
    result = CliRunner().invoke(app, ["b2", str(run)])
    assert isinstance(result.exception, InputError)
    assert "there is no record b2" in str(result.exception)
