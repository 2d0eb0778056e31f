"""The log's keeper: appends salted digests and publishes the tiles and the checkpoint.

Whatever a checkpoint covers is never written again. New tiles are written beside, made durable
and only then named in a new checkpoint, by one rename; a keeper that dies at any point leaves the
old checkpoint with all its tiles. This room must not know what the digests stand for.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from lamsach.esign.errors import ESignError, Sentence
from lamsach.esign.merkle import HASH_BYTES, MerkleTree, leaf_hash, subtree_roots
from lamsach.esign.transparency.checkpoints import Checkpoint
from lamsach.esign.transparency.notes import NoteKey
from lamsach.esign.transparency.tiles import (
    ENTRY_BYTES,
    TILE_HEIGHT,
    TILE_WIDTH,
    Tile,
    bundle,
    entries_of,
    levels_of,
)

__all__ = ["Log"]

_CHECKPOINT = "checkpoint"
_TILES = "tile"
_LOCK = ".lock"
_NEW = ".new"
_TILE_BYTES = TILE_WIDTH * HASH_BYTES
_FEW_FILES = 64


class Log:
    """An append-only log in a folder that any web server can serve as it is.

    One keeper at a time: others wait at the lock. The folder's `checkpoint` and `tile/` are
    public; names that begin with a dot are not.
    """

    def __init__(self, folder: Path, key: NoteKey, origin: str | None = None) -> None:
        """Open the log in `folder`, which is made when it is not there.

        `origin` names the log in its checkpoints; it is the key's name unless given. Raises
        `ESignError` when the folder's checkpoint is not one of this log and key, LOG_DAMAGED when
        there are tiles without a checkpoint.
        """
        self._folder = folder
        self._key = key
        self.origin = origin or key.name
        folder.mkdir(parents=True, exist_ok=True)
        with self._locked():
            if not (folder / _CHECKPOINT).exists():
                # A log that lost its checkpoint is not a new one: begun again it would overwrite
                # what was published.
                if (folder / _TILES).exists():
                    raise self._damaged()
                self._publish(Checkpoint(self.origin, 0, sha256(b"").digest()))
            self.checkpoint()

    def checkpoint(self) -> Checkpoint:
        """The checkpoint that is published now."""
        note = (self._folder / _CHECKPOINT).read_bytes()
        return Checkpoint.open(note, self.origin, [self._key.verifier])

    def append(self, digests: Sequence[bytes], *, at: int | None = None) -> range:
        """Append salted digests (32 bytes each) and publish; their indices.

        With `at` nothing is appended unless the log has exactly that size (`ESignError`
        LOG_MOVED): who keeps the size with the digests before appending can tell after a crash
        whether they went in, and never appends twice.
        """
        if any(len(one) != ENTRY_BYTES for one in digests):
            raise ValueError("an entry is a digest of 32 bytes")
        with self._locked():
            old = self.checkpoint()
            if at is not None and at != old.size:
                raise ESignError(
                    "LOG_MOVED",
                    Sentence(
                        vi=f"Nhật ký có {old.size} mục, không phải {at}; hãy đọc lại rồi ghi tiếp",
                        en=f"the log holds {old.size} entries, not {at}; read it again first",
                    ),
                )
            if not digests:
                return range(old.size, old.size)
            edge = self._edge(old)
            written, hashes = self._write(old.size, edge, b"".join(digests))
            self._make_durable(written)
            size = old.size + len(digests)
            self._publish(Checkpoint(self.origin, size, _root(hashes)))
            self._sweep(written)
            return range(old.size, size)

    def _edge(self, old: Checkpoint) -> list[bytes]:
        """The hashes in the partial tile of each level, checked against the checkpoint."""
        edge = []
        for level in range(levels_of(old.size)):
            hashes = old.size >> TILE_HEIGHT * level
            width = hashes % TILE_WIDTH
            tile = Tile(level, hashes // TILE_WIDTH, width)
            edge.append(self._read(tile) if width else b"")
        if _root(edge) != old.root:
            raise self._damaged()
        return edge

    def _write(
        self, size: int, edge: list[bytes], entries: bytes
    ) -> tuple[list[Tile], list[bytes]]:
        """Write all tiles that appending makes; which, and the new edge."""
        written: list[Tile] = []
        first = size // TILE_WIDTH
        before = size % TILE_WIDTH
        if before:
            kept = self._read(Tile(None, first, before))
            try:
                rows_before = entries_of(kept)
            except ValueError as error:
                raise self._damaged() from error
            if b"".join(map(leaf_hash, rows_before)) != edge[0]:
                raise self._damaged()
            entries_before = b"".join(rows_before)
        else:
            entries_before = b""
        rows = bundle(entries_before + entries)
        step = Tile(None, 0, TILE_WIDTH).row_bytes
        self._write_level(None, first, rows, step, written)
        added = b"".join(
            leaf_hash(entries[at : at + ENTRY_BYTES]) for at in range(0, len(entries), ENTRY_BYTES)
        )
        level, new_edge = 0, []
        while added or level < len(edge):
            before_here = edge[level] if level < len(edge) else b""
            hashes = before_here + added
            index = (size >> TILE_HEIGHT * level) // TILE_WIDTH
            if added:
                self._write_level(level, index, hashes, HASH_BYTES, written)
            complete = len(hashes) // _TILE_BYTES * _TILE_BYTES
            new_edge.append(hashes[complete:])
            added = subtree_roots(hashes[:complete], TILE_HEIGHT)
            level += 1
        return written, new_edge

    def _write_level(
        self, level: int | None, index: int, rows: bytes, step: int, written: list[Tile]
    ) -> None:
        width_bytes = TILE_WIDTH * step
        for at in range(0, len(rows), width_bytes):
            content = rows[at : at + width_bytes]
            tile = Tile(level, index + at // width_bytes, len(content) // step)
            self._put(self._folder / tile.path, content)
            written.append(tile)

    def _put(self, path: Path, content: bytes) -> None:
        """A file, whole or not at all; a leftover of a keeper that died is replaced."""
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = self._folder / _NEW
        beside.write_bytes(content)
        beside.replace(path)

    def _make_durable(self, written: list[Tile]) -> None:
        """Have the disk hold the tiles before a checkpoint names them."""
        if len(written) > _FEW_FILES:
            os.sync()
            return
        paths = [self._folder / tile.path for tile in written]
        folders = {parent for path in paths for parent in path.relative_to(self._folder).parents}
        for path in [*paths, *(self._folder / folder for folder in folders)]:
            _sync(path)

    def _publish(self, checkpoint: Checkpoint) -> None:
        beside = self._folder / _NEW
        beside.write_bytes(checkpoint.signed(self._key))
        _sync(beside)
        beside.replace(self._folder / _CHECKPOINT)
        _sync(self._folder)

    def _sweep(self, written: list[Tile]) -> None:
        """Drop partial tiles where the full one is published (tlog-tiles, Partial Tiles)."""
        for tile in written:
            if tile.full:
                partial = self._folder / f"{tile.path}.p"
                shutil.rmtree(partial, ignore_errors=True)

    def _read(self, tile: Tile) -> bytes:
        try:
            content = (self._folder / tile.path).read_bytes()
        except OSError as error:
            raise self._damaged() from error
        if len(content) != tile.width * tile.row_bytes:
            raise self._damaged()
        return content

    def _damaged(self) -> ESignError:
        return ESignError(
            "LOG_DAMAGED",
            Sentence(
                vi=f"Các mảnh của nhật ký trong {self._folder} không khớp với điểm kiểm tra; "
                "hãy khôi phục từ bản sao và đừng ghi thêm",
                en=f"the tiles of the log in {self._folder} do not match its checkpoint; "
                "restore them from a copy and append nothing",
            ),
        )

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with (self._folder / _LOCK).open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _root(edge: Sequence[bytes]) -> bytes:
    """The root of a tree from its partial tiles, lowest level first.

    What hangs below a level's last hash is one subtree more on its right.
    """
    below = b""
    for hashes in edge:
        row = hashes + below
        below = MerkleTree(row).root if row else b""
    return below or sha256(b"").digest()
