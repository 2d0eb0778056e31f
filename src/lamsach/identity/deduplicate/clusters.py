"""Clusters: which records are one person, from pairs that are.

Who is the same as the same is the same, unless that brings together what contradicts itself (two
numbers that are both their bearers' own; a pair that was found different): then the weakest link
gives way. Arrays of rows in, arrays out; this room knows no names and no tables.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

__all__ = ["Links", "components", "join_without_conflict"]


def components(nodes: int, a: Ints, b: Ints) -> Ints:
    """For each of the nodes 0 … n-1 the least node that links lead to.

    >>> components(5, np.array([1, 3]), np.array([3, 4])).tolist()
    [0, 1, 2, 1, 1]
    """
    label = np.arange(nodes)
    while True:
        least = np.minimum(label[a], label[b])
        before = label.copy()
        np.minimum.at(label, label[a], least)
        np.minimum.at(label, label[b], least)
        np.minimum.at(label, a, least)
        np.minimum.at(label, b, least)
        while not np.array_equal(label[label], label):
            label = label[label]
        if np.array_equal(before, label):
            return label


@dataclass(frozen=True, slots=True)
class Links:
    """Pairs of nodes that are one person, with their probabilities."""

    a: Ints
    b: Ints
    probability: Floats


def join_without_conflict(
    nodes: int,
    links: Links,
    apart: tuple[Ints, Ints],
    numbers: Sequence[str],
    contradict: Callable[[str, str], bool],
) -> tuple[Ints, Bools]:
    """Clusters of nodes, and which links hold.

    `apart`: pairs of nodes that must not meet; `numbers`: each node's number, '' for none;
    `contradict`: whether two numbers cannot be one person's. Within a cluster that contradicts
    itself links are taken up strongest first (ties by their nodes), and one that would bring
    contradicting nodes together is given up.

    >>> links = Links(np.array([0, 1]), np.array([1, 2]), np.array([0.999, 0.995]))
    >>> label, kept = join_without_conflict(
    ...     3, links, (np.array([0]), np.array([2])), ["", "", ""], lambda x, y: False)
    >>> label.tolist(), kept.tolist()
    ([0, 0, 2], [True, False])
    """
    label = components(nodes, links.a, links.b)
    kept = np.ones(len(links.a), dtype=bool)
    broken = _contradictory(label, apart, numbers, contradict)
    if not broken:
        return label, kept
    in_broken = np.isin(label[links.a], np.fromiter(broken, np.int64))
    members = np.flatnonzero(np.isin(label, np.fromiter(broken, np.int64)))
    foes: dict[int, set[int]] = {}
    for x, y in zip(apart[0].tolist(), apart[1].tolist(), strict=True):
        foes.setdefault(x, set()).add(y)
        foes.setdefault(y, set()).add(x)

    def are_apart(x: int, y: int) -> bool:
        if y in foes.get(x, ()):
            return True
        return bool(numbers[x] and numbers[y]) and contradict(numbers[x], numbers[y])

    group = {node: [node] for node in members.tolist()}
    order = np.lexsort((links.b, links.a, -links.probability))
    for at in order[in_broken[order]].tolist():
        left, right = group[int(links.a[at])], group[int(links.b[at])]
        if left is right:
            continue
        if any(
            y in foes.get(x, ())
            or (numbers[x] and numbers[y] and contradict(numbers[x], numbers[y]))
            for x in left
            for y in right
        ):
            kept[at] = False
            continue
        left.extend(right)
        for node in right:
            group[node] = left
    return components(nodes, links.a[kept], links.b[kept]), kept


def _contradictory(
    label: Ints,
    apart: tuple[Ints, Ints],
    numbers: Sequence[str],
    contradict: Callable[[str, str], bool],
) -> set[int]:
    """The labels of clusters that hold a contradiction."""
    x, y = apart
    broken = set(label[x[label[x] == label[y]]].tolist())
    held: dict[int, set[str]] = {}
    for node, number in enumerate(numbers):
        if number:
            held.setdefault(int(label[node]), set()).add(number)
    for cluster, several in held.items():
        ordered = sorted(several)
        if any(
            contradict(one, other) for i, one in enumerate(ordered) for other in ordered[i + 1 :]
        ):
            broken.add(cluster)
    return broken
