"""Expressions: rules as small frozen trees, apart from the engines that run them.

A rule is written once as a tree over named columns. `sql` renders it in the part of SQL that
DuckDB and Spark read alike; `function` turns it into a Python function for one record at a time.
Both give the same answer because no tree can hold a null: a value that is not given is 0 or ''.
This room knows nothing of persons, registers or weights.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Union

Value = Union["Expression", int, float, str]

#: Digits of the longest whole number that every engine holds.
LONGEST_WHOLE: Final = 18

#: The longest texts in which exchanged neighbours are looked for: those of a personal number.
LONGEST_NUMBER: Final = 12


@dataclass(frozen=True, slots=True)
class Expression:
    """A node: an operation and its operands (expressions, or plain literals).

    >>> level = when(column("a") == column("b"), "same").otherwise("differs")
    >>> level.sql()
    "(case when (a = b) then 'same' else 'differs' end)"
    >>> level.function("a", "b")(1, 1)
    'same'
    """

    operation: str
    operands: tuple[Value, ...]

    def sql(self) -> str:
        """The expression in SQL that DuckDB and Spark read alike."""
        return _SQL[self.operation](tuple(_render_sql(o) for o in self.operands))

    def python(self) -> str:
        """The expression as Python source over variables of the columns' names."""
        return _PYTHON[self.operation](tuple(_render_python(o) for o in self.operands))

    def function(self, *columns: str) -> Callable[..., Any]:
        """The expression as a Python function of the columns, in this order."""
        source = f"lambda {', '.join(columns)}: {self.python()}"
        compiled: Callable[..., Any] = eval(source, dict(_PYTHON_FUNCTIONS))  # noqa: S307 - our own trees
        return compiled

    def __eq__(self, other: object) -> Expression:  # type: ignore[override]
        return Expression("eq", (self, _literal(other)))

    def __ne__(self, other: object) -> Expression:  # type: ignore[override]
        return Expression("ne", (self, _literal(other)))

    def __lt__(self, other: Value) -> Expression:
        return Expression("lt", (self, other))

    def __gt__(self, other: Value) -> Expression:
        return Expression("gt", (self, other))

    def __ge__(self, other: Value) -> Expression:
        return Expression("ge", (self, other))

    def __le__(self, other: Value) -> Expression:
        return Expression("le", (self, other))

    def __and__(self, other: Expression) -> Expression:
        return Expression("and", (self, other))

    def __or__(self, other: Expression) -> Expression:
        return Expression("or", (self, other))

    def __invert__(self) -> Expression:
        return Expression("not", (self,))

    def __add__(self, other: Value) -> Expression:
        return Expression("add", (self, other))

    def __sub__(self, other: Value) -> Expression:
        return Expression("sub", (self, other))

    def __mul__(self, other: Value) -> Expression:
        return Expression("mul", (self, other))

    def __floordiv__(self, other: int) -> Expression:
        """Of whole numbers from 0 on."""
        return Expression("floordiv", (self, other))

    def __mod__(self, other: int) -> Expression:
        """Of whole numbers from 0 on."""
        return Expression("mod", (self, other))

    def __truediv__(self, other: Value) -> Expression:
        """The ratio as a double."""
        return Expression("ratio", (self, other))

    def __hash__(self) -> int:
        return hash((self.operation, self.operands))


def _literal(value: object) -> Value:
    if isinstance(value, Expression | int | float | str):
        return value
    raise TypeError(f"an expression cannot be compared with {value!r}")


@dataclass(frozen=True, slots=True)
class Case:
    """A `case` under construction; `otherwise` closes it."""

    branches: tuple[Value, ...]

    def when(self, condition: Expression, value: Value) -> Case:
        """Add a branch; the first condition that holds decides."""
        return Case((*self.branches, condition, value))

    def otherwise(self, value: Value) -> Expression:
        """Close the case with the value for when no condition holds."""
        return Expression("case", (*self.branches, value))


def column(name: str) -> Expression:
    """A column (in SQL) or variable (in Python) by name."""
    return Expression("column", (name,))


def when(condition: Expression, value: Value) -> Case:
    """Open a case: `when(c1, v1).when(c2, v2).otherwise(v3)`."""
    return Case((condition, value))


def any_of(*conditions: Expression) -> Expression:
    """True when one of the conditions holds."""
    return Expression("any", conditions)


def one_of(value: Value, values: tuple[Value, ...]) -> Expression:
    """True when the value is among the values (two at least)."""
    return Expression("in", (value, *values))


def length(text: Value) -> Expression:
    """Number of characters."""
    return Expression("length", (text,))


def concat(*texts: Value) -> Expression:
    """The texts one after another."""
    return Expression("concat", texts)


def without_leading_zeros(text: Value) -> Expression:
    """The text without the zeros it begins with."""
    return Expression("ltrim", (text,))


def starts_with(text: Value, prefix: Value) -> Expression:
    """True when the text begins with the prefix."""
    return Expression("starts", (text, prefix))


def ends_with(text: Value, suffix: Value) -> Expression:
    """True when the text ends with the suffix."""
    return Expression("ends", (text, suffix))


def translated(text: Value, letters: str, replacements: str) -> Expression:
    """The text with each of `letters` replaced; by nothing where there are no replacements."""
    return Expression("translate", (text, letters, replacements))


def only_digits(text: Value) -> Expression:
    """True when every character is one of the digits 0 to 9; of an empty text too."""
    return Expression("digits", (text,))


def choose(place: Expression, values: tuple[Value, ...]) -> Expression:
    """The value at a place, counted from 0."""
    return Expression("choose", (place, *values))


def within_edits(left: Value, right: Value, most: int) -> Expression:
    """True when at most so many letters (1 or 2) were put in, left out or replaced.

    Levenshtein distance: on ASCII the one distance on which engines agree.
    """
    return Expression("within", (left, right, most))


def neighbours_exchanged(left: Value, right: Value) -> Expression:
    """True when two texts of at most LONGEST_NUMBER letters differ by exchanged neighbours only."""
    return Expression("exchanged", (left, right))


def part(text: Value, start: int, count: Value) -> Expression:
    """`count` letters from the `start`th on, counted from 1."""
    return Expression("part", (text, start, count))


def last(text: Value, count: int) -> Expression:
    """The last `count` letters, or all of a shorter text."""
    return Expression("last", (text, count))


def number(text: Value) -> Expression:
    """Digits, at most LONGEST_WHOLE, as a whole number; 0 for any other text."""
    return Expression("number", (text,))


def greatest(*values: Value) -> Expression:
    """The greatest of the numbers."""
    return Expression("greatest", values)


def least(*values: Value) -> Expression:
    """The least of the numbers."""
    return Expression("least", values)


def in_millibits(ratio: Value) -> Expression:
    """log2 of a ratio in thousandths, as a whole number: halves go away from zero."""
    return Expression("millibits", (ratio,))


def digits_as_number(text: str) -> int:
    """Digits, at most LONGEST_WHOLE, as a whole number; 0 for any other text.

    >>> digits_as_number("0123"), digits_as_number("O123"), digits_as_number("")
    (123, 0, 0)
    """
    is_whole = text.isascii() and text.isdigit() and len(text) <= LONGEST_WHOLE
    return int(text) if is_whole else 0


def ratio_in_millibits(ratio: float) -> int:
    """log2 of a ratio in thousandths, as a whole number: halves go away from zero.

    >>> ratio_in_millibits(1 / 8)
    -3000
    """
    scaled = 1000 * math.log2(ratio)
    return int(math.copysign(math.floor(abs(scaled) + 0.5), scaled))


def are_within_edits(left: str, right: str, most: int) -> bool:
    """True when the Levenshtein distance of two texts is at most `most`, a small number.

    >>> are_within_edits("001093012345", "01093012345", 1)
    True
    >>> are_within_edits("001093012345", "001093012354", 1)
    False
    """
    if left == right:
        return True
    if not most or abs(len(left) - len(right)) > most:
        return False
    shorter = min(len(left), len(right))
    start = 0
    while start < shorter and left[start] == right[start]:
        start += 1
    a, b = left[start:], right[start:]
    if most == 1:
        return a[1:] == b[1:] or a[1:] == b or a == b[1:]
    return (
        are_within_edits(a[1:], b[1:], most - 1)
        or are_within_edits(a[1:], b, most - 1)
        or are_within_edits(a, b[1:], most - 1)
    )


def are_neighbours_exchanged(left: str, right: str) -> bool:
    """True when two texts differ by two neighbouring letters exchanged, and by nothing else.

    >>> are_neighbours_exchanged("001093012354", "001093012345")
    True
    """
    if left == right or len(left) != len(right):
        return False
    at = 0
    while left[at] == right[at]:
        at += 1
    return left[at : at + 2] == right[at : at + 2][::-1] and left[at + 2 :] == right[at + 2 :]


def _render_sql(operand: Value) -> str:
    if isinstance(operand, Expression):
        return operand.sql()
    if isinstance(operand, str):
        return "'" + operand.replace("'", "''") + "'"
    return str(operand)


def _render_python(operand: Value) -> str:
    return operand.python() if isinstance(operand, Expression) else repr(operand)


def _case_sql(parts: tuple[str, ...]) -> str:
    pairs = zip(parts[:-1:2], parts[1:-1:2], strict=True)
    branches = " ".join(f"when {condition} then {value}" for condition, value in pairs)
    return f"(case {branches} else {parts[-1]} end)"


def _case_python(parts: tuple[str, ...]) -> str:
    pairs = zip(parts[:-1:2], parts[1:-1:2], strict=True)
    branches = "".join(f"{value} if {condition} else " for condition, value in pairs)
    return f"({branches}{parts[-1]})"


def _choose_sql(parts: tuple[str, ...]) -> str:
    place, *values, last = parts
    branches = " ".join(f"when {at} then {value}" for at, value in enumerate(values))
    return f"(case {place} {branches} else {last} end)"


def _translate_python(parts: tuple[str, ...]) -> str:
    text, letters, replacements = parts
    table = {ord(letter): "" for letter in ast.literal_eval(letters)}
    table.update(zip(table, ast.literal_eval(replacements), strict=False))
    return f"{text}.translate({table})"


def _choose_python(parts: tuple[str, ...]) -> str:
    place, *values = parts
    return f"({', '.join(values)},)[{place}]"


def _within_sql(parts: tuple[str, ...]) -> str:
    left, right, most = parts
    return f"(levenshtein({left}, {right}) <= {most})"


def _exchanged_sql(parts: tuple[str, ...]) -> str:
    """Each pair of neighbours in turn, where the distance, which is cheap, allows an exchange."""
    left, right = parts
    ways = (
        f"{right} = concat(substr({left}, 1, {k - 1}), substr({left}, {k + 1}, 1), "
        f"substr({left}, {k}, 1), substr({left}, {k + 2}, {LONGEST_NUMBER}))"
        for k in range(1, LONGEST_NUMBER)
    )
    return f"({left} <> {right} and levenshtein({left}, {right}) <= 2 and ({' or '.join(ways)}))"


def _number_sql(parts: tuple[str, ...]) -> str:
    text = parts[0]
    is_whole = f"regexp_full_match({text}, '[0-9]{{1,{LONGEST_WHOLE}}}')"
    return f"(case when {is_whole} then cast({text} as bigint) else 0 end)"


def _infix(symbol: str) -> Callable[[tuple[str, ...]], str]:
    return lambda parts: f"({f' {symbol} '.join(parts)})"


def _call(name: str) -> Callable[[tuple[str, ...]], str]:
    return lambda parts: f"{name}({', '.join(parts)})"


def _bare(parts: tuple[str, ...]) -> str:
    return parts[0][1:-1]


_SQL: dict[str, Callable[[tuple[str, ...]], str]] = {
    "column": _bare,
    "eq": _infix("="),
    "ne": _infix("<>"),
    "lt": _infix("<"),
    "gt": _infix(">"),
    "ge": _infix(">="),
    "le": _infix("<="),
    "and": _infix("and"),
    "or": _infix("or"),
    "any": _infix("or"),
    "not": lambda p: f"(not {p[0]})",
    "add": _infix("+"),
    "sub": _infix("-"),
    "in": lambda p: f"({p[0]} in ({', '.join(p[1:])}))",
    "mul": _infix("*"),
    "mod": _infix("%"),
    "ratio": _infix("/"),
    "floordiv": lambda p: f"cast(floor({p[0]} / {p[1]}) as bigint)",
    "part": _call("substr"),
    "last": lambda p: f"substr({p[0]}, -{p[1]})",
    "number": _number_sql,
    "greatest": _call("greatest"),
    "least": _call("least"),
    "millibits": lambda p: f"cast(round(1000 * log2({p[0]})) as integer)",
    "case": _case_sql,
    "length": _call("length"),
    "concat": _call("concat"),
    "ltrim": lambda p: f"ltrim({p[0]}, '0')",
    "starts": lambda p: f"({p[0]} like {p[1]} || '%')",
    "ends": lambda p: f"({p[0]} like '%' || {p[1]})",
    "translate": _call("translate"),
    "digits": lambda p: f"regexp_full_match({p[0]}, '[0-9]*')",
    "choose": _choose_sql,
    "within": _within_sql,
    "exchanged": _exchanged_sql,
}

_PYTHON: dict[str, Callable[[tuple[str, ...]], str]] = {
    **{name: _SQL[name] for name in ("column", "lt", "gt", "ge", "le", "and", "or", "any", "not")},
    **{name: _SQL[name] for name in ("in", "add", "sub", "mul", "mod", "ratio")},
    "eq": _infix("=="),
    "ne": _infix("!="),
    "floordiv": _infix("//"),
    "part": lambda p: f"{p[0]}[{p[1]}-1:{p[1]}-1+{p[2]}]",
    "last": lambda p: f"{p[0]}[-{p[1]}:]",
    "number": _call("number"),
    "greatest": _call("max"),
    "least": _call("min"),
    "millibits": _call("millibits"),
    "case": _case_python,
    "length": _call("len"),
    "concat": lambda p: f"({' + '.join(p)})",
    "ltrim": lambda p: f"{p[0]}.lstrip('0')",
    "starts": lambda p: f"{p[0]}.startswith({p[1]})",
    "ends": lambda p: f"{p[0]}.endswith({p[1]})",
    "translate": _translate_python,
    "digits": lambda p: f"(not {p[0]}.strip('0123456789'))",
    "choose": _choose_python,
    "within": _call("within"),
    "exchanged": _call("exchanged"),
}

_PYTHON_FUNCTIONS: dict[str, Any] = {
    "within": are_within_edits,
    "exchanged": are_neighbours_exchanged,
    "len": len,
    "max": max,
    "min": min,
    "number": digits_as_number,
    "millibits": ratio_in_millibits,
}
