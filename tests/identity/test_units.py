"""Units: every commune has its district and province, in both catalogues."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from lamsach.identity.units import (
    Catalogue,
    communes,
    place_name,
    province_of,
    provinces,
    short_name,
    unit_name,
)


@pytest.mark.parametrize("catalogue", ["2022", "2025"])
def test_every_commune_lies_in_a_named_province(catalogue: Catalogue) -> None:
    known = set(provinces(catalogue))
    for code in communes(catalogue):
        assert province_of(code, catalogue) in known
        assert place_name(code, catalogue).endswith(
            short_name(province_of(code, catalogue), catalogue)
        )


@pytest.mark.parametrize("code", ["", "7", "0070", "99999", "25195 ", "Bình Phước"])
def test_what_is_no_code_has_no_name(code: str) -> None:
    assert unit_name(code) == place_name(code) == province_of(code) == ""


def test_codes_keep_their_leading_zeros() -> None:
    assert place_name("00001") == "Phường Phúc Xá, Quận Ba Đình, Hà Nội"
    assert unit_name("1") == ""


@pytest.mark.vectors
@pytest.mark.parametrize("catalogue", ["2022", "2025"])
def test_the_tables_are_those_of_the_statistics_office(
    catalogue: Catalogue, shared_data: Path
) -> None:
    source = shared_data / "vn" / f"admin_units_{catalogue}.csv"
    with source.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            assert unit_name(row["code"], catalogue) == row["name_full"]
            if row["level"] != "1":
                assert province_of(row["code"], catalogue) == row["province_code"]
