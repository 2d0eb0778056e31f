"""Vaccines as Vietnamese lists write them, read as the product's code.

Trade names and makers of the eight products that Vietnam licensed in 2021 (5772/QĐ-BYT and the
licences before it), as people type them; which of them a campaign has is the campaign's own
business, and a campaign's code is always read as itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from lamsach.hcert.vaccines import PRODUCTS
from lamsach.identity.names import normalize_name

__all__ = ["vaccine_names", "vaccine_readings", "writing_of"]

_SPOKEN: Final[Mapping[str, tuple[str, ...]]] = {
    "EU/1/21/1529": ("AstraZeneca", "Astra Zeneca", "AZ", "Covid-19 Vaccine AstraZeneca", "Vaxz"),
    "EU/1/20/1528": ("Pfizer", "Pfizer-BioNTech", "Pfizer BioNTech", "Pfizer/BioNTech", "BNT162b2"),
    "EU/1/20/1507": ("Moderna", "Moderna Covid-19", "mRNA-1273"),
    "EU/1/20/1525": ("Janssen", "Johnson & Johnson", "Johnson and Johnson", "J&J"),
    "Sputnik-V": ("Sputnik", "SputnikV", "Gam-COVID-Vac"),
    "BBIBP-CorV": (
        "Vero Cell",
        "VeroCell",
        "Verocell",
        "Sinopharm",
        "Vero-Cell",
        "Vero Cell Sinopharm",
    ),
    "Hayat-Vax": ("Hayat Vax", "HayatVax"),
    "Abdala": ("Vắc xin Abdala",),
}


def writing_of(text: str) -> str:
    """How a vaccine's name is compared: letters and digits alone, lower case.

    >>> writing_of("Pfizer - BioNTech"), writing_of("VERO CELL")
    ('pfizerbiontech', 'verocell')
    """
    return "".join(letter for letter in normalize_name(text) if letter.isalnum())


def vaccine_readings(codes: Iterable[str]) -> dict[str, str]:
    """What may be typed for a campaign's vaccines, as `writing_of` leaves it: the code it means."""
    found: dict[str, str] = {}
    for code in codes:
        product = PRODUCTS.get(code)
        names = (code, *((product.name,) if product else ()), *_SPOKEN.get(code, ()))
        found |= {writing_of(name): code for name in names}
    return found


def vaccine_names(codes: Iterable[str]) -> dict[str, str]:
    """The one name by which a list should call each code.

    >>> vaccine_names(["EU/1/21/1529", "X-1"])
    {'EU/1/21/1529': 'AstraZeneca', 'X-1': 'X-1'}
    """
    return {code: _SPOKEN.get(code, (code,))[0] for code in codes}
