"""The check of a workbook: every row, every reason, and the bad rows returned as they came."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.intake.making import BAO, HEADINGS, HOA, sheets, workbook

from lamsach.files.errors import FileRefusedError
from lamsach.files.workbook_writing import IDENTITY, SheetToWrite, workbook_bytes
from lamsach.files.workbooks import opened_workbook
from lamsach.intake.checking import Checked
from lamsach.intake.communes import communes_of
from lamsach.intake.known import Known, KnownCampaign
from lamsach.intake.layout import FIX, REASON
from lamsach.intake.outcome import Outcome, has_bit
from lamsach.intake.problems import PROBLEMS, REMARKS
from lamsach.intake.returning import CheckedFile, checked_rows, returned_workbook
from lamsach.intake.vaccines import vaccine_readings

COVID = KnownCampaign(
    id=7,
    opened_on=date(2021, 3, 8),
    closed_on=None,
    vaccines=vaccine_readings(["EU/1/21/1529", "BBIBP-CorV"]),
    compulsory=frozenset({"full_name", "birth_date", "sex", "personal_id", "lot"}),
    catalogue="2022",
)
SCHOOL = KnownCampaign(9, date(2022, 1, 1), date(2022, 2, 1), {"mmr": "MMR"}, frozenset(), "2022")
KNOWN = Known(
    today=date(2022, 4, 24),
    campaign=COVID,
    campaigns={"covid": COVID, "school": SCHOOL},
    facilities={"70-A": 3, "70-B": 4},
    units={"25195": 11},
    communes=communes_of("2022"),
)


def check(content: bytes) -> list[Checked]:
    with opened_workbook(content) as book:
        return list(checked_rows(book, KNOWN, CheckedFile()))


def found(**changed: str) -> list[tuple[str, str]]:
    (one,) = check(workbook([BAO | changed]))
    return [(problem.column, problem.code) for problem in one.problems]


def remarks(**changed: str) -> set[str]:
    (one,) = check(workbook([BAO | changed]))
    assert one.is_good
    return {remark.code for remark in one.remarks}


def returned(content: bytes) -> tuple[dict[str, list[list[str]]], Outcome]:
    outcome = Outcome()
    with opened_workbook(content) as book:
        back = returned_workbook(
            book, KNOWN, CheckedFile(), each=outcome.count, identity={"batch": "1"}
        )
    return sheets(back), outcome


def test_a_good_row_becomes_a_person_and_a_dose() -> None:
    (one,) = check(workbook([BAO]))
    assert one.is_good
    assert one.person is not None
    assert one.dose is not None
    assert (one.person.full_name, one.person.birth_date) == ("Nguyễn Văn Bảo", "1963-05-04")
    assert (one.person.sex, one.person.personal_id) == ("M", "070063001234")
    assert (one.person.residence, one.person.hamlet) == (11, "Ấp 3")
    assert (one.dose.vaccine_code, one.dose.lot) == ("EU/1/21/1529", "AB123")
    assert one.dose.vaccinated_on == date(2022, 4, 19)
    assert (one.dose.presence, one.dose.facility, one.dose.campaign) == ("card_scanned", None, 7)


def test_a_number_that_the_spreadsheet_cut_and_dates_of_its_own_are_read() -> None:
    (one,) = check(
        workbook([BAO | {"birth_date": "1963-05-04 00:00:00", "personal_id": "70063001234"}])
    )
    assert one.person is not None
    assert one.person.birth_date == "1963-05-04"
    assert one.person.personal_id == "70063001234"
    assert {remark.code for remark in one.remarks} == {"id_malformed"}


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"full_name": ""}, ("full_name", "missing")),
        ({"full_name": "070063001234"}, ("full_name", "name_unreadable")),
        ({"full_name": "x" * 201}, ("full_name", "too_long")),
        ({"birth_date": "31/02/1980"}, ("birth_date", "birth_unreadable")),
        ({"birth_date": "04/05/2063"}, ("birth_date", "birth_future")),
        ({"birth_date": ""}, ("birth_date", "missing")),
        ({"sex": "khác"}, ("sex", "sex_unreadable")),
        ({"nationality": "Atlantis"}, ("nationality", "nationality_unknown")),
        ({"nationality": "QQ"}, ("nationality", "nationality_unknown")),
        ({"travel_name": "NGUYỄN VĂN"}, ("travel_name", "travel_name")),
        ({"email": "bao"}, ("email", "email")),
        ({"commune": "Tân Phú Đông"}, ("commune", "commune_unknown")),
        ({"commune": ""}, ("commune", "commune_missing")),
        ({"district": ""}, ("commune", "commune_ambiguous")),
        ({"campaign": "polio"}, ("campaign", "campaign_unknown")),
        ({"vaccine": "Pfizer"}, ("vaccine", "vaccine_unknown")),
        ({"vaccine": ""}, ("vaccine", "missing")),
        ({"lot": ""}, ("lot", "missing")),
        ({"dose_number": "0"}, ("dose_number", "dose_number")),
        ({"dose_number": "hai"}, ("dose_number", "dose_number")),
        ({"vaccinated_on": "4/2022"}, ("vaccinated_on", "day_unreadable")),
        ({"vaccinated_on": "25/04/2022"}, ("vaccinated_on", "day_future")),
        ({"vaccinated_on": "19/04/1962"}, ("vaccinated_on", "day_before_birth")),
        ({"vaccinated_on": "19/04/2020"}, ("vaccinated_on", "day_outside_campaign")),
        ({"facility": "70-X"}, ("facility", "facility_unknown")),
        ({"presence": "nhìn mặt"}, ("presence", "presence_unknown")),
    ],
)
def test_each_fault_is_named_at_its_cell(changed: dict[str, str], problem: Any) -> None:
    assert problem in found(**changed)
    assert problem[1] in PROBLEMS


def test_several_faults_are_named_together() -> None:
    assert {column for column, _ in found(birth_date="x9", sex="?", dose_number="99")} >= {
        "birth_date",
        "sex",
        "dose_number",
    }


def test_a_campaign_named_in_the_row_brings_its_own_rules() -> None:
    school = {"campaign": "SCHOOL", "vaccine": "MMR", "vaccinated_on": "10/01/2022", "lot": ""}
    (one,) = check(workbook([BAO | school]))
    assert one.is_good
    assert one.dose is not None
    assert (one.dose.campaign, one.dose.vaccine_code) == (9, "MMR")
    assert found(**(school | {"vaccinated_on": "10/02/2022"})) == [
        ("vaccinated_on", "day_outside_campaign")
    ]


def test_what_will_be_in_the_way_of_a_passport_is_only_remarked() -> None:
    assert remarks() == set()
    assert remarks(personal_id="") == {"id_missing"}
    assert remarks(personal_id="0700630012") == {"id_malformed"}
    assert remarks(sex="Nữ") == {"number_contradicts"}
    assert remarks(province="", district="", commune="") == {"no_residence"}
    assert remarks(nationality="Hàn Quốc", personal_id="", passport_number="M1234567") == set()


def test_a_person_without_a_dose_comes_in() -> None:
    row = {name: BAO[name] for name in ("full_name", "birth_date", "sex", "personal_id")}
    (one,) = check(workbook([row]))
    assert one.is_good
    assert one.dose is None
    assert "no_dose" in {remark.code for remark in one.remarks}


def test_the_same_dose_twice_in_a_file_is_told() -> None:
    one, two, three = check(
        workbook([BAO, BAO, BAO | {"dose_number": "2", "vaccinated_on": "20/04/2022"}])
    )
    assert [remark.code for remark in two.remarks] == ["repeated"]
    assert (one.remarks, three.remarks) == ((), ())


def test_guessing_the_number_of_one_name_and_birth_is_stopped() -> None:
    """Three slips of the keyboard are human; the fourth number is a guess."""
    rows = [BAO | {"personal_id": f"07006300{number:04d}"} for number in range(50)]
    checked = check(workbook([*rows, *rows[:3]]))
    assert [one.is_good for one in checked] == [True] * 3 + [False] * 47 + [True] * 3
    assert {one.problems[0].code for one in checked[3:50]} == {"numbers_vary"}
    vague = [row | {"birth_date": "1963"} for row in rows]  # namesakes: a year says little
    assert all(one.is_good for one in check(workbook(vague)))


def test_headings_in_another_order_language_and_case_below_a_title() -> None:
    columns = ["Lot", "STT", "DATE OF BIRTH", "họ tên", "giới tính (*)", "vắc xin", "Mũi số",
               "ngày tiêm", "CCCD"]  # fmt: skip
    row = dict(zip(columns, ["AB1", "1", "04/05/1963", "Nguyễn Văn Bảo", "Nam", "AZ", "1",
                             "19/04/2022", "070063001234"], strict=True))  # fmt: skip
    (one,) = check(workbook([row], columns=columns, before=[["DANH SÁCH"], [""], ["Ngày 20/4"]]))
    assert one.is_good, one.problems
    assert one.row.number == 5


@pytest.mark.parametrize(
    ("columns", "code"),
    [
        (["a", "b"], "no_headings"),
        (["full_name", "Họ tên", "birth_date", "sex"], "headings_twice"),
        (["birth_date", "sex", "personal_id"], "headings_missing"),
    ],
)
def test_a_sheet_without_our_headings_is_refused(columns: list[str], code: str) -> None:
    with pytest.raises(FileRefusedError) as caught:
        check(workbook([BAO], columns=columns))
    assert caught.value.code == code


def test_bad_rows_come_back_as_they_were_with_reason_and_fix() -> None:
    bad = HOA | {"birth_date": "31/02/1971", "Ghi chú": "=gọi lại", "phone": "+84912"}
    columns = ["STT", *HEADINGS, "Ghi chú"]
    back, outcome = returned(workbook([BAO, bad, HOA, {"STT": "4"}], columns=columns))
    assert list(back) == ["Mũi tiêm", IDENTITY]
    headings, row, empty = back["Mũi tiêm"]
    assert headings == [HEADINGS.get(one, one) for one in columns] + [REASON, FIX]
    cells = dict(zip(headings, row, strict=True))
    assert cells["Ngày sinh"] == "31/02/1971"
    assert cells["Ghi chú"] == "'=gọi lại"
    assert cells["Số điện thoại"] == "'+84912"
    assert cells[REASON] == "Ngày sinh: Đây không phải ngày tháng."
    assert cells[FIX].startswith("Ngày sinh: Ghi ngày/tháng/năm")
    assert empty[-2:] != ["", ""]
    assert back[IDENTITY] == [["batch", "1"]]
    assert (outcome.rows, outcome.good, outcome.bad) == (4, 2, 2)
    assert [has_bit(outcome.good_rows, number) for number in range(1, 7)] == [
        *(False, True, False, True, False, False)
    ]
    assert outcome.first == [(3, "birth_date", "birth_unreadable"), (5, "", "nothing")]


def test_a_returned_workbook_is_read_again_and_its_two_columns_never_grow() -> None:
    back, _ = returned(workbook([HOA | {"sex": "?"}]))
    rows = [dict(zip(back["Mũi tiêm"][0], back["Mũi tiêm"][1], strict=True))]
    again, _ = returned(workbook(rows, columns=back["Mũi tiêm"][0]))
    assert again["Mũi tiêm"][0] == back["Mũi tiêm"][0]
    mended = [rows[0] | {"Giới tính": "Nữ"}]
    (one,) = check(workbook(mended, columns=back["Mũi tiêm"][0]))
    assert one.is_good


def test_other_sheets_stay_where_they_were() -> None:
    content = workbook_bytes(
        [
            SheetToWrite("Bìa", rows=[["Cơ sở A"], [], ["Ngày 20/4"]]),
            SheetToWrite(
                "Dữ liệu",
                rows=[
                    [HEADINGS[one] for one in HEADINGS],
                    [HOA.get(one, "") for one in HEADINGS],
                    ["x9"],
                ],
            ),
            SheetToWrite("Ghi chú", rows=[["=1+1"]]),
        ]
    )
    back, outcome = returned(content)
    assert list(back) == ["Bìa", "Dữ liệu", "Ghi chú", IDENTITY]
    assert back["Bìa"] == [["Cơ sở A"], ["Ngày 20/4"]]
    assert back["Ghi chú"] == [["'=1+1"]]
    assert (outcome.rows, outcome.bad) == (2, 1)


TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=30)


@settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.dictionaries(st.sampled_from(list(HEADINGS)), TEXTS, max_size=25), max_size=8))
def test_whatever_stands_in_the_cells_each_row_is_good_or_has_a_reason(
    rows: list[Mapping[str, str]],
) -> None:
    checked = check(workbook(rows))
    for one in checked:
        assert one.is_good == (one.person is not None)
        assert all(problem.code in PROBLEMS for problem in one.problems)
        assert all(remark.code in REMARKS for remark in one.remarks)
