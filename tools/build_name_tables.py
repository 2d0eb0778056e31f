"""Build `lamsach/identity/names/tables.py` from the reference data beside the checkout.

Usage: python tools/build_name_tables.py DATA_FOLDER > src/lamsach/identity/names/tables.py
where DATA_FOLDER holds the Vietnamese reference data (vn/).

Origin and licence of what is carried over:

- Legacy encodings: the tables of PyPI viparse 0.1.31 and npm vietnamese-conversion 2.0.0 (both
  MIT), glibc iconv and Python's cp1258. Byte values are facts.
- Words of names: counts per word from locle1011/Gender-Classification-Based-on-Vietnamese-Names
  and duyet/vietnamese-namedb (both MIT) and published tables at hoten.org; only aggregates, cells
  under 5 dropped. Here they shrink to one small weight a word.
- Words of ethnic names: hungnguyen18/vietnamese-name-generator (MIT) and published lists; facts.
"""

from __future__ import annotations

import csv
import math
import sys
import textwrap
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

HEADER = '''"""Facts about Vietnamese writing: the bytes of legacy encodings, the words of names.

Made by tools/build_name_tables.py, which states origin and licence; do not edit by hand. This file
must not know what is done with the facts.
"""

'''
ENCODINGS = ("TCVN3", "VNI-Windows", "VPS", "VISCII", "VIQR", "CP1258")


def _rows(folder: Path, name: str) -> Iterator[dict[str, str]]:
    with (folder / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _block(name: str, text: str) -> str:
    lines = textwrap.wrap(text, 92, break_long_words=False, break_on_hyphens=False)
    body = "\n".join(f'    "{line} "' for line in lines)
    return f"{name} = (\n{body}\n)\n"


def _encodings(folder: Path) -> str:
    by_encoding: dict[str, dict[str, str]] = defaultdict(dict)
    fallback: dict[str, str] = {}
    for row in _rows(folder, "legacy_encodings.csv"):
        code = row["bytes_hex"].replace(" ", "").lower()
        if row["encoding"] == "VPS-fallback":
            fallback[row["unicode_char"]] = code
        elif row["encoding"] in ENCODINGS:
            by_encoding[row["encoding"]][row["unicode_char"]] = code
    letters = list(by_encoding["TCVN3"])
    out = [f'LETTERS = (\n    "{"".join(letters[:67])}"\n    "{"".join(letters[67:])}"\n)\n']
    out.append("# The bytes of each letter of LETTERS, in hexadecimal, in that order.\n")
    for encoding in ENCODINGS:
        name = encoding.replace("-WINDOWS", "").replace("-Windows", "")
        codes = " ".join(by_encoding[encoding][letter] for letter in letters)
        out.append(_block(f"{name}_CODES", codes))
    out.append("# Other bytes that converters write for some capitals of VPS.\n")
    out.append(_block("VPS_OTHER", " ".join(f"{k}={v}" for k, v in sorted(fallback.items()))))
    return "".join(out)


def _letters(folder: Path) -> str:
    rows = _rows(folder, "legacy_encodings.csv")
    return "".join(row["unicode_char"] for row in rows if row["encoding"] == "TCVN3")


def _words(folder: Path, letters: str) -> str:
    share: dict[str, float] = defaultdict(float)
    for row in _rows(folder, "surnames.csv"):
        for word in row["surname"].split():
            share[unicodedata.normalize("NFC", word.lower())] += float(row["weight"]) / 100
    for name, column in (("given_names.csv", "given_name"), ("middle_names.csv", "middle_name")):
        total = 0
        counts: dict[str, int] = defaultdict(int)
        for row in _rows(folder, name):
            total += int(row["n"])
            for word in row[column].split():
                counts[unicodedata.normalize("NFC", word.lower())] += int(row["n"])
        for word, count in counts.items():
            share[word] += count / total
    ethnic = set()
    for row in _rows(folder, "ethnic_surnames.csv"):
        for word in row["surname_or_marker"].replace("’", "'").split():
            ethnic.add(unicodedata.normalize("NFC", word.lower()))
    for word in ethnic:
        share.setdefault(word, 2e-5)
    # The sources hold a few damaged names themselves.
    plain = set("abcdefghijklmnopqrstuvwxyz'" + letters)
    share = {word: value for word, value in share.items() if word in ethnic or set(word) <= plain}
    by_weight: dict[int, list[str]] = defaultdict(list)
    for word, value in share.items():
        # Bits above one in 2**16: 1 for the rarest, 15 for Nguyễn and Thị.
        by_weight[max(1, round(math.log2(value) + 16))].append(word)
    text = " ".join(
        f"{weight}: {' '.join(sorted(words))}" for weight, words in sorted(by_weight.items())
    )
    note = (
        "# Words of names by weight: a number with a colon is the base-2 logarithm of the share\n"
        "# of persons whose name has the words after it, above one in 2**16.\n"
    )
    return note + _block("NAME_WORDS", text)


def main() -> None:
    """Print the module."""
    folder = Path(sys.argv[1]) / "vn"
    sys.stdout.write(HEADER + _encodings(folder) + _words(folder, _letters(folder)))


if __name__ == "__main__":
    main()
