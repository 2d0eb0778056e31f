"""Keeping files: on the disk before the row that names them; what no row names is swept away.

The disk comes first, because a row without its file would be a promise broken; a file without a
row is only litter, and `sweep_files` takes it away once it is surely nobody's.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from django.conf import settings

from lamsach.clock import now
from lamsach.files.models import StoredFile
from lamsach.files.sealing import SealBrokenError, address_of, opened, sealed

__all__ = ["LARGEST", "content_of", "forget_file", "keep_file", "pieces_of", "sweep_files"]

LARGEST: Final = 64 * 1024 * 1024
#: A file may wait this long for the transaction that names it.
_LITTER_AFTER: Final = timedelta(hours=24)
_AT_ONCE: Final = 1000


def _folder() -> Path:
    folder = Path(settings.DATA_FOLDER) / "files"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def _path(address: str) -> Path:
    return _folder() / address[:2] / address


def keep_file(*, content: bytes) -> StoredFile:
    """Keep a content and return its row; the same content is kept once.

    To be called inside the action whose row will point to it. Raises ValueError above `LARGEST`.
    """
    if len(content) > LARGEST:
        raise ValueError("the file is larger than may be kept")
    address = address_of(content, settings.FIELD_KEY)
    path = _path(address)
    if path.exists():
        os.utime(path)  # a sweep that is under way now leaves it alone
    if not path.exists():
        _write(path, sealed(content, address, settings.FIELD_KEY))
    stored, _ = StoredFile.objects.get_or_create(
        address=address, defaults={"size": len(content), "kept_at": now()}
    )
    return stored


def _write(path: Path, pieces: Iterator[bytes]) -> None:
    path.parent.mkdir(mode=0o700, exist_ok=True)
    beside = path.with_name(f".{secrets.token_hex(8)}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            for piece in pieces:
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def pieces_of(stored: StoredFile) -> Iterator[bytes]:
    """The content piece by piece.

    Raises `SealBrokenError` when the disk no longer holds what was written.
    """
    try:
        file = _path(stored.address).open("rb")
    except FileNotFoundError as error:
        raise SealBrokenError("the file is no longer on the disk") from error
    with file:
        yield from opened(file, stored.address, settings.FIELD_KEY)


def content_of(stored: StoredFile) -> bytes:
    """The whole content."""
    return b"".join(pieces_of(stored))


def forget_file(*, stored: StoredFile) -> None:
    """Delete a file's row; its content goes with the next sweep. Refused while a row points to it.

    The content is not deleted at once: the transaction may yet fail.
    """
    stored.delete()


def sweep_files() -> int:
    """Delete what lies in the folder and no row names; how many. Safe to run at any time."""
    litter_before = now() - _LITTER_AFTER
    old = []
    for path in _folder().glob("*/*"):
        try:
            touched = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        except FileNotFoundError:  # another sweep was faster
            continue
        if touched < litter_before:
            old.append(path)
    gone = 0
    for start in range(0, len(old), _AT_ONCE):
        part = old[start : start + _AT_ONCE]
        named = set(
            StoredFile.objects.filter(address__in=[path.name for path in part]).values_list(
                "address", flat=True
            )
        )
        for path in part:
            if path.name not in named:
                path.unlink(missing_ok=True)
                gone += 1
    return gone
