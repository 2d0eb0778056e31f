"""What the benchmarks rest on: memory of a family of processes, nations cut and changed, tables."""

from __future__ import annotations

import doctest
import sys
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from benchmarks.measuring import Failed, measure

from benchmarks import differing, floor, measuring, national, nations, peer, report, scoring

PEOPLE = 2000
_EATS = "b = bytearray(150_000_000); import time; time.sleep(0.6)"


@pytest.fixture
def nation(tmp_path: Path) -> Path:
    """Persons, truth and register of people who agree with the register in nothing but the key."""
    key = [f"{at * 2**32 // PEOPLE:08x}{'0' * 24}" for at in range(PEOPLE)]
    number = [f"{at:012d}" for at in range(PEOPLE)]
    same = {"birth_date": ["1990"] * PEOPLE, "sex": ["F"] * PEOPLE}
    place = {
        "province_code": [f"{at % 7:02d}" for at in range(PEOPLE)],
        "district_code": [f"{at % 70:03d}" for at in range(PEOPLE)],
        "commune_code": [f"{at % 700:05d}" for at in range(PEOPLE)],
    }
    tables = {
        "persons": {"person_id": key, "personal_id": [""] * PEOPLE, "full_name": ["?"] * PEOPLE},
        "truth": {"person_id": key, "true_personal_id": number},
        "register": {"personal_id": number, "full_name": ["An"] * PEOPLE, **place},
    }
    for name, columns in tables.items():
        made = columns if name == "truth" else columns | same
        pq.write_table(pa.table(made), tmp_path / f"{name}.parquet")
    return tmp_path


@pytest.mark.parametrize("module", [measuring, nations, report, scoring])
def test_examples_run(module: object) -> None:
    outcome = doctest.testmod(module)  # type: ignore[arg-type]
    assert outcome.attempted
    assert not outcome.failed


def test_memory_is_that_of_the_whole_family() -> None:
    alone = measure(sys.executable, "-c", _EATS)
    child = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {_EATS!r}]); {_EATS}"
    both = measure(sys.executable, "-c", f"b = bytearray(150_000_000); {child}")
    assert 150_000_000 < alone.peak_bytes < 250_000_000
    assert 300_000_000 < both.peak_bytes < 500_000_000


def test_a_command_that_fails_says_why() -> None:
    with pytest.raises(Failed, match=r"status 3:\nno more"):
        measure(sys.executable, "-c", "import sys; print('no more', file=sys.stderr); sys.exit(3)")


def test_a_cut_nation_keeps_persons_and_their_truth_together(nation: Path) -> None:
    nations.cut(nation, 500)
    persons, truth, register = (
        pq.read_table(nation / f"{name}.parquet") for name in ("persons", "truth", "register")
    )
    assert len(persons) == 500
    assert persons["person_id"] == truth["person_id"]
    assert len(register) == PEOPLE


def test_one_record_in_a_hundred_takes_what_the_register_says(nation: Path) -> None:
    nations.changed_persons(nation, nation / "new.parquet")
    changed = duckdb.sql(
        f"""select n.full_name, n.personal_id
        from '{nation}/new.parquet' n join '{nation}/persons.parquet' o using (person_id)
        where n.full_name <> o.full_name and n.personal_id <> o.personal_id"""
    ).fetchall()
    assert len(changed) == PEOPLE / 100
    assert {name for name, _ in changed} == {"An"}
    assert len(pq.read_table(nation / "new.parquet")) == PEOPLE


def test_one_citizen_in_a_hundred_moves_to_a_commune_that_exists(nation: Path) -> None:
    nations.changed_register(nation, nation / "new.parquet")
    moved, whole, strange = duckdb.sql(
        f"""select count(*) filter (n.commune_code <> o.commune_code), count(*),
            count(*) filter ((n.province_code, n.district_code, n.commune_code) not in
                (select (province_code, district_code, commune_code)
                from '{nation}/register.parquet'))
        from '{nation}/new.parquet' n join '{nation}/register.parquet' o using (personal_id)"""
    ).fetchall()[0]
    assert whole == PEOPLE
    assert PEOPLE / 300 < moved < PEOPLE / 30
    assert strange == 0


def test_the_floor_reads_both_tables(nation: Path) -> None:
    persons, register = nation / "persons.parquet", nation / "register.parquet"
    assert floor.floor(str(persons), str(register)) > 0


def test_the_peers_links_become_answers_by_the_same_threshold(nation: Path) -> None:
    keys = pq.read_table(nation / "persons.parquet")["person_id"].to_pylist()
    links = {
        "person_id": keys[:3],
        "personal_id": ["a", "b", "c"],
        "probability": [0.99, 0.6, 0.2],
        "shared_probability": [0.98, 0.4, 0.2],
    }
    pq.write_table(pa.table(links), nation / "links.parquet")
    files = [str(nation / name) for name in ("links.parquet", "persons.parquet")]
    for column, outcomes in (
        ("probability", ["correctable", "ambiguous", "unmatched"]),
        ("shared_probability", ["ambiguous", "unmatched", "unmatched"]),
    ):
        peer.main(*files, column, str(nation / column))
        results = pq.read_table(nation / column / "results.parquet").to_pylist()
        answers = {one["person_id"]: one for one in results}
        assert len(results) == PEOPLE
        assert [answers[key]["outcome"] for key in keys[:4]] == [*outcomes, "unmatched"]
        assert answers[keys[0]]["matched_personal_id"] == (
            "a" if outcomes[0] == "correctable" else None
        )


def test_answers_that_differ_are_counted_whichever_side_they_are_on(tmp_path: Path) -> None:
    columns = {
        "person_id": ["a", "b", "c"],
        "outcome": ["correctable", "unmatched", "unmatched"],
        "matched_personal_id": ["001090000001", None, None],
        "probability": [0.995, None, None],
        "differences": [["sex"], [], []],
        "rivals": [1, 0, 0],
    }
    one, other = (str(tmp_path / name) for name in ("one.parquet", "other.parquet"))
    pq.write_table(pa.table(columns), one)
    pq.write_table(pa.table(columns).take([2, 0, 1]), other)
    assert differing.differing(one, other) == 0
    pq.write_table(pa.table(columns | {"probability": [0.996, None, None]}).slice(0, 2), other)
    assert differing.differing(one, other) == 2


def test_the_national_run_does_not_begin_without_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(national, "DISK", 2**60)
    with pytest.raises(national.NoRoom, match=r"needs .* of free disk; there are"):
        national.run(tmp_path, print)


def test_a_section_of_the_paper_is_replaced_and_nothing_else(tmp_path: Path) -> None:
    paper = tmp_path / "paper.md"
    paper.write_text("before\n<!-- begin: small -->\nold\n<!-- end: small -->\nafter\n")
    report.record(paper, "small", "new \\1")
    assert paper.read_text() == (
        "before\n<!-- begin: small -->\nnew \\1\n<!-- end: small -->\nafter\n"
    )
    with pytest.raises(ValueError, match="no section national"):
        report.record(paper, "national", "new")
