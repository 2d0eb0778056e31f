"""Administrative units (đơn vị hành chính): codes and names of provinces, districts, communes.

Knows the two catalogues of the General Statistics Office that records use: `2022` (63 provinces,
705 districts, 10,599 communes) and `2025` (34 provinces, 3,321 communes, no districts, since
1 July 2025). Must not know who lives anywhere. The tables are built by `tools/build_unit_names.py`.
"""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files
from typing import Final, Literal, NamedTuple

Catalogue = Literal["2022", "2025"]

_PROVINCE, _COMMUNE = 2, 5  # length of a code tells its level; a district's has 3 digits


class Unit(NamedTuple):
    """One unit: its `code`, the code of the unit `above` ('' for a province), its full `name`."""

    code: str
    above: str
    name: str


# A list that names units drops these words; "Thành phố" stays apart from "Tỉnh" only by rank.
_RANKS: Final = ("Tỉnh ", "Thành phố ")


@cache
def _catalogue(catalogue: Catalogue) -> dict[str, Unit]:
    source = files("lamsach.identity").joinpath(f"units_{catalogue}.csv")
    rows = csv.DictReader(source.read_text(encoding="utf-8").splitlines())
    return {row["code"]: Unit(row["code"], row["above"], row["name"]) for row in rows}


def province_of(code: str, catalogue: Catalogue = "2022") -> str:
    """The code of the province a unit belongs to; '' when the catalogue does not hold the unit.

    >>> province_of("25195")
    '70'
    """
    unit = _catalogue(catalogue).get(code)
    while unit is not None and unit.above:
        unit = _catalogue(catalogue).get(unit.above)
    return unit.code if unit else ""


def unit_name(code: str, catalogue: Catalogue = "2022") -> str:
    """The full name of a unit, or '' when the catalogue does not hold it.

    >>> unit_name("70")
    'Tỉnh Bình Phước'
    """
    unit = _catalogue(catalogue).get(code)
    return unit.name if unit else ""


def short_name(code: str, catalogue: Catalogue = "2022") -> str:
    """The name of a province without its rank, as tables print it.

    >>> short_name("01"), short_name("70")
    ('Hà Nội', 'Bình Phước')
    """
    name = unit_name(code, catalogue)
    for rank in _RANKS:
        name = name.removeprefix(rank)
    return name


def place_name(code: str, catalogue: Catalogue = "2022") -> str:
    """A commune with the units above it, as an address writes them.

    >>> place_name("25195")
    'Phường Tân Phú, Thành phố Đồng Xoài, Bình Phước'
    """
    parts = []
    unit = _catalogue(catalogue).get(code)
    while unit is not None:
        parts.append(unit.name if unit.above else short_name(unit.code, catalogue))
        unit = _catalogue(catalogue).get(unit.above)
    return ", ".join(parts)


def all_units(catalogue: Catalogue = "2022") -> tuple[Unit, ...]:
    """All units, the highest level first.

    >>> len(all_units("2022")), all_units("2025")[0].name
    (11367, 'Thành phố Hà Nội')
    """
    return tuple(_catalogue(catalogue).values())


def provinces(catalogue: Catalogue = "2022") -> tuple[str, ...]:
    """The codes of all provinces, in order.

    >>> len(provinces("2022")), len(provinces("2025"))
    (63, 34)
    """
    return tuple(code for code in _catalogue(catalogue) if len(code) == _PROVINCE)


def communes(catalogue: Catalogue = "2022") -> tuple[str, ...]:
    """The codes of all communes, in order.

    >>> len(communes("2022")), len(communes("2025"))
    (10599, 3321)
    """
    return tuple(code for code in _catalogue(catalogue) if len(code) == _COMMUNE)
