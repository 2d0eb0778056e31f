"""Every sentence that users read has a Vietnamese one."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

from babel.messages.extract import extract
from babel.messages.pofile import read_po
from django.utils.translation.template import templatize

import lamsach

HOUSE = Path(lamsach.__file__).parent
# The libraries below speak both languages themselves, with `esign.errors.Sentence` and the like.
LIBRARIES = ("cli", "esign", "hcert", "identity", "synthetic")
KEYWORDS = {
    "gettext": None,
    "gettext_lazy": None,
    "_": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
}


def sentences() -> set[str]:
    found: set[str] = set()
    floors = [one for one in HOUSE.iterdir() if one.is_dir() and one.name not in LIBRARIES]
    for floor in floors:
        for path in sorted(floor.rglob("*")):
            if path.suffix not in (".py", ".html", ".txt"):
                continue
            text = path.read_text(encoding="utf-8")
            source = templatize(text) if path.suffix != ".py" else text
            for _line, message, _comments, _context in extract(
                "python", BytesIO(source.encode()), KEYWORDS
            ):
                found |= {message} if isinstance(message, str) else set(message)
    return found


def test_vietnamese_is_complete_and_has_nothing_left_over() -> None:
    known = set()
    for path in HOUSE.glob("*/locale/vi/LC_MESSAGES/django.po"):
        with path.open("rb") as file:
            catalog = read_po(file)
        for one in catalog:
            if one.id and one.string and not one.fuzzy:
                known |= {one.id} if isinstance(one.id, str) else set(one.id)
    assert known
    assert sentences() - known == set()
    assert known - sentences() == set()
