"""Whether text is CertLogic at all: the issues of an expression, before it is ever evaluated.

The wording of the issues is the specification's own (validation test suite of CertLogic 1.3.3), so
that a rule's author gets the same answer from every tool.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from lamsach.hcert.rules.moments import UNITS

__all__ = ["Issue", "validate"]

_PATH: Final = re.compile(r"(?:[^.]+(?:\.[^.]+)*)?")
_MOST: Final = {
    "===": (2, 2),
    "in": (2, 2),
    "+": (2, 2),
    "if": (3, 3),
    "!": (1, 1),
    "reduce": (3, 3),
    "plusTime": (3, 3),
    "extractFromUVCI": (2, 2),
    "dccDateOfBirth": (1, 1),
    "and": (2, None),
    **dict.fromkeys(("<", ">", "<=", ">=", "after", "before", "not-after", "not-before"), (2, 3)),
}
"""The fewest and the most operands of every operation."""

_DEEPEST: Final = 64


@dataclass(frozen=True, slots=True)
class Issue:
    """What is wrong with one part of an expression."""

    expression: Any
    message: str


def validate(expression: Any) -> list[Issue]:
    """Every issue of an expression; none for one that is CertLogic.

    >>> [issue.message for issue in validate({"and": [True]})]
    ['an "and" operation must have at least 2 operands, but it has 1']
    """
    return list(_issues(expression, 0))


def _issues(expression: Any, depth: int) -> Iterator[Issue]:
    if depth > _DEEPEST:
        yield Issue(None, f"the expression is nested more than {_DEEPEST} levels deep")
    elif isinstance(expression, float) and not expression.is_integer():
        yield Issue(expression, f"{expression} is a non-integer number")
    elif isinstance(expression, list):
        for item in expression:
            yield from _issues(item, depth + 1)
    elif isinstance(expression, dict):
        yield from _operation(expression, depth)
    elif not isinstance(expression, str | int | float):
        yield Issue(expression, "invalid CertLogic expression")


def _operation(expression: dict[str, Any], depth: int) -> Iterator[Issue]:
    if len(expression) != 1:
        count = len(expression)
        message = f"expression object must have exactly one key, but it has {count}"
        yield Issue(expression, message)
        return
    ((name, operands),) = expression.items()
    if name == "var":
        if not isinstance(operands, str):
            yield Issue(expression, 'not of the form { "var": "<path>" }')
        elif not _PATH.fullmatch(operands):
            message = f"data access path doesn't have a valid format: {operands}"
            yield Issue(expression, message)
        return
    if not isinstance(operands, list):
        yield Issue(expression, 'operation not of the form { "<operator>": [ <values...> ] }')
        return
    if name not in _MOST:
        yield Issue(expression, f'unrecognised operator: "{name}"')
        return
    yield from _operands(expression, name, operands, depth)


def _operands(
    expression: dict[str, Any], name: str, operands: list[Any], depth: int
) -> Iterator[Issue]:
    fewest, most = _MOST[name]
    if len(operands) < fewest or (most is not None and len(operands) > most):
        wanted = f"at least {fewest}" if most is None else f"{fewest}"
        if most is not None and most != fewest:
            wanted = f"{fewest} or {most}"
        article = "an" if name in ("and", "if", "in", "after", "extractFromUVCI") else "a"
        plural = "" if fewest == most == 1 else "s"
        message = (
            f'{article} "{name}" operation must have {wanted} operand{plural}, '
            f"but it has {len(operands)}"
        )
        yield Issue(expression, message)
    literal = {"plusTime": 1, "extractFromUVCI": 1}.get(name, len(operands))
    for operand in operands[:literal]:
        yield from _issues(operand, depth + 1)
    if literal < len(operands) and not _whole(operands[literal]):
        message = f'the operand at index {literal} of a "{name}" operation must be a whole number'
        yield Issue(expression, message)
    if name == "plusTime" and len(operands) > 2 and operands[2] not in UNITS:
        message = 'the last operand of a "plusTime" operation must be year, month, day or hour'
        yield Issue(expression, message)


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
