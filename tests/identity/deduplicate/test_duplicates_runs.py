"""Runs: unchanged ones are not repeated, killed ones go on, and no order of rows matters."""

from __future__ import annotations

import json
import random
import stat
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lamsach.identity import deduplicate as finder
from lamsach.identity.deduplicate import Options, deduplicate
from lamsach.identity.errors import InputError

Village = SimpleNamespace
OPTIONS = Options(threads=1, memory_limit="1GB")


def doubled(village: Village, people: int) -> list[dict[str, str]]:
    """A small village in which every tenth is recorded twice, once without number and sex."""
    rows = village.background(people)
    again = [
        {**row, "person_id": f"a{row['person_id']}", "personal_id": "", "sex": ""}
        for row in rows[::10]
    ]
    return [*rows, *again]


def test_no_order_of_rows_matters(tmp_path: Path, village: Village) -> None:
    rows = doubled(village, 300)
    (tmp_path / "straight").mkdir()
    (tmp_path / "mixed").mkdir()
    straight = village.find(tmp_path / "straight", rows, None)
    random.Random(5).shuffle(rows)
    mixed = village.find(tmp_path / "mixed", rows, None)
    assert straight.summary.pairs["match"] >= 25
    assert (mixed.pairs, mixed.clusters) == (straight.pairs, straight.clusters)


def test_an_unchanged_run_is_not_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, village: Village
) -> None:
    persons = village.write_persons(tmp_path / "persons.parquet", doubled(village, 100))
    out = tmp_path / "out"
    first = deduplicate([str(persons)], out, None, OPTIONS)
    times = {path.name: path.stat().st_mtime_ns for path in out.iterdir()}
    with monkeypatch.context() as patched:
        patched.setattr(finder, "read_records", lambda *_: pytest.fail("read again"))
        again = deduplicate([str(persons)], out, None, OPTIONS)
    assert (again.records, again.pairs) == (first.records, first.pairs)
    assert times == {path.name: path.stat().st_mtime_ns for path in out.iterdir()}
    village.write_persons(persons, doubled(village, 101))
    assert deduplicate([str(persons)], out, None, OPTIONS).records == first.records + 2


def test_a_damaged_answer_is_made_anew(tmp_path: Path, village: Village) -> None:
    persons = village.write_persons(tmp_path / "persons.parquet", doubled(village, 100))
    out = tmp_path / "out"
    summary = deduplicate([str(persons)], out, None, OPTIONS)
    before = village.read_run(summary, out, persons, None)
    (out / "pairs.parquet").write_bytes(b"PAR1")
    after = village.read_run(deduplicate([str(persons)], out, None, OPTIONS), out, persons, None)
    assert after.pairs == before.pairs


#: A run that dies as if by kill -9 while it weighs.
KILLED = """
import os, sys
from pathlib import Path
from lamsach.identity.deduplicate import Options, deduplicate
from lamsach.identity.deduplicate import weigh
weigh._weigh = lambda *_: os._exit(9)
deduplicate([sys.argv[1]], Path(sys.argv[2]), None, Options(threads=1, memory_limit="1GB"))
"""


def test_a_killed_run_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, village: Village
) -> None:
    persons = village.write_persons(tmp_path / "persons.parquet", doubled(village, 100))
    out = tmp_path / "out"
    child = subprocess.run([sys.executable, "-c", KILLED, str(persons), str(out)], check=False)
    assert child.returncode == 9
    assert not (out / "pairs.parquet").exists()
    monkeypatch.setattr(
        "lamsach.identity.deduplicate.blocks._bring", lambda *_: pytest.fail("redone")
    )
    resumed = deduplicate([str(persons)], out, None, OPTIONS)
    assert resumed.pairs["match"] > 0


def test_only_the_owner_reads_the_answers_and_the_work_is_gone(
    tmp_path: Path, village: Village
) -> None:
    run = village.find(tmp_path, doubled(village, 50), None)
    names = {path.name for path in run.out.iterdir()}
    assert names == {"clusters.parquet", "pairs.parquet", "model.json", "summary.json"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in run.out.iterdir()} == {0o600}
    told = json.loads((run.out / "summary.json").read_text(encoding="utf-8"))
    assert told["found"]["pairs"] == dict(run.summary.pairs)
    assert [stage["name"] for stage in told["stages"]][:2] == [
        "check the records' keys",
        "read the names",
    ]


def test_a_person_id_that_stands_twice_is_an_error(tmp_path: Path, village: Village) -> None:
    rows = village.background(3)
    persons = village.write_persons(tmp_path / "persons.parquet", [*rows, rows[0]])
    with pytest.raises(InputError, match="b00000"):
        deduplicate([str(persons)], tmp_path / "out", None, OPTIONS)


@pytest.mark.parametrize("people", [0, 1, 2])
def test_hardly_any_records_are_no_error(tmp_path: Path, people: int, village: Village) -> None:
    run = village.find(tmp_path, village.background(people), None)
    assert (run.summary.persons, run.pairs) == (people, {})


def test_two_records_alike_are_one_person_even_among_three(
    tmp_path: Path, village: Village
) -> None:
    """What a country is like is known before its records are counted."""
    first, other, _ = village.background(3)
    again = {**first, "person_id": "again", "personal_id": ""}
    run = village.find(tmp_path, [first, other, again], None)
    assert run.together(first["person_id"], "again")
    assert not run.together(first["person_id"], other["person_id"])


WRITTEN = (
    *("", "0", "Nguyễn Văn An", "nguyen van an", "001093012345", "1093012345", "012345678"),
    *("1993", "1993-01-01", "31/02/1993", "M", "x", "0912345678", "con bà Lan", "Y Blô"),
)
FIELDS = (
    *("personal_id", "full_name", "birth_date", "sex", "phone", "insurance_number"),
    *("province_code", "commune_code", "passport_number"),
)
rows_of_anything = st.lists(
    st.fixed_dictionaries(dict.fromkeys(FIELDS, st.sampled_from(WRITTEN))), max_size=12
)


@settings(max_examples=4, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows_of_anything)
def test_any_values_are_data(
    tmp_path_factory: pytest.TempPathFactory, village: Village, rows: Any
) -> None:
    for at, row in enumerate(rows):
        row["person_id"] = f"p{at:02}"
    run = village.find(tmp_path_factory.mktemp("any"), rows, None)
    assert set(run.clusters) == {row["person_id"] for row in rows}
    for left, right in run.pairs:
        assert left < right
