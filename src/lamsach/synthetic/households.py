"""Households: who lives with whom, and how old they are, so that the ages of all come out right.

A household is one of a few shapes (alone, couple, family with children, with grandparents, one
parent) with one leading age. How often each shape and age occurs is fitted once, by repeated
proportional correction, so that men and women of each age are as many as counted. Knows nothing
of names and places.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from . import tables
from .draws import Ints, draw, guide, stream

# The seats of a household, in the order in which its members stand.
MAN, WOMAN, CHILD_1, CHILD_2, CHILD_3, CHILD_4, ELDER_1, ELDER_2 = range(8)
SEATS = 8
OLDEST = 105
_TWINS = 0.011
_ALONE_M, _ALONE_F, _COUPLE, _FAMILY, _MOTHER, _THREE = range(6)
_PRIOR = np.array([0.06, 0.08, 0.18, 0.47, 0.07, 0.14])


@dataclass(frozen=True, slots=True)
class Drawn:
    """Members of drawn households, household after household, in the order of seats.

    `household` counts from 0; `twin` marks the second of twins, who stands after the first.
    """

    household: Ints
    seat: Ints
    sex: Ints
    age: Ints
    twin: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Shapes:
    """What a household can be: shape and leading age, as a guide of kinds."""

    shape: Ints
    lead: Ints
    kind: Ints

    def draw(self, rng: np.random.Generator, people: int) -> Drawn:
        """Whole households until there are `people` members; the last may be cut short."""
        made: list[tuple[npt.NDArray[np.bool_], Ints, Ints, npt.NDArray[np.bool_]]] = []
        found = 0
        while found < people:
            kind = draw(rng, self.kind, max(64, int((people - found) / 3.0)))
            part = _seats(rng, self.shape[kind], self.lead[kind])
            made.append(part)
            found += int(part[0].sum())
        there, age, sex, twin = (np.concatenate([m[i] for m in made]) for i in range(4))
        row, column = (index[:people] for index in np.nonzero(there))
        return Drawn(
            household=row.astype(np.int32),
            seat=column.astype(np.int32),
            sex=sex[row, column].astype(np.int32),
            age=age[row, column].astype(np.int32),
            twin=twin[row, column],
        )


def fit() -> Shapes:
    """The kinds of households, as often as makes the ages right."""
    leads = {
        _ALONE_M: range(18, 100),
        _ALONE_F: range(18, 100),
        _COUPLE: range(20, 92),
        _FAMILY: range(0, 34),
        _MOTHER: range(0, 34),
        _THREE: range(0, 26),
    }
    shape = np.array([s for s, ages in leads.items() for _ in ages], dtype=np.int32)
    lead = np.array([a for ages in leads.values() for a in ages], dtype=np.int32)
    counted = tables.rows("ages")
    target = np.array([[float(r[s]) for r in counted] for s in ("male", "female")]).ravel()
    target /= target.sum()

    tries, rng = 400, stream(0, 0)
    there, age, sex, _ = _seats(rng, np.repeat(shape, tries), np.repeat(lead, tries))
    made = np.zeros((len(shape), target.size))
    cell = np.minimum(age, OLDEST) + (OLDEST + 1) * sex
    rows = np.broadcast_to(np.repeat(np.arange(len(shape)), tries)[:, None], cell.shape)
    np.add.at(made, (rows[there], cell[there]), 1 / tries)
    weight = (_PRIOR / np.bincount(shape))[shape]
    for _ in range(150):
        expected = weight @ made
        ratio = target / np.maximum(expected / expected.sum(), 1e-12)
        weight = weight * (made @ ratio) / made.sum(axis=1)
    return Shapes(shape, lead, guide(weight, 18))


def _seats(
    rng: np.random.Generator, shape: Ints, lead: Ints
) -> tuple[npt.NDArray[np.bool_], Ints, Ints, npt.NDArray[np.bool_]]:
    """Who sits where: presence, ages, sexes and second twins, one row a household."""
    n = len(shape)
    there = np.zeros((n, SEATS), dtype=bool)
    age = np.zeros((n, SEATS), dtype=np.int32)
    twin = np.zeros((n, SEATS), dtype=bool)
    sex = (rng.random((n, SEATS), dtype=np.float32) < 0.478).astype(np.int32)
    sex[:, [MAN, ELDER_1]], sex[:, [WOMAN, ELDER_2]] = 0, 1

    family = shape >= _FAMILY
    children = guide(np.array([0.44, 0.42, 0.11, 0.03]), 10)[rng.integers(0, 1024, n)] + 1
    child = np.where(family, lead, 0)
    for i in range(4):
        place = CHILD_1 + i
        there[:, place] = family & (children > i)
        age[:, place] = child
        twins = rng.random(n, dtype=np.float32) < _TWINS
        if i < 3:
            twin[:, place + 1] = twins & family & (children > i + 1)
            child = child + np.where(twins, 0, rng.integers(1, 7, n))
    at_birth = np.clip(np.round(rng.normal(27.5, 5.0, n)), 17, 44).astype(np.int32)
    eldest = age[np.arange(n), CHILD_1 + children - 1]
    mother = np.where(family, eldest + np.minimum(at_birth, 40), lead)
    older = np.clip(np.round(rng.normal(3.0, 3.5, n)), -6, 18).astype(np.int32)
    there[:, WOMAN] = shape != _ALONE_M
    there[:, MAN] = (shape != _ALONE_F) & (shape != _MOTHER)
    age[:, WOMAN] = mother
    age[:, MAN] = np.where(shape == _ALONE_M, lead, np.maximum(mother + older, 18))

    up = np.clip(np.round(rng.normal(29, 5, n)), 18, 44).astype(np.int32)
    both = rng.random(n, dtype=np.float32)
    there[:, ELDER_1] = (shape == _THREE) & (both < 0.55)
    there[:, ELDER_2] = (shape == _THREE) & (both > 0.20)
    age[:, ELDER_2] = mother + up
    age[:, ELDER_1] = mother + up + np.maximum(older, -3)
    there &= age <= OLDEST
    return there, age, sex, twin
