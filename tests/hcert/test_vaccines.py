"""The vaccine table against the value sets it was made from."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lamsach.hcert import vaccines
from lamsach.hcert.vaccines import MAKERS, PRODUCTS, PROPHYLAXES


def values(shared_data: Path, name: str) -> dict[str, dict[str, object]]:
    folder = shared_data / "dcc" / "valuesets"
    text = (folder / f"{name}.json").read_text(encoding="utf-8")
    found: dict[str, dict[str, object]] = json.loads(text)["valueSetValues"]
    return found


@pytest.mark.vectors
def test_the_triples_are_those_of_annex_a(shared_data: Path) -> None:
    annex = {
        # Deprecated entries carry a remark in their code.
        str(entry["vaccine-code"]).removesuffix(" (deprecated)"): (
            entry["vaccine-manufacturer"],
            set(entry["sct-codes"]),  # type: ignore[call-overload]
        )
        for entry in values(shared_data, "vaccine-encoding-instructions").values()
    }
    assert {code: (p.maker, set(p.prophylaxes)) for code, p in PRODUCTS.items()} == annex


@pytest.mark.vectors
def test_active_codes(shared_data: Path) -> None:
    products = values(shared_data, "vaccine-medicinal-product")
    assert {code: p.active for code, p in PRODUCTS.items()} == {
        code: entry["active"] for code, entry in products.items()
    }
    prophylaxes = values(shared_data, "vaccine-prophylaxis")
    assert {code: entry["active"] for code, entry in prophylaxes.items()} == PROPHYLAXES
    assert set(values(shared_data, "vaccine-mah-manf")) == MAKERS


@pytest.mark.vectors
@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("country-2-codes", vaccines.COUNTRIES),
        ("disease-agent-targeted", vaccines.DISEASES),
        ("test-type", vaccines.TEST_TYPES),
        ("test-result", vaccines.TEST_RESULTS),
        ("test-manf-example", vaccines.TEST_DEVICES),
    ],
)
def test_the_other_value_sets(shared_data: Path, name: str, table: frozenset[str]) -> None:
    assert set(values(shared_data, name)) == table


def test_dates_are_in_order() -> None:
    for product in PRODUCTS.values():
        if product.first_used is not None:
            assert product.first_used >= vaccines.FIRST_VACCINATION
            assert all(product.first_used <= day for day in product.licensed.values())


def test_the_eight_vaccines_of_decision_5772_have_a_licence_in_vietnam() -> None:
    licensed = {product.name for product in PRODUCTS.values() if "VN" in product.licensed}
    assert licensed == {
        *("Vaxzevria", "Sputnik V", "BBIBP-CorV", "Comirnaty", "Spikevax", "Jcovden"),
        *("Hayat-Vax", "Abdala", "Covaxin"),
    }
