"""Candidates: what a matcher asks of a register, and nothing about where the register is kept.

Two questions for a record, each one round trip for all its keys: who has this number, and whom do
the blocks bring together with it; and one for all records: how many people there are. Whoever
answers them (a DuckDB file in `lookup`, a server's tables) gives rows and counts as the bulk run's
prepared register has them; it compares and weighs nothing.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, Protocol, TypeVar

from lamsach.identity.engine.search import Block

__all__ = [
    "BlockKey",
    "CandidateSource",
    "NumberOwner",
    "RegisterPerson",
    "Totals",
    "Written",
]

_Key = TypeVar("_Key", bound=Hashable)


class Written(NamedTuple):
    """The fields of a record that can agree with the register letter for letter."""

    full_name: str
    birth_date: str
    sex: str


class RegisterPerson(NamedTuple):
    """A register person as prepared, with how many bear a name like it.

    Codes and numbers are integers, 0 for what is not given; `birth` is yyyymmdd with 00 for what
    is not known; `name` is as written. `n_same`, `n_fold`, `n_sound`, `n_ends`: people who bear
    this name at four widths of likeness; `n_place`, `n_decade`: those of `n_fold` (the same in
    base letters) who live in this province and who were born in this decade. `claimed`: a record
    already agrees with this person as written.
    """

    id: int
    previous: int
    birth: int
    sex: str
    province: int
    district: int
    commune: int
    name: str
    n_same: int
    n_fold: int
    n_sound: int
    n_ends: int
    n_place: int
    n_decade: int
    claimed: bool


class NumberOwner(NamedTuple):
    """Whose number it is; `as_written`: name, birth and sex stand there in the same letters."""

    person: RegisterPerson
    as_written: bool


class BlockKey(NamedTuple):
    """A block and a record's keys in it, in the order of `block.register`."""

    block: Block
    values: tuple[int, ...]


@dataclass(frozen=True)
class Totals:
    """How many people the register holds, by birth and by residence.

    `births`: by birth (yyyymmdd); `residences`: by (province, district, commune).

    >>> totals = Totals(3, {19630504: 2, 19630000: 1}, {(79, 760, 26734): 3})
    >>> totals.years, totals.months[196305], totals.districts[79, 760]
    ({1963: 3}, 2, 3)
    """

    people: int
    births: Mapping[int, int]
    residences: Mapping[tuple[int, int, int], int]

    @cached_property
    def months(self) -> Mapping[int, int]:
        """People by year and month of birth (yyyymm)."""
        return _summed((birth // 100, n) for birth, n in self.births.items())

    @cached_property
    def years(self) -> Mapping[int, int]:
        """People by year of birth."""
        return _summed((birth // 10_000, n) for birth, n in self.births.items())

    @cached_property
    def decades(self) -> Mapping[int, int]:
        """People by decade of birth (the year without its last digit)."""
        return _summed((birth // 100_000, n) for birth, n in self.births.items())

    @cached_property
    def provinces(self) -> Mapping[int, int]:
        """People by province of residence."""
        return _summed((place[0], n) for place, n in self.residences.items())

    @cached_property
    def districts(self) -> Mapping[tuple[int, int], int]:
        """People by province and district of residence."""
        return _summed((place[:2], n) for place, n in self.residences.items())


def _summed(counts: Iterable[tuple[_Key, int]]) -> dict[_Key, int]:
    total: dict[_Key, int] = {}
    for key, n in counts:
        total[key] = total.get(key, 0) + n
    return total


class CandidateSource(Protocol):
    """A register that can be asked for candidates, one record at a time."""

    def totals(self) -> Totals:
        """How many people there are; asked once, when a matcher is made."""
        ...

    def owner(self, number: int, written: Written) -> NumberOwner | None:
        """The register person with this 12-digit number, if anybody has it."""
        ...

    def found(self, keys: Sequence[BlockKey]) -> Sequence[RegisterPerson]:
        """Everybody whom one of the blocks brings together with a record; each once, in any order.

        A person belongs to a block when the values of `block.register`, expressions over the
        columns of a register person and of its name's keys, equal the record's.
        """
        ...
