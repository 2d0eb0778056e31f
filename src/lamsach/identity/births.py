"""Dates of birth (ngày sinh) that may be partial, misread or impossible, and their comparison.

A population register holds people of whom only the year is known, clerks write 01/01 when they
know no more, and spreadsheets add times, dots and zeros: so a birth is a type of its own here and
never a calendar date. Nothing that was written raises: 31/02 and the year 1021 are data.

This room knows nothing of persons, sexes, numbers or files, and asks no clock.
"""

from __future__ import annotations

import re
import unicodedata
from calendar import isleap
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache

from lamsach.identity.rules.births import BIRTH, UNREADABLE

__all__ = [
    "BIRTH_LEVELS",
    "Birth",
    "BirthComparison",
    "compare_births",
    "from_number",
    "parse_birth",
]

YEARS = range(1900, 2100)
"""Years a living person can be born in: the first two centuries of the personal number
(Decree 137/2015/NĐ-CP, art. 13). A year outside them is kept, and called impossible."""

_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_SEPARATORS = frozenset(" /-.,\\")
_DATE_WORDS = frozenset({"ngay", "thang", "nam", "sinh"})  # "sinh ngày 4 tháng 5 năm 1963"
_INVISIBLE = dict.fromkeys((0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF))
_TIME = re.compile(
    r"(?<=\d)(?:[Tt]|\s+)\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?"
    r"\s*(?:AM|PM|SA|CH)?\s*(?:Z|UTC|GMT|[+-]\d{2}:?\d{2})?$",
    re.IGNORECASE | re.ASCII,
)
_DECIMAL = re.compile(r"(\d+)[.,]0{1,2}", re.ASCII)  # a number's "1963.0"
_DIGITS = re.compile(r"\d+", re.ASCII)
_WORDS = re.compile(r"[^\W\d_]+")
_SPREADSHEET_EPOCH = date(1899, 12, 30)
_LONGEST = 64
_TWO_DIGIT_PIVOT = 26  # "15" is 2015, "63" is 1963: few people reach a hundred


@dataclass(frozen=True, slots=True)
class Birth:
    """A date of birth as far as it is known. Made by `parse_birth` and `from_number`.

    `year`, `month` and `day` are None from the first part that is not known. An `impossible` date
    keeps its parts, because a comparison learns from them. `raw` is the text of a date that could
    not be fully read; it takes no part in equality.

    >>> parse_birth("05/1963")
    Birth(year=1963, month=5, day=None, impossible=False, raw='')
    """

    year: int | None = None
    month: int | None = None
    day: int | None = None
    impossible: bool = False
    raw: str = field(default="", compare=False)

    @property
    def precision(self) -> str:
        """`full`, `month`, `year`, or `unknown` (nothing given, or an impossible date).

        >>> parse_birth("1963").precision, parse_birth("31/02/1980").precision
        ('year', 'unknown')
        """
        if self.year is None or self.impossible:
            return "unknown"
        if self.month is None:
            return "year"
        return "month" if self.day is None else "full"

    @property
    def placeholder(self) -> bool:
        """True for a full date on 01/01: what a clerk writes who knows the year only.

        >>> parse_birth("01/01/1963").placeholder
        True
        """
        return self.month == 1 and self.day == 1 and not self.impossible

    @property
    def missing(self) -> bool:
        """True where no date was given at all (which an unreadable one was)."""
        return self.year is None and not self.impossible

    @property
    def parts(self) -> tuple[int, int, int]:
        """Year, month and day as the rule of births takes them, 0 for what is not known.

        An impossible date keeps its parts (31/02); one of which nothing could be read has no year
        and no month, and the day 99.

        >>> parse_birth("05/1963").parts, parse_birth("196x").parts
        ((1963, 5, 0), (0, 0, 99))
        """
        if self.year is None:
            return 0, 0, UNREADABLE if self.impossible else 0
        return self.year, self.month or 0, self.day or 0

    @property
    def number(self) -> int:
        """The `parts` as one integer yyyymmdd; 0 when no date is given.

        An impossible date's number is that of no possible birth (19800231).

        >>> parse_birth("05/1963").number
        19630500
        """
        year, month, day = self.parts
        return year * 10_000 + month * 100 + day

    def __str__(self) -> str:
        """ISO 8601 of the known parts; the raw text when there are none.

        >>> str(parse_birth("4.5.1963"))
        '1963-05-04'
        """
        if self.year is None:
            return self.raw
        parts = [f"{self.year:04d}"]
        if self.month is not None:
            parts.append(f"{self.month:02d}")
            if self.day is not None:
                parts.append(f"{self.day:02d}")
        return "-".join(parts)


UNKNOWN = Birth()


@lru_cache(maxsize=1 << 16)
def from_number(number: int) -> Birth:
    """The birth of a `Birth.number`. Raises ValueError for a number that is none (below 0).

    >>> from_number(19630504) == parse_birth("04/05/1963")
    True
    """
    if number < 0:
        raise ValueError(f"A birth's number is yyyymmdd or 0, not {number}.")
    year, rest = divmod(number, 10_000)
    if year == 0:
        return Birth(impossible=True) if rest else UNKNOWN
    return _birth(year, *divmod(rest, 100), raw="")


@lru_cache(maxsize=1 << 16)
def parse_birth(text: str) -> Birth:
    """Read a date of birth in any form that people and programs write. Never raises.

    The forms of the contract (`YYYY-MM-DD`, `DD/MM/YYYY`, `YYYY-MM`, `MM/YYYY`, `YYYY`, empty)
    and those seen in practice: one-digit days, dashes, dots, spaces, "ngày 4 tháng 5 năm 1963",
    a time after the date, `YYYYMMDD` and `DDMMYYYY` (also with the first zero lost), two-digit
    years (00 to 26 are this century), zeros for unknown parts (00/00/1963, 01/00/1963: the year
    alone is known), a spreadsheet's "1963.0" and its five-digit day count. Day and month are read
    in the Vietnamese order. Text without a digit says that no date is given.

    >>> [str(parse_birth(t)) for t in ("4/5/1963", "1963-05-04 00:00:00", "04051963", "1963.0")]
    ['1963-05-04', '1963-05-04', '1963-05-04', '1963']
    >>> parse_birth("1963-25-03").impossible
    True
    """
    clean = unicodedata.normalize("NFKC", text).translate(_INVISIBLE).strip()
    if len(clean) > _LONGEST:  # a whole document in a cell costs no more than a date
        return Birth(impossible=any(map(str.isdigit, clean)), raw=text)
    clean = _TIME.sub("", clean)
    if decimal := _DECIMAL.fullmatch(clean):
        clean = decimal[1]
    groups = _DIGITS.findall(clean)
    if not any(group.strip("0") for group in groups):  # nothing, "không rõ", 00/00/0000
        return Birth(raw=text) if clean else UNKNOWN
    parts = _parts(groups) if _only_a_date(clean) else None
    if parts is None:
        return Birth(impossible=True, raw=text)
    return _birth(*parts, raw=text)


def _only_a_date(clean: str) -> bool:
    """Whether only separators and the words of a date stand beside the digits."""
    rest = _DIGITS.sub("", clean)
    words = _WORDS.findall(rest)
    return {_bare(word) for word in words} <= _DATE_WORDS and set(
        _WORDS.sub("", rest)
    ) <= _SEPARATORS


def _bare(word: str) -> str:
    decomposed = unicodedata.normalize("NFD", word.casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def _parts(groups: list[str]) -> tuple[int, int, int] | None:
    """(year, month, day), 0 for what is not given; None when the digits are no date."""
    lengths = [len(group) for group in groups]
    numbers = [int(group) for group in groups]
    match lengths:
        case [3 | 4]:
            return numbers[0], 0, 0
        case [5 | 7 | 8]:
            return _unseparated(groups[0])
        case [3 | 4, 1 | 2]:
            return numbers[0], numbers[1], 0
        case [1 | 2, 3 | 4]:
            return numbers[1], numbers[0], 0
        case [3 | 4, 1 | 2, 1 | 2]:
            return numbers[0], numbers[1], numbers[2]
        case [1 | 2, 1 | 2, 3 | 4]:
            return numbers[2], numbers[1], numbers[0]
        case [1 | 2, 1 | 2, 2]:
            return _century(numbers[2]), numbers[1], numbers[0]
    return None


def _century(two_digits: int) -> int:
    return two_digits + (2000 if two_digits <= _TWO_DIGIT_PIVOT else 1900)


def _unseparated(digits: str) -> tuple[int, int, int] | None:
    """Read `YYYYMMDD`, `DDMMYYYY`, `DMMYYYY` and a spreadsheet's day count.

    Year-first and day-first never both give a date: where a year 19.. or 20.. ends the text,
    the other reading has a month 19 or 20.
    """
    if len(digits) == 5:
        serial = _SPREADSHEET_EPOCH + timedelta(days=int(digits))
        return serial.year, serial.month, serial.day
    padded = digits.zfill(8)
    day_first = int(padded[4:]), int(padded[2:4]), int(padded[:2])
    if len(digits) == 7:
        return day_first if _possible(*day_first) else None
    year_first = int(digits[:4]), int(digits[4:6]), int(digits[6:])
    if _possible(*year_first):
        return year_first
    if _possible(*day_first):
        return day_first
    in_range = [parts for parts in (year_first, day_first) if parts[0] in YEARS]
    return in_range[0] if len(in_range) == 1 else None


def _possible(year: int, month: int, day: int) -> bool:
    """Whether these parts can be a birth; 0 stands for an unknown month or day."""
    if year not in YEARS or month > 12:
        return False
    if day == 0 or month == 0:
        return True
    if day > _DAYS[month - 1]:
        return False
    return (month, day) != (2, 29) or isleap(year)


def _birth(year: int, month: int, day: int, raw: str) -> Birth:
    if year == 0:  # a day and month without a year
        return Birth(impossible=True, raw=raw)
    known_month = month or None
    known_day = (day or None) if month else None  # a day of no month tells nothing
    if _possible(year, month, known_day or 0):
        return Birth(year, known_month, known_day)
    return Birth(year, known_month, known_day, impossible=True, raw=raw)


BIRTH_LEVELS = BIRTH.levels
"""How a typed birth stands to a register person's, by what it says about identity (`rules`)."""

DEFAULT_WEIGHTS: dict[str, float] = {
    "same": 14.0,
    "year_only": 6.0,
    "placeholder": 5.5,
    "partial": 6.0,
    "swapped": 10.0,
    "day": 3.1,
    "month": 3.8,
    "year": 1.9,
    "two_parts": -1.7,
    "missing": 0.0,
    "other": -7.3,
}
"""Bits of evidence, log2(m/u), for use without an estimated model. u: births spread over 70 years
and their days. m: 2 % of the dates wrong, a fifth to a third of that per kind of error. For a
form that the typist chose (year_only, partial, placeholder) only the parts that agree count.
"""

_SAME_YEAR_ONLY_WEIGHT = 6.5  # fewer parts agree than in a full date: a year is 6 bits
_SAME_MONTH_ONLY_WEIGHT = 9.8
_SAME_PLACEHOLDER_WEIGHT = 11.5  # 01/01 is five to six times as frequent as another day
_PARTIAL_MONTH_WEIGHT = 9.5


@dataclass(frozen=True, slots=True)
class BirthComparison:
    """What a comparison of births says: one of BIRTH_LEVELS, the difference codes, bits.

    >>> compare_births("03/12/1963", "1963-03-12").codes
    ('birth_date.day_month_swapped',)
    """

    level: str
    codes: tuple[str, ...]
    weight: float


_case = BIRTH.function()
_OUTCOMES = tuple(
    BirthComparison(outcome.level, outcome.codes, DEFAULT_WEIGHTS[outcome.level])
    for outcome in BIRTH.outcomes
)
_SAME_PLACEHOLDER = BirthComparison("same", (), _SAME_PLACEHOLDER_WEIGHT)
_SAME_MONTH_ONLY = BirthComparison("same", (), _SAME_MONTH_ONLY_WEIGHT)
_SAME_YEAR_ONLY = BirthComparison("same", (), _SAME_YEAR_ONLY_WEIGHT)
_PARTIAL_MONTH = BirthComparison("partial", ("birth_date.other",), _PARTIAL_MONTH_WEIGHT)


def compare_births(typed: Birth | str, register: Birth | str) -> BirthComparison:
    """Compare a birth as typed with a register person's. Text is read by `parse_birth`.

    Level and codes are those of the rule of births (`rules.BIRTH`), as in a bulk run. One part
    that differs is named, also when the typed date is impossible (31/02 for 28/02 is a day);
    01/01 of the right year is a placeholder whatever the register holds; a full date against a
    year alone is `partial`.

    >>> compare_births("01/01/1963", "1963-05-04")
    BirthComparison(level='placeholder', codes=('birth_date.placeholder',), weight=5.5)
    >>> compare_births("31/02/1980", "28/02/1980").level
    'day'
    """
    if isinstance(typed, str):
        typed = parse_birth(typed)
    if isinstance(register, str):
        register = parse_birth(register)
    outcome = _OUTCOMES[_case(*typed.parts, *register.parts)]
    if outcome.level == "same":
        return _same(outcome, typed)
    if outcome.level == "partial" and typed.month and register.month:
        return _PARTIAL_MONTH
    return outcome


def _same(outcome: BirthComparison, typed: Birth) -> BirthComparison:
    """A birth that agrees, weighed by how much of it is known."""
    if typed.month is None:
        return _SAME_YEAR_ONLY
    if typed.day is None:
        return _SAME_MONTH_ONLY
    return _SAME_PLACEHOLDER if typed.month == 1 and typed.day == 1 else outcome
