"""Tiles (c2sp.org/tlog-tiles): where the hashes and entries of a log lie.

A tile holds up to 256 hashes of one level, a level being eight levels of the Merkle tree. This
room knows names, widths and layout; it reads and writes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lamsach.esign.merkle import HASH_BYTES

__all__ = [
    "ENTRY_BYTES",
    "TILE_HEIGHT",
    "TILE_WIDTH",
    "Tile",
    "bundle",
    "entries_of",
    "levels_of",
]

TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT
ENTRY_BYTES = 32  # entries are salted digests
_LENGTH = ENTRY_BYTES.to_bytes(2, "big")


@dataclass(frozen=True)
class Tile:
    """A tile of hashes at `level`, or with `level` None a bundle of entries.

    >>> Tile(0, 1234067, 256).path
    'tile/0/x001/x234/067'
    >>> Tile(None, 273, 112).path
    'tile/entries/273.p/112'
    """

    level: int | None
    index: int
    width: int

    @property
    def path(self) -> str:
        """The tile's path below the log's address."""
        level = "entries" if self.level is None else str(self.level)
        digits = str(self.index)
        digits = digits.zfill(-(-len(digits) // 3) * 3)
        parts = re.findall("...", digits)
        name = "/".join([*(f"x{part}" for part in parts[:-1]), parts[-1]])
        return f"tile/{level}/{name}" + ("" if self.full else f".p/{self.width}")

    @property
    def full(self) -> bool:
        """Whether the tile has all its 256 places taken."""
        return self.width == TILE_WIDTH

    @property
    def whole(self) -> Tile:
        """The full tile at the same place."""
        return Tile(self.level, self.index, TILE_WIDTH)

    @property
    def row_bytes(self) -> int:
        """Bytes of one row: a hash, or an entry with its length."""
        return len(_LENGTH) + ENTRY_BYTES if self.level is None else HASH_BYTES

    @classmethod
    def of_tree(cls, level: int | None, index: int, size: int) -> Tile:
        """The tile at a place in a tree of `size` leaves; ValueError when it would be empty."""
        hashes = size >> TILE_HEIGHT * (level or 0)
        width = min(hashes - index * TILE_WIDTH, TILE_WIDTH)
        if width <= 0:
            raise ValueError(f"a tree of {size} leaves has no such tile")
        return cls(level, index, width)


def levels_of(size: int) -> int:
    """How many levels of tiles a tree has.

    >>> levels_of(0), levels_of(255), levels_of(256), levels_of(70_000)
    (0, 1, 2, 3)
    """
    return -(-size.bit_length() // TILE_HEIGHT)


def bundle(entries: bytes) -> bytes:
    """Entries of 32 bytes, one after another, each with its length put before it.

    >>> bundle(bytes(64))[:4].hex(), len(bundle(bytes(64)))
    ('00200000', 68)
    """
    rows = len(entries) // ENTRY_BYTES
    made = np.empty((rows, len(_LENGTH) + ENTRY_BYTES), np.uint8)
    made[:, : len(_LENGTH)] = np.frombuffer(_LENGTH, np.uint8)
    made[:, len(_LENGTH) :] = np.frombuffer(entries, np.uint8).reshape(rows, ENTRY_BYTES)
    return made.tobytes()


def entries_of(data: bytes) -> Sequence[bytes]:
    """The entries of a bundle; ValueError when it is none of ours."""
    step = len(_LENGTH) + ENTRY_BYTES
    rows = [data[at : at + step] for at in range(0, len(data), step)]
    if any(len(row) != step or row[:2] != _LENGTH for row in rows):
        raise ValueError("this is not a bundle of salted digests")
    return [row[2:] for row in rows]
