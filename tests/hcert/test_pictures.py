"""Codes in pictures, and pictures that must not be opened."""

from __future__ import annotations

import base64
import io
import json
import struct
import time
import zlib
from pathlib import Path

import numpy as np
import pytest
import segno
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from lamsach.hcert import pictures
from lamsach.hcert.pictures import MAX_BYTES, PictureError, is_picture, read_picture

TEXT = "HC1:NCFOXN%TSMAHN-H/8EA7V7:"


def drawn(text: str = TEXT, *, kind: str = "PNG", mode: str = "L", scale: int = 4) -> bytes:
    buffer = io.BytesIO()
    segno.make(text, error="Q", micro=False).save(buffer, kind="png", scale=scale, border=4)
    picture = Image.open(buffer).convert(mode)
    made = io.BytesIO()
    picture.save(made, kind)
    return made.getvalue()


@pytest.mark.parametrize("mode", ["1", "L", "RGB", "RGBA", "LA", "P"])
def test_png(mode: str) -> None:
    assert read_picture(drawn(mode=mode)) == TEXT


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_jpeg(mode: str) -> None:
    assert read_picture(drawn(kind="JPEG", mode=mode)) == TEXT


def test_black_on_nothing_is_black_on_paper() -> None:
    grey = Image.open(io.BytesIO(drawn())).convert("L")
    ink = Image.new("RGBA", grey.size, (0, 0, 0, 0))
    ink.putalpha(grey.point(lambda light: 255 - light))
    made = io.BytesIO()
    ink.save(made, "PNG")
    assert read_picture(made.getvalue()) == TEXT


def test_a_code_in_a_large_photograph() -> None:
    code = Image.open(io.BytesIO(drawn(scale=20))).convert("L")
    sheet = Image.new("L", (5000, 6000), 200)
    sheet.paste(code.rotate(17, expand=True, fillcolor=255), (1500, 2000))
    made = io.BytesIO()
    sheet.save(made, "JPEG", quality=60)
    assert read_picture(made.getvalue()) == TEXT


def test_a_small_code_in_the_corner_of_a_scan_with_a_larger_one_of_another_kind() -> None:
    """Made small, the sheet shows the other code only."""
    sheet = Image.new("L", (4960, 7016), 255)
    other = Image.open(io.BytesIO(drawn("https://example.org", scale=20))).convert("L")
    sheet.paste(other, (300, 4000))
    sheet.paste(Image.open(io.BytesIO(drawn(scale=3))).convert("L"), (4800 - 130, 1150))
    made = io.BytesIO()
    sheet.save(made, "PNG", compress_level=1)
    assert read_picture(made.getvalue()) == TEXT


def test_a_picture_of_nothing_but_corners_of_codes(monkeypatch: pytest.MonkeyPatch) -> None:
    """25 KB that would keep the reader busy for a minute; what is searched at once is bounded."""
    monkeypatch.setattr(pictures, "_SECONDS", 0.3)
    ring = np.pad(
        np.kron(np.pad(np.pad(np.ones((3, 3)), 1), 1, constant_values=1), np.ones((3, 3))), 3
    )
    made = io.BytesIO()
    Image.fromarray(np.tile(ring, (260, 260)) < 0.5).save(made, "PNG", compress_level=1)
    started = time.process_time()
    with pytest.raises(PictureError, match="no QR code"):
        read_picture(made.getvalue())
    assert time.process_time() - started < 8


def test_of_two_codes_the_certificate() -> None:
    other, mine = (Image.open(io.BytesIO(drawn(t))) for t in ("https://example.org/x", TEXT))
    sheet = Image.new("L", (other.width + mine.width, max(other.height, mine.height)), 255)
    sheet.paste(other, (0, 0))
    sheet.paste(mine, (other.width, 0))
    made = io.BytesIO()
    sheet.save(made, "PNG")
    assert read_picture(made.getvalue()) == TEXT


def bomb(width: int, height: int) -> bytes:
    """A small PNG that claims to be large."""

    def chunk(name: bytes, body: bytes) -> bytes:
        sum_ = struct.pack(">I", zlib.crc32(name + body))
        return struct.pack(">I", len(body)) + name + body + sum_

    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    body = zlib.compress(bytes(1_000_000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(60_000, 60_000), (9_000, 9_000), (2**31 - 1, 1)])
def test_a_picture_of_too_many_points_is_not_unpacked(size: tuple[int, int]) -> None:
    with pytest.raises(PictureError, match=r"megapixels|that can be opened"):
        read_picture(bomb(*size))


def test_twenty_megabytes_are_the_most() -> None:
    with pytest.raises(PictureError, match="20 MB"):
        read_picture(drawn() + bytes(MAX_BYTES))
    assert read_picture(drawn() + bytes(1_000_000)) == TEXT


def test_noise_holds_no_code() -> None:
    points = np.random.default_rng(1).integers(0, 256, (700, 700), dtype=np.uint8)
    made = io.BytesIO()
    Image.fromarray(points).save(made, "PNG")
    with pytest.raises(PictureError, match="no QR code"):
        read_picture(made.getvalue())


@given(at=st.integers(0, 500), value=st.integers(0, 255), cut=st.integers(0, 600))
def test_only_our_error_comes_out_of_a_damaged_picture(at: int, value: int, cut: int) -> None:
    data = bytearray(drawn())
    data[at % len(data)] = value
    try:
        read_picture(bytes(data[: len(data) - cut]))
    except PictureError:
        return


@given(st.binary(max_size=100))
def test_only_our_error_comes_out_of_anything(data: bytes) -> None:
    for magic in (b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"):
        assert is_picture(magic + data) or not magic
        with pytest.raises(PictureError):
            read_picture(magic + data)


@pytest.mark.vectors
def test_the_pictures_of_the_published_test_cases(shared_data: Path) -> None:
    folder = shared_data / "dcc/testdata"
    read = 0
    for path in sorted(folder.rglob("*.json")):
        case = json.loads(path.read_text(encoding="utf-8"))
        if "2DCODE" not in case or (path.parts[-4] == "NL" and int(path.stem[:3]) % 16):
            continue
        picture = base64.b64decode(case["2DCODE"])
        if case["EXPECTEDRESULTS"].get("EXPECTEDPICTUREDECODE") is False:
            with pytest.raises(PictureError):
                read_picture(picture)
        else:
            assert read_picture(picture) == case["PREFIX"], path.name
            read += 1
    assert read > 20
