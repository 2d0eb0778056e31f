"""Units through time, what covers what, and offices with their territory."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError

from lamsach.identity import units as catalogues
from lamsach.ledger.actions import Actor
from lamsach.ledger.models import Event
from lamsach.ledger.verbs import Verb
from lamsach.places.actions import (
    close_office,
    end_territory,
    give_territory,
    load_successions,
    load_units,
    open_office,
)
from lamsach.places.models import Coverage, Office, OfficeKind, Succession, Territory, Unit
from lamsach.places.queries import (
    covered_units,
    offices_for,
    present_unit,
    territory_units,
    unit,
    units_on,
)

pytestmark = [pytest.mark.db, pytest.mark.django_db]

SYSTEM = Actor.system("test")
APRIL_2022, JUNE_2025, JULY_2025 = date(2022, 4, 19), date(2025, 6, 30), date(2025, 7, 1)


@pytest.fixture
def country() -> None:
    load_units(actor=SYSTEM)


def covered(place: Unit) -> set[tuple[str, str]]:
    rows = Coverage.objects.filter(covering=place)
    return set(rows.values_list("covered__catalogue", "covered__code"))


def test_both_catalogues_are_there_once(country: None) -> None:
    assert load_units(actor=SYSTEM) == 11367 + 3355
    assert Event.objects.filter(verb=Verb.UNITS_LOAD).count() == 1
    for catalogue in ("2022", "2025"):
        stored = Unit.objects.filter(catalogue=catalogue)
        assert set(stored.values_list("code", "name")) == {
            (one.code, one.name) for one in catalogues.all_units(catalogue)
        }


def test_units_of_a_day(country: None) -> None:
    assert units_on(JUNE_2025).filter(level=1).count() == 63
    assert units_on(JULY_2025).filter(level=1).count() == 34
    assert not units_on(JULY_2025).filter(level=2).exists()


def test_a_reused_code_is_another_province(country: None) -> None:
    """15 was Yên Bái and is Lào Cai: both went into the Lào Cai of today."""
    old, new = unit("15", "2022"), unit("15", "2025")
    assert old is not None
    assert new is not None
    assert (old.name, new.name) == ("Tỉnh Yên Bái", "Tỉnh Lào Cai")
    assert ("2022", "10") in covered(new)
    assert ("2022", "15") in covered(new)


def test_every_province_went_into_one(country: None) -> None:
    went = Succession.objects.filter(predecessor__level=1)
    assert went.count() == 63
    assert set(went.values_list("successor__code", flat=True)) == set(catalogues.provinces("2025"))
    binh_phuoc = unit("70", "2022")
    assert binh_phuoc is not None
    today = present_unit(binh_phuoc)
    assert today is not None
    assert (today.code, today.name) == ("75", "Tỉnh Đồng Nai")


def test_a_province_covers_its_own_and_what_it_took_in(country: None) -> None:
    binh_phuoc, dong_nai = unit("70", "2022"), unit("75", "2025")
    assert binh_phuoc is not None
    assert dong_nai is not None
    own = covered(binh_phuoc)
    expected = {
        ("2022", one.code)
        for one in catalogues.all_units("2022")
        if catalogues.province_of(one.code) == "70"
    }
    assert own == expected
    assert own < covered(dong_nai)
    hanoi = unit("01", "2022")
    assert hanoi is not None
    assert not own & covered(hanoi)


def test_no_unit_is_covered_by_two_provinces_of_one_time(country: None) -> None:
    for catalogue in ("2022", "2025"):
        rows = list(
            Coverage.objects.filter(covering__level=1, covering__catalogue=catalogue).values_list(
                "covered_id", flat=True
            )
        )
        assert len(rows) == len(set(rows))


def test_successions_replace_those_of_the_catalogues(country: None) -> None:
    before = Succession.objects.filter(predecessor__level=3).count()
    assert before > 3000
    rows = [("25195", "25195", True), ("25198", "25195", False)]
    assert load_successions(rows=rows, actor=SYSTEM) == 2
    place, split = unit("25195", "2025"), unit("25198", "2022")
    assert place is not None
    assert split is not None
    assert ("2022", "25195") in covered(place)
    assert ("2022", "25198") not in covered(place)  # a part only, not the usual one
    assert present_unit(split) is None


def test_a_succession_of_an_unknown_commune_changes_nothing(country: None) -> None:
    before = set(Succession.objects.values_list("predecessor_id", "successor_id"))
    with pytest.raises(ValidationError, match="99999"):
        load_successions(rows=[("99999", "25195", True)], actor=SYSTEM)
    assert set(Succession.objects.values_list("predecessor_id", "successor_id")) == before


@pytest.mark.vectors
def test_the_official_table_agrees_with_what_the_catalogues_say(
    country: None, shared_data: Path
) -> None:
    own = set(
        Succession.objects.filter(predecessor__level=3).values_list(
            "predecessor__code", "successor__code"
        )
    )
    with (shared_data / "vn" / "admin_units_map.csv").open(encoding="utf-8") as file:
        rows = [
            (row["old_code"], row["new_code"], row["default_choice"] == "1")
            for row in csv.DictReader(file)
            if row["level"] == "3" and row["old_state"] == "2022" and row["new_code"]
        ]
    assert own <= {(before, after) for before, after, _ in rows}
    assert load_successions(rows=rows, actor=SYSTEM) > 10_599
    old = Unit.objects.filter(catalogue="2022", level=3)
    # Three communes have no successor in the table, three others no usual one among several.
    assert old.filter(successions__usual=True).count() == 10_599 - 6


def an_office(kind: str = OfficeKind.STATION, **more: Any) -> Office:
    more.setdefault("opened_on", APRIL_2022)
    return open_office(kind=kind, name="Trạm Y tế", actor=SYSTEM, **more)


def test_a_station_covers_its_commune_from_day_to_day(country: None) -> None:
    commune = unit("25195", "2022")
    assert commune is not None
    office = an_office(territory=[commune])
    offices = Office.objects.filter(pk=office.pk)
    assert set(covered_units(offices, APRIL_2022)) == {commune.id}
    assert not covered_units(offices, date(2022, 4, 18)).exists()
    assert list(offices_for(commune, OfficeKind.STATION, APRIL_2022)) == [office]
    territory = Territory.objects.get(office=office)
    end_territory(territory=territory, until=JULY_2025, actor=SYSTEM)
    assert territory_units(office, JUNE_2025).exists()
    assert not territory_units(office, JULY_2025).exists()


def test_an_office_has_a_unit_once_at_a_time(country: None) -> None:
    commune = unit("25195", "2022")
    assert commune is not None
    office = an_office(territory=[commune])
    with pytest.raises(IntegrityError):
        give_territory(office=office, unit=commune, actor=SYSTEM)


def test_a_closed_office_hands_over(country: None) -> None:
    commune = unit("25195", "2022")
    assert commune is not None
    old, new = an_office(territory=[commune]), an_office(opened_on=JULY_2025)
    close_office(office=old, on=JULY_2025, successor=new, actor=SYSTEM)
    assert (old.closed_on, old.successor) == (JULY_2025, new)
    assert not offices_for(commune, OfficeKind.STATION, JULY_2025).exists()
    assert Event.objects.get(verb=Verb.OFFICE_CLOSE).facts == {"successor": str(new.public_id)}


def test_an_office_of_no_kind_is_refused() -> None:
    with pytest.raises(IntegrityError):
        an_office(kind="bakery")
