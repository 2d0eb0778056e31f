"""How records are written for people to read: numbers masked, changes letter by letter.

What a page shows of a person comes from `shown_person` and never from the row itself, so that no
template can forget to mask. Nothing here asks who may see: the queries have.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import groupby
from typing import Any, Final, Literal, cast
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from lamsach.hcert.vaccines import PRODUCTS
from lamsach.identity.births import parse_birth
from lamsach.identity.units import place_name
from lamsach.places.models import Unit
from lamsach.registry.fields import DOSE_FIELDS, PERSON_FIELDS
from lamsach.registry.models import Correction, IdStatus, Person, Presence, Sex

__all__ = [
    "Change",
    "ShownPerson",
    "birth_text",
    "mask",
    "shown_changes",
    "shown_person",
    "vaccine_name",
]

#: Fields whose values are hidden but for their ends.
NUMBERS: Final = frozenset(
    {"personal_id", "passport_number", "phone", "insurance_number", "guardian_personal_id"}
)
_DOT: Final = "•"
#: From this likeness on, two texts are shown letter by letter.
_ALIKE: Final = 0.6


def mask(number: str) -> str:
    """A number with its first and last three characters, or, where it is short, its last two.

    >>> mask("070163000001"), mask("0912345"), mask("")
    ('070••••••001', '•••••45', '')
    """
    kept = (3, 3) if len(number) >= 9 else (0, 2)
    hidden = max(0, len(number) - sum(kept))
    return number[: kept[0]] + _DOT * hidden + number[kept[0] + hidden :]


def birth_text(birth: str) -> str:
    """A birth as it is written here: day/month/year, as far as it is known.

    >>> birth_text("1963-05-04"), birth_text("1963-05"), birth_text("năm Thìn")
    ('04/05/1963', '05/1963', 'năm Thìn')
    """
    read = parse_birth(birth)
    if read.year is None:
        return birth
    return "/".join(reversed(str(read).split("-")))


def vaccine_name(code: str) -> str:
    """A product's name, or its code where the name is not known.

    >>> vaccine_name("EU/1/21/1529"), vaccine_name("X")
    ('Vaxzevria', 'X')
    """
    product = PRODUCTS.get(code)
    return product.name if product else code


def unit_text(unit: Unit | None) -> str:
    """A commune with what lies above it."""
    if unit is None:
        return ""
    return place_name(unit.code, cast(Literal["2022", "2025"], unit.catalogue)) or unit.name


@dataclass(frozen=True, slots=True)
class ShownPerson:
    """A person as a page may show them: texts alone, numbers whole only when `whole` says so."""

    public_id: UUID
    full_name: str
    birth: str
    sex: str
    personal_id: str
    id_status: str
    id_sound: bool
    nationality: str
    passport_number: str
    travel_name: str
    guardian_name: str
    guardian_personal_id: str
    phone: str
    email: str
    insurance_number: str
    residence: str
    hamlet: str
    address: str
    whole: bool
    masked: bool


def shown_person(person: Person, *, whole: bool = False, masked: bool = False) -> ShownPerson:
    """A person for a page.

    `whole`: numbers unmasked (the reading of which was recorded). `masked`: the ministry's view:
    name and birth shortened, nothing that leads to the person.
    """
    whole = whole and not masked
    numbers = {name: getattr(person, name) for name in NUMBERS}
    if not whole:
        numbers = {name: mask(number) for name, number in numbers.items()}
    if masked:
        numbers = {**numbers, "phone": "", "passport_number": "", "insurance_number": ""}
    return ShownPerson(
        public_id=person.public_id,
        full_name=_initials(person.full_name) if masked else person.full_name,
        birth=person.birth_date[:4] if masked else birth_text(person.birth_date),
        sex=str(Sex(person.sex).label) if person.sex else "",
        id_status=str(IdStatus(person.id_status).label),
        id_sound=person.id_status == IdStatus.WELL_FORMED,
        nationality=country_name(person.nationality),
        travel_name=_initials(person.travel_name) if masked else person.travel_name,
        guardian_name=_initials(person.guardian_name) if masked else person.guardian_name,
        email="" if masked else person.email,
        residence=unit_text(person.residence),
        hamlet="" if masked else person.hamlet,
        address="" if masked else person.address,
        whole=whole,
        masked=masked,
        **numbers,
    )


def _initials(name: str) -> str:
    """The family name and the first letters of the others: "Nguyễn T. B."."""
    first, *others = name.split() or [""]
    return " ".join([first, *(f"{one[0]}." for one in others)])


def country_name(code: str) -> str:
    """A country's name in the language of the page; the code where there is none."""
    from babel import Locale  # noqa: PLC0415 - read only where a page shows it

    return str(Locale.parse(get_language() or "vi").territories.get(code, code))


@dataclass(frozen=True, slots=True)
class Change:
    """One field of a correction: its name, and both texts as runs of (differs, letters)."""

    label: str | Promise
    old: list[tuple[bool, str]]
    new: list[tuple[bool, str]]
    number: bool


def shown_changes(
    correction: Correction, *, facilities: Mapping[str, str], whole: bool = False
) -> list[Change]:
    """A correction's changes for a page, in the order of the form.

    `facilities` gives offices' names by public identifier; numbers are masked unless `whole`.
    """
    fields = DOSE_FIELDS if correction.dose_id else PERSON_FIELDS
    made = []
    for name, field in fields.items():
        if name not in correction.changes:
            continue
        old, new = (_text(name, text, facilities) for text in correction.changes[name])
        hidden = name in NUMBERS and not whole
        if hidden:
            made.append(Change(field.label, [(False, mask(old))], [(True, mask(new))], number=True))
        else:
            before, after = _runs(old, new)
            made.append(Change(field.label, before, after, number=name in NUMBERS))
    return made


def _text(name: str, text: str, facilities: Mapping[str, str]) -> str:
    match name:
        case "birth_date" | "vaccinated_on":
            return birth_text(text)
        case "sex":
            return str(Sex(text).label) if text else ""
        case "presence":
            return str(Presence(text).label)
        case "vaccine_code":
            return vaccine_name(text)
        case "nationality":
            return country_name(text)
        case "facility":
            return facilities.get(text, text)
        case "residence":
            catalogue, _slash, code = text.partition("/")
            return place_name(code, cast(Literal["2022", "2025"], catalogue)) if code else ""
        case "withdrawn":
            return str(_("Withdrawn")) if text else str(_("Valid"))
    return text


def _runs(old: str, new: str) -> tuple[list[tuple[bool, str]], list[tuple[bool, str]]]:
    """Both texts, with the letters in which they differ marked."""
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    if matcher.ratio() < _ALIKE:  # another text, not a slip: single letters that agree only confuse
        return [(True, old)], [(True, new)]
    before, after = [], []
    for kind, i, j, k, m in matcher.get_opcodes():
        before.append((kind != "equal", old[i:j]))
        after.append((kind != "equal", new[k:m]))
    return _joined(before), _joined(after)


def _joined(runs: Iterable[tuple[bool, Any]]) -> list[tuple[bool, str]]:
    """Runs without empty ones, neighbours of a kind put together."""
    kept = [one for one in runs if one[1]]
    return [
        (differs, "".join(text for _differs, text in group))
        for differs, group in groupby(kept, key=lambda one: one[0])
    ]
