"""`lamsach duplicates` on inputs a person can check by eye."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pyarrow import parquet

from lamsach.identity import deduplicate as finder
from lamsach.identity.tables import DOSES_SCHEMA

Lamsach = Callable[..., Any]

PERSONS = """\
person_id,personal_id,full_name,birth_date,sex,phone
p1,001093012345,Lê Văn An,1993-04-05,M,0912345678
p2,,LE VAN AN,05/04/1993,Nam,0912345678
p3,001193012346,Nguyễn Thị Bình,1993-04-05,F,
p4,,Trần Thị Cúc,,F,
"""
DOSES = """\
dose_id,person_id,dose_number,vaccine_code,lot,vaccinated_on,facility_code
d1,p1,1,EU/1/20/1528,A1,2021-09-01,T1
d2,p2,1,EU/1/20/1528,A1,2021-09-01,T1
d3,p3,1,EU/1/20/1528,A1,2021-09-02,T1
"""


@pytest.fixture
def people(tmp_path: Path) -> Path:
    path = tmp_path / "people.csv"
    path.write_text(PERSONS, encoding="utf-8")
    return path


@pytest.fixture
def doses(tmp_path: Path) -> Path:
    path = tmp_path / "doses.csv"
    path.write_text(DOSES, encoding="utf-8")
    return path


def test_what_is_found_and_the_files(
    lamsach: Lamsach, people: Path, doses: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    outcome = lamsach("duplicates", people, "--doses", doses, "--out", out, "--memory-limit", "1GB")
    assert (outcome.status, outcome.stderr) == (0, "")
    said = [line.split() for line in outcome.stdout.splitlines()]
    assert ["records", "4"] in said
    assert ["persons", "3"] in said
    assert str(out / "clusters.parquet") in outcome.stdout.splitlines()[-1]
    rows = parquet.read_table(out / "clusters.parquet").to_pylist()
    assert {row["person_id"]: row["cluster_id"] for row in rows} == {
        "p1": "p1",
        "p2": "p1",
        "p3": "p3",
        "p4": "p4",
    }
    (pair,) = parquet.read_table(out / "pairs.parquet").to_pylist()
    assert (pair["person_id_l"], pair["person_id_r"], pair["verdict"]) == ("p1", "p2", "match")
    assert {"name.accents", "birth_date.same", "phone.same", "event.same"} <= set(pair["evidence"])
    assert {stat.S_IMODE(path.stat().st_mode) for path in out.iterdir()} == {0o600}


def test_every_option_reaches_the_finder(
    lamsach: Lamsach, people: Path, doses: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Any] = []

    def deduplicate(*arguments: Any) -> finder.Summary:
        seen.extend(arguments)
        return finder.Summary(0, 0, 0, {}, 0.0)

    monkeypatch.setattr(finder, "deduplicate", deduplicate)
    options = ["--threads", "3", "--memory-limit", "2GiB", "--threshold", "0.995", "--temp-dir"]
    out, work = tmp_path / "out", tmp_path / "work"
    call = ["duplicates", people, "--doses", doses, "--out", out, *options, work]
    assert lamsach(*call).status == 0
    assert seen[:2] == [[str(people)], out]
    assert (seen[2].sources, seen[2].schema) == ([str(doses)], DOSES_SCHEMA)
    assert set(seen[2].columns.values()) <= set(DOSES_SCHEMA.names)
    assert seen[3] == finder.Options(threads=3, memory_limit="2GiB", temp_dir=work, threshold=0.995)


def test_unknown_columns_are_warned_of(lamsach: Lamsach, people: Path, tmp_path: Path) -> None:
    people.write_text(PERSONS.replace("phone", "shoe"), encoding="utf-8")
    outcome = lamsach("duplicates", people, "--out", tmp_path / "out")
    assert outcome.status == 0
    assert outcome.stderr == f'lamsach: warning: {people}: unknown column "shoe" ignored\n'


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda text: text.replace("full_name", "name"), "full_name"),
        (lambda text: text + "p1,,Lê Văn An,1993,M,\n", "p1"),
        (lambda text: text.replace("Nguyễn", "Ngu\0yễn"), "row 3"),
    ],
)
def test_bad_input_is_named(
    lamsach: Lamsach,
    people: Path,
    tmp_path: Path,
    damage: Callable[[str], str],
    said: str,
) -> None:
    people.write_text(damage(PERSONS), encoding="utf-8")
    out = tmp_path / "out"
    outcome = lamsach("duplicates", people, "--out", out)
    assert outcome.status == 2
    assert (str(people) in outcome.stderr, said in outcome.stderr) == (True, True)
    assert outcome.stderr.count("\n") == 1
    assert not (out / "pairs.parquet").exists()


def test_doses_without_a_column_are_bad_input(
    lamsach: Lamsach, people: Path, doses: Path, tmp_path: Path
) -> None:
    doses.write_text(DOSES.replace("facility_code", "site"), encoding="utf-8")
    outcome = lamsach("duplicates", people, "--doses", doses, "--out", tmp_path / "out")
    assert outcome.status == 2
    assert "facility_code" in outcome.stderr


@pytest.mark.parametrize("size", ["much", "12", "-1GB"])
def test_an_amount_of_memory_is_checked(
    lamsach: Lamsach, people: Path, tmp_path: Path, size: str
) -> None:
    outcome = lamsach("duplicates", people, "--out", tmp_path, f"--memory-limit={size}")
    assert outcome.status == 2
    assert "--memory-limit" in outcome.stderr
