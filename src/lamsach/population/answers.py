"""The yes or no: whether a record's four fields are a register person's.

Agreement is the bulk run's (contracts, section 1): differences of writing that carry no
information aside. This room sees one record and the one person whose number it bears; it knows no
limits and logs nothing.
"""

from __future__ import annotations

from typing import Protocol

from lamsach.identity.births import compare_births, parse_birth
from lamsach.identity.engine.persons import plain_number, read_number
from lamsach.identity.names import compare_names, read_name
from lamsach.identity.personal_ids import compare_personal_ids
from lamsach.identity.sexes import compare_sexes
from lamsach.population.messages import Kind, Question

__all__ = ["answer", "name_key", "owner_number", "probed_birth"]


class Owner(Protocol):
    """What an answer needs of a register person."""

    number: int
    full_name: str
    birth_date: str
    sex: str


def owner_number(personal_id: str) -> int | None:
    """The number with which a record can be right: 12 digits, or None.

    >>> owner_number("079 185 012 345"), owner_number("1093012345")
    (79185012345, None)
    """
    digits = read_number(personal_id).digits
    return int(digits) if len(digits) == 12 and digits.isascii() and digits.isdigit() else None


def answer(question: Question, owner: Owner | None) -> Kind:
    """The answer to a question; `owner` is the register person whose number it tells, if any."""
    if owner is not None and _agrees(question, owner):
        return "right"
    given = question.full_name and question.birth_date and question.sex
    return "wrong" if given else "not_checkable"


def _agrees(question: Question, owner: Owner) -> bool:
    written = (question.full_name, question.birth_date, question.sex)
    if (
        all(written)
        and plain_number(question.personal_id) == owner.number
        and written == (owner.full_name, owner.birth_date, owner.sex)
    ):
        return True
    number = read_number(question.personal_id)
    return (
        compare_personal_ids(number, f"{owner.number:012}").level == "same"
        and compare_sexes(question.sex, owner.sex).level == "same"
        and compare_births(question.birth_date, owner.birth_date).level == "same"
        and bool(read_name(question.full_name).words)
        and compare_names(question.full_name, owner.full_name).level == "same"
    )


def name_key(full_name: str) -> str:
    """A name in base letters without spaces: two names that agree have one key.

    >>> name_key("Nguyễn  Thị HOÀ") == name_key("nguyễn thị hoà") == "nguyenthihoa"
    True
    """
    name = read_name(full_name)
    return (name.folded or name.canonical).replace(" ", "")


def probed_birth(birth_date: str) -> int:
    """A birth as a number (yyyymmdd): two births that agree have one."""
    return parse_birth(birth_date).number
