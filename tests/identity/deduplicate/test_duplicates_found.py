"""Who is recorded twice, and who only looks like it: the classic traps in a village of 2,500."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from lamsach.identity.deduplicate import write

Run = Any

HOME = {"province_code": "01", "district_code": "010", "commune_code": "10001"}
AWAY = {"province_code": "79", "district_code": "760", "commune_code": "26734"}


def person(person_id: str, name: str, birth: str, sex: str, **more: str) -> dict[str, str]:
    return {"person_id": person_id, "full_name": name, "birth_date": birth, "sex": sex} | more


#: (case, records). The first letters of a person_id name the case.
CASES = [
    # One person twice.
    person("accents-1", "Trần Quang Khải", "1981-03-12", "M", personal_id="001081004711", **HOME),
    person("accents-2", "TRAN QUANG KHAI", "12/03/1981", "Nam", personal_id="001081004711", **AWAY),
    person("nonumber-1", "Vũ Thị Bích Ngọc", "1975-08-30", "F", phone="0912000111", **HOME),
    person("nonumber-2", "Vũ Thị Bích Ngọc", "30/08/1975", "F", phone="+84912000111", **HOME),
    person("zero-1", "Lê Hồng Phúc", "1990-11-02", "M", personal_id="001090123123", **HOME),
    person("zero-2", "Lê Hồng Phúc", "1990-11-02", "M", personal_id="1090123123", **HOME),
    person("slip-1", "Phan Đình Giót", "1988-02-17", "M", personal_id="001088456789", **HOME),
    person("slip-2", "Phan Đình Giót", "1988-02-17", "M", personal_id="001088465789", **HOME),
    person("cmnd-1", "Hoàng Thị Thuý", "1967-09-09", "F", personal_id="012345678", **HOME),
    person("cmnd-2", "Hoàng Thị Thúy", "1967", "F", personal_id="012345678", **HOME),
    person("card-1", "Đinh Bộ Lĩnh", "1969-05-05", "M", insurance_number="DN4010123456789", **HOME),
    person("card-2", "Dinh Bo Linh", "1969-05-05", "M", insurance_number="0123456789", **AWAY),
    person("guest-1", "John Smith", "1970-07-07", "M", passport_number="M1234567"),
    person("guest-2", "SMITH JOHN", "1970-07-07", "M", passport_number="m 1234567"),
    person("thrice-1", "Mai Văn Thưởng", "1959-12-24", "M", personal_id="001059777001", **HOME),
    person("thrice-2", "Mai Văn Thưởng", "1959-12-24", "M", phone="0987111222", **HOME),
    person("thrice-3", "Mai Van Thuong", "1959-12-24", "M", personal_id="001059777001",
           phone="0987111222", **HOME),
    # Two people who look like one.
    person("twins-1", "Nguyễn Ngọc Ánh", "2010-04-04", "F", personal_id="001310005551",
           phone="0913555666", **HOME),
    person("twins-2", "Nguyễn Ngọc Anh", "2010-04-04", "F", personal_id="001310005552",
           phone="0913555666", **HOME),
    person("order-1", "Đặng Tuấn Kiệt", "2006-04-20", "M", personal_id="001206002692", **HOME),
    person("order-2", "Đặng Tuấn Kiệt", "2006-04-20", "M", personal_id="001206002693", **HOME),
    person("pair-1", "Nguyễn Ngọc Hân", "2012-02-20", "F", phone="0913000333", **HOME),
    person("pair-2", "Nguyễn Ngọc Hận", "2012-02-20", "F", phone="0913000333", **HOME),
    person("lent-1", "Lý Minh Tâm", "2008-06-01", "M", personal_id="001208000123",
           phone="0913777888", **HOME),
    person("lent-2", "Lý Minh Trí", "2008-06-01", "M", personal_id="001208000123",
           phone="0913777888", **HOME),
    person("father-1", "Tô Văn Lộc", "1955-01-20", "M", personal_id="001055000999",
           phone="0914999000", **HOME),
    person("father-2", "Tô Văn Lộc", "1984-10-03", "M", personal_id="001055000999",
           phone="0914999000", **HOME),
    person("parent-1", "Châu Thị Hạnh", "1986-02-02", "F", personal_id="001186000555",
           phone="0915111222", insurance_number="0111222333", **HOME),
    person("parent-2", "Trịnh Gia Bảo", "2013-09-15", "M", personal_id="001186000555",
           phone="0915111222", insurance_number="0111222333", **HOME),
    person("couple-1", "Quách Văn Tài", "1979-03-03", "M", phone="0916333444", **HOME),
    person("couple-2", "Quách Thị Tài", "1980-11-21", "F", phone="0916333444", **HOME),
    person("namesake-1", "Nguyễn Thị Thị Lan", "1985-05-17", "F",
           personal_id="001185000777", **HOME),
    person("namesake-2", "Nguyễn Thị Thị Lan", "1985-05-17", "F",
           personal_id="079185123456", **AWAY),
    # One in the middle whom two others both resemble, and who cannot be both.
    person("middle-1", "Thân Nhân Trung", "1972-10-10", "M", personal_id="001072000321",
           phone="0917000999", **HOME),
    person("middle-2", "Thân Nhân Trung", "1972-10-10", "M", phone="0917000999", **HOME),
    person("middle-3", "Thân Nhân Trung", "1972-10-10", "M", personal_id="079072654321",
           phone="0917000999", **HOME),
]  # fmt: skip

ONE_PERSON = ("accents", "nonumber", "zero", "slip", "cmnd", "card", "guest")
TWO_PEOPLE = ("twins", "order", "pair", "lent", "father", "parent", "couple", "namesake")
#: A clerk's own telephone number, for all who have none.
CLERK = "0900123123"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, village: SimpleNamespace) -> Run:
    strangers = village.background(2500)
    for row in strangers[:400]:
        row["phone"] = CLERK
    return village.find(tmp_path_factory.mktemp("village"), [*CASES, *strangers], None)


@pytest.mark.parametrize("case", ONE_PERSON)
def test_one_person_is_found(run: Run, case: str) -> None:
    pair = run.pairs[f"{case}-1", f"{case}-2"]
    assert pair["verdict"] == "match", pair
    assert run.clusters[f"{case}-2"]["cluster_id"] == f"{case}-1"


@pytest.mark.parametrize("case", TWO_PEOPLE)
def test_two_people_are_never_merged(run: Run, case: str) -> None:
    assert not run.together(f"{case}-1", f"{case}-2")
    pair = run.pairs.get((f"{case}-1", f"{case}-2"), {"verdict": "different"})
    assert pair["verdict"] != "match", pair


@pytest.mark.parametrize("case", ["father", "parent"])
def test_a_shared_number_that_means_nothing_is_told_of(run: Run, case: str) -> None:
    pair = run.pairs[f"{case}-1", f"{case}-2"]
    assert (pair["verdict"], pair["probability"] < 0.5) == ("different", True)
    assert {"personal_id.same", "personal_id.not_of_bearer", "phone.same"} <= set(pair["evidence"])


def test_three_records_are_one_person(run: Run) -> None:
    assert run.together("thrice-1", "thrice-2", "thrice-3")


def test_two_numbers_never_meet_in_one_cluster(run: Run) -> None:
    assert not run.together("middle-1", "middle-3")
    verdicts = [run.pairs["middle-1", "middle-2"], run.pairs["middle-2", "middle-3"]]
    assert sorted(pair["verdict"] for pair in verdicts) == ["match", "possible"]
    assert "personal_id.conflict" in run.pairs["middle-1", "middle-3"]["evidence"]


def test_strangers_stay_strangers(run: Run) -> None:
    """Of 2,500 people drawn at random from few names nobody is merged."""
    merged = [row for row in run.clusters.values() if row["person_id"] != row["cluster_id"]]
    assert {row["person_id"].partition("-")[0] for row in merged} <= set(ONE_PERSON) | {
        "thrice",
        "middle",
    }
    assert run.summary.persons == len(run.clusters) - len(merged)


@pytest.mark.parametrize(
    ("case", "codes"),
    [
        ("accents", {"personal_id.same", "name.accents", "birth_date.same", "sex.same"}),
        ("nonumber", {"name.same", "birth_date.same", "phone.same", "residence.commune"}),
        ("zero", {"personal_id.leading_zero", "name.same"}),
        ("slip", {"personal_id.transposed", "name.same"}),
        ("cmnd", {"previous_id.same", "name.same", "birth_date.year_only"}),
        ("card", {"insurance_number.same", "name.accents", "residence.differs"}),
        ("guest", {"passport_number.same", "name.order"}),
    ],
)
def test_evidence_is_named(run: Run, case: str, codes: set[str]) -> None:
    assert codes <= set(run.pairs[f"{case}-1", f"{case}-2"]["evidence"])


def test_the_files_are_the_contracts(run: Run) -> None:
    assert len(run.clusters) == run.summary.records == len(CASES) + 2500
    assert all(0 <= row["probability"] <= 1 for row in run.clusters.values())
    assert all(left < right for left, right in run.pairs)
    for (left, right), pair in run.pairs.items():
        assert set(pair) == {"person_id_l", "person_id_r", "probability", "verdict", "evidence"}
        assert pair["verdict"] in ("match", "possible", "different")
        assert (pair["verdict"] == "match") <= (pair["probability"] >= 0.99)
        assert (pair["verdict"] == "different") == (pair["probability"] < 0.5)
        assert (pair["verdict"] == "match") <= run.together(left, right)
    members: dict[str, list[str]] = {}
    for person_id, row in run.clusters.items():
        members.setdefault(row["cluster_id"], []).append(person_id)
    assert all(cluster == min(people) for cluster, people in members.items())


def test_events_decide_what_little_else_says(
    tmp_path_factory: pytest.TempPathFactory, village: SimpleNamespace
) -> None:
    """A pair that is not enough alone is a match with one event in common, and less without."""
    records = [
        person("weak-1", "Nguyễn Thị Thu Lan", "1985-05-17", "F", **HOME),
        person("weak-2", "Nguyễn Thị Thu Lan", "1985-05-27", "F", **HOME),
    ]
    strangers = village.background(1500)
    ordinary = [
        (row["person_id"], "1", "A", f"2021-{1 + i % 12:02}-{1 + i % 28:02}", f"P{i % 50}")
        for i, row in enumerate(strangers)
    ]
    elsewhere = [("weak-1", "1", "A", "2021-03-05", "P1"), ("weak-2", "1", "A", "2021-09-05", "P2")]
    together = [("weak-1", "1", "A", "2021-03-05", "P1"), ("weak-2", "1", "A", "05/03/2021", "p1")]

    def told(events: list[tuple[str, str, str, str, str]], name: str) -> dict[str, Any]:
        run = village.find(
            tmp_path_factory.mktemp(name), [*records, *strangers], [*ordinary, *events]
        )
        return dict(run.pairs["weak-1", "weak-2"])

    shared, nothing, apart = told(together, "shared"), told([], "nothing"), told(elsewhere, "apart")
    assert (shared["verdict"], "event.same" in shared["evidence"]) == ("match", True)
    assert (nothing["verdict"], "event.same" in nothing["evidence"]) == ("possible", False)
    assert apart["probability"] < nothing["probability"]


def test_every_code_of_evidence_is_documented(run: Run) -> None:
    shown = {code for pair in run.pairs.values() for code in pair["evidence"]}
    assert shown <= set(write.EVIDENCE_CODES)
