"""Clusters: closed under being the same person, and never with a contradiction inside."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lamsach.identity.deduplicate.clusters import Links, components, join_without_conflict

NODES = 12
nodes = st.integers(0, NODES - 1)
pairs = st.lists(st.tuples(nodes, nodes).filter(lambda p: p[0] < p[1]), max_size=20, unique=True)


def array(values: list[int]) -> np.ndarray:
    return np.array(values, dtype=np.int64)


def reachable(edges: list[tuple[int, int]]) -> list[int]:
    """The least node that each node leads to, found the slow way."""
    label = list(range(NODES))
    for _ in range(NODES):
        for a, b in edges:
            label[a] = label[b] = min(label[a], label[b])
    return label


@given(pairs)
def test_components_are_what_links_lead_to(edges: list[tuple[int, int]]) -> None:
    a, b = array([x for x, _ in edges]), array([y for _, y in edges])
    assert components(NODES, a, b).tolist() == reachable(edges)


def join(
    edges: list[tuple[int, int]], weights: list[float], apart: list[tuple[int, int]]
) -> tuple[list[int], list[bool]]:
    links = Links(
        array([x for x, _ in edges]), array([y for _, y in edges]), np.array(weights, np.float64)
    )
    foes = (array([x for x, _ in apart]), array([y for _, y in apart]))
    label, kept = join_without_conflict(NODES, links, foes, [""] * NODES, lambda x, y: False)
    return label.tolist(), kept.tolist()


@given(pairs, pairs, st.randoms(use_true_random=False))
def test_who_must_stay_apart_never_meets(edges, apart, draw) -> None:
    apart = [pair for pair in apart if pair not in edges]
    weights = [draw.choice([0.991, 0.995, 0.999, 0.9999]) for _ in edges]
    label, kept = join(edges, weights, apart)
    assert all(label[x] != label[y] for x, y in apart)
    assert label == reachable([edge for edge, holds in zip(edges, kept, strict=True) if holds])
    # A link is given up only where it would have brought contradicting nodes together.
    for (x, y), holds in zip(edges, kept, strict=True):
        if not holds:
            left = {n for n in range(NODES) if label[n] == label[x]}
            right = {n for n in range(NODES) if label[n] == label[y]}
            assert any((a, b) in apart or (b, a) in apart for a in left for b in right)


@given(pairs, pairs, st.randoms(use_true_random=False))
def test_the_order_of_the_links_does_not_matter(edges, apart, draw) -> None:
    apart = [pair for pair in apart if pair not in edges]
    weights = [draw.choice([0.991, 0.999]) for _ in edges]
    order = list(range(len(edges)))
    draw.shuffle(order)
    label, kept = join(edges, weights, apart)
    again, held = join([edges[i] for i in order], [weights[i] for i in order], apart)
    assert again == label
    assert held == [kept[i] for i in order]


def test_the_weakest_link_gives_way() -> None:
    label, kept = join([(0, 1), (1, 2), (2, 3)], [0.999, 0.992, 0.9999], [(0, 3)])
    assert kept == [True, False, True]
    assert label[:4] == [0, 0, 2, 2]


def test_two_numbers_that_contradict_part_a_cluster() -> None:
    numbers = ["001093012345", "", "079093654321"]
    links = Links(array([0, 1]), array([1, 2]), np.array([0.995, 0.999]))
    nobody = (array([]), array([]))
    label, kept = join_without_conflict(3, links, nobody, numbers, lambda x, y: x != y)
    assert (label.tolist(), kept.tolist()) == ([0, 1, 1], [False, True])
