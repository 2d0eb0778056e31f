"""Drawing from tables by columns: guide tables, seeded streams, bounded counters.

The arithmetic of chance that the other rooms share; knows nothing of people.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.signedinteger[Any]]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


def stream(seed: int, *place: int) -> np.random.Generator:
    """The random stream of one place of the work: the same whoever asks, and whenever.

    >>> stream(1, 2, 3).integers(1000) == stream(1, 2, 3).integers(1000)
    np.True_
    """
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, *place])))


def guide(weights: Floats, bits: int) -> Ints:
    """A table of 2**bits cells that holds each index in proportion to its weight.

    A draw is one look-up of a random cell. What is rarer than a cell is met by systematic
    sampling: it gets a cell or none. Raises ValueError when no weight is positive.

    >>> np.bincount(guide(np.array([1.0, 3.0]), 4)).tolist()
    [4, 12]
    """
    total = np.cumsum(weights, dtype=np.float64)
    if not total[-1] > 0:
        raise ValueError("guide: at least one weight must be positive")
    points = (np.arange(1 << bits) + 0.5) * (total[-1] / (1 << bits))
    cells: Ints = np.searchsorted(total, points, side="right").astype(np.int32)
    return cells


def guides(weights: list[Floats], bits: int) -> npt.NDArray[np.int32]:
    """One guide a row, for draws whose distribution depends on a row's kind."""
    return np.stack([guide(w, bits) for w in weights])


def draw(rng: np.random.Generator, table: Ints, size: int) -> Ints:
    """`size` draws from one guide.

    >>> draw(stream(0), guide(np.array([0.0, 1.0]), 4), 3).tolist()
    [1, 1, 1]
    """
    drawn: Ints = table[rng.integers(0, table.shape[-1], size, dtype=np.int32)]
    return drawn


def draw_by(rng: np.random.Generator, table: npt.NDArray[np.int32], kind: npt.NDArray[Any]) -> Ints:
    """One draw a row from the guide of the row's kind.

    >>> draw_by(stream(0), guides([np.array([1.0, 0]), np.array([0, 1.0])], 4),
    ...         np.array([0, 1, 1])).tolist()
    [0, 1, 1]
    """
    cells = table.shape[1]
    place = kind.astype(np.int64) * cells + rng.integers(0, cells, len(kind), dtype=np.int32)
    drawn: Ints = table.ravel()[place]
    return drawn


def chance(rng: np.random.Generator, size: int, share: float | Floats) -> Flags:
    """True with the given probability, one for all or one a row."""
    hit: Flags = rng.random(size, dtype=np.float32) < share
    return hit


def ranks(
    cell: npt.NDArray[Any], order: npt.NDArray[np.int64] | None = None
) -> npt.NDArray[np.int64]:
    """The place of each row among the rows of its cell, from 0, in the order of rows.

    `order` is the stable sorting order of the cells, where it is known.

    >>> ranks(np.array([5, 7, 5, 5])).tolist()
    [0, 0, 1, 2]
    """
    if order is None:
        order = np.argsort(cell, kind="stable")
    ordered = cell[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    counts = np.diff(np.r_[starts, len(cell)])
    rank = np.empty(len(cell), dtype=np.int64)
    rank[order] = np.arange(len(cell)) - np.repeat(starts, counts)
    return rank
