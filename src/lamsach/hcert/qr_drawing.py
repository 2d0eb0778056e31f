"""A QR symbol as SVG and PNG: drawn by hand, because drawing costs more than encoding.

Both keep the quiet zone of four modules that ISO/IEC 18004 asks for, and say how large they are to
be printed. This room draws modules; it does not know what they mean.
"""

from __future__ import annotations

import struct
import zlib
from typing import Final

import numpy as np
import numpy.typing as npt

__all__ = ["QUIET_ZONE", "Modules", "png", "svg"]

QUIET_ZONE: Final = 4

Modules = npt.NDArray[np.uint8]
"""A square of modules, 1 where dark."""

_METRE: Final = 1000  # mm


def _strokes(pattern: int) -> str:
    """Eight modules of a row as strokes of a path, relative to where the pen is."""
    made, at = "", 0
    while at < 8:
        dark, start = pattern >> (7 - at) & 1, at
        while at < 8 and pattern >> (7 - at) & 1 == dark:
            at += 1
        made += f"h{at - start}" if dark else f"m{at - start} 0"
    return made


_STROKES: Final = tuple(_strokes(pattern) for pattern in range(256))


def svg(modules: Modules, *, module_mm: float) -> str:
    """The symbol as an SVG document, black on white, sized in millimetres.

    >>> svg(np.ones((2, 2), np.uint8), module_mm=0.5).count("h2")
    2
    """
    size = len(modules)
    whole = size + 2 * QUIET_ZONE
    packed = np.packbits(modules, axis=1)
    width = packed.shape[1]
    data = packed.tobytes()
    table = _STROKES
    rows = "".join(
        f"M{QUIET_ZONE} {row + QUIET_ZONE}.5"
        + "".join([table[byte] for byte in data[row * width : (row + 1) * width]])
        for row in range(size)
    )
    side = f"{whole * module_mm:.4f}".rstrip("0").rstrip(".")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{side}mm" height="{side}mm"'
        f' viewBox="0 0 {whole} {whole}" shape-rendering="crispEdges">'
        f'<path fill="#fff" d="M0 0h{whole}v{whole}H0z"/>'
        f'<path stroke="#000" d="{rows}"/></svg>\n'
    )


def png(modules: Modules, *, dots: int, module_mm: float) -> bytes:
    """The symbol as a PNG of one bit a dot, `dots` square a module; pHYs tells the size in print.

    >>> png(np.ones((2, 2), np.uint8), dots=3, module_mm=0.5)[:4]
    b'\\x89PNG'
    """
    size = len(modules)
    side = (size + 2 * QUIET_ZONE) * dots
    light = np.pad(modules == 0, QUIET_ZONE, constant_values=True)
    lines = np.packbits(np.repeat(light, dots, axis=1), axis=1)
    # Filter 2 (up) makes the repeats of a line, and of the quiet zone, all zero.
    first = b"\x00"
    repeat = b"\x02" + bytes(lines.shape[1])
    raw = b"".join(first + line.tobytes() + repeat * (dots - 1) for line in lines)
    per_metre = round(dots * _METRE / module_mm)
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            _chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)),
            _chunk(b"pHYs", struct.pack(">IIB", per_metre, per_metre, 1)),
            _chunk(b"IDAT", zlib.compress(raw, 4)),
            _chunk(b"IEND", b""),
        )
    )


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
