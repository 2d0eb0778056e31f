"""The questions of a look-up, one at a time: what is asked, what is wrong with an answer.

An answer is wrong when nobody could be found by it (no day, no number); whether somebody is found
is never said here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from lamsach.clock import today
from lamsach.identity.births import parse_birth
from lamsach.portal.asking import Asked
from lamsach.registry import keys

__all__ = ["QUESTIONS", "Question", "asked_from", "first_problem"]

Answers = Mapping[str, str]
_LONGEST: Final = 120  # characters


@dataclass(frozen=True, slots=True)
class Question:
    """One question: its field, its words, how it is typed, and what is wrong with an answer."""

    field: str
    label: str | Promise
    hint: str | Promise
    problem: Callable[[str], str | Promise | None]
    autocomplete: str = "off"
    inputmode: str = "text"
    choices: tuple[tuple[str, str | Promise], ...] = ()


def _name(text: str) -> str | Promise | None:
    short = len(keys.name_key(text)) < 2 or len(text) > _LONGEST
    return _("Enter the whole name, such as Nguyễn Văn An.") if short else None


def _birth(text: str) -> str | Promise | None:
    birth = parse_birth(keys.clean(text))
    if birth.precision == "unknown" or birth.impossible:
        return _("Write day, month and year, such as 04/05/1963, or the year alone.")
    return None


def _sex(text: str) -> str | Promise | None:
    return None if text in ("M", "F") else _("Choose one of the two.")


def _number(text: str) -> str | Promise | None:
    if keys.read_number(text)[1] != "well_formed":
        return _("The number has 12 digits (9 on old cards). Check it against the card.")
    return None


def _dosed_on(text: str) -> str | Promise | None:
    day = _day(text)
    if day is None or day > today():
        return _("Write the day of one dose, such as 01/09/2021.")
    return None


def _day(text: str) -> date | None:
    birth = parse_birth(keys.clean(text))
    if birth.precision != "full" or birth.impossible:
        return None
    return date.fromisoformat(str(birth))


_SEXES: Final = (("F", _("Female")), ("M", _("Male")))

#: In the order in which they are asked; the last two are one question in two ways.
QUESTIONS: Final = (
    Question(
        "name",
        _("What is the name on the record?"),
        _("Your own, or that of the child or person you care for."),
        _name,
        autocomplete="name",
    ),
    Question(
        "birth",
        _("When was this person born?"),
        _("Day, month and year, such as 04/05/1963."),
        _birth,
        autocomplete="bday",
        inputmode="numeric",
    ),
    Question("sex", _("Which sex is on the record?"), "", _sex, choices=_SEXES),
    Question(
        "number",
        _("What is the personal identification number?"),
        _("12 digits, on the identity card. A child's is on the birth certificate."),
        _number,
        inputmode="numeric",
    ),
    Question(
        "dosed_on",
        _("On which day was one of the doses given?"),
        _("Any one of them, such as 01/09/2021. It is on the slip from the vaccination."),
        _dosed_on,
        inputmode="numeric",
    ),
)


def first_problem(answers: Answers, until: str, *, by_dose: bool) -> tuple[Question, str] | None:
    """The first question, up to one, whose answer is wrong, and what is wrong; None for none."""
    skipped = "number" if by_dose else "dosed_on"
    for question in QUESTIONS:
        if question.field != skipped:
            problem = question.problem(answers.get(question.field, ""))
            if problem is not None:
                return question, str(problem)
        if question.field == until:
            break
    return None


def asked_from(answers: Answers, *, by_dose: bool) -> Asked:
    """The look-up of answers without a problem."""
    day = _day(answers["dosed_on"]) if by_dose else None
    return Asked(
        name=answers["name"],
        birth=answers["birth"],
        sex=answers["sex"],
        number="" if by_dose else answers["number"],
        dosed_on=day.isoformat() if day else "",
    )
