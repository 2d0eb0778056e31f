"""Contracts §1 on any input: one answer a person, in the words of the contract and no others."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from itertools import groupby
from pathlib import Path
from typing import Any

import pyarrow as pa
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

Row = dict[str, str]
Answers = Any

OUTCOMES = {"authenticated", "correctable", "ambiguous", "unmatched", "exempt"}
HEALTH_ANSWERS = {"right", "wrong", "not_checkable", "exempt"}
ID_STATUSES = {"well_formed", "malformed", "missing"}
NAME_CODES = {
    f"name.{code}"
    for code in (
        *("encoding", "typing", "accents", "spelling"),
        *("order", "missing_part", "extra_part", "other"),
    )
}
BIRTH_CODES = {
    f"birth_date.{code}"
    for code in (
        *("day_month_swapped", "day", "month", "year"),
        *("year_only", "placeholder", "missing", "other"),
    )
}
NUMBER_CODES = {
    f"personal_id.{code}"
    for code in (
        *("missing", "previous_id", "leading_zero", "digit", "transposed", "length"),
        *("other_person", "not_in_register"),
    )
}
CODES = NAME_CODES | BIRTH_CODES | NUMBER_CODES | {"sex", "sex.missing"}

DIGITS = "0123456789"
anything = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
words = st.sampled_from(
    ["Nguyễn", "Trần", "Văn", "Thị", "Đức", "An", "Hòa", "Hoà", "Y", "H'", "Niê", "nguyen", "ThÞ"]
)
names = st.lists(words, min_size=1, max_size=7).map(" ".join)
births = st.builds("{}-{:02d}-{:02d}".format, st.integers(1930, 2021), *[st.integers(1, 12)] * 2)
partial = births | births.map(lambda b: b[:4]) | births.map(lambda b: b[:7])
numbers = st.integers(1, 10**12 - 1).map("{:012d}".format)  # zeros fill a field, they are no number
former = st.text(DIGITS, min_size=9, max_size=9)
residences = st.fixed_dictionaries(
    {
        "province_code": st.sampled_from(["01", "46", "", "1", "x"]),
        "district_code": st.sampled_from(["001", "474", ""]),
        "commune_code": st.sampled_from(["00001", "19750", "", "-5"]),
    }
)
citizens = st.builds(
    lambda residence, **row: residence | row,
    residences,
    previous_id=st.just("") | former,
    full_name=names | anything.filter(lambda text: any(map(str.isalpha, text))),
    birth_date=partial | st.sampled_from(["", "?"]),
    sex=st.sampled_from(["M", "F", "F", "M", ""]),
)
registers = st.dictionaries(numbers, citizens, min_size=1, max_size=25).map(
    lambda people: [{"personal_id": number, **row} for number, row in people.items()]
)


@st.composite
def people(draw: st.DrawFn) -> tuple[list[Row], list[Row]]:
    """A register, and records: copies of its rows with some fields replaced, and odd ones."""
    register = draw(registers)
    replaced = st.fixed_dictionaries(
        {},
        optional={
            "personal_id": numbers | former | anything | st.sampled_from(["", "0912345678"]),
            "full_name": names | anything | st.just(""),
            "birth_date": partial | anything | st.sampled_from(["", "01/01/1980", "31/02/1021"]),
            "sex": st.sampled_from(["M", "F", "Nữ", "", "x"]),
            "nationality": st.sampled_from(["VN", "vnm", "", "GB", "USA"]),
        },
    )
    rows = draw(
        st.lists(
            st.tuples(st.sampled_from(register), replaced | st.just({}), residences),
            min_size=5,
            max_size=60,
        )
    )
    kept = ("personal_id", "full_name", "birth_date", "sex")
    records = [{k: row[k] for k in kept} | place | changed for row, changed, place in rows]
    return [{"person_id": f"p{at}", **row} for at, row in enumerate(records)], register


@settings(
    max_examples=3,
    phases=[Phase.reuse, Phase.generate],  # each example is a run: shrinking would take minutes
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.function_scoped_fixture,
        HealthCheck.data_too_large,
    ],
)
@given(people())
def test_the_contract_holds(
    run: Callable[..., Answers], tables: tuple[list[Row], list[Row]]
) -> None:
    persons, register = tables
    answers = run(persons, register)
    assert_police_answers(answers, persons, register)
    health = run(persons, register, after=answers, side="health")
    assert_health_answers(health, answers, persons)
    for answered in (answers, health):
        files = [path for path in answered.out.rglob("*") if path.is_file()]
        assert files
        assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
        json.loads((answered.out / "summary.json").read_text(encoding="utf-8"))


def assert_police_answers(answers: Answers, persons: list[Row], register: list[Row]) -> None:
    by_number = {row["personal_id"]: row for row in register}
    assert sorted(row["person_id"] for row in answers.rows) == sorted(
        row["person_id"] for row in persons
    )
    for row in answers.rows:
        outcome = row["outcome"]
        assert outcome in OUTCOMES
        assert row["id_status"] in ID_STATUSES
        assert (row["matched_personal_id"] is not None) == (
            outcome in ("authenticated", "correctable")
        )
        assert row["matched_personal_id"] is None or row["matched_personal_id"] in by_number
        assert set(row["differences"]) <= CODES
        assert len(set(row["differences"])) == len(row["differences"])
        assert row["rivals"] >= 0
        if outcome == "authenticated":
            assert (row["probability"], row["differences"]) == (1.0, [])
        elif outcome == "correctable":
            assert 0.99 <= row["probability"] < 1
            assert row["differences"]
        else:
            assert (row["probability"], row["differences"]) == (None, [])
    as_written = {
        person["person_id"]
        for person in persons
        if person.get("nationality", "").lower() in ("", "vn", "vnm")
        and all(person[k] for k in ("full_name", "birth_date", "sex"))
        and (found := by_number.get(person["personal_id"]))
        and all(person[k] == found[k] for k in ("full_name", "birth_date", "sex"))
    }
    right = {row["person_id"] for row in answers.rows if row["outcome"] == "authenticated"}
    assert as_written <= right
    exempt = {p["person_id"] for p in persons if p.get("nationality") in ("GB", "USA")}
    assert exempt == {row["person_id"] for row in answers.rows if row["outcome"] == "exempt"}
    assert_candidates(answers, by_number)


def assert_candidates(answers: Answers, by_number: dict[str, Row]) -> None:
    groups = {
        person: list(rows)
        for person, rows in groupby(answers.told, key=lambda row: row["person_id"])
    }
    assert sum(map(len, groups.values())) == len(answers.told)  # a person's stand together
    told = {row["person_id"] for row in answers.rows if row["outcome"] in (
        "correctable", "ambiguous"
    )}  # fmt: skip
    assert set(groups) == told
    for person, candidates in groups.items():
        assert 1 <= len(candidates) <= 5
        shares = [row["probability"] for row in candidates]
        assert shares == sorted(shares, reverse=True)
        assert sum(shares) <= 1 + 1e-5
        assert len({row["personal_id"] for row in candidates}) == len(candidates)
        for row in candidates:
            assert row["personal_id"] in by_number
            assert set(row["differences"]) <= CODES
            assert row["differences"]
        best, answer = candidates[0], answers[person]
        if answer["outcome"] == "correctable":
            assert best["personal_id"] == answer["matched_personal_id"]
            assert best["probability"] == answer["probability"]
            assert best["differences"] == answer["differences"]


def assert_health_answers(health: Answers, police: Answers, persons: list[Row]) -> None:
    file = health.out / "results.parquet"
    assert parquet.read_schema(file).names == ["person_id", "answer", "id_status"]
    assert {path.name for path in health.out.iterdir()} == {
        "results.parquet",
        "summary.json",
        "summary.html",
    }
    assert len(health.rows) == len(police.rows)
    for person in persons:
        row, known = health[person["person_id"]], police[person["person_id"]]
        assert row["answer"] in HEALTH_ANSWERS
        assert row["id_status"] == known["id_status"]
        assert (row["answer"] == "right") == (known["outcome"] == "authenticated")
        assert (row["answer"] == "exempt") == (known["outcome"] == "exempt")
        if row["answer"] == "wrong":
            assert all(person[k] for k in ("full_name", "birth_date", "sex"))


def test_the_columns_have_the_types_of_the_contract(run: Callable[..., Answers]) -> None:
    citizen = {
        "personal_id": "001093012345",
        "full_name": "Lê An",
        "birth_date": "1993",
        "sex": "M",
    }
    out: Path = run([{"person_id": "p", **citizen}], [citizen]).out
    results = parquet.read_schema(out / "results.parquet")
    assert {field.name: field.type for field in results} == {
        "person_id": pa.string(),
        "outcome": pa.string(),
        "id_status": pa.string(),
        "matched_personal_id": pa.string(),
        "probability": pa.float64(),
        "differences": pa.list_(pa.field("element", pa.string())),
        "rivals": pa.int32(),
    }
    candidates = parquet.read_schema(out / "candidates.parquet")
    assert candidates.names == ["person_id", "personal_id", "probability", "differences"]


def test_nobody_is_lost_in_empty_tables(run: Callable[..., Answers]) -> None:
    citizen = {
        "personal_id": "001093012345",
        "full_name": "Lê An",
        "birth_date": "1993",
        "sex": "M",
    }
    assert run([], [citizen]).rows == []
    answer = run([{"person_id": "p", **citizen}], [])["p"]
    assert (answer["outcome"], answer["id_status"]) == ("unmatched", "well_formed")


def test_a_file_of_the_health_side_holds_no_number(
    run: Callable[..., Answers], tmp_path: Path
) -> None:
    citizen = {
        "personal_id": "001093012345",
        "full_name": "Lê An",
        "birth_date": "1993",
        "sex": "M",
    }
    out: Path = run(
        [{"person_id": "p", **citizen, "sex": "F", "full_name": "Le An"}], [citizen], side="health"
    ).out
    for path in out.rglob("*"):
        assert b"001093012345" not in path.read_bytes()
        assert "Lê An".encode() not in path.read_bytes()


def test_the_threshold_parts_proposals_from_ambiguity(run: Callable[..., Answers]) -> None:
    citizen = {
        "personal_id": "001093012345",
        "full_name": "Lê An",
        "birth_date": "1993",
        "sex": "M",
    }
    others = [
        {**citizen, "personal_id": f"0010930999{at:02d}", "full_name": f"Lê {name}"}
        for at, name in enumerate(["Anh", "Bảo", "Cường", "Dũng", "Giang", "Hà", "Khoa", "Lâm"])
    ]
    records = [
        {"person_id": f"{at}", **citizen, **changed}
        for at, changed in enumerate(
            [
                {"personal_id": "001093012346"},
                {"personal_id": "1093012345", "full_name": "Le An"},
                {"personal_id": ""},
                {"full_name": "Lê Anh"},
                {"sex": "F"},
            ]
        )
    ]
    for threshold in (0.9, 0.999):
        answers = run(records, [citizen, *others], threshold=threshold)
        best = dict.fromkeys(answers.by_person, 0.0)
        for told in answers.told:
            best[told["person_id"]] = max(best[told["person_id"]], told["probability"])
        proposed = {row["person_id"] for row in answers.rows if row["outcome"] == "correctable"}
        assert proposed == {person for person, share in best.items() if share >= threshold}
        assert proposed
        assert proposed != set(best) or threshold == 0.9
