"""Certificate identifiers (UVCI) and their check character.

Annex 2 of the eHealth Network's guidelines: URN:UVCI:01:<country>:<opaque>#<check>.
This room makes and checks identifiers; it decides nothing about certificates. A wrong check
character in somebody else's identifier is no reason to refuse a certificate: nearly half of the
published test data has one.
"""

from __future__ import annotations

import re
import secrets
from typing import Final

__all__ = ["check_character", "check_uvci", "new_uvci", "well_formed"]

_ALPHABET: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/:"
_VALUES: Final = {letter: value for value, letter in enumerate(_ALPHABET)}
_BASE: Final = len(_ALPHABET)
_FORM: Final = re.compile(r"[A-Za-z0-9/:-]+(?:#.*)?", re.ASCII)
_ONCE: Final = tuple(range(_BASE))
_TWICE: Final = tuple(sum(divmod(2 * value, _BASE)) for value in range(_BASE))


def check_character(text: str) -> str:
    """The check character of an identifier: Luhn modulo 38 over everything before the '#'.

    Raises ValueError when the text holds a character outside A-Z 0-9 / and ':'.

    >>> check_character("URN:UVCI:01:NL:187/37512422923")
    'Z'
    """
    total, doubled = 0, True
    for letter in reversed(text):
        value = _VALUES.get(letter)
        if value is None:
            raise ValueError(
                "an identifier holds A-Z, 0-9, '/' and ':' only: no check character exists for "
                f"one with U+{ord(letter):04X}"
            )
        total += (_TWICE if doubled else _ONCE)[value]
        doubled = not doubled
    return _ALPHABET[-total % _BASE]


def well_formed(text: str) -> bool:
    """Whether an identifier may be issued: not empty, and up to a '#' letters, figures, / : and -.

    Small letters and hyphens are not Annex 2's; Switzerland's and Singapore's issuers use them.

    >>> well_formed("URN:UVCI:01:VN:AB"), well_formed("urn:uvci:01:CH:AB"), well_formed("")
    (True, True, False)
    """
    return _FORM.fullmatch(text) is not None


def check_uvci(text: str) -> bool | None:
    """Whether the check character is right; None when the identifier has none.

    An identifier with a '#' and anything but one right character behind it is wrong.

    >>> check_uvci("URN:UVCI:01:NL:187/37512422923#Z"), check_uvci("URN:UVCI:01:VN:AB")
    (True, None)
    """
    body, hash_sign, given = text.partition("#")
    if not hash_sign:
        return None
    try:
        return check_character(body) == given
    except ValueError:
        return False


def new_uvci(country: str) -> str:
    """A new opaque identifier: 128 random bits in upper-case hex, so that nothing can be guessed.

    `country` is ISO 3166-1 alpha-2; raises ValueError otherwise. At 49 characters it stays below
    the schema's 80.

    >>> len(new_uvci("VN")), check_uvci(new_uvci("VN"))
    (49, True)
    """
    if not re.fullmatch("[A-Z]{2}", country, re.ASCII):
        raise ValueError("the country of an identifier is two letters A-Z (ISO 3166-1 alpha-2)")
    body = f"URN:UVCI:01:{country}:{secrets.token_hex(16).upper()}"
    return f"{body}#{check_character(body)}"
