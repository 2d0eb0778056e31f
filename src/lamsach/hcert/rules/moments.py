"""Dates as CertLogic sees them: points in time in UTC, counted the way JavaScript counts.

CertLogic 1.3.3 takes a date, or a date and time, and adds years, months, days or hours. What runs
over is carried as JavaScript's Date does: 31 January and a month is 2 or 3 March, 29 February and a
year is 1 March. This room knows text and points in time, no rules.
"""

from __future__ import annotations

import calendar
import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

__all__ = ["UNITS", "birth_moment", "moment", "plus"]

UNITS: Final = ("year", "month", "day", "hour")

_DATE: Final = re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)
_TIME: Final = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,20}))?"
    r"(?:Z|([+-])(\d{1,2}):?(\d{2})?)?",
    re.ASCII,
)
_PARTIAL: Final = re.compile(r"(\d{4})(?:-(\d{2}))?", re.ASCII)


def moment(text: str) -> datetime:
    """The point in time of a date (midnight UTC) or a date and time (UTC without an offset).

    A year or a month alone is its last day, as with births. Milliseconds are kept, finer parts
    dropped. Raises ValueError for any other form and for a day or an hour that does not exist.

    >>> moment("2021-06-02T18:00:00.1239+0200").isoformat()
    '2021-06-02T16:00:00.123000+00:00'
    """
    found = _DATE.fullmatch(text)
    if found:
        year, month, day = map(int, found.groups())
        return datetime(year, month, day, tzinfo=UTC)
    if _PARTIAL.fullmatch(text):
        return birth_moment(text)
    found = _TIME.fullmatch(text)
    if not found:
        raise ValueError("not a date (YYYY-MM-DD) and not a date and time (YYYY-MM-DDThh:mm:ss)")
    year, month, day, hour, minute, second = map(int, found.groups()[:6])
    fraction, sign, hours, minutes = found.groups()[6:]
    offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
    milliseconds = int((fraction or "0")[:3].ljust(3, "0"))
    return datetime(
        year,
        month,
        day,
        hour,
        minute,
        second,
        milliseconds * 1000,
        tzinfo=timezone(-offset if sign == "-" else offset),
    ).astimezone(UTC)


def birth_moment(text: str) -> datetime:
    """The point in time of a date of birth, a partial one taken as its last day.

    So whoever claims an age gets the least benefit from what is not known. Raises ValueError for
    other forms.

    >>> birth_moment("2004-02").date().isoformat(), birth_moment("2004").date().isoformat()
    ('2004-02-29', '2004-12-31')
    """
    found = _PARTIAL.fullmatch(text)
    if found:
        year, month = int(found[1]), int(found[2] or 12)
        if not 1 <= month <= 12 or not year:
            raise ValueError("the year or the month does not exist")
        return datetime(year, month, calendar.monthrange(year, month)[1], tzinfo=UTC)
    if not _DATE.fullmatch(text):
        raise ValueError("not a date of birth (YYYY-MM-DD, YYYY-MM or YYYY)")
    return moment(text)


def plus(start: datetime, amount: int, unit: str) -> datetime:
    """`start` and so many years, months, days or hours; what runs over a month is carried on.

    Raises OverflowError or ValueError outside the years 1 to 9999.

    >>> plus(moment("2020-02-29"), 1, "year").date().isoformat()
    '2021-03-01'
    >>> plus(moment("2021-01-31"), 1, "month").date().isoformat()
    '2021-03-03'
    """
    if unit == "day":
        return start + timedelta(days=amount)
    if unit == "hour":
        return start + timedelta(hours=amount)
    months = start.year * 12 + start.month - 1 + (amount * 12 if unit == "year" else amount)
    first = start.replace(year=months // 12, month=months % 12 + 1, day=1)
    return first + timedelta(days=start.day - 1)
