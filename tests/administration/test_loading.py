"""Offices and officers from tables: checked whole, told row by row; twice changes nothing."""

from __future__ import annotations

import csv
import io
import stat
from pathlib import Path
from typing import Any

import pytest
from administration_making import SYSTEM, House
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.test import Client

from lamsach.accounts.models import Officer, Post
from lamsach.accounts.roles import Role
from lamsach.administration.actions import load_officers, load_offices
from lamsach.administration.sheets import OFFICERS, OFFICES, SheetRow, read_table
from lamsach.files.workbook_writing import SheetToWrite, workbook_bytes
from lamsach.ledger.models import Event
from lamsach.ledger.verbs import Verb
from lamsach.ledger.verifying import verify_ledger
from lamsach.places.actions import close_office, open_office
from lamsach.places.models import Office, OfficeKind, Territory

pytestmark = [pytest.mark.db, pytest.mark.django_db]

OFFICE_ROWS = [
    {"kind": "Trạm Y tế xã", "code": "T1", "name": "Trạm một", "above_code": "689",
     "territory": "25195", "catalogue": "2022"},
    {"kind": "district_centre", "code": "689", "name": "TTYT Đồng Xoài", "above_code": "70",
     "territory": "Đồng Xoài, Bình Phước", "catalogue": "2022"},
    {"kind": "Department of Health", "code": "70", "name": "Sở Y tế Bình Phước",
     "above_code": "Bộ Y tế", "territory": "Bình Phước", "catalogue": "2022"},
    {"kind": "commune_police", "code": "689", "name": "Công an phường"},
    {"kind": "audit", "name": "Kiểm toán"},
]  # fmt: skip
OFFICER_ROWS = [
    {"username": "lan.01", "full_name": "Trần Thị Lan", "role": "station",
     "office_code": "70-TYT-1"},
    {"username": "Lan.01", "full_name": "Trần Thị Lan", "role": "Head of facility",
     "office_code": "70-BV-1"},
    {"username": "hung", "full_name": "Lê Hùng", "role": "Cán bộ trạm y tế",
     "office_code": "70-TYT-1", "since": "01/02/2024", "last_day": "31/12/2099"},
    {"username": "minh", "full_name": "Vũ Minh", "role": "ministry"},
]  # fmt: skip


def rows(*given: dict[str, str]) -> list[SheetRow]:
    return [SheetRow(number, one) for number, one in enumerate(given, 2)]


def csv_file(folder: Path, given: list[dict[str, str]]) -> Path:
    names = list(dict.fromkeys(name for one in given for name in one))
    out = io.StringIO()
    lines = csv.DictWriter(out, names)
    lines.writeheader()
    lines.writerows(given)
    file = folder / f"table-{len(list(folder.iterdir()))}.csv"
    file.write_text(out.getvalue(), encoding="utf-8")
    return file


def run(name: str, *arguments: Any, **options: Any) -> tuple[str, int]:
    out = io.StringIO()
    try:
        call_command(name, *arguments, stdout=out, **options)
    except SystemExit as ended:
        return out.getvalue(), int(str(ended.code))
    return out.getvalue(), 0


def everything() -> list[Any]:
    return [
        list(model.objects.order_by("pk").values()) for model in (Office, Territory, Officer, Post)
    ]


def test_offices_come_in_whatever_order_and_the_same_again_changes_nothing(
    house: House, tmp_path: Path
) -> None:
    file = csv_file(tmp_path, OFFICE_ROWS)
    before = everything()
    said, status = run("load_offices", file)
    assert ("5 offices to open" in said, "--apply" in said, status) == (True, True, 0)
    assert everything() == before
    said, status = run("load_offices", file, apply=True)
    assert status == 0
    station = Office.objects.get(kind="station", code="T1")
    assert station.above is not None
    assert station.above.kind == OfficeKind.DISTRICT_CENTRE  # two have the code: the usual one
    assert station.above.above is not None
    assert station.above.above.above == house.ministry
    assert {one.unit.code for one in station.territories.all()} == {"25195"}
    after, events = everything(), Event.objects.count()
    said, status = run("load_offices", file, apply=True)
    assert "0 offices to open, 0 to change, 5 as they are, 0 bad rows" in said
    assert (everything(), Event.objects.count(), status) == (after, events, 0)
    opened = Event.objects.filter(verb=Verb.OFFICE_OPEN, shard__name__startswith="job/offices/")
    assert opened.count() == 5
    assert verify_ledger([]) == []


def test_an_office_that_the_table_says_otherwise_of_is_changed(house: House) -> None:
    table = [{"kind": "station", "code": "70-TYT-1", "name": "Trạm Y tế Tân Phú",
              "above_code": "BYT", "above_kind": "ministry", "territory": "25195; 25198",
              "catalogue": "2022"}]  # fmt: skip
    plan = load_offices.plan_offices(rows(*table))
    assert (len(plan.opening), len(plan.changing), plan.problems) == (0, 1, [])
    load_offices.apply_offices(plan, by=SYSTEM)
    house.station.refresh_from_db()
    assert (house.station.name, house.station.above) == ("Trạm Y tế Tân Phú", house.ministry)
    assert house.station.territories.count() == 2
    again = load_offices.plan_offices(rows(*table))
    assert (again.changing, again.same) == ([], 1)


@pytest.mark.parametrize(
    ("wrong", "column"),
    [
        ({"kind": "Trạm xá"}, "kind"),
        ({"code": ""}, "code"),
        ({"name": "12"}, "name"),
        ({"territory": "Xã Không Có"}, "territory"),
        ({"catalogue": "2023"}, "catalogue"),
        ({"opened_on": "2022"}, "opened_on"),
        ({"above_code": "không có"}, "above_code"),
        ({"above_code": "689", "above_kind": "ministry"}, "above_code"),
        ({"above_code": "689", "above_kind": "x"}, "above_kind"),
        ({"above_code": "T1"}, "above_code"),  # itself
    ],
)
def test_a_bad_row_is_told_and_the_good_ones_go_in(
    house: House, tmp_path: Path, wrong: dict[str, str], column: str
) -> None:
    table = [{**OFFICE_ROWS[0], **wrong}, *OFFICE_ROWS[1:]]
    said, status = run("load_offices", csv_file(tmp_path, table), apply=True)
    assert status == 1
    assert f"row 2, {column}: " in said
    assert "1 bad rows" in said
    assert not Office.objects.filter(code="T1").exists()
    assert Office.objects.filter(code="689").count() == 2


def test_a_row_below_a_bad_row_does_not_hang_in_the_air(house: House) -> None:
    table = [{**OFFICE_ROWS[1], "name": ""}, OFFICE_ROWS[0], OFFICE_ROWS[3]]
    plan = load_offices.plan_offices(rows(*table))
    assert [(one.row, one.column) for one in plan.problems] == [(2, "name"), (3, "above_code")]
    ring = [
        {"kind": "facility", "code": "A", "name": "Một", "above_code": "B"},
        {"kind": "facility", "code": "B", "name": "Hai", "above_code": "A"},
        {"kind": "facility", "code": "C", "name": "Ba", "above_code": "B"},
    ]
    plan = load_offices.plan_offices(rows(*ring))
    assert [one.row for one in plan.problems] == [2, 3, 4]
    assert not plan.opening


def test_an_office_stands_once_and_a_closed_one_is_not_opened_again(house: House) -> None:
    from lamsach.clock import today

    plan = load_offices.plan_offices(rows(OFFICE_ROWS[3], OFFICE_ROWS[3]))
    assert [(one.row, "dòng 2" in one.sentence) for one in plan.problems] == [(3, True)]
    close_office(office=house.facility, on=today(), actor=SYSTEM)
    closed = {"kind": "facility", "code": "70-BV-1", "name": "Bệnh viện"}
    assert load_offices.plan_offices(rows(closed)).problems


def test_officers_come_in_with_passwords_in_a_file_for_its_owner_alone(
    house: House, tmp_path: Path
) -> None:
    file, out = csv_file(tmp_path, OFFICER_ROWS), tmp_path / "passwords.csv"
    before = everything()
    said, status = run("load_officers", file)
    assert ("3 new accounts, 4 new posts" in said, status) == (True, 0)
    assert everything() == before
    with pytest.raises(CommandError, match="--passwords"):
        call_command("load_officers", file, apply=True)
    said, status = run("load_officers", file, apply=True, passwords=out)
    assert status == 0
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    told = list(csv.DictReader(io.StringIO(out.read_text(encoding="utf-8"))))
    assert {one["account"] for one in told} == {"lan.01", "hung", "minh"}
    assert not [one for one in told if one["initial_password"] in said]
    lan = Officer.objects.get(username="lan.01")
    held = set(Post.objects.filter(officer=lan).values_list("role", "office__code"))
    assert held == {("station", "70-TYT-1"), ("facility_head", "70-BV-1")}
    hung = Post.objects.get(officer__username="hung")
    assert (hung.period.lower.isoformat(), hung.period.upper.isoformat()) == (
        "2024-02-01", "2100-01-01",
    )  # fmt: skip
    password = next(one["initial_password"] for one in told if one["account"] == "lan.01")
    cache.clear()
    browser = Client()
    signed = browser.post("/accounts/login/", {"login": "lan.01", "password": password})
    assert signed.headers["Location"] == "/"
    assert browser.get("/").headers["Location"] == "/accounts/password/"
    assert password not in str(list(Event.objects.values_list("facts", "subject_id")))


def test_the_same_officers_again_change_nothing(house: House, tmp_path: Path) -> None:
    file = csv_file(tmp_path, OFFICER_ROWS)
    run("load_officers", file, apply=True, passwords=tmp_path / "one.out")
    after, events = everything(), Event.objects.count()
    said, status = run("load_officers", file, apply=True)  # nobody new: no file is needed
    assert "0 new accounts, 0 new posts, 4 as they are" in said
    assert (everything(), Event.objects.count(), status) == (after, events, 0)


def test_a_file_that_is_there_is_not_written_over_and_nothing_is_made(
    house: House, tmp_path: Path
) -> None:
    there = tmp_path / "there"
    there.write_text("old")
    before = everything()
    with pytest.raises(CommandError, match="already"):
        call_command("load_officers", csv_file(tmp_path, OFFICER_ROWS), apply=True, passwords=there)
    assert (there.read_text(), everything()) == ("old", before)


def test_without_accounts_there_are_no_passwords_left(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What fails after the file was written takes it away again."""
    out = tmp_path / "passwords"
    write = load_officers.apply_officers

    def failing(plan: Any, *, by: Any, keep: Any) -> Any:
        def kept(told: Any) -> None:
            keep(told)
            assert out.exists()
            raise OSError("no room")

        return write(plan, by=by, keep=kept)

    from lamsach.administration.management.commands import load_officers as command

    monkeypatch.setattr(command, "apply_officers", failing)
    before = everything()
    with pytest.raises(OSError, match="no room"):
        call_command("load_officers", csv_file(tmp_path, OFFICER_ROWS), apply=True, passwords=out)
    assert (out.exists(), everything()) == (False, before)


@pytest.mark.parametrize(
    ("wrong", "column"),
    [
        ({"username": "có dấu"}, "username"),
        ({"full_name": ""}, "full_name"),
        ({"full_name": "Người Khác", "username": "dung"}, "full_name"),
        ({"role": "boss"}, "role"),
        ({"role": "administrator", "office_code": ""}, "role"),  # beside other posts
        ({"office_code": "70-BV-1"}, "office_code"),  # a hospital has no station officer
        ({"office_code": "70-TYT-1", "office_kind": "facility"}, "office_kind"),
        ({"since": "31/02/2024"}, "since"),
        ({"since": "01/01/2000"}, "since"),  # the office was not open
        ({"since": "02/01/2024", "last_day": "01/01/2024"}, "last_day"),
        ({"role": "Head of facility", "office_code": "70-BV-1"}, "role"),  # stands there already
    ],
)
def test_a_bad_officer_is_told_and_the_others_go_in(
    house: House, tmp_path: Path, wrong: dict[str, str], column: str
) -> None:
    lan, head, hung, minh = OFFICER_ROWS
    table = [head, {**lan, **wrong}, hung, minh]
    file = csv_file(tmp_path, table)
    said, status = run("load_officers", file, apply=True, passwords=tmp_path / "out")
    assert status == 1
    assert f"row 3, {column}: " in said
    assert Officer.objects.filter(username__in=["hung", "minh", "lan.01"]).count() == 3
    assert "Người Khác" not in said


def test_an_officer_who_is_there_gets_the_post_and_keeps_the_password(house: House) -> None:
    Officer.objects.filter(pk=house.dung.pk).update(password="kept")
    row = {"username": "dung", "full_name": "DUNG", "role": "facility_head",
           "office_code": "70-TYT-1"}  # fmt: skip
    plan = load_officers.plan_officers(rows(row))
    assert (plan.accounts, len(plan.posts), plan.problems) == ({}, 1, [])
    told = load_officers.apply_officers(plan, by=SYSTEM, keep=lambda _told: None)
    assert told == []
    house.dung.refresh_from_db()
    assert house.dung.password == "kept"
    assert Post.objects.filter(officer=house.dung, role=Role.FACILITY_HEAD).exists()
    clash = {**row, "role": "administrator", "office_code": ""}
    assert load_officers.plan_officers(rows(clash)).problems[0].column == "role"


def test_several_offices_of_a_code_are_told_apart_by_the_role_s_kind(house: House) -> None:
    open_office(kind="commune_police", name="Công an", code="25195", actor=SYSTEM)
    open_office(kind="hamlet_group", name="Tổ", code="25195", actor=SYSTEM)
    police = {"username": "p1", "full_name": "Công An", "role": "commune_police",
              "office_code": "25195"}  # fmt: skip
    plan = load_officers.plan_officers(rows(police))
    assert plan.posts[0].office.kind == "commune_police"


def test_a_workbook_is_read_as_a_csv_file_is() -> None:
    names = [one.vi for one in OFFICERS]
    given = [[one.get(column.identifier, "") for column in OFFICERS] for one in OFFICER_ROWS]
    book = workbook_bytes([SheetToWrite("Cán bộ", rows=[["Danh sách cán bộ"], names, *given])])
    read = read_table(book, OFFICERS)
    assert [one.number for one in read] == [3, 4, 5, 6]
    assert [one["username"] for one in read] == [one["username"] for one in OFFICER_ROWS]
    text = "\ufeffusername;full_name;role\nlan;Trần Lan;station\n;;\n"
    assert [one.cells for one in read_table(text.encode(), OFFICERS)] == [
        {"username": "lan", "full_name": "Trần Lan", "role": "station"}
    ]


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe\x00", b"a,b\n1,2\n", b"PK\x03\x04 no workbook", b"kind\nstation\n"]
)
def test_a_file_that_is_no_table_is_refused_with_a_sentence(content: bytes) -> None:
    with pytest.raises(ValidationError):
        read_table(content, OFFICES)


def test_statements_do_not_grow_with_the_rows(house: House, count_queries: Any) -> None:
    def cost(count: int, begin: int) -> int:
        table = [
            {"username": f"o{number}", "full_name": "Tên", "role": "station",
             "office_code": "70-TYT-1"} for number in range(begin, begin + count)
        ]  # fmt: skip
        with count_queries() as seen:
            plan = load_officers.plan_officers(rows(*table))
            load_officers.apply_officers(plan, by=SYSTEM, keep=lambda _told: None)
        return len(seen)

    cost(1, 0)
    assert cost(200, 1000) <= cost(2, 5000) + 2
