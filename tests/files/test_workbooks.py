"""Workbooks that anybody may have made: read right or refused, in bounded memory."""

from __future__ import annotations

import contextlib
import io
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lamsach.files import workbook_guard, workbooks
from lamsach.files.errors import FileRefusedError
from lamsach.files.workbook_writing import IDENTITY, SheetToWrite, identity_of, workbook_bytes
from lamsach.files.workbooks import opened_workbook, plain_text

ROWS = [["Họ và tên", "Số"], ["Nguyễn Văn Bảo", "070093000001"], ["", "x"]]


def made(rows: Sequence[Sequence[str]] = ROWS, name: str = "Mũi tiêm") -> bytes:
    return workbook_bytes([SheetToWrite(name, rows=rows)])


def read(content: bytes) -> dict[str, list[list[str]]]:
    with opened_workbook(content) as book:
        return {sheet.name: [row.cells for row in sheet.rows] for sheet in book.sheets}


def refusal(content: bytes) -> str:
    with pytest.raises(FileRefusedError) as caught:
        read(content)
    assert caught.value.sentence
    return caught.value.code


def repacked(content: bytes, **more: bytes) -> bytes:
    """The workbook with parts replaced or added."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            if name not in more:
                new.writestr(name, old.read(name))
        for name, text in more.items():
            new.writestr(name, text)
    return out.getvalue()


def sheet_of(cells: str) -> bytes:
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    text = f'<worksheet xmlns="{main}"><sheetData>{cells}</sheetData></worksheet>'
    return repacked(made(), **{"xl/worksheets/sheet1.xml": text.encode()})


def test_cells_come_as_they_were_written() -> None:
    assert read(made()) == {"Mũi tiêm": ROWS}


@settings(max_examples=8, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.text(
            st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn"]), max_size=20
        ).map(str.strip),
        min_size=1,
        max_size=30,
    )
)
def test_any_text_survives_the_way_out_and_in_again(cells: list[str]) -> None:
    cells = [f"={cell}" if number % 3 == 0 else cell for number, cell in enumerate(cells)]
    (rows,) = read(made([cells, cells])).values()
    back = [plain_text(cell) for cell in rows[0]]
    assert back == cells[: len(back)]
    assert not any(cells[len(back) :])


def test_nothing_that_leaves_is_taken_for_a_formula() -> None:
    evil = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", '=HYPERLINK("http://evil.example")']
    content = made([evil])
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")
    (rows,) = read(content).values()
    assert all(cell.startswith("'") for cell in rows[0])


def test_numbers_dates_and_formulas_come_as_text() -> None:
    cells = (
        '<row r="3"><c r="B3"><v>70093000001</v></c><c r="C3"><v>1.5</v></c>'
        '<c r="D3"><f>1+1</f><v>2</v></c><c r="E3" t="e"><v>#REF!</v></c>'
        '<c r="F3" t="d"><v>2022-04-19</v></c></row>'
    )
    with opened_workbook(sheet_of(cells)) as book:
        (row,) = next(book.sheets).rows
    assert row.number == 3
    assert row.cells[:4] == ["", "70093000001", "1.5", "2"]
    assert row.cells[4] == ""
    assert row.cells[5].startswith("2022-04-19")


def test_a_hidden_sheet_tells_what_a_workbook_belongs_to() -> None:
    content = workbook_bytes(
        [SheetToWrite("a", headings=["x"], rows=[["1"]])], identity={"batch": "12ab"}
    )
    with opened_workbook(content) as book:
        told = {}
        for sheet in book.sheets:
            if sheet.name == IDENTITY:
                assert not sheet.visible
                told = identity_of([row.cells for row in sheet.rows])
    assert told == {"batch": "12ab"}


def test_what_is_no_workbook_is_refused() -> None:
    assert refusal(b"") == "empty"
    assert refusal(b"a,b\n1,2\n") == "no_workbook"
    assert refusal(b"\xd0\xcf\x11\xe0" + bytes(600)) == "old_format"
    plain = io.BytesIO()
    with zipfile.ZipFile(plain, "w") as archive:
        archive.writestr("readme.txt", "hello")
    assert refusal(plain.getvalue()) == "no_workbook"


def test_disguises_are_refused() -> None:
    good = made()
    assert refusal(b"GIF89a" + good) == "disguised"
    assert refusal(good + b"%PDF-1.7") == "disguised"
    assert refusal(good[:-2] + b"\x04\x00" + b"evil") == "disguised"
    assert refusal(repacked(good, **{"../evil": b"x"})) == "disguised"
    assert refusal(good[:-30]) == "damaged"
    assert refusal(good[:200] + bytes(50) + good[250:]) == "damaged"


@pytest.mark.parametrize("part", ["xl/vbaProject.bin", "xl/activeX/a.xml", "xl/embeddings/o.bin"])
def test_macros_and_things_put_inside_are_refused(part: str) -> None:
    assert refusal(repacked(made(), **{part: b"x"})) == "macros"


def test_a_macro_workbook_under_another_name_is_refused() -> None:
    content = made()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        types = archive.read("[Content_Types].xml")
    types = types.replace(b"sheet.main+xml", b"sheet.macroEnabled.main+xml")
    assert refusal(repacked(content, **{"[Content_Types].xml": types})) == "macros"


def test_a_zip_bomb_is_refused_before_it_goes_off(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = repacked(made(), **{"xl/sharedStrings.xml": bytes(60 * 1024 * 1024)})
    assert len(bomb) < 200_000
    monkeypatch.setattr(workbook_guard, "_UNPACKED", 50 * 1024 * 1024)
    assert refusal(bomb) == "bomb"


def test_a_sheet_that_claims_the_last_cell_ends_only_its_reader() -> None:
    """Two cells, between which 17 thousand million would have to be held."""
    cells = "".join(
        f'<row r="{row}"><c r="{column}{row}"><v>1</v></c></row>'
        for row, column in ((1, "A"), (1_048_576, "XFD"))
    )
    assert refusal(sheet_of(cells)) in {"bomb", "damaged", "too_many_rows"}


def test_one_text_repeated_in_every_cell_ends_only_its_reader() -> None:
    """A shared string of 30,000 letters in 300,000 cells: 9 GB when it is unpacked."""
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    text = f'<sst xmlns="{main}"><si><t>{"x" * 30_000}</t></si></sst>'
    row = "".join('<c t="s"><v>0</v></c>' for _ in range(60))
    content = sheet_of(f"<row>{row}</row>" * 5_000)
    content = repacked(content, **{"xl/sharedStrings.xml": text.encode()})
    assert len(content) < 1_000_000
    assert refusal(content) == "bomb"


def test_limits_of_rows_columns_and_sheets(monkeypatch: pytest.MonkeyPatch) -> None:
    assert refusal(made([["x"] * 101])) == "too_many_columns"
    monkeypatch.setattr(workbooks, "MOST_ROWS", 10)
    assert refusal(made([["x"]] * 32)) == "too_many_rows"
    many = workbook_bytes([SheetToWrite(f"s{number}") for number in range(21)])
    assert refusal(many) == "too_many_sheets"


@settings(max_examples=15)
@given(st.integers(0, 5000), st.binary(min_size=1, max_size=8))
def test_damage_anywhere_is_read_or_refused_never_worse(place: int, harm: bytes) -> None:
    content = made()
    place %= len(content)
    content = content[:place] + harm + content[place + len(harm) :]
    with contextlib.suppress(FileRefusedError):
        read(content)


def test_the_reader_knows_nothing_of_the_house(tmp_path: Path) -> None:
    """It runs without settings, secrets and the package: with an empty environment, by its path."""
    source = workbooks._CHILD.read_text(encoding="utf-8")
    imports = {line for line in source.splitlines() if line.startswith(("import ", "from "))}
    assert not any("lamsach" in line or "django" in line for line in imports)
    (tmp_path / "given").write_bytes(made())
    with (tmp_path / "given").open("rb") as file:
        run = subprocess.run(
            [sys.executable, "-I", workbooks._CHILD],
            stdin=file,
            env={},
            capture_output=True,
            check=False,
        )
    assert run.returncode == 0
    assert b"070093000001" in run.stdout
