"""From what a record calls for to the columns that the bulk issuer takes: names, codes, dates.

Pure but for the name of who issues: knows no database and no key.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Any, Final

import pyarrow as pa

from lamsach.hcert.transliteration import TransliterationError, split_name, transliterate
from lamsach.hcert.vaccines import PRODUCTS
from lamsach.passports.sql import Wanted

__all__ = ["columns_of"]

_COLUMNS: Final = pa.schema(
    [(name, pa.string()) for name in ("fn", "fnt", "gn", "gnt", "dob", "tg", "vp", "mp", "ma")]
    + [("dn", pa.int64()), ("sd", pa.int64())]
    + [(name, pa.string()) for name in ("dt", "co", "is")]
)


def columns_of(wishes: Sequence[Wanted], issued_by: str) -> pa.Table:
    """The table that `hcert.bulk` issues from, a row a wish in their order."""
    return pa.Table.from_pylist([_row(one, issued_by) for one in wishes], schema=_COLUMNS)


def _row(one: Wanted, issued_by: str) -> dict[str, Any]:
    product = PRODUCTS.get(one.product)
    return {
        **_names(one.full_name, one.travel_name),
        "dob": one.birth_date,
        "tg": one.disease,
        "vp": product.prophylaxes[0] if product else "",
        "mp": one.product,
        "ma": product.maker if product else "",
        "dn": one.doses,
        "sd": one.series,
        "dt": one.vaccinated_on.isoformat(),
        "co": one.country,
        "is": issued_by,
    }


def _names(full_name: str, travel_name: str) -> dict[str, str]:
    """Family and given names; with a travel document, in its Latin forms.

    >>> _names("Nguyễn Bửu Lộc", "")
    {'fn': 'Nguyễn', 'gn': 'Bửu Lộc'}
    >>> _names("Anna Maria Müller", "MUELLER<<ANNA<MARIA")
    {'fn': 'Müller', 'gn': 'Anna Maria', 'fnt': 'MUELLER', 'gnt': 'ANNA<MARIA'}
    """
    full_name = unicodedata.normalize("NFC", full_name)
    if not travel_name:
        family, given = split_name(full_name)
        return {name: text for name, text in (("fn", family), ("gn", given)) if text}
    surname, _, forename = travel_name.partition("<<")
    words = full_name.split()
    family, given = surname.replace("<", " "), forename.replace("<", " ")
    for at in range(1, len(words)):
        one, other = " ".join(words[:at]), " ".join(words[at:])
        for first, last in ((one, other), (other, one)):
            if (_latin(first), _latin(last)) == (surname, forename):
                family, given = first, last
    names = {"fn": family, "gn": given, "fnt": surname, "gnt": forename}
    return {name: text for name, text in names.items() if text}


def _latin(text: str) -> str:
    try:
        return transliterate(text)
    except TransliterationError:
        return ""
