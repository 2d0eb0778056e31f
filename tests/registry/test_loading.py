"""Loading a platform's records: read as everywhere else, each once, all of them or none."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from lamsach.ledger.actions import action
from lamsach.ledger.models import Event
from lamsach.ledger.verbs import Verb
from lamsach.places.models import Office
from lamsach.registry.actions import enter_people, loading
from lamsach.registry.actions.copying import copy_rows
from lamsach.registry.entries import PersonEntry
from lamsach.registry.models import Dose, Person, Standing
from lamsach.synthetic import synthesize_nation

pytestmark = pytest.mark.db

COLUMNS = (
    "person_id", "personal_id", "full_name", "birth_date", "sex", "nationality",
    "passport_number", "phone", "insurance_number", "province_code", "district_code",
    "commune_code",
)  # fmt: skip
DOSE_COLUMNS = (
    "dose_id", "person_id", "dose_number", "vaccine_code", "lot", "vaccinated_on", "facility_code",
)  # fmt: skip


def persons(folder: Path, *rows: dict[str, str]) -> str:
    columns = {name: [row.get(name) for row in rows] for name in COLUMNS}
    pq.write_table(pa.table(columns, pa.schema([(one, pa.string()) for one in COLUMNS])),
                   folder / "persons.parquet")  # fmt: skip
    return str(folder / "persons.parquet")


def doses(folder: Path, *rows: tuple[str, ...]) -> str:
    columns = {name: [row[place] for row in rows] for place, name in enumerate(DOSE_COLUMNS)}
    schema = pa.schema([(one, pa.string()) for one in DOSE_COLUMNS])
    pq.write_table(pa.table(columns, schema), folder / "doses.parquet")
    return str(folder / "doses.parquet")


def load(*files: str, **options: Any) -> str:
    out = StringIO()
    call_command("load", *files, campaign="covid-19", stdout=out, stderr=StringIO(), **options)
    return out.getvalue()


@pytest.fixture
def coded(country: Any) -> Any:
    Office.objects.filter(pk=country.facility.pk).update(code="F1")
    return country


TYPED: tuple[dict[str, str], ...] = (
    {"full_name": "  NGUYỄN  Thị Hoà", "birth_date": "4/5/1963", "sex": "Nữ",
     "personal_id": "070 163 000 001", "commune_code": "25195", "phone": "0912345678"},
    {"full_name": "NguyÔn ThÞ Hång", "birth_date": "1.5.1990", "sex": "0", "personal_id": ""},
    {"full_name": "KIM MINJUN", "birth_date": "năm Thìn", "sex": "", "nationality": "KOR",
     "personal_id": "1.09301E+11", "passport_number": "M12345678"},
    {"full_name": 'Điểu "K\'Rứ", thứ hai', "birth_date": "31/02/1980", "sex": "x",
     "personal_id": "271234567"},
)  # fmt: skip


def test_a_loaded_record_is_the_one_that_would_have_been_entered(
    coded: Any, tmp_path: Path
) -> None:
    named = [{**row, "person_id": f"{place:032x}"} for place, row in enumerate(TYPED, 1)]
    said = load(persons(tmp_path, *named), doses(tmp_path), office="F1")
    assert "4 people and 0 doses" in said
    with action() as act:
        fields = [
            {name: text for name, text in row.items() if name != "commune_code"} for row in TYPED
        ]
        entries = [
            PersonEntry(**row, residence=coded.near.pk if place == 0 else None)
            for place, row in enumerate(fields)
        ]
        entered = enter_people(act, officer=coded.alice, office=coded.facility, rows=entries)
    ours = ("id", "public_id", "reference", "entered_at")
    for place, pk in enumerate(entered, 1):
        loaded = Person.objects.filter(public_id=f"{place:032x}").values().get()
        other = Person.objects.filter(pk=pk).values().get()
        assert {k: v for k, v in loaded.items() if k not in ours} == {
            k: v for k, v in other.items() if k not in ours
        }


def test_doses_follow_their_people_and_doubles_stay_out(coded: Any, tmp_path: Path) -> None:
    people = persons(
        tmp_path, {"person_id": "P-1", "full_name": "Lê An"}, {"person_id": "P-2", "full_name": "B"}
    )
    given = doses(
        tmp_path,
        ("1", "P-1", "1", "EU/1/21/1529", "AB1", "2021-09-01", "F1"),
        ("2", "P-1", "2", "EU/1/21/1529", "AB2", "2021-12-01", "F1"),
        ("3", "P-1", "1", "EU/1/21/1529", "AB1", "2021-09-01", "F1"),
        ("4", "P-2", "1", "EU/1/20/1528", "", "2021-09-02", "F1"),
    )
    assert "2 people and 3 doses" in load(people, given)
    person = Person.objects.get(full_name="Lê An")
    assert list(person.doses.order_by("dose_number").values_list("lot", "entered_by")) == [
        ("AB1", coded.facility.pk), ("AB2", coded.facility.pk)
    ]  # fmt: skip
    assert Dose.objects.get(person__full_name="B").vaccinated_on == date(2021, 9, 2)
    event = Event.objects.get(verb=Verb.PEOPLE_LOAD)
    assert event.facts == {"people": 2, "doses": 3, "doubles": 1}
    later = coded.person(personal_id="070163000009")  # keys go on behind the loaded ones
    assert later.pk > person.pk


@pytest.mark.parametrize(
    ("dose", "problem"),
    [
        (("1", "P-1", "1", "X", "", "2021-09-01", "F9"), "F9"),
        (("1", "P-9", "1", "X", "", "2021-09-01", "F1"), "nobody in PERSONS"),
        (("1", "P-1", "0", "X", "", "2021-09-01", "F1"), "from 1 to 20"),
        (("1", "P-1", "1", "X", "", "01/09/2021", "F1"), "YYYY-MM-DD"),
    ],
)
def test_what_has_no_place_is_named_and_nothing_comes_in(
    coded: Any, tmp_path: Path, dose: tuple[str, ...], problem: str
) -> None:
    people = persons(tmp_path, {"person_id": "P-1", "full_name": "Lê An"})
    with pytest.raises(CommandError, match=problem):
        load(people, doses(tmp_path, dose), office="F1")
    assert not Person.objects.exists()
    assert not Event.objects.filter(verb=Verb.PEOPLE_LOAD).exists()


def test_a_file_comes_in_once(coded: Any, tmp_path: Path) -> None:
    people = persons(tmp_path, {"person_id": "P-1", "full_name": "Lê An"})
    given = doses(tmp_path, ("1", "P-1", "1", "EU/1/21/1529", "", "2021-09-01", "F1"))
    load(people, given)
    with pytest.raises(CommandError, match="already") as refused:
        load(people, given)
    assert refused.value.__cause__.__cause__ is None  # the database's words quote the row
    assert Person.objects.count() == 1


def shape(table: str) -> set[str]:
    """A table's indexes and constraints, as the database says them."""
    with connection.cursor() as cursor:
        cursor.execute("select indexdef from pg_indexes where tablename = %s", [table])
        found = {row[0] for row in cursor.fetchall()}
        cursor.execute(
            "select conname || ' ' || pg_get_constraintdef(oid) from pg_constraint"
            " where conrelid = %s::regclass",
            [table],
        )
        return found | {row[0] for row in cursor.fetchall()}


TABLES = ("registry_person", "registry_dose", "registry_standing")


@pytest.fixture
def as_owner(committed: None) -> Iterator[None]:
    """What the test does, the tables' owner does."""
    own = connection.settings_dict
    application = own["USER"]
    connection.close()
    own["USER"] = f"{application}_owner"
    yield
    connection.close()
    own["USER"] = application


def test_the_owner_fills_empty_tables_bare_and_makes_them_whole_again(
    as_owner: None, make_country: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    country = make_country()
    Office.objects.filter(pk=country.facility.pk).update(code="F1")
    before = [shape(table) for table in TABLES]
    bare = []

    def copied(using: str, table: str, batches: Any) -> int:
        count = copy_rows(using, table, batches)
        bare.append((table, len(shape(table))))
        return count

    monkeypatch.setattr(loading, "copy_rows", copied)
    people = persons(tmp_path, {"person_id": "P-1", "full_name": "Lê An"})
    given = doses(tmp_path, ("1", "P-1", "1", "EU/1/21/1529", "", "2021-09-01", "F1"))
    load(people, given)
    # The primary key and its index, and the checks; nothing that is looked up for each row.
    checks = [sum("CHECK" in one for one in shape(table)) for table in TABLES]
    nulls = [sum("NOT NULL" in one and "CHECK" not in one for one in shape(t)) for t in TABLES]
    assert bare == [
        (table, 2 + checks[place] + nulls[place]) for place, table in enumerate(TABLES[:2])
    ]
    assert [shape(table) for table in TABLES] == before
    assert Standing.objects.get().person == Person.objects.get()
    more = persons(tmp_path, {"person_id": "P-2", "full_name": "Lê Bình"})
    bare.clear()
    load(more, doses(tmp_path), office="F1")  # others may be at work by now
    assert bare[0] == ("registry_person", len(before[0]))


def test_people_without_a_dose_need_a_facility(coded: Any, tmp_path: Path) -> None:
    people = persons(tmp_path, {"person_id": "P-1", "full_name": "Lê An"})
    with pytest.raises(CommandError, match="--office"):
        load(people, doses(tmp_path))


def test_a_synthetic_nation_comes_in_with_its_facilities(coded: Any, tmp_path: Path) -> None:
    made = synthesize_nation(2000, 3, tmp_path / "nation", province="70")
    folder = tmp_path / "nation"
    said = load(
        str(folder / "persons.parquet"), str(folder / "doses.parquet"),
        facilities=folder / "facilities.parquet", office="P70-BVDK",
    )  # fmt: skip
    assert f"{made.rows['persons']:,} people" in said
    assert Person.objects.count() == made.rows["persons"]
    assert not Person.objects.filter(name_key="").exists()
    assert Dose.objects.exclude(entered_by__kind__in=["facility", "station"]).count() == 0
    assert not Standing.objects.filter(obstacle="correction_waiting").exists()
