"""The issuance linter: what must not be signed although every field has a legal shape.

Issuers are stricter than verifiers: only active codes, only (product, maker, prophylaxis) triples
of the value sets' Annex A, doses that the rules of the certificate allow, dates in an order that
can be true, names that agree with their Latin form, composed Unicode, and no field that schema
1.3.3 does not name. Sources: value sets 1.15 and Annex A; eHealth Network guidelines; Implementing
Decision (EU) 2021/2301 on boosters; SpecialCaseHandling of the schema. This room reads payloads
and changes none; messages never quote what a payload says of its holder.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from lamsach.hcert.linter_messages import MESSAGES
from lamsach.hcert.transliteration import TransliterationError, admissible, transliterate
from lamsach.hcert.uvci import check_uvci, well_formed
from lamsach.hcert.vaccines import (
    COUNTRIES,
    DISEASES,
    FIRST_VACCINATION,
    MAKERS,
    PRODUCTS,
    PROPHYLAXES,
    TEST_RESULTS,
    TEST_TYPES,
    Product,
)

__all__ = ["Finding", "lint", "lint_birth", "lint_event", "lint_names"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One reason not to sign: a stable code, where in the payload, what to do (vi and en)."""

    code: str
    path: str
    message: dict[str, str]


_LONGEST: Final = 80
_MOST_DOSES: Final = 99  # nobody has had more; a slip of the key must not be signed
_TOP: Final = frozenset({"ver", "nam", "dob", "v", "t", "r"})
_NAMES: Final = frozenset({"fn", "gn", "fnt", "gnt"})
_COMMON: Final = frozenset({"tg", "co", "is", "ci"})
_NEEDED: Final = {
    "v": _COMMON | {"vp", "mp", "ma", "dn", "sd", "dt"},
    "t": _COMMON | {"tt", "sc", "tr"},
    "r": _COMMON | {"fr", "df", "du"},
}
_ALLOWED: Final = _NEEDED | {"t": _NEEDED["t"] | {"nm", "ma", "tc"}}
_VERSION: Final = re.compile(r"\d+\.\d+\.\d+", re.ASCII)
_LATIN: Final = re.compile(r"[A-Z<]*", re.ASCII)
_BIRTH: Final = re.compile(r"(?:(?:19|20)\d\d(?:-\d\d){0,2})?", re.ASCII)
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_EASTMOST: Final = timedelta(hours=14)
"""It is already tomorrow somewhere: local dates may run this far ahead of UTC."""


def _finding(code: str, path: str) -> Finding:
    vi, en = MESSAGES[code]
    return Finding(code, path, {"vi": vi, "en": en})


def lint(
    payload: Mapping[str, Any], *, issued_at: datetime, doses: int | None = None
) -> list[Finding]:
    """Everything that speaks against signing this DCC payload, in the order of its fields.

    `issued_at` is an aware time; `doses`, where the issuer's record knows it, is how many doses the
    person has had, this one included. An empty list means that the payload may be signed. Any
    mapping is taken, nothing is raised for its content.

    >>> from datetime import UTC, datetime
    >>> sample = {"ver": "1.3.0", "nam": {"fn": "Nguyễn", "fnt": "NGUYEN"}, "dob": "1989", "v": [{
    ...     "tg": "840539006", "vp": "J07BX03", "mp": "EU/1/21/1529", "ma": "ORG-100030215",
    ...     "dn": 1, "sd": 2, "dt": "2021-10-01", "co": "VN", "is": "Bộ Y tế", "ci": "X"}]}
    >>> [(f.code, f.path) for f in lint(sample, issued_at=datetime(2022, 4, 14, tzinfo=UTC))]
    [('code.inactive', 'v/0/vp'), ('vaccine.maker', 'v/0/ma')]
    """
    return [_finding(code, path) for code, path in _walk(payload, issued_at, doses)]


def lint_names(names: Any) -> list[Finding]:
    """What `lint` says of the field `nam`, whatever stands in the others.

    >>> lint_names({"fn": "Nguyễn", "fnt": "NGUYEN"})
    []
    """
    return [_finding(code, path) for code, path in _names(names)]


def lint_birth(dob: Any, *, issued_at: datetime) -> list[Finding]:
    """What `lint` says of the field `dob`, whatever stands in the others."""
    return [_finding(code, path) for code, path in _birth(dob, _latest_day(issued_at))[1]]


def lint_event(entry: dict[str, Any], *, issued_at: datetime) -> list[Finding]:
    """What `lint` says of a vaccination, but for the order of its day and the holder's birth."""
    return [_finding(code, path) for code, path in _event(entry, "v", None, issued_at, None)]


def _latest_day(issued_at: datetime) -> date:
    """The last day that has begun anywhere."""
    return (issued_at.astimezone(UTC) + _EASTMOST).date()


def _walk(
    payload: Mapping[str, Any], issued_at: datetime, doses: int | None
) -> Iterator[tuple[str, str]]:
    for field in payload:
        if field not in _TOP:
            yield "field.unknown", str(field)
    version = payload.get("ver")
    if not isinstance(version, str):
        yield "field.missing" if version is None else "field.type", "ver"
    elif not _VERSION.fullmatch(version):
        yield "version.form", "ver"
    yield from _names(payload.get("nam"))
    born, findings = _birth(payload.get("dob"), _latest_day(issued_at))
    yield from findings
    kinds = [kind for kind in ("v", "t", "r") if kind in payload]
    if len(kinds) != 1:
        yield "event.count", "/".join(kinds) or "v"
    for kind in kinds:
        entries = payload[kind]
        if not isinstance(entries, list) or len(entries) != 1 or not isinstance(entries[0], dict):
            yield "event.count" if isinstance(entries, list) else "field.type", kind
            continue
        yield from _event(entries[0], kind, born, issued_at, doses)


def _event(
    entry: dict[str, Any], kind: str, born: date | None, issued_at: datetime, doses: int | None
) -> Iterator[tuple[str, str]]:
    path = f"{kind}/0/"
    yield from _fields(entry, kind, path)
    check = {"v": _vaccination, "t": _test, "r": _recovery}[kind]
    yield from check(entry, path, born, issued_at)
    if kind == "v":
        yield from _doses(entry, path, doses)


def _text(value: Any, path: str) -> Iterator[tuple[str, str]]:
    """What any text of a payload must satisfy."""
    if not isinstance(value, str):
        yield "field.type", path
    elif not value.isascii() and not unicodedata.is_normalized("NFC", value):
        yield "text.not_nfc", path
    elif len(value) > _LONGEST:
        yield "field.length", path
    elif value != value.strip():
        yield "text.whitespace", path
    elif not value.isprintable():
        yield "text.invisible", path


def _names(names: Any) -> Iterator[tuple[str, str]]:
    if not isinstance(names, dict):
        yield "field.missing" if names is None else "field.type", "nam"
        return
    for field, value in names.items():
        if field not in _NAMES:
            yield "field.unknown", f"nam/{field}"
        else:
            yield from _text(value, f"nam/{field}")
    if not any(_names_somebody(names.get(latin)) for latin in ("fnt", "gnt")):
        yield "name.missing", "nam"
    for written, latin in (("fn", "fnt"), ("gn", "gnt")):
        name, form = names.get(written), names.get(latin)
        if isinstance(form, str) and not _LATIN.fullmatch(form):
            yield "name.form", f"nam/{latin}"
        elif isinstance(name, str) and isinstance(form, str | None):
            yield from _agreement(name, form or "", f"nam/{latin}")


def _names_somebody(form: Any) -> bool:
    """Whether a Latin form holds a letter: the schema takes "" and "<", which anybody could show.

    What is no Latin form at all has a finding of its own.
    """
    return form is not None and (not isinstance(form, str) or form.strip("<") != "")


def _agreement(name: str, form: str, path: str) -> Iterator[tuple[str, str]]:
    """A Latin form must be one that the rule allows; a script without a rule is taken as given."""
    try:
        agrees = transliterate(name) == form or form in admissible(name)
    except TransliterationError:
        agrees = bool(form)
    if not agrees:
        yield "name.transliteration" if form else "name.missing", path


def _birth(value: Any, today: date) -> tuple[date | None, list[tuple[str, str]]]:
    """The first day that a birth date can mean, and what is wrong with it."""
    if not isinstance(value, str):
        return None, [("field.missing" if value is None else "field.type", "dob")]
    if not value:
        return None, []
    if not _BIRTH.fullmatch(value):
        return None, [("birth.form", "dob")]
    try:
        born = date.fromisoformat(value + "-01-01"[len(value) - 4 :])
    except ValueError:
        return None, [("birth.form", "dob")]
    return born, [("birth.after_issue", "dob")] if born > today else []


def _fields(entry: Mapping[str, Any], kind: str, path: str) -> Iterator[tuple[str, str]]:
    for field in sorted(_NEEDED[kind] - entry.keys()):
        yield "field.missing", path + field
    allowed = _ALLOWED[kind]
    for field, value in entry.items():
        if field not in allowed:
            yield "field.unknown", f"{path}{field}"
        elif field not in ("dn", "sd"):
            yield from _text(value, path + field)
    for field, codes in (("tg", DISEASES), ("co", COUNTRIES)):
        if isinstance(entry.get(field), str) and entry[field] not in codes:
            yield "code.unknown", path + field
    identifier = entry.get("ci")
    if isinstance(identifier, str):
        if not well_formed(identifier):
            yield "uvci.form", path + "ci"
        elif check_uvci(identifier) is False:
            yield "uvci.check", path + "ci"


def _day(value: Any) -> date | None:
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def _vaccination(
    entry: Mapping[str, Any], path: str, born: date | None, issued_at: datetime
) -> Iterator[tuple[str, str]]:
    mp, ma, vp = entry.get("mp"), entry.get("ma"), entry.get("vp")
    product = PRODUCTS.get(mp) if isinstance(mp, str) else None
    if isinstance(mp, str) and product is None:
        yield "code.unknown", path + "mp"
    elif product is not None and not product.active:
        yield "code.inactive", path + "mp"
    if isinstance(vp, str):
        if vp not in PROPHYLAXES:
            yield "code.unknown", path + "vp"
        elif not PROPHYLAXES[vp]:
            yield "code.inactive", path + "vp"
        elif product is not None and vp not in product.prophylaxes:
            yield "vaccine.prophylaxis", path + "vp"
    if isinstance(ma, str):
        if ma not in MAKERS:
            yield "code.unknown", path + "ma"
        elif product is not None and ma != product.maker:
            yield "vaccine.maker", path + "ma"
    if "dt" not in entry:
        return
    given = _day(entry["dt"])
    if given is None:
        yield "date.form", path + "dt"
        return
    yield from _in_order(given, path + "dt", born, issued_at)
    if given < _licensed(product, entry.get("co")):
        yield "dose.before_licence", path + "dt"


def _licensed(product: Product | None, country: Any) -> date:
    """The first day on which this product may have been given in this country."""
    if product is None:
        return FIRST_VACCINATION
    if isinstance(country, str) and country in product.licensed:
        return product.licensed[country]
    return product.first_used or FIRST_VACCINATION


def _in_order(
    day: date, path: str, born: date | None, issued_at: datetime
) -> Iterator[tuple[str, str]]:
    if born is not None and day < born:
        yield "event.before_birth", path
    if day > _latest_day(issued_at):
        yield "event.after_issue", path


def _doses(entry: Mapping[str, Any], path: str, doses: int | None) -> Iterator[tuple[str, str]]:
    """dn/sd: n of a series; a booster is n/n, or n/1 after a single-dose course."""
    if "dn" not in entry or "sd" not in entry:
        return
    number, series = entry["dn"], entry["sd"]
    for field in ("dn", "sd"):
        value = entry[field]
        if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= _MOST_DOSES:
            yield "dose.number", path + field
            return
    if doses is not None and number != doses:
        yield "dose.count", path + "dn"
    product = PRODUCTS.get(entry["mp"]) if isinstance(entry.get("mp"), str) else None
    course = product.doses if product is not None else None
    if number > series > 1:
        yield "dose.booster", path + "dn"
    elif course == 1 and (number < series or number == series == 2):
        yield "dose.single_dose_vaccine", path + "sd"
    elif course is not None and number < series != course:
        yield "dose.series", path + "sd"


def _test(
    entry: Mapping[str, Any], path: str, born: date | None, issued_at: datetime
) -> Iterator[tuple[str, str]]:
    for field, codes in (("tt", TEST_TYPES), ("tr", TEST_RESULTS)):
        if isinstance(entry.get(field), str) and entry[field] not in codes:
            yield "code.unknown", path + field
    if not isinstance(entry.get("sc"), str):
        return
    try:
        taken = datetime.fromisoformat(entry["sc"])
    except ValueError:
        taken = None
    if taken is None or taken.tzinfo is None:
        yield "time.form", path + "sc"
        return
    if born is not None and taken.date() < born:
        yield "event.before_birth", path + "sc"
    if taken > issued_at:
        yield "event.after_issue", path + "sc"


def _recovery(
    entry: Mapping[str, Any], path: str, born: date | None, issued_at: datetime
) -> Iterator[tuple[str, str]]:
    days = []
    for field in ("fr", "df", "du"):
        day = _day(entry.get(field))
        if day is None and field in entry:
            yield "date.form", path + field
        elif day is not None:
            days.append(day)
            if field == "fr":
                yield from _in_order(day, path + field, born, issued_at)
    if len(days) == 3 and not days[0] <= days[1] <= days[2]:
        yield "recovery.dates", path + "df"
