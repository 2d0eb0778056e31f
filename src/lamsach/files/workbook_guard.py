"""The guard before workbooks: what the archive itself shows of bombs, macros and disguises.

It sees the file's packing, never its cells; whatever it lets through is opened in a process of its
own (`workbook_child`), with little memory and no secrets.
"""

from __future__ import annotations

import io
import re
import zipfile
from typing import Final

from lamsach.files.errors import FileRefusedError

__all__ = ["LARGEST_WORKBOOK", "guard"]

LARGEST_WORKBOOK: Final = 32 * 1024 * 1024
_UNPACKED: Final = 512 * 1024 * 1024
_PARTS: Final = 500
_OLD: Final = b"\xd0\xcf\x11\xe0"
_ZIP: Final = b"PK\x03\x04"
_END: Final = b"PK\x05\x06"
_END_SIZE: Final = 22
_PIECE: Final = 1 << 20
_PACKED_OR_STORED: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_MACROS: Final = re.compile(
    r"vbaproject|/macrosheets/|/dialogsheets/|/activex/|/embeddings/|/ctrlprops/|/customui",
    re.IGNORECASE,
)
_MACRO_TYPES: Final = re.compile(rb"macroenabled|vbaproject|activex|oleobject", re.IGNORECASE)


def guard(content: bytes) -> None:
    """Pass what is packed as a plain .xlsx workbook is.

    Raises `FileRefusedError` for everything else. Sizes are measured by unpacking, piece by piece;
    what the archive says of them is not believed.
    """
    if not content:
        raise FileRefusedError("empty")
    if len(content) > LARGEST_WORKBOOK:
        raise FileRefusedError("too_large")
    if content.startswith(_OLD):
        raise FileRefusedError("old_format")
    if not content.startswith(_ZIP):
        raise FileRefusedError("disguised" if _ZIP in content[:_PIECE] else "no_workbook")
    end = content.rfind(_END)
    if end != len(content) - _END_SIZE:  # an end elsewhere: a comment, or another file behind
        raise FileRefusedError("damaged" if end < 0 else "disguised")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _look_into(archive)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, ValueError) as error:
        raise FileRefusedError("damaged") from error
    except Exception as error:  # zlib.error and what else hostile bytes raise
        if isinstance(error, FileRefusedError):
            raise
        raise FileRefusedError("damaged") from error


def _look_into(archive: zipfile.ZipFile) -> None:
    parts = archive.infolist()
    names = [part.filename for part in parts]
    if len(parts) > _PARTS or len(set(map(str.lower, names))) != len(names):
        raise FileRefusedError("disguised")
    if any(".." in name or name.startswith("/") or "\\" in name for name in names):
        raise FileRefusedError("disguised")
    if not {"[Content_Types].xml", "xl/workbook.xml"} <= set(names):
        raise FileRefusedError("no_workbook")
    if any(_MACROS.search(name) for name in names):
        raise FileRefusedError("macros")
    unpacked = 0
    for part in parts:
        if part.flag_bits & 1:
            raise FileRefusedError("old_format")
        if part.compress_type not in _PACKED_OR_STORED:
            raise FileRefusedError("damaged")
        with archive.open(part) as stream:
            tail = b""
            while piece := stream.read(_PIECE):
                unpacked += len(piece)
                if unpacked > _UNPACKED:
                    raise FileRefusedError("bomb")
                if part.filename == "[Content_Types].xml":
                    if _MACRO_TYPES.search(tail + piece):
                        raise FileRefusedError("macros")
                    tail = piece[-64:]
