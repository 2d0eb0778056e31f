"""The log seen from outside: checkpoints compared and entries proven, from tiles alone.

Nothing here trusts the log beyond its signed checkpoint: each proof is put together from tiles
and then verified against the root. This room needs no access to the keeper's machine.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from lamsach.esign.errors import ESignError, Sentence
from lamsach.esign.fetching import Fetch, FetchError, fetch_http
from lamsach.esign.merkle import (
    HASH_BYTES,
    MerkleTree,
    leaf_hash,
    node_hash,
    verify_consistency,
    verify_inclusion,
)
from lamsach.esign.transparency.checkpoints import Checkpoint
from lamsach.esign.transparency.notes import NoteVerifier
from lamsach.esign.transparency.tiles import TILE_HEIGHT, TILE_WIDTH, Tile, entries_of

__all__ = ["LogReader", "Source", "at_address", "in_folder"]

_MOST_TILES = 1024  # kept in memory: 8 MiB


class Source(Protocol):
    """Where the log's files are read."""

    def __call__(self, path: str) -> bytes | None:
        """The file at a path below the log's address; None when it is not to be had."""


def in_folder(folder: Path) -> Source:
    """A log whose files lie in a folder, such as a copy of it."""

    def read(path: str) -> bytes | None:
        try:
            return (folder / path).read_bytes()
        except OSError:
            return None

    return read


def at_address(address: str, fetch: Fetch = fetch_http) -> Source:
    """A log served at an http address."""

    def read(path: str) -> bytes | None:
        try:
            return fetch(f"{address.rstrip('/')}/{path}")
        except FetchError:
            return None

    return read


class LogReader:
    """A log, read by someone who knows its origin and its public keys.

    One good signature by any of `verifiers` opens a checkpoint: give the log's own keys, the
    coming one among them at a change of keys. That a second authority counter-signed is asked
    apart, by `Checkpoint.open` with that authority's key alone.
    """

    def __init__(self, source: Source, origin: str, verifiers: Sequence[NoteVerifier]) -> None:
        self._source = source
        self._origin = origin
        self._verifiers = tuple(verifiers)
        self._tiles: dict[Tile, bytes] = {}

    def checkpoint(self) -> Checkpoint:
        """The checkpoint published now; `ESignError` as `Checkpoint.open`, or LOG_UNREADABLE."""
        note = self._source("checkpoint")
        if note is None:
            raise self._unreadable("checkpoint")
        return Checkpoint.open(note, self._origin, self._verifiers)

    def inclusion(self, digest: bytes, index: int, checkpoint: Checkpoint) -> bytes:
        """Check that `digest` is entry `index` under a checkpoint; the proof, to be kept.

        Raises `ESignError` ENTRY_NOT_IN_LOG when it is not.
        """
        if 0 <= index < checkpoint.size:
            proof = b"".join(_path(index, 0, checkpoint.size, self._node(checkpoint.size)))
            if verify_inclusion(leaf_hash(digest), index, checkpoint.size, proof, checkpoint.root):
                return proof
        raise ESignError(
            "ENTRY_NOT_IN_LOG",
            Sentence(
                vi=f"Mục {index} của nhật ký {self._origin} không phải là mục này",
                en=f"entry {index} of the log {self._origin} is not this one",
            ),
        )

    def consistency(self, old: Checkpoint, new: Checkpoint) -> bytes:
        """Check that the log only grew between two checkpoints; the proof, to be kept.

        Raises `ESignError` LOG_REWRITTEN when what the old one covered was changed, LOG_SHRANK
        when the new one covers less: that may be an old copy, and is no proof by itself.
        """
        if new.size < old.size:
            raise ESignError(
                "LOG_SHRANK",
                Sentence(
                    vi=f"Nhật ký {self._origin} chỉ còn {new.size} mục, trước đây có {old.size}: "
                    "bản sao cũ hoặc nhật ký đã bị lùi lại; hãy đọc lại từ nguồn chính "
                    "và giữ cả hai điểm kiểm tra",
                    en=f"the log {self._origin} shows {new.size} entries, and {old.size} before: "
                    "an old copy, or the log was taken back; read it again at its source "
                    "and keep both checkpoints",
                ),
            )
        proof = b""
        if old.size > 0:
            proof = b"".join(_since(old.size, 0, new.size, True, self._node(new.size)))
            if verify_consistency(old.size, new.size, old.root, new.root, proof):
                return proof
        else:
            return proof  # any log begins with nothing
        raise ESignError(
            "LOG_REWRITTEN",
            Sentence(
                vi=f"Nhật ký {self._origin} đã bị sửa: {old.size} mục trước đây không còn nguyên; "
                "hãy giữ cả hai điểm kiểm tra làm bằng chứng",
                en=f"the log {self._origin} was rewritten: its first {old.size} entries changed; "
                "keep both checkpoints as evidence",
            ),
        )

    def entries(self, start: int, checkpoint: Checkpoint) -> Sequence[bytes]:
        """The entries from `start` to the end of their bundle, as the log serves them.

        They are proven only when `inclusion` or `audit` has checked them.
        """
        tile = Tile.of_tree(None, start // TILE_WIDTH, checkpoint.size)
        try:
            return entries_of(self._tile(tile))[start % TILE_WIDTH :]
        except ValueError as error:
            raise self._unreadable(tile.path) from error

    def audit(self, checkpoint: Checkpoint) -> None:
        """Read every entry and compute the root anew, as a monitor does.

        Raises `ESignError` LOG_REWRITTEN when it is not the checkpoint's, or LOG_UNREADABLE.
        """
        # Of each bundle only its root is kept: 4 MB for the 30 million entries of a country.
        roots = bytearray()
        for start in range(0, checkpoint.size, TILE_WIDTH):
            leaves = b"".join(map(leaf_hash, self.entries(start, checkpoint)))
            roots += MerkleTree(leaves).root
        if MerkleTree(bytes(roots)).root != checkpoint.root:
            raise ESignError(
                "LOG_REWRITTEN",
                Sentence(
                    vi=f"Các mục của nhật ký {self._origin} không khớp với điểm kiểm tra",
                    en=f"the entries of the log {self._origin} do not match its checkpoint",
                ),
            )

    def _node(self, size: int) -> Callable[[int, int], bytes]:
        """The hash over `count` leaves from `start` in the tree of `size`, from its tiles."""

        def node(start: int, count: int) -> bytes:
            if count & (count - 1):
                left = 1 << (count - 1).bit_length() - 1
                return node_hash(node(start, left), node(start + left, count - left))
            height = count.bit_length() - 1
            level, above = divmod(height, TILE_HEIGHT)
            first = start >> level * TILE_HEIGHT
            tile = Tile.of_tree(level, first // TILE_WIDTH, size)
            at = first % TILE_WIDTH * HASH_BYTES
            return MerkleTree(self._tile(tile)[at : at + (HASH_BYTES << above)]).root

        return node

    def _tile(self, tile: Tile) -> bytes:
        """A tile; where only the full one is left of a partial one, its beginning."""
        content = self._tiles.get(tile)
        if content is None:
            content = self._source(tile.path)
            if content is None and not tile.full:
                content = self._source(tile.whole.path)
            wanted = tile.width * tile.row_bytes
            if content is None or len(content) < wanted:
                raise self._unreadable(tile.path)
            content = content[:wanted]
            if len(self._tiles) >= _MOST_TILES:
                self._tiles.clear()
            self._tiles[tile] = content
        return content

    def _unreadable(self, path: str) -> ESignError:
        return ESignError(
            "LOG_UNREADABLE",
            Sentence(
                vi=f"Không đọc được {path} của nhật ký {self._origin}",
                en=f"{path} of the log {self._origin} cannot be read",
            ),
        )


def _path(index: int, start: int, count: int, node: Callable[[int, int], bytes]) -> list[bytes]:
    """PATH of RFC 9162, 2.1.3.1."""
    if count == 1:
        return []
    left = 1 << (count - 1).bit_length() - 1
    if index < left:
        return [*_path(index, start, left, node), node(start + left, count - left)]
    return [*_path(index - left, start + left, count - left, node), node(start, left)]


def _since(
    first: int, start: int, count: int, whole: bool, node: Callable[[int, int], bytes]
) -> list[bytes]:
    """SUBPROOF of RFC 9162, 2.1.4.1."""
    if first == count:
        return [] if whole else [node(start, count)]
    left = 1 << (count - 1).bit_length() - 1
    if first <= left:
        return [*_since(first, start, left, whole, node), node(start + left, count - left)]
    below = _since(first - left, start + left, count - left, False, node)
    return [*below, node(start, left)]
