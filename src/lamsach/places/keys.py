"""The key by which offices and officers are found: what is typed, without marks and letter case.

Unlike a person's name, an office's has digits and abbreviations that mean something, so nothing is
repaired here. Nothing rests on the database's collation: the key is a column.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

__all__ = ["search_key"]

_LONGEST: Final = 300
_BETWEEN: Final = re.compile(r"[\s\-_.,;:/()“”\"']+")


def search_key(text: str) -> str:
    """Base letters and digits in small letters, words apart by one space.

    >>> search_key("Trạm Y tế P.12,  Quận Gò-Vấp"), search_key("TRAM Y TE ĐÔNG HÒA")
    ('tram y te p 12 quan go vap', 'tram y te dong hoa')
    """
    bare = "".join(
        one
        for one in unicodedata.normalize("NFKD", text.casefold().replace("đ", "d"))
        if not unicodedata.combining(one)
    )
    return _BETWEEN.sub(" ", bare).strip()[:_LONGEST]
