"""Decisions: a rule as a table of cases, tried in order.

Each case is a condition, the level at which the fields agree and the difference codes that a
record shows then. The table is rendered as one expression for the case's place, which the engines
run; level and codes follow from the place. This room knows no field and no weight.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from lamsach.identity.rules.expressions import Case, Expression, choose, column

__all__ = ["Decision", "Outcome"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a case says: a level of the field, and the contract's difference codes."""

    level: str
    codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """A rule: cases in the order they are tried, and what holds when none does.

    `name`: the column that holds the place of the case once an engine has found it.

    >>> a, b = column("a"), column("b")
    >>> rule = Decision("sex_case", ("a", "b"), ((a == b, Outcome("same")),),
    ...                 Outcome("differs", ("sex",)))
    >>> rule.case.sql()
    '(case when (a = b) then 0 else 1 end)'
    >>> rule.function()("M", "F")
    1
    >>> rule.outcomes[1].codes
    ('sex',)
    """

    name: str
    columns: tuple[str, ...]
    cases: tuple[tuple[Expression, Outcome], ...]
    otherwise: Outcome

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """What each case says, by its place."""
        return (*(outcome for _, outcome in self.cases), self.otherwise)

    @property
    def levels(self) -> tuple[str, ...]:
        """The levels that occur, each once, in the order of the cases."""
        return tuple(dict.fromkeys(outcome.level for outcome in self.outcomes))

    @property
    def case(self) -> Expression:
        """The place of the case that holds, over `columns`."""
        branches = Case(())
        for place, (condition, _) in enumerate(self.cases):
            branches = branches.when(condition, place)
        return branches.otherwise(len(self.cases))

    @property
    def level(self) -> Expression:
        """The level, over the column `name`."""
        return choose(column(self.name), tuple(outcome.level for outcome in self.outcomes))

    @property
    def codes(self) -> Expression:
        """The difference codes with a space between them, over the column `name`."""
        return choose(column(self.name), tuple(" ".join(o.codes) for o in self.outcomes))

    def function(self) -> Callable[..., int]:
        """The place of the case that holds, as a Python function of the columns' values."""
        compiled: Callable[..., int] = self.case.function(*self.columns)
        return compiled
