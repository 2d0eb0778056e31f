"""Numbers that are not one's own: a relative's, a stranger's, a neighbour's, nobody's."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from . import text
from .draws import Flags, Ints, chance
from .people import NO_NUMBER, Design, People, cell_of, serial_of
from .text import Bytes


def province_digits(plan: Design) -> Ints:
    """The first three digits of the number, by province number: 0 and the official code."""
    return np.array([int(code) for code in plan.places.province_code], dtype=np.int32)


def ids(plan: Design, people: People, rows: npt.NDArray[np.integer]) -> Bytes:
    """The 12 digits of some people."""
    return text.personal_ids(
        province_digits(plan)[people.registered[rows]],
        people.century_sex[rows],
        people.year[rows],
        people.serial[rows],
    )


def relatives(
    rng: np.random.Generator, people: People, human: Ints, child: Flags
) -> tuple[Ints, Flags]:
    """For each record a member of the household who is in the register, and whether there is one.

    A child's is one of those who stand first: mostly a parent.
    """
    start, members = people.start[human], people.members[human]
    place = human - start
    adults = np.where(child, np.minimum(2, members), members)
    step = 1 + rng.integers(0, np.maximum(members - 1, 1))
    anyone = (place + step) % members
    parent = rng.integers(0, adults)
    other = start + np.where(child & (parent != place), parent, anyone)
    return other.astype(np.int32), (other != human) & ~people.absent[other]


def strangers(rng: np.random.Generator, people: People, human: Ints) -> tuple[Ints, Flags]:
    """For each record somebody else who is in the register; for half, who is one digit away."""
    n = len(human)
    beside = people.neighbour[human]
    near = (beside != NO_NUMBER) & chance(rng, n, 0.5) & ~people.absent[beside]
    held = np.flatnonzero(~people.absent)
    anyone = held[rng.integers(0, len(held), n)]
    anyone = np.where(anyone == human, held[0] if held[0] != human[0] else held[1], anyone)
    return np.where(near, beside, anyone).astype(np.int32), near


def unused(rng: np.random.Generator, plan: Design, people: People, human: Ints) -> Bytes:
    """Numbers that fit the person and that nobody has: from the counters beyond those in use."""
    n = len(human)
    registered, sex, year = people.registered[human], people.sex[human], people.year[human]
    cell = cell_of(registered, sex, year)
    serial = serial_of(plan, cell, rng.integers(plan.used, plan.half, n), rng.integers(0, 2, n))
    return text.personal_ids(
        province_digits(plan)[registered], people.century_sex[human], year, serial
    )
