"""Scans of papers: what may come in, and what is left of it.

Pictures are drawn anew, so that nothing hidden in them, no place and no name of a camera, stays; a
PDF is kept as it is and only ever downloaded.
"""

from __future__ import annotations

import io
import warnings
from typing import Final

from PIL import Image, ImageOps

from lamsach.files.errors import FileRefusedError

__all__ = ["LARGEST_SCAN", "cleaned_scan"]

LARGEST_SCAN: Final = 15 * 1024 * 1024
_PIXELS: Final = 60_000_000
_PICTURES: Final = {"JPEG": b"\xff\xd8\xff", "PNG": b"\x89PNG\r\n\x1a\n"}


def cleaned_scan(content: bytes) -> tuple[bytes, str]:
    """What is kept of a scan, and its media type. Raises `FileRefusedError`."""
    if not content:
        raise FileRefusedError("empty")
    if len(content) > LARGEST_SCAN:
        raise FileRefusedError("scan_too_large")
    if content.startswith(b"%PDF-"):
        if b"%%EOF" not in content[-1024:]:
            raise FileRefusedError("not_accepted")
        return content, "application/pdf"
    for kind, begins in _PICTURES.items():
        if content.startswith(begins):
            return _drawn_anew(content, kind), "image/jpeg"
    raise FileRefusedError("not_accepted")


def _drawn_anew(content: bytes, kind: str) -> bytes:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=[kind]) as picture:
                if picture.width * picture.height > _PIXELS:
                    raise FileRefusedError("scan_too_large")
                upright = ImageOps.exif_transpose(picture).convert("RGB")
    except FileRefusedError:
        raise
    except Exception as error:  # whatever hostile bytes raise in a decoder
        raise FileRefusedError("not_accepted") from error
    out = io.BytesIO()
    upright.save(out, "JPEG", quality=85)
    return out.getvalue()
