"""QR symbols: sized for the paper, and read again after what paper goes through."""

from __future__ import annotations

import bisect
import io
import random
import re
import struct
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import numpy as np
import pytest
import segno
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFilter

from lamsach.cli.main import run
from lamsach.hcert import qr
from lamsach.hcert.qr import LEVELS, Level, QrError, Symbol, choose, encode, version_for

BASE45 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
DRAWN = random.Random(5772)
ES256 = "HC1:" + "".join(DRAWN.choices(BASE45, k=567))
PS256 = "HC1:" + "".join(DRAWN.choices(BASE45, k=869))


def read(picture: Image.Image) -> str | None:
    """What a reader makes of a picture."""
    found = zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormat.QRCode)
    return found[0].text if found else None


def printed(symbol: Symbol, dots: int) -> Image.Image:
    return Image.open(io.BytesIO(symbol.png(dots=dots))).convert("L")


@pytest.fixture(params=["libqrencode", "segno"])
def encoder(
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    absent: Callable[[str], NoReturn],
) -> str:
    """Both libraries, one after the other."""
    if request.param == "segno":
        monkeypatch.setattr(qr, "_libqrencode", lambda: None)
    elif not qr.has_fast_encoder():
        absent("libqrencode4 is not installed (tools/system-packages names it)")
    return str(request.param)


@pytest.mark.parametrize(
    ("text", "versions"), [(ES256, (13, 15, 18)), (PS256, (17, 19, 23))], ids=["ES256", "PS256"]
)
def test_the_sizes_that_were_measured(text: str, versions: tuple[int, int, int]) -> None:
    assert tuple(version_for(text, level) for level in ("L", "M", "Q")) == versions


@pytest.mark.parametrize("level", LEVELS)
def test_capacities_are_the_standards(level: Level) -> None:
    """A text fills its version, and one character more does not fit: as segno has it too."""
    lengths = range(1, 4400)
    for version in range(1, 41):
        fits = bisect.bisect_right(
            lengths, version, key=lambda length: version_for("A" * length, level) or 41
        )
        most = lengths[fits - 1]
        if version in (1, 9, 10, 18, 26, 27, 40):
            made = segno.make("A" * most, error=level, boost_error=False, micro=False)
            assert made.version == version
            if version < 40:
                more = segno.make("A" * (most + 1), error=level, boost_error=False, micro=False)
                assert more.version == version + 1
    assert version_for("A" * (most + 1), level) is None
    assert most == {"L": 4296, "M": 3391, "Q": 2420, "H": 1852}[level]


@pytest.mark.parametrize("level", LEVELS)
def test_a_symbol_is_read_again(encoder: str, level: Level) -> None:
    symbol = encode(ES256, level)
    assert symbol.modules.shape == (17 + 4 * symbol.version,) * 2
    assert read(printed(symbol, 4)) == ES256, encoder
    found = zxingcpp.read_barcodes(printed(symbol, 4))[0]
    assert found.ec_level == level


@settings(max_examples=25)
@given(st.text(alphabet=BASE45, min_size=1, max_size=300), st.sampled_from(LEVELS))
def test_any_alphanumeric_text_is_read_again(text: str, level: Level) -> None:
    assert read(printed(encode(text, level), 4)) == text


def test_both_libraries_agree_on_the_size(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = [encode(ES256, level).modules.shape for level in LEVELS]
    monkeypatch.setattr(qr, "_libqrencode", lambda: None)
    assert [encode(ES256, level).modules.shape for level in LEVELS] == sizes


@pytest.mark.parametrize("text", ["", "hc1:", "HC1:é", "HC1:\n", "HC1:_", "HC1:\0"])
def test_what_alphanumeric_mode_cannot_carry(text: str) -> None:
    with pytest.raises(QrError, match="HC1 text"):
        encode(text)


def test_a_text_that_is_too_long() -> None:
    with pytest.raises(QrError, match="too long"):
        encode("A" * 2421, "Q")
    with pytest.raises(QrError, match="too long"):
        choose("A" * 4297, printed_mm=200)


# What paper goes through


def on_paper(symbol: Symbol, dots: int) -> Image.Image:
    """A grey print with a border, larger than the symbol."""
    picture = printed(symbol, dots)
    sheet = Image.new("L", (picture.width + 80, picture.height + 80), 235)
    sheet.paste(picture, (40, 40))
    return sheet


@pytest.mark.parametrize("text", [ES256, PS256], ids=["ES256", "PS256"])
@pytest.mark.parametrize("level", ["L", "M", "Q"])
class TestDegradedPrints:
    """The same damage for every level that is ever chosen, on prints of four dots a module."""

    def test_blurred(self, text: str, level: Level) -> None:
        sheet = on_paper(encode(text, level), 4)
        assert read(sheet.filter(ImageFilter.GaussianBlur(1.8))) == text

    @pytest.mark.parametrize("degrees", [3, 17, 90, 181])
    def test_turned(self, text: str, level: Level, degrees: int) -> None:
        sheet = on_paper(encode(text, level), 4)
        turned = sheet.rotate(degrees, Image.Resampling.BICUBIC, expand=True, fillcolor=235)
        assert read(turned) == text

    def test_photographed_coarsely(self, text: str, level: Level) -> None:
        sheet = on_paper(encode(text, level), 8)
        side = round(sheet.width * 0.3)  # 2.4 points of the camera a module
        assert read(sheet.resize((side, side), Image.Resampling.BILINEAR)) == text

    def test_noisy_and_pale(self, text: str, level: Level) -> None:
        sheet = np.asarray(on_paper(encode(text, level), 4), dtype=np.float64)
        noise = np.random.default_rng(1).normal(0, 15, sheet.shape)
        pale = 90 + sheet * 0.5 + noise
        assert read(Image.fromarray(np.clip(pale, 0, 255).astype(np.uint8))) == text

    def test_printed_on_a_thermal_printer_that_bleeds(self, text: str, level: Level) -> None:
        sheet = on_paper(encode(text, level), 4)
        bled = sheet.filter(ImageFilter.MinFilter(3)).rotate(2, fillcolor=235)
        assert read(bled.filter(ImageFilter.GaussianBlur(0.8))) == text


@pytest.mark.parametrize(
    ("level", "share", "readable"),
    [
        ("L", 0.02, True),
        ("L", 0.12, False),
        ("M", 0.05, True),
        ("Q", 0.12, True),
        ("H", 0.14, True),
    ],
)
def test_a_stain(level: Level, share: float, readable: bool) -> None:
    """A white stain of this share of the area, away from the corners: what a level is for."""
    symbol = encode(ES256, level)
    sheet = printed(symbol, 4)
    side = round(len(symbol.modules) * 4 * share**0.5)
    start = sheet.width // 2 - side // 2
    sheet.paste(255, (start, start, start + side, start + side))
    assert (read(sheet) == ES256) is readable


# The budget


def test_the_recommended_level_where_the_paper_allows() -> None:
    choice = choose(ES256, printed_mm=42)
    assert (choice.level, choice.modules, choice.dots) == ("Q", 89, None)
    assert choice.module_mm == pytest.approx(42 / 97)
    assert choice.warnings == ()
    assert choose(PS256, printed_mm=45).level == "Q"


def test_a_smaller_square_gets_a_looser_level_then_a_warning_then_a_refusal() -> None:
    levels = []
    for width in range(45, 15, -1):
        try:
            choice = choose(PS256, printed_mm=width)
        except QrError as error:
            need = int(re.search(r"at least (\d+) mm", str(error)).group(1))  # type: ignore[union-attr]
            assert choose(PS256, printed_mm=need).warnings
            assert width < need
            break
        levels.append((choice.level, bool(choice.warnings)))
        assert choice.module_mm >= 0.25
    assert list(dict.fromkeys(levels)) == [
        *(("Q", False), ("M", False), ("L", True)),
    ]


@pytest.mark.parametrize("dpi", [200, 203, 300, 600, 1200])
@pytest.mark.parametrize("width", [30, 38, 45, 60])
def test_modules_are_whole_dots_and_stay_within_the_square(dpi: int, width: int) -> None:
    choice = choose(ES256, printed_mm=width, dpi=dpi)
    assert choice.dots is not None
    assert choice.dots >= 2
    assert choice.module_mm == pytest.approx(choice.dots * 25.4 / dpi)
    assert choice.module_mm * (choice.modules + 8) <= width + 1e-9


def test_a_coarse_printer_needs_a_larger_square() -> None:
    with pytest.raises(QrError, match="finer printer"):
        choose(PS256, printed_mm=30, dpi=100)
    assert choose(PS256, printed_mm=60, dpi=100, level="L").dots == 2


def test_one_level_may_be_asked_for() -> None:
    assert choose(ES256, printed_mm=60, level="H").level == "H"
    with pytest.raises(QrError, match="too dense"):
        choose(PS256, printed_mm=30, level="H")


def test_a_diagonal_outside_the_specification_is_said_in_both_languages() -> None:
    (warning,) = choose(ES256, printed_mm=80).warnings
    assert "35 to 60 mm" in warning["en"]
    assert "35 đến 60 mm" in warning["vi"]


@pytest.mark.parametrize(
    ("width", "dpi"), [(0, None), (-1, None), (1e9, None), (40, 1), (40, 10**9)]
)
def test_senseless_papers_are_refused(width: float, dpi: int | None) -> None:
    with pytest.raises(QrError, match="mm wide"):
        choose(ES256, printed_mm=width, dpi=dpi)


# Drawings


def test_an_svg_draws_exactly_the_modules() -> None:
    symbol = encode(ES256)
    root = ET.fromstring(symbol.svg(module_mm=0.4))
    side = len(symbol.modules) + 8
    assert root.get("width") == root.get("height") == f"{side * 0.4:.4f}".rstrip("0") + "mm"
    assert root.get("viewBox") == f"0 0 {side} {side}"
    (strokes,) = [path.get("d") for path in root if path.get("stroke")]
    drawn = np.zeros((side, side), np.uint8)
    x = y = 0
    for command, first, _ in re.findall(r"([Mhm])(\d+)( [\d.]+)?", strokes or ""):
        if command == "M":
            x, y = int(first), y + 1 if x else 4
        elif command == "m":
            x += int(first)
        else:
            drawn[y, x : x + int(first)] = 1
            x += int(first)
    assert (drawn[4:-4, 4:-4] == symbol.modules).all()
    assert drawn.sum() == symbol.modules.sum()


def test_a_png_tells_printers_its_size() -> None:
    symbol = encode(ES256)
    data = symbol.png(dots=5, module_mm=5 * 25.4 / 300)
    picture = Image.open(io.BytesIO(data))
    dots = np.asarray(picture.convert("L"))
    assert (dots[2::5, 2::5][4:-4, 4:-4] == 255 * (1 - symbol.modules)).all()
    assert (dots.reshape(97, 5, 97, 5).std(axis=(1, 3)) == 0).all()
    assert picture.size == (97 * 5, 97 * 5)
    assert picture.info["dpi"] == pytest.approx((300, 300), abs=0.1)
    assert struct.unpack(">II", data[16:24]) == picture.size
    with pytest.raises(QrError, match="dots wide"):
        encode(ES256).png(dots=0)


# The command


@pytest.mark.parametrize("suffix", [".svg", ".png", ".PNG"])
def test_the_command_writes_a_file_that_is_read_again(tmp_path: Path, suffix: str) -> None:
    out = tmp_path / f"code{suffix}"
    assert run(["hcert", "qr", ES256, "--out", str(out)]) == 0
    assert [file.name for file in tmp_path.iterdir()] == [out.name]
    assert out.stat().st_mode & 0o777 == 0o600
    if suffix == ".svg":
        assert ET.fromstring(out.read_text(encoding="utf-8")).get("viewBox") == "0 0 97 97"
    else:
        with Image.open(out) as picture:
            assert read(picture) == ES256


@pytest.mark.parametrize("level", LEVELS)
def test_the_command_takes_a_level(tmp_path: Path, level: Level) -> None:
    out = tmp_path / "code.png"
    assert run(["hcert", "qr", PS256, "--out", str(out), "--error-correction", level]) == 0
    with Image.open(out) as picture:
        assert zxingcpp.read_barcodes(picture)[0].ec_level == level


def test_the_command_reads_a_file_and_fits_a_printer(tmp_path: Path) -> None:
    source, out = tmp_path / "certificate.txt", tmp_path / "code.png"
    source.write_text(ES256 + "\n", encoding="ascii")
    arguments = ["hcert", "qr", str(source), "--out", str(out), "--width", "40", "--dpi", "300"]
    assert run(arguments) == 0
    with Image.open(out) as picture:
        assert picture.size == (97 * 4, 97 * 4)  # 0.34 mm are four dots


def test_the_command_refuses_with_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for arguments, problem in (
        ([ES256, "--out", "code.gif"], ".svg or .png"),
        (["HC1:lower", "--out", str(tmp_path / "a.svg")], "HC1 text"),
        (["CERTIFICATE", "--out", str(tmp_path / "a.svg")], "no HC1 text"),
        ([PS256, "--out", str(tmp_path / "a.svg"), "--width", "20"], "at least"),
        ([ES256, "--out", str(tmp_path / "none" / "a.svg")], "cannot be written"),
        ([ES256, "--out", str(tmp_path / "a.svg"), "--error-correction", "X"], "X"),
    ):
        assert run(["hcert", "qr", *arguments]) == 2
        said = capsys.readouterr()
        assert said.out == ""
        assert problem in said.err
        assert said.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_the_command_says_when_only_the_slow_library_is_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(qr, "_libqrencode", lambda: None)
    assert run(["hcert", "qr", ES256, "--out", str(tmp_path / "a.svg")]) == 0
    assert "segno" in capsys.readouterr().err
