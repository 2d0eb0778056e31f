"""Expressions: rules as small frozen trees, apart from the engines that run them.

A rule is written once as a tree over named columns. `sql` renders it in the part of SQL that
DuckDB and Spark read alike; `function` turns it into a Python function for one record at a time.
Both give the same answer because no tree can hold a null: a value that is not given is 0 or ''.
This room knows nothing of persons, registers or weights.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Union

Value = Union["Expression", int, str]


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

    def __hash__(self) -> int:
        return hash((self.operation, self.operands))


def _literal(value: object) -> Value:
    if isinstance(value, Expression | int | str):
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


def length(text: Value) -> Expression:
    """Number of characters."""
    return Expression("length", (text,))


def part(text: Value, start: int, count: int) -> Expression:
    """`count` characters from the 1-based `start`."""
    return Expression("part", (text, start, count))


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


def edit_distance(left: Value, right: Value) -> Expression:
    """Levenshtein distance: on ASCII the one distance on which engines agree."""
    return Expression("levenshtein", (left, right))


def levenshtein(left: str, right: str) -> int:
    """Levenshtein distance of two short ASCII texts.

    >>> levenshtein("001093012345", "001093012354")
    2
    """
    if left == right:
        return 0
    previous = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        current = [i]
        for j, b in enumerate(right, 1):
            current.append(
                min(previous[j] + 1, current[j - 1] + 1, previous[j - 1] + (a != b)),
            )
        previous = current
    return previous[-1]


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
    "case": _case_sql,
    "length": _call("length"),
    "part": _call("substr"),
    "concat": _call("concat"),
    "ltrim": lambda p: f"ltrim({p[0]}, '0')",
    "starts": lambda p: f"({p[0]} like {p[1]} || '%')",
    "ends": lambda p: f"({p[0]} like '%' || {p[1]})",
    "levenshtein": _call("levenshtein"),
}

_PYTHON: dict[str, Callable[[tuple[str, ...]], str]] = {
    **{name: _SQL[name] for name in ("column", "lt", "gt", "ge", "le", "and", "or", "any")},
    **{name: _SQL[name] for name in ("not", "add", "sub")},
    "eq": _infix("=="),
    "ne": _infix("!="),
    "case": _case_python,
    "length": _call("len"),
    "part": lambda p: f"{p[0]}[{p[1]}-1:{p[1]}-1+{p[2]}]",
    "concat": lambda p: f"({' + '.join(p)})",
    "ltrim": lambda p: f"{p[0]}.lstrip('0')",
    "starts": lambda p: f"{p[0]}.startswith({p[1]})",
    "ends": lambda p: f"{p[0]}.endswith({p[1]})",
    "levenshtein": _call("levenshtein"),
}

_PYTHON_FUNCTIONS: dict[str, Any] = {"levenshtein": levenshtein, "len": len}
