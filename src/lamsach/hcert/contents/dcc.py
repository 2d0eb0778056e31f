"""The EU Digital COVID Certificate (key 1), schema 1.3.3, as a verifier must read it.

The checks follow the JSON schema of the eHealth Network by hand, 50 times faster than a schema
engine, and forgive what real issuers printed: null in the place of a missing group or an optional
field, whole numbers written as 1.0, dates with a time of day, dates under CBOR's tag 0 or 1, names
transliterated with other letters, fields the schema does not know. They do not look at the value
sets: a code must be known to the issuer, and yesterday's codes stay readable. Issuing is stricter
and elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from lamsach.hcert.cbor import Tag
from lamsach.hcert.contents import register

__all__ = ["Dcc"]

_MAX_TEXT = 80
_GROUPS = ("v", "t", "r")
_KINDS = {group: frozenset({group}) for group in _GROUPS}
_VERSION = re.compile(r"\d+.\d+.\d+", re.ASCII)
_BIRTH = re.compile(r"(?:(?:19|20)\d\d(?:-\d\d){0,2})?", re.ASCII)
_BIRTH_WITH_TIME = re.compile(r"(?:19|20)\d\d-\d\d-\d\d[T ].{0,32}", re.ASCII)
_DATE_LENGTH = len("2021-10-01")
_DATE_TIME = re.compile(
    r"\d{4}-\d\d-\d\d"
    r"(?:[Tt ]\d\d(?::?\d\d(?::?\d\d(?:[.,]\d{1,12})?)?)?\s?(?:[Zz]|[+-]\d\d(?::?\d\d)?)?)?",
    re.ASCII,
)
_COUNTRY = re.compile(r"[A-Z]")
_TAG_TEXT_TIME, _TAG_EPOCH = 0, 1

Check = Callable[[Any], bool]


def _text(value: Any) -> bool:
    return type(value) is str


def _short(value: Any) -> bool:
    return type(value) is str and len(value) <= _MAX_TEXT


def _country(value: Any) -> bool:
    # The schema's pattern [A-Z]{1,10} has no anchors: any capital letter satisfies it.
    return type(value) is str and _COUNTRY.search(value) is not None


def _dose(value: Any) -> bool:
    if type(value) is float:
        return value.is_integer() and value >= 1
    return type(value) is int and value >= 1


def _moment(value: Any) -> bool:
    """A date, or a date and time in any of the forms that issuers wrote."""
    if type(value) is Tag:
        if value.number == _TAG_EPOCH:
            return type(value.value) in {int, float}
        if value.number != _TAG_TEXT_TIME:
            return False
        value = value.value
    if type(value) is not str:
        return False
    # Python reads weeks and dates without hyphens too.
    if value[4:8:3] != "--":
        return False
    if len(value) != _DATE_LENGTH and not _DATE_TIME.fullmatch(value):
        return False
    try:
        date.fromisoformat(value[:_DATE_LENGTH])
    except ValueError:
        return False
    return True


# Fields in the order of the schema; the second table may be missing or null.
_REQUIRED: dict[str, tuple[tuple[str, Check], ...]] = {
    "v": (
        ("tg", _text),
        ("vp", _text),
        ("mp", _text),
        ("ma", _text),
        ("dn", _dose),
        ("sd", _dose),
        ("dt", _moment),
        ("co", _country),
        ("is", _short),
        ("ci", _short),
    ),
    "t": (
        ("tg", _text),
        ("tt", _text),
        ("sc", _moment),
        ("tr", _text),
        ("co", _country),
        ("is", _short),
        ("ci", _short),
    ),
    "r": (
        ("tg", _text),
        ("fr", _moment),
        ("co", _country),
        ("is", _short),
        ("df", _moment),
        ("du", _moment),
        ("ci", _short),
    ),
}
_OPTIONAL: dict[str, tuple[tuple[str, Check], ...]] = {
    "v": (),
    "t": (("nm", _short), ("ma", _text), ("tc", _short)),
    "r": (),
}


class Dcc:
    """The content `EU DCC`."""

    key = 1
    name = "EU DCC"

    def kinds(self, body: Mapping[Any, Any]) -> frozenset[str]:
        """The groups that the certificate holds.

        >>> sorted(Dcc().kinds({"v": [{}], "t": None}))
        ['v']
        """
        found = [group for group in _GROUPS if body.get(group) is not None]
        return _KINDS[found[0]] if len(found) == 1 else frozenset(found)

    def problem(self, body: Mapping[Any, Any]) -> str | None:
        """The first rule of the schema that the body breaks, or None.

        >>> Dcc().problem({"ver": "1.3.3", "nam": {"gn": "An"}, "dob": "", "r": [{}]})
        'nam: fnt or gnt is required'
        """
        version = body.get("ver")
        if type(version) is not str or _VERSION.fullmatch(version) is None:
            return "ver: not a version like 1.3.3"
        return _names_problem(body.get("nam")) or _birth_problem(body) or _groups_problem(body)

    def identifiers(self, body: Mapping[Any, Any]) -> list[tuple[str, str]]:
        """The country and identifier of the one event."""
        return [
            (event["co"], event["ci"])
            for group in _GROUPS
            if body.get(group) is not None
            for event in body[group]
        ]


def _names_problem(names: Any) -> str | None:
    if type(names) is not dict:
        return "nam: missing or no object"
    present = False
    for field in ("fnt", "gnt", "fn", "gn"):
        value = names.get(field)
        if value is None:
            continue
        if type(value) is not str or len(value) > _MAX_TEXT:
            return f"nam.{field}: not a text of at most {_MAX_TEXT} characters"
        present = present or field.endswith("t")
    return None if present else "nam: fnt or gnt is required"


def _birth_problem(body: Mapping[Any, Any]) -> str | None:
    born = body.get("dob")
    if type(born) is Tag and born.number == _TAG_TEXT_TIME:
        born = born.value
    if type(born) is str and (_BIRTH.fullmatch(born) or _BIRTH_WITH_TIME.fullmatch(born)):
        return None
    return "dob: missing, or not YYYY-MM-DD, YYYY-MM, YYYY or empty"


def _groups_problem(body: Mapping[Any, Any]) -> str | None:
    present = [group for group in _GROUPS if body.get(group) is not None]
    if len(present) != 1:
        return "exactly one of v, t and r is required"
    group = present[0]
    events = body[group]
    if type(events) is not list or len(events) != 1:
        return f"{group}: not a list of exactly one event"
    event = events[0]
    if type(event) is not dict:
        return f"{group}[0]: no object"
    for field, check in _REQUIRED[group]:
        if not check(event.get(field)):
            return f"{group}[0].{field}: missing or not as the schema says"
    for field, check in _OPTIONAL[group]:
        value = event.get(field)
        if value is not None and not check(value):
            return f"{group}[0].{field}: not as the schema says"
    return None


register(Dcc())
