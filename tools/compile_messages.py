"""Compile the catalogues of sentences (.po) into what the site reads (.mo), beside them.

Usage: python tools/compile_messages.py
"""

from __future__ import annotations

import os
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

HOUSE = Path(__file__).resolve().parent.parent / "src" / "lamsach"


def main() -> None:
    for source in sorted(HOUSE.glob("*/locale/*/LC_MESSAGES/*.po")):
        with source.open("rb") as file:
            catalog = read_po(file)
        beside = source.with_suffix(f".{os.getpid()}.new")  # several test runs compile at once
        with beside.open("wb") as out:
            write_mo(out, catalog)
        beside.replace(source.with_suffix(".mo"))


if __name__ == "__main__":
    main()
