"""Print the tables of docs/transliteration.md anew from the rule that the library applies.

Usage: python tools/build_transliteration_table.py    (a test says when the page is out of date)
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from lamsach.hcert.transliteration import ICAO_LATIN, OTHER_LATIN, VIETNAMESE, transliterate

PAGE: Final = Path(__file__).resolve().parent.parent / "docs" / "transliteration.md"
_MARKED: Final = [chr(code) for code in range(0xC0, 0x180)]  # Latin-1 Supplement, Latin Extended-A


def _codes(text: str) -> str:
    return " ".join(f"{ord(letter):04X}" for letter in text)


def _table(letters: Iterable[str]) -> str:
    lines = [
        "| letter | lower case | one code point | decomposed | becomes |",
        "|---|---|---|---|---|",
    ]
    for letter in letters:
        lower, apart = letter.lower(), unicodedata.normalize("NFD", letter)
        shown = _codes(apart) if apart != letter else "–"
        form = transliterate(letter)
        lines.append(f"| {letter} | {lower} | {_codes(letter)} | {shown} | {form} |")
    return "\n".join(lines)


def _other_letters() -> list[str]:
    """Upper-case letters of the two blocks that are neither Vietnamese nor special: a mark less."""
    return [
        letter
        for letter in _MARKED
        if letter.isupper() and letter not in VIETNAMESE and letter not in ICAO_LATIN
    ]


def with_tables(text: str) -> str:
    """The page with every table as the rule gives it today."""
    tables = {
        "vietnamese": _table(VIETNAMESE),
        "icao": _table(ICAO_LATIN),
        "marks": _table(_other_letters()),
        "other": _table(OTHER_LATIN),
    }
    for name, table in tables.items():
        before, opening, rest = text.partition(f"<!-- table:{name} -->\n")
        _, closing, after = rest.partition("<!-- end -->")
        if not (opening and closing):
            raise SystemExit(f"{PAGE.name} has no place for the table {name!r}: restore its marks")
        text = f"{before}{opening}\n{table}\n\n{closing}{after}"
    return text


if __name__ == "__main__":
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
