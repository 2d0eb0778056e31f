"""CertLogic 1.3.3: the small language of business rules, evaluated within bounds.

Source: the CertLogic specification 1.3.3 (eu-dcc-business-rules) and its test suite. A rule is text
from a stranger: whatever does not fit the language, does not end or grows without measure raises
`CertLogicError` and nothing else. This room evaluates expressions on data; it knows no certificate.
"""

from __future__ import annotations

import itertools
import operator
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from lamsach.hcert.errors import HcertError
from lamsach.hcert.rules.moments import UNITS, birth_moment, moment, plus

__all__ = ["VERSION", "CertLogicError", "evaluate", "is_falsy", "is_truthy"]

VERSION: Final = (1, 3, 3)
"""The version of the language that is understood."""

_DEEPEST: Final = 64
_MOST_STEPS: Final = 200_000
_LARGEST: Final = 2**53 - 1  # what a number holds exactly in JavaScript

_COMPARISONS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}
_TIME_COMPARISONS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "before": operator.lt,
    "after": operator.gt,
    "not-after": operator.le,
    "not-before": operator.ge,
}
_PREFIX: Final = "URN:UVCI:"


class CertLogicError(HcertError):
    """A rule that cannot be evaluated on this data: its result is open."""


def evaluate(expression: Any, data: Any) -> Any:
    """The value of a CertLogic expression on data as JSON has it.

    Raises CertLogicError for an expression outside the language, for operands of the wrong type,
    and beyond 64 levels or 200,000 steps.

    >>> evaluate({"if": [{"var": "dose"}, {">=": [{"var": "dose"}, 2]}, False]}, {"dose": 2})
    True
    """
    try:
        return _Evaluation().value(expression, data, 0)
    except (ValueError, OverflowError) as error:
        raise CertLogicError(f"a date of the data or of the rule does not exist: {error}") from None


def is_falsy(value: Any) -> bool:
    """Whether a value counts as no: false, null, 0, and an empty text, list or object."""
    return value is False or value is None or (value in (0, "", [], {}) and value is not True)


def is_truthy(value: Any) -> bool:
    """Whether a value counts as yes; a point in time counts as neither."""
    return not is_falsy(value) and not isinstance(value, datetime)


class _Evaluation:
    """One evaluation and what it has used up so far."""

    def __init__(self) -> None:
        self._steps = 0

    def value(self, expression: Any, data: Any, depth: int) -> Any:
        self._steps += 1
        if self._steps > _MOST_STEPS or depth > _DEEPEST:
            raise CertLogicError("the rule is nested too deeply or does too much: do not use it")
        if isinstance(expression, str | bool):
            return expression
        if isinstance(expression, int | float):
            return _number(expression)
        if isinstance(expression, list):
            return [self.value(item, data, depth + 1) for item in expression]
        if not isinstance(expression, dict) or len(expression) != 1:
            raise CertLogicError("an expression is a text, a whole number, a list or one operation")
        ((name, operands),) = expression.items()
        if name == "var":
            return _variable(operands, data)
        if not isinstance(operands, list):
            raise CertLogicError("the operands of an operation are a list")
        return self._operation(name, operands, data, depth + 1)

    def _operation(self, name: str, operands: list[Any], data: Any, depth: int) -> Any:
        if name == "if":
            guard, then, otherwise = _exactly(name, operands, 3)
            branch = then if _decided(self.value(guard, data, depth)) else otherwise
            return self.value(branch, data, depth)
        if name == "and":
            return self._and(operands, data, depth)
        if name == "!":
            (operand,) = _exactly(name, operands, 1)
            return not _decided(self.value(operand, data, depth))
        if name == "reduce":
            return self._reduce(operands, data, depth)
        if name == "plusTime":
            start, amount, unit = _exactly(name, operands, 3)
            if not _whole(amount) or unit not in UNITS:
                raise CertLogicError("plusTime wants a whole number and year, month, day or hour")
            return plus(moment(_text(name, self.value(start, data, depth))), int(amount), unit)
        if name == "dccDateOfBirth":
            (operand,) = _exactly(name, operands, 1)
            return birth_moment(_text(name, self.value(operand, data, depth)))
        if name == "extractFromUVCI":
            operand, index = _exactly(name, operands, 2)
            return _fragment(self.value(operand, data, depth), index)
        return self._infix(name, operands, data, depth)

    def _and(self, operands: list[Any], data: Any, depth: int) -> Any:
        if len(operands) < 2:
            raise CertLogicError("'and' wants at least two operands")
        value: Any = True
        for operand in operands:
            value = self.value(operand, data, depth)
            if not _decided(value):
                break
        return value

    def _reduce(self, operands: list[Any], data: Any, depth: int) -> Any:
        operand, step, initial = _exactly("reduce", operands, 3)
        items = self.value(operand, data, depth)
        total = self.value(initial, data, depth)
        if items is None:
            return total
        if not isinstance(items, list):
            raise CertLogicError("'reduce' wants a list to go through")
        for item in items:
            scope = {"accumulator": total, "current": item, "data": data}
            total = self.value(step, scope, depth)
        return total

    def _infix(self, name: str, operands: list[Any], data: Any, depth: int) -> Any:
        compare = _COMPARISONS.get(name) or _TIME_COMPARISONS.get(name)
        if compare is None and name not in ("===", "in", "+"):
            raise CertLogicError("the rule uses an operation that CertLogic 1.3.3 does not have")
        if len(operands) != 2 and (compare is None or len(operands) != 3):
            raise CertLogicError(f"'{name}' has the wrong number of operands")
        values = [self.value(operand, data, depth) for operand in operands]
        if name == "===":
            return _same(values[0], values[1])
        if name == "in":
            if not isinstance(values[1], list):
                raise CertLogicError("'in' wants a list to look in")
            self._steps += len(values[1])
            return any(_same(values[0], item) for item in values[1])
        if name in _TIME_COMPARISONS:
            if not all(isinstance(value, datetime) for value in values):
                raise CertLogicError(f"'{name}' compares points in time only")
        elif not all(_whole(value) for value in values):
            raise CertLogicError(f"'{name}' takes whole numbers only")
        if compare is None:
            return _number(values[0] + values[1])
        return all(compare(a, b) for a, b in itertools.pairwise(values))


def _exactly(name: str, operands: list[Any], count: int) -> list[Any]:
    if len(operands) != count:
        raise CertLogicError(f"'{name}' has the wrong number of operands")
    return operands


def _decided(value: Any) -> bool:
    """Yes or no; a point in time is neither (the specification leaves it undefined)."""
    if isinstance(value, datetime):
        raise CertLogicError("a point in time is neither true nor false")
    return is_truthy(value)


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise CertLogicError(f"'{name}' wants a text that holds a date")
    return value


def _whole(value: Any) -> bool:
    """A whole number; JSON's 1.0 is one, true is none."""
    return not isinstance(value, bool) and (
        isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    )


def _number(value: Any) -> int:
    if not _whole(value):
        raise CertLogicError("numbers in a rule are whole")
    if abs(value) > _LARGEST:
        raise CertLogicError("a number is larger than a rule can reckon with")
    return int(value)


def _same(one: Any, other: Any) -> bool:
    """Strict equality as JavaScript has it: same type and value; lists and objects by identity."""
    if isinstance(one, list | dict | datetime) or isinstance(other, list | dict | datetime):
        return one is other
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    return bool(one == other)


def _variable(path: Any, data: Any) -> Any:
    """The value at a path of keys and indices, null where there is none."""
    if not isinstance(path, str):
        raise CertLogicError("'var' wants a path")
    if not path:
        return data
    value = data
    for fragment in path.split("."):
        if isinstance(value, dict):
            value = value.get(fragment)
        elif isinstance(value, list) and fragment.isdecimal() and len(fragment) < 10:
            value = value[int(fragment)] if int(fragment) < len(value) else None
        else:
            return None
    return value


def _fragment(value: Any, index: Any) -> str | None:
    """The part of a certificate identifier at an index, its optional prefix left out."""
    if not _whole(index):
        raise CertLogicError("'extractFromUVCI' wants a whole number as its index")
    if value is None:
        return None
    if not isinstance(value, str):
        raise CertLogicError("'extractFromUVCI' wants a text or null")
    parts = re.split("[/#:]", value.removeprefix(_PREFIX))
    return parts[int(index)] if 0 <= index < len(parts) else None
