"""Mixes of errors: how often what goes wrong, and whose habit it is.

A mix states shares and weights; a habit is what one facility does differently from all others.
The default is the state of 25 April 2022: 66 % of the persons sent to the register were right,
23 % had a number and were wrong, 11 % had none or a malformed one. Knows nothing of how an
error is made.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from .draws import Floats, Ints

# A record has at most one error of each channel; NUMBER and PILE share the personal ID.
WRITING, CONTENT, BIRTH, SEX, NUMBER, PILE = range(6)

# Kinds of error: channel, and weight among all wrong records (PILE: among those without a
# well-formed number). Proportions are estimates: the sources count the piles, not the kinds.
KINDS: dict[str, tuple[int, float]] = {
    "accents": (WRITING, 9.0),
    "some_accents": (WRITING, 5.0),
    "encoding": (WRITING, 1.2),
    "typing": (WRITING, 1.2),
    "spelling": (CONTENT, 13.0),
    "order": (CONTENT, 2.0),
    "missing_part": (CONTENT, 4.0),
    "extra_part": (CONTENT, 2.0),
    "other_word": (CONTENT, 3.5),
    "nickname": (CONTENT, 0.5),
    "abbreviation": (CONTENT, 0.7),
    "glued": (CONTENT, 0.8),
    "swapped": (BIRTH, 4.0),
    "day": (BIRTH, 4.0),
    "month": (BIRTH, 3.0),
    "year": (BIRTH, 5.0),
    "year_only": (BIRTH, 5.0),
    "placeholder": (BIRTH, 5.0),
    "birth_missing": (BIRTH, 0.6),
    "birth_other": (BIRTH, 3.0),
    "sex": (SEX, 5.0),
    "sex_missing": (SEX, 0.8),
    "cmnd": (NUMBER, 13.0),
    "digit": (NUMBER, 4.0),
    "transposed": (NUMBER, 2.0),
    "household": (NUMBER, 4.0),
    "stranger": (NUMBER, 1.2),
    "unknown": (NUMBER, 3.0),
    "id_missing": (PILE, 58.0),
    "leading_zero": (PILE, 20.0),
    "length": (PILE, 11.0),
    "phone": (PILE, 11.0),
}
NAMES = tuple(KINDS)
CHANNEL: Ints = np.array([channel for channel, _ in KINDS.values()], dtype=np.int32)
NONE = -1


def kind(name: str) -> int:
    """The number of a kind of error.

    >>> kind("accents")
    0
    """
    return NAMES.index(name)


@dataclass(frozen=True, slots=True)
class Habit:
    """What a facility does: its share of all records, its rates, and what it does more often.

    `wrong`, `piled` are the shares of its records that come out so; None = as most facilities.
    """

    share: float
    wrong: float | None = None
    piled: float | None = None
    more: dict[str, float] = field(default_factory=dict)


HABITS: dict[str, Habit] = {
    "ordinary": Habit(0.0),  # the rest
    "careful": Habit(0.15, wrong=0.07, piled=0.03),
    "no accents": Habit(0.025, wrong=0.85, more={"accents": 80}),
    "legacy encoding": Habit(0.012, wrong=0.75, more={"encoding": 250}),
    "keys left in": Habit(0.008, wrong=0.50, more={"typing": 150}),
    "first of January": Habit(0.04, wrong=0.45, more={"placeholder": 25, "year_only": 10}),
    "spreadsheet": Habit(0.04, piled=0.35, more={"leading_zero": 12, "swapped": 12}),
    "old numbers": Habit(0.05, wrong=0.42, more={"cmnd": 6}),
    "no numbers": Habit(0.045, piled=0.65, more={"id_missing": 8}),
    "one number a family": Habit(0.02, wrong=0.35, more={"household": 14}),
    "hurried": Habit(
        0.02,
        wrong=0.45,
        piled=0.30,
        more={"accents": 8, "year_only": 6, "abbreviation": 8, "glued": 6, "id_missing": 2},
    ),
}
HABIT_NAMES = tuple(HABITS)


@dataclass(frozen=True, slots=True)
class Mix:
    """One mix of errors; shares are of the Vietnamese records unless said otherwise.

    `meet` is the chance that a wrong record has a second error (and then a third, half as
    often), `piled_meet` that a record without a well-formed number is wrong besides; `absent`
    the share of people whom the register does not hold; `moved` of stated residences that are
    not the register's; `heaping` and `remoteness` shape the people themselves.
    """

    wrong: float
    piled: float
    absent: float
    meet: float
    piled_meet: float
    moved: float = 0.11
    twice: float = 0.013
    foreign: float = 0.0035
    register_wrong: float = 0.002
    heaping: float = 1.0
    remoteness: float = 0.0
    more: dict[str, float] = field(default_factory=dict)
    habits: dict[str, float] = field(default_factory=dict)

    def weights(self) -> Floats:
        """Weights of the kinds, one row a habit."""
        base = np.array([w * self.more.get(n, 1.0) for n, (_, w) in KINDS.items()])
        return np.array(
            [[base[i] * h.more.get(n, 1.0) for i, n in enumerate(NAMES)] for h in HABITS.values()]
        )

    def habit_shares(self) -> Floats:
        """How much of all records each habit should have; the rest is ordinary."""
        shares = np.array([h.share * self.habits.get(n, 1.0) for n, h in HABITS.items()])
        shares[0] = 1 - shares[1:].sum()
        return shares

    def rates(self, shares: Floats) -> Floats:
        """Shares of wrong and piled records by habit (2 columns), given what each habit has.

        Facilities without a rate of their own share one, such that the whole comes out right;
        people whom the register does not hold, or holds wrongly, are wrong without any error.
        """
        right = 1 - self.wrong - self.piled
        wrong = self.wrong - right * (self.absent + self.register_wrong)
        made = np.zeros((len(HABITS), 2))
        for column, (whole, own) in enumerate(
            [
                (wrong, [h.wrong for h in HABITS.values()]),
                (self.piled, [h.piled for h in HABITS.values()]),
            ]
        ):
            scale = whole / (MIXES[DEFAULT].wrong if column == 0 else MIXES[DEFAULT].piled)
            fixed = np.array([np.nan if rate is None else min(rate * scale, 0.9) for rate in own])
            open_ = np.isnan(fixed)
            own_part = float((np.nan_to_num(fixed) * shares).sum())
            # in a small sample one large facility may have a bad habit: it is kept in bounds
            fixed *= min(1.0, 0.75 * whole / own_part)
            rest = whole - float((np.nan_to_num(fixed) * shares).sum())
            made[:, column] = np.where(open_, rest / shares[open_].sum(), fixed)
        return made


DEFAULT = "april2022"
MIXES: dict[str, Mix] = {
    "april2022": Mix(wrong=0.230, piled=0.108, absent=0.010, meet=0.20, piled_meet=0.30),
    "careless": Mix(
        wrong=0.330,
        piled=0.120,
        absent=0.012,
        meet=0.45,
        piled_meet=0.55,
        twice=0.025,
        more={"encoding": 3, "typing": 3, "other_word": 1.6, "order": 2, "missing_part": 1.8},
        habits={"legacy encoding": 2.5, "keys left in": 2.5, "no accents": 1.6, "careful": 0.4},
    ),
    "rural": Mix(
        wrong=0.240,
        piled=0.220,
        absent=0.020,
        meet=0.28,
        piled_meet=0.40,
        moved=0.07,
        heaping=2.2,
        remoteness=0.8,
        more={"year_only": 2.5, "placeholder": 2, "household": 1.5, "spelling": 1.4},
        habits={"no numbers": 2, "first of January": 1.5},
    ),
    "households": Mix(
        wrong=0.260,
        piled=0.090,
        absent=0.030,
        meet=0.22,
        piled_meet=0.30,
        moved=0.18,
        twice=0.035,
        register_wrong=0.006,
        more={"household": 5, "stranger": 3, "unknown": 1.5},
        habits={"one number a family": 2},
    ),
}
