"""Reading the units that an office is responsible for, as administrators write them.

A unit a line (or between semicolons): its code, or its name with the units above it after commas:
"25195", "Tỉnh Bình Phước", "Đồng Xoài, Bình Phước", "Tân Phú, Đồng Xoài, Bình Phước". It asks
nobody about anybody; the tables are reached through `queries`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from contextlib import suppress
from functools import lru_cache
from typing import cast

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from lamsach.administration.queries import units_of
from lamsach.identity import units as catalogues
from lamsach.intake.communes import communes_of
from lamsach.intake.problems import WrongError
from lamsach.places.keys import search_key
from lamsach.places.models import Unit

__all__ = ["read_units", "unit_codes"]

_RANK = re.compile(
    r"^(?:tinh|thanh pho|tp|quan|q|huyen|h|thi xa|tx|phuong|p|xa|x|thi tran|tt|dac khu) (?=\S)"
)


def read_units(text: str, catalogue: str) -> list[Unit]:
    """The units, in the order given, each once. Raises `ValidationError` that names what is none.

    Example: `read_units("25195; Tỉnh Bình Phước", "2022")`
    """
    codes = unit_codes(text, catalogue)
    known = units_of(catalogue, codes)
    if missing := [code for code in codes if code not in known]:
        raise _no_unit(missing, catalogue)
    return [known[code] for code in codes]


def unit_codes(text: str, catalogue: str) -> list[str]:
    """The codes of the units that a text names. Raises `ValidationError` as `read_units` does.

    >>> unit_codes("Tân Phú, Đồng Xoài, Bình Phước; 25198; Bình Phước", "2022")
    ['25195', '25198', '70']
    """
    lines = [one.strip() for one in re.split(r"[\n;]", text) if one.strip()]
    codes = [_code_of(line, catalogue) for line in lines]
    bad = [line for line, code in zip(lines, codes, strict=True) if not code]
    if bad:
        raise _no_unit(bad, catalogue)
    return list(dict.fromkeys(codes))


def _no_unit(lines: list[str], catalogue: str) -> ValidationError:
    return ValidationError(
        _(
            "Not one unit of the catalogue of %(catalogue)s: %(units)s. Write the code, or the"
            " name with the district and province after commas."
        ),
        params={"catalogue": catalogue, "units": "; ".join(lines[:5])},
    )


@lru_cache(maxsize=1 << 14)
def _code_of(line: str, catalogue: str) -> str:
    """The code that a line means; "" when it means none, or several."""
    if line.isascii() and line.isdigit():
        return line if line in _codes(catalogue) else ""
    parts = [one.strip() for one in line.split(",")]
    found: set[str] = set()
    if len(parts) <= 2:
        bare = [_bare(one) for one in parts]
        found |= _uppers(catalogue).get((bare[0], bare[1] if len(bare) == 2 else ""), set())
    if 2 <= len(parts) <= 3:
        commune, district, province = parts[0], parts[1] if len(parts) == 3 else "", parts[-1]
        with suppress(WrongError):  # no commune of this name
            found.add(communes_of(catalogue).code_of(province, district, commune))
    return next(iter(found)) if len(found) == 1 else ""


@lru_cache(maxsize=2)
def _codes(catalogue: str) -> frozenset[str]:
    units = catalogues.all_units(cast("catalogues.Catalogue", catalogue))
    return frozenset(one.code for one in units)


@lru_cache(maxsize=2)
def _uppers(catalogue: str) -> dict[tuple[str, str], set[str]]:
    """Provinces, and districts with their province, by their names without rank and marks."""
    known = cast("catalogues.Catalogue", catalogue)
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for one in catalogues.all_units(known):
        if len(one.code) < 5:
            above = _bare(catalogues.unit_name(one.above, known)) if one.above else ""
            found[_bare(one.name), above].add(one.code)
    return found


def _bare(name: str) -> str:
    """A name without its rank and marks."""
    return _RANK.sub("", search_key(name))
