"""Province codes of ID numbers, before and after the mergers of 2025."""

import csv
from pathlib import Path

import pytest

from lamsach.identity.places import PROVINCES, is_place_code, same_province


def test_the_circular_names_63_provinces() -> None:
    assert len(PROVINCES) == 63
    assert PROVINCES["001"] == "Hà Nội"
    assert PROVINCES["077"] == "Bà Rịa - Vũng Tàu"
    assert all(is_place_code(code) for code in PROVINCES)


@pytest.mark.parametrize(
    "code", ["000", "003", "097", "100", "400", "999", "", "01", "0001", "abc"]
)
def test_codes_that_no_place_has(code: str) -> None:
    assert not is_place_code(code)


def test_a_birth_abroad_is_not_judged() -> None:
    assert is_place_code("101")
    assert not same_province("101", "01")


def test_a_code_needs_its_catalogue() -> None:
    assert same_province("015", "15", units="2022")  # Yên Bái
    assert same_province("010", "15", units="2025")  # Lào Cai, which took Yên Bái in
    assert not same_province("010", "15", units="2022")
    with pytest.raises(ValueError, match="2022"):
        same_province("010", "15", units="2019")


@pytest.mark.vectors
def test_the_table_is_that_of_the_reference_data(shared_data: Path) -> None:
    path = shared_data / "vn" / "cccd_province_codes.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["cccd_code"]: row["province_name"] for row in rows} == PROVINCES
    for row in rows:
        assert same_province(row["cccd_code"], row["gso_province_code"], units="2022")
        assert same_province(row["cccd_code"], row["new_province_code_2025"], units="2025")
