"""The text of a QR code in a picture (PNG or JPEG), with bounds on what a picture may cost.

Needs Pillow and zxing-cpp. Must not know what the text means.
"""

from __future__ import annotations

import io
import time
import warnings
from collections.abc import Iterator

import zxingcpp
from PIL import Image, UnidentifiedImageError

from lamsach.hcert.errors import HcertError

__all__ = ["MAX_BYTES", "MAX_PIXELS", "PictureError", "is_picture", "read_picture"]

MAX_BYTES = 20 << 20
MAX_PIXELS = 50_000_000  # twice a good phone's; 50 MB in grey
_QR_CODES = zxingcpp.barcode_formats_from_str("QRCode")
_FORMATS = ("PNG", "JPEG")
_MAGIC = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")
_PART = 1_200  # pixels along a side of what is searched at once
_SECONDS = 5.0  # after which no further part is searched


class PictureError(HcertError):
    """A picture without a QR code that can be read, or one that must not be opened."""


def is_picture(data: bytes) -> bool:
    """Whether the bytes begin as a PNG or JPEG does.

    >>> is_picture(b"HC1:")
    False
    """
    return data.startswith(_MAGIC)


def read_picture(data: bytes) -> str:
    """The text of the QR code in the picture; of several, the first that begins with `HC1:`.

    Raises `PictureError`.
    """
    if len(data) > MAX_BYTES:
        raise PictureError(f"the picture has more than {MAX_BYTES >> 20} MB; use a smaller one")
    texts: list[str] = []
    until = time.monotonic() + _SECONDS
    for part in _parts(_open(data)):
        found = zxingcpp.read_barcodes(
            part, formats=_QR_CODES, text_mode=zxingcpp.TextMode.Plain, try_downscale=False
        )
        texts += [code.text for code in found if code.text]
        for text in texts:
            if text.lstrip().startswith("HC1:"):
                return text
        if time.monotonic() > until:
            break
    if not texts:
        raise PictureError("no QR code can be read in the picture; take it closer and in focus")
    return texts[0]


def _parts(picture: Image.Image) -> Iterator[Image.Image]:
    """The whole picture made small, then ever larger in ever more parts.

    What looks like the corners of many codes costs the reader the square of their number: a small
    picture of nothing else would keep it busy for minutes. A part has room for few; they overlap by
    half, so that a code lies whole in one at the scale that shows it best.
    """
    scales = [picture]
    while max(scales[-1].size) > _PART:
        scales.append(scales[-1].reduce(2))
    for scale in reversed(scales):
        width, height = scale.size
        for top in range(0, max(height - _PART // 2, 1), _PART // 2):
            for left in range(0, max(width - _PART // 2, 1), _PART // 2):
                right, bottom = min(left + _PART, width), min(top + _PART, height)
                yield scale.crop((left, top, right, bottom))


def _open(data: bytes) -> Image.Image:
    """The picture in shades of grey, refused before it is unpacked if it is too large."""
    try:
        with warnings.catch_warnings():
            # Pillow only warns of large pictures; the size is looked at right below.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=_FORMATS) as picture:
                width, height = picture.size
                if width * height > MAX_PIXELS:
                    raise PictureError(
                        f"the picture has more than {MAX_PIXELS // 1_000_000} megapixels;"
                        " use a smaller one"
                    )
                if "A" in picture.getbands() or "transparency" in picture.info:
                    # What is transparent is paper.
                    coloured = picture.convert("LA")
                    paper = Image.new("L", coloured.size, "white")
                    paper.paste(coloured.getchannel("L"), mask=coloured.getchannel("A"))
                    return paper
                return picture.convert("L")
    except (UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise PictureError("this is no PNG or JPEG picture that can be opened") from error
    except (OSError, ValueError, SyntaxError, EOFError) as error:
        raise PictureError("the picture is damaged; take it again") from error
