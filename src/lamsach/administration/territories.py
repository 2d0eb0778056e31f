"""Reading the units that an office is responsible for, as administrators write them.

A unit a line (or between semicolons): its code, or its name with the units above it after commas:
"25195", "Tỉnh Bình Phước", "Đồng Xoài, Bình Phước", "Tân Phú, Đồng Xoài, Bình Phước". It asks
nobody about anybody; the tables are reached through `queries`.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import cast

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from lamsach.administration.queries import units_of
from lamsach.identity import units as catalogues
from lamsach.intake.communes import communes_of
from lamsach.intake.problems import WrongError
from lamsach.places.keys import search_key
from lamsach.places.models import Unit

__all__ = ["read_units"]

_RANK = re.compile(
    r"^(?:tinh|thanh pho|tp|quan|q|huyen|h|thi xa|tx|phuong|p|xa|x|thi tran|tt|dac khu) (?=\S)"
)


def read_units(text: str, catalogue: str) -> list[Unit]:
    """The units, in the order given, each once. Raises `ValidationError` that names what is none.

    Example: `read_units("25195; Tỉnh Bình Phước", "2022")`
    """
    lines = [one.strip() for one in re.split(r"[\n;]", text) if one.strip()]
    codes = [_code_of(line, cast("catalogues.Catalogue", catalogue)) for line in lines]
    known = units_of(catalogue, [code for code in codes if code])
    bad = [line for line, code in zip(lines, codes, strict=True) if code not in known]
    if bad:
        raise ValidationError(
            _(
                "Not one unit of the catalogue of %(catalogue)s: %(units)s. Write the code, or the"
                " name with the district and province after commas."
            ),
            params={"catalogue": catalogue, "units": "; ".join(bad[:5])},
        )
    return [known[code] for code in dict.fromkeys(codes)]


def _code_of(line: str, catalogue: catalogues.Catalogue) -> str:
    """The code that a line means; "" when it means none, or several."""
    if line.isascii() and line.isdigit():
        return line
    parts = [one.strip() for one in line.split(",")]
    bare = [_bare(one) for one in parts]
    found: set[str] = set()
    if len(parts) <= 2:
        found = {
            unit.code
            for unit in catalogues.all_units(catalogue)
            if len(unit.code) == len(parts) + 1
            and _bare(unit.name) == bare[0]
            and (len(parts) == 1 or _bare(catalogues.unit_name(unit.above, catalogue)) == bare[1])
        }
    if 2 <= len(parts) <= 3:
        commune, district, province = parts[0], parts[1] if len(parts) == 3 else "", parts[-1]
        with suppress(WrongError):  # no commune of this name
            found.add(communes_of(catalogue).code_of(province, district, commune))
    return found.pop() if len(found) == 1 else ""


def _bare(name: str) -> str:
    """A name without its rank and marks."""
    return _RANK.sub("", search_key(name))
