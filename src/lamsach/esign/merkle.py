"""Merkle trees (RFC 9162, 2.1): many leaves under one hash, with a short proof for each.

A leaf is the hash of 0x00, a salt of 128 random bits and the data; a node the hash of 0x01 and
its two children. The two prefixes keep a node from passing for a leaf; the salt keeps those who
hold one leaf's proof from guessing its siblings. This room hashes and proves; it must not know
what the data are, nor signatures.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

import numpy as np
import numpy.typing as npt

__all__ = [
    "HASH_BYTES",
    "SALT_BYTES",
    "MerkleTree",
    "ProofColumn",
    "leaf_hash",
    "node_hash",
    "salted",
    "subtree_roots",
    "verify_consistency",
    "verify_inclusion",
]

HASH_BYTES = 32
SALT_BYTES = 16
_LEAF, _NODE = b"\0", b"\1"
_DEEPEST = 64  # levels of a tree of 2^64 leaves; a longer proof is no proof


def leaf_hash(data: bytes, salt: bytes = b"") -> bytes:
    """The hash of a leaf: SHA-256 of 0x00, the salt and the data.

    Without a salt it is the plain leaf of RFC 9162, 2.1.1.

    >>> leaf_hash(b"").hex()[:16]
    '6e340b9cffb37a98'
    """
    return sha256(_LEAF + salt + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of a node: SHA-256 of 0x01 and the hashes of its two children."""
    return sha256(_NODE + left + right).digest()


def salted(data: Iterable[bytes]) -> tuple[bytes, bytes]:
    """Fresh salts and the leaf hashes of many data: two columns, 16 and 32 bytes a row.

    >>> salts, hashes = salted([b"one", b"two"])
    >>> len(salts), hashes[32:] == leaf_hash(b"two", salts[16:])
    (32, True)
    """
    rows = list(data)
    salts = secrets.token_bytes(SALT_BYTES * len(rows))
    prefixed = [salts[at : at + SALT_BYTES] for at in range(0, len(salts), SALT_BYTES)]
    hashes = [sha256(_LEAF + salt + row).digest() for salt, row in zip(prefixed, rows, strict=True)]
    return salts, b"".join(hashes)


@dataclass(frozen=True)
class ProofColumn:
    """Inclusion proofs of neighbouring leaves, laid out as Arrow lays out binary values.

    The proof of row i is `data[offsets[i]:offsets[i + 1]]`.
    """

    offsets: npt.NDArray[np.int64]
    data: bytes

    def __getitem__(self, row: int) -> bytes:
        return self.data[self.offsets[row] : self.offsets[row + 1]]

    def __len__(self) -> int:
        return len(self.offsets) - 1


class MerkleTree:
    """A tree over leaf hashes, every level in memory (64 bytes a leaf).

    >>> tree = MerkleTree(b"".join(leaf_hash(one) for one in (b"a", b"b", b"c")))
    >>> verify_inclusion(leaf_hash(b"b"), 1, 3, tree.inclusion(1), tree.root)
    True
    """

    def __init__(self, leaf_hashes: bytes) -> None:
        """`leaf_hashes`: 32 bytes a leaf, one after another."""
        if len(leaf_hashes) % HASH_BYTES:
            raise ValueError("the leaf hashes must have 32 bytes each")
        level = leaf_hashes
        self._levels = [level]
        while len(level) > HASH_BYTES:
            level = _above(level)
            self._levels.append(level)
        self.size = len(leaf_hashes) // HASH_BYTES

    @property
    def root(self) -> bytes:
        """The tree's hash; that of no leaves is the hash of nothing (RFC 9162, 2.1.1)."""
        return self._levels[-1] if self.size else sha256(b"").digest()

    def inclusion(self, index: int) -> bytes:
        """The proof that leaf `index` (from 0) is in the tree: the hashes beside its path.

        32 bytes each, lowest first (RFC 9162, 2.1.3.1). Raises IndexError outside the tree.
        """
        if not 0 <= index < self.size:
            raise IndexError(f"leaf {index} is not in a tree of {self.size}")
        beside = ((level, (index >> depth) ^ 1) for depth, level in enumerate(self._levels))
        return b"".join(level[at * HASH_BYTES : (at + 1) * HASH_BYTES] for level, at in beside)

    def inclusions(self, start: int = 0, stop: int | None = None) -> ProofColumn:
        """The proofs of the leaves from `start` to before `stop`, all at once.

        A proof of a tree of a million leaves has 640 bytes: take some 100,000 leaves a time.
        """
        rows = np.arange(start, self.size if stop is None else min(stop, self.size))
        levels = [np.frombuffer(one, np.uint8).reshape(-1, HASH_BYTES) for one in self._levels[:-1]]
        beside = [(rows >> depth) ^ 1 for depth in range(len(levels))]
        there = np.empty((len(rows), len(levels)), np.bool_)
        hashes = np.zeros((len(rows), len(levels), HASH_BYTES), np.uint8)
        for depth, (level, at) in enumerate(zip(levels, beside, strict=True)):
            # The last node of a level may stand alone; then it rises and nothing is beside it.
            there[:, depth] = at < len(level)
            hashes[:, depth] = level[np.minimum(at, len(level) - 1)]
        offsets = np.zeros(len(rows) + 1, np.int64)
        np.cumsum(there.sum(axis=1) * HASH_BYTES, out=offsets[1:])
        return ProofColumn(offsets, (hashes if there.all() else hashes[there]).tobytes())

    def consistency(self, first: int) -> bytes:
        """The proof that the tree of the first `first` leaves is this one's beginning.

        RFC 9162, 2.1.4.1. Raises ValueError unless 0 < first <= size.
        """
        if not 0 < first <= self.size:
            raise ValueError(f"there is no proof from {first} to {self.size} leaves")
        return b"".join(self._consistency(first, 0, self.size, whole=True))

    def _consistency(self, first: int, start: int, count: int, whole: bool) -> list[bytes]:
        """SUBPROOF of RFC 9162, 2.1.4.1, on the leaves from `start`."""
        if first == count:
            return [] if whole else [self._node(start, count)]
        left = 1 << (count - 1).bit_length() - 1
        if first <= left:
            below = self._consistency(first, start, left, whole)
            return [*below, self._node(start + left, count - left)]
        below = self._consistency(first - left, start + left, count - left, whole=False)
        return [*below, self._node(start, left)]

    def _node(self, start: int, count: int) -> bytes:
        """The hash over `count` leaves from `start`, a node of this tree."""
        depth = (count - 1).bit_length()
        at = (start >> depth) * HASH_BYTES
        return self._levels[depth][at : at + HASH_BYTES]


def subtree_roots(hashes: bytes, height: int) -> bytes:
    """The roots of complete subtrees of 2^height hashes each, one after another.

    >>> subtree_roots(bytes(64), 1) == node_hash(bytes(32), bytes(32))
    True
    """
    for _ in range(height):
        hashes = _above(hashes)
    return hashes


def _above(level: bytes) -> bytes:
    """The level above: pairs hashed, a last node without neighbour taken up as it is."""
    pairs = len(level) // (2 * HASH_BYTES)
    # The prefix goes in by columns, so that each pair is hashed from one slice.
    rows = np.full((pairs, 1 + 2 * HASH_BYTES), _NODE[0], np.uint8)
    rows[:, 1:] = np.frombuffer(level, np.uint8, pairs * 2 * HASH_BYTES).reshape(
        pairs, 2 * HASH_BYTES
    )
    data, step = rows.tobytes(), 1 + 2 * HASH_BYTES
    hashed = [sha256(data[at : at + step]).digest() for at in range(0, len(data), step)]
    return b"".join([*hashed, level[pairs * 2 * HASH_BYTES :]])


def verify_inclusion(leaf: bytes, index: int, size: int, proof: bytes, root: bytes) -> bool:
    """Whether `proof` leads from a leaf hash at `index` to the `root` of `size` leaves.

    RFC 9162, 2.1.3.2; never raises on a proof of the wrong form.
    """
    hashes = _split(proof)
    if hashes is None or not 0 <= index < size:
        return False
    at, last, found = index, size - 1, leaf
    for beside in hashes:
        if last == 0:
            return False
        if at & 1 or at == last:
            found = node_hash(beside, found)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            found = node_hash(found, beside)
        at, last = at >> 1, last >> 1
    return last == 0 and found == root


def verify_consistency(
    first: int, second: int, first_root: bytes, second_root: bytes, proof: bytes
) -> bool:
    """Whether `proof` shows the tree of `first` leaves as the beginning of that of `second`.

    RFC 9162, 2.1.4.2; never raises on a proof of the wrong form.
    """
    hashes = _split(proof)
    if hashes is None or not 0 < first <= second:
        return False
    if first == second:
        return not hashes and first_root == second_root
    if not first & (first - 1):
        hashes = [first_root, *hashes]
    if not hashes:
        return False
    at, last = first - 1, second - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    old = new = hashes[0]
    for beside in hashes[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            old, new = node_hash(beside, old), node_hash(beside, new)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            new = node_hash(new, beside)
        at, last = at >> 1, last >> 1
    return last == 0 and old == first_root and new == second_root


def _split(proof: bytes) -> list[bytes] | None:
    """The hashes of a proof, or None when it cannot be one."""
    if len(proof) % HASH_BYTES or len(proof) > _DEEPEST * HASH_BYTES:
        return None
    return [proof[at : at + HASH_BYTES] for at in range(0, len(proof), HASH_BYTES)]
