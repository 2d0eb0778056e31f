"""Names in the letters of a machine-readable zone: ICAO 9303-3 section 6, for Vietnamese first.

A certificate repeats the holder's names in A-Z and '<' (`fnt`, `gnt`). This room turns written
names into that form and parts a Vietnamese full name into family and given names. It knows letters,
not certificates, and no person register.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from lamsach.hcert.errors import HcertError

__all__ = [
    "ICAO_LATIN",
    "LENGTH",
    "OTHER_LATIN",
    "VIETNAMESE",
    "TransliterationError",
    "admissible",
    "split_name",
    "transliterate",
]

LENGTH: Final = 80
"""The longest `fnt` and `gnt` that schema 1.3.3 allows, in characters."""

_MARKS: Final = {
    "A": ("", "\u0306", "\u0302"),  # A Ă Â
    "E": ("", "\u0302"),
    "I": ("",),
    "O": ("", "\u0302", "\u031b"),  # O Ô Ơ
    "U": ("", "\u031b"),
    "Y": ("",),
}
_TONES: Final = ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323")  # none ` ´ ~ hook dot

VIETNAMESE: Final = {
    letter: base
    for base, shapes in _MARKS.items()
    for shape in shapes
    for tone in _TONES
    if (letter := unicodedata.normalize("NFC", base + shape + tone)) != base
} | {"Đ": "D"}
"""The 67 upper-case Vietnamese letters with marks and what each becomes."""

ICAO_LATIN: Final = {
    # Doc 9303-3 (8th edition), section 6 A; letters that only lose a mark follow by decomposition.
    "Ä": "AE",
    "Å": "AA",
    "Æ": "AE",
    "Ð": "D",  # also typed for Đ
    "Đ": "D",  # no decomposition in Unicode: dropping marks alone would lose it
    "Ħ": "H",
    "Ĳ": "IJ",
    "Ŀ": "L",
    "Ł": "L",
    "Ŋ": "N",
    "Ö": "OE",
    "Ø": "OE",
    "Œ": "OE",
    "ẞ": "SS",
    "Þ": "TH",
    "Ŧ": "T",
    "Ü": "UE",
}
"""Letters of the ICAO table that do not simply lose a mark."""

OTHER_LATIN: Final = {
    # Not in the ICAO table; the base letter, as the table does with every other stroke and hook.
    "Ƀ": "B",  # Ê-đê, Gia-rai, Ba-na
    "Ɓ": "B",
    "Ɖ": "D",  # African D, looks like Đ
    "Ɗ": "D",
    "Ə": "E",
    "Ɛ": "E",
    "Ɨ": "I",
    "Ɵ": "O",
    "Ɔ": "O",
    "Ʉ": "U",
    "Ƶ": "Z",
    "Ɏ": "Y",
}
"""Latin letters outside the ICAO table, the orthographies of Vietnam's highlands among them."""


_EXPANDED: Final = {"Ä": "A", "Å": "A", "Ö": "O", "Ø": "O", "Ü": "U"}
"""Letters that the ICAO table lets an issuer write either expanded or as the base letter."""

_SPECIAL: Final = ICAO_LATIN | OTHER_LATIN
_FILLER: Final = "<"
_ROMAN: Final = tuple(
    zip(
        (1000, 900, 500, 400, 100, 90, 50, 40, 10, 9, 5, 4, 1),
        ("M", "CM", "D", "CD", "C", "XC", "L", "XL", "X", "IX", "V", "IV", "I"),
        strict=True,
    )
)
_LARGEST_NUMERAL: Final = 3999

_COMPOUND_SURNAMES: Final = frozenset(
    {
        # Names of the Nguyễn royal house, then of Chinese origin, then of the Gia-rai.
        *("tôn nữ", "tôn thất", "công tôn nữ", "công tằng tôn nữ", "công huyền tôn nữ"),
        *("huyền tôn nữ", "huyền tằng tôn nữ", "lai huyền tôn nữ"),
        *("âu dương", "hoàng phủ", "tư đồ", "tư mã", "thượng quan", "gia cát", "đông phương"),
        *("rơ châm", "rơ mah", "rơ lan", "rah lan", "rơ ô"),
    }
)
_CLANS: Final = frozenset(
    {
        *("niê", "êban", "ê-ban", "byă", "êñuôl", "mlô", "kbuôr", "ktla", "ayun", "hmok"),
        *("knul", "kđăm", "hđơk", "hwing", "adrơng", "kriêng", "kpơr", "buôn yă", "buôn krông"),
        *("niê kđăm", "niê siêng", "niê hrah", "niê mlô"),
    }
)
"""Ê-đê and M'nông clan names: they stand last, after a given name that opens with Y or H'."""

_PARTICLES: Final = frozenset({"y", "h", "h'", "a", "k", "k'"})
"""First words that tell a man or a woman in highland names; never a surname."""


class TransliterationError(HcertError):
    """A name holds a letter that has no rule: the Latin form must be given by the issuer."""


def transliterate(text: str) -> str:
    """The form of a name in a machine-readable zone: A-Z and '<', at most 80 characters.

    Letters of Vietnam lose their marks in whatever Unicode form they come; Ä Ö Ü Å expand to two
    letters only as single code points, for typed as base and mark they may be a Vietnamese clerk's
    slip (a ring for a hook) and then the base letter is the other form the table allows. Spaces
    and hyphens become '<', other punctuation is dropped, figures become Roman numerals. A longer
    form is cut so that its last place holds a letter: the sign of a cut name (ICAO 9303-4, 4.2.3).

    Raises TransliterationError for a letter without a Latin form. Source: ICAO Doc 9303-3,
    sections 4.6 and 6 A.

    >>> transliterate("Nguyễn"), transliterate("Bảo Duy"), transliterate("Ê-ban H’Đức")
    ('NGUYEN', 'BAO<DUY', 'E<BAN<HDUC')
    """
    return _cut(_full(text))


def admissible(text: str) -> frozenset[str]:
    """Every form of a name that the rule allows, the one `transliterate` gives among them.

    The table lets an issuer write Ä Ö Ø Ü Å expanded or as the base letter; all letters of one
    name are taken the same way.

    >>> sorted(admissible("Müller"))
    ['MUELLER', 'MULLER']
    """
    composed = unicodedata.normalize("NFC", text)
    plain = composed.upper()
    for letter, base in _EXPANDED.items():
        plain = plain.replace(letter, base)
    forms = {_full(text), _full(composed), _full(plain)}
    return frozenset({_cut(form) for form in forms} | {form[:LENGTH].rstrip("<") for form in forms})


def split_name(full_name: str) -> tuple[str, str]:
    """Family and given names of a Vietnamese full name, as written.

    The first word is the family name, or the first words where they are a compound surname. A
    highland name that opens with a particle (Y, H', A, K') has its clan last, where the clan is
    one we know; else the whole is one name. A single name is a family name (ICAO 9303-3, 4.6: the
    primary identifier) and the given name is empty.

    >>> split_name("Nguyễn Bảo Duy"), split_name("Tôn Nữ Thị Ninh"), split_name("H'Hen Niê")
    (('Nguyễn', 'Bảo Duy'), ('Tôn Nữ', 'Thị Ninh'), ('Niê', "H'Hen"))
    """
    words = full_name.split()
    plain = [_folded(word) for word in words]
    if not words:
        return "", ""
    if _is_particle(plain[0]):
        for length in (2, 1):
            if len(words) > length and " ".join(plain[-length:]) in _CLANS:
                return " ".join(words[-length:]), " ".join(words[:-length])
        if plain[0] in _PARTICLES:
            return " ".join(words), ""
    for length in (4, 3, 2):
        if len(words) >= length and " ".join(plain[:length]) in _COMPOUND_SURNAMES:
            return " ".join(words[:length]), " ".join(words[length:])
    return words[0], " ".join(words[1:])


def _folded(word: str) -> str:
    composed = unicodedata.normalize("NFC", word).casefold().replace("ð", "đ")
    return re.sub("[’‘ʼ`´]", "'", composed)


def _is_particle(word: str) -> bool:
    return word in _PARTICLES or word.startswith(("h'", "k'"))


class _Letters(dict[int, str]):
    """What each code point becomes; filled as letters are met."""

    def __missing__(self, code: int) -> str:
        self[code] = form = _form(chr(code))
        return form


_LETTERS: Final = _Letters()


def _full(text: str) -> str:
    form = text.upper().translate(_LETTERS)
    if any("0" <= letter <= "9" for letter in form):
        form = re.sub(r"\d+", _roman, form)
    return _FILLER.join(part for part in form.split(_FILLER) if part)


def _form(letter: str) -> str:
    """What one upper-case code point becomes; digits stay for the numeral rule."""
    if letter.isascii() and (letter.isalnum() or letter == _FILLER):
        return letter
    if letter in _SPECIAL:
        return _SPECIAL[letter]
    category = unicodedata.category(letter)
    if letter.isspace() or category in ("Zs", "Pd", "Pc"):
        return _FILLER
    if category[0] in "PM" or category in ("Cf", "Cc", "Lm", "Sk"):
        return ""
    parts = unicodedata.normalize("NFKD", letter)
    if parts != letter:
        return "".join(_form(part) for part in parts.upper())
    raise TransliterationError(
        f"the name holds U+{ord(letter):04X} ({unicodedata.name(letter, 'unnamed')}), which has no "
        "Latin form here: give the form of the travel document (fnt, gnt) yourself"
    )


def _roman(match: re.Match[str]) -> str:
    number = int(match.group()) if len(match.group()) < 5 else 0
    if not 0 < number <= _LARGEST_NUMERAL:
        raise TransliterationError(
            "the name holds a number that has no Roman numeral: write the name without figures"
        )
    form = ""
    for value, numeral in _ROMAN:
        times, number = divmod(number, value)
        form += numeral * times
    return form


def _cut(form: str) -> str:
    if len(form) <= LENGTH:
        return form
    if form[LENGTH - 1] != _FILLER:
        return form[:LENGTH]
    # The last place must hold a letter: the name before gives one up for the next one's initial.
    shorter = form[: LENGTH - 2]
    return shorter + form[LENGTH - 1 : LENGTH + 1] if shorter[-1] != _FILLER else form[: LENGTH - 1]
