"""Input tables: what is read, what is refused, and that an error says where."""

from __future__ import annotations

import datetime
import decimal
import os
import string
import uuid
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from lamsach.identity.errors import InputError, ResourceError
from lamsach.identity.tables import (
    CELL_LIMIT,
    DOSES_SCHEMA,
    PERSONS_SCHEMA,
    REGISTER_SCHEMA,
    InputTable,
    open_table,
    reading,
    require_unique,
)

HEADER = "person_id,personal_id,full_name,birth_date,sex"
ROW = "p{0},00109301234{0},Lê Văn An,1993-04-05,M"


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        # As the engine sets it: places in a file must be found without it.
        connection.execute("set preserve_insertion_order = false")
        yield connection


def write_csv(path: Path, *lines: str | bytes, end: str = "\n") -> Path:
    path.write_bytes(
        b"".join(
            (line.encode() if isinstance(line, str) else line) + end.encode() for line in lines
        )
    )
    return path


def csv_of(path: Path, rows: int, replaced: dict[int, str | bytes] | None = None) -> Path:
    """PERSONS of so many rows (from 1), some of them replaced."""
    lines: list[str | bytes] = [HEADER, *(ROW.format(row) for row in range(1, rows + 1))]
    for row, line in (replaced or {}).items():
        lines[row] = line
    return write_csv(path, *lines)


def persons_of(rows: int, **replaced: object) -> pa.Table:
    columns = {
        "person_id": [f"p{row}" for row in range(1, rows + 1)],
        "personal_id": [f"{row:012}" for row in range(1, rows + 1)],
        "full_name": ["Lê Văn An"] * rows,
        "birth_date": ["1993-04-05"] * rows,
        "sex": ["M"] * rows,
    }
    return pa.table(columns | replaced)


def parquet_of(path: Path, rows: int, **replaced: object) -> Path:
    parquet.write_table(persons_of(rows, **replaced), path, row_group_size=1000)
    return path


def read(connection: duckdb.DuckDBPyConnection, table: InputTable) -> int:
    """Read every cell and return the number of rows."""
    cells = ", ".join(f'max("{name}")' for name in table.schema.names)
    with reading(table):
        return int(connection.execute(f"select count(*), {cells} from persons").fetchall()[0][0])


def opened(connection: duckdb.DuckDBPyConnection, *sources: Path | str) -> InputTable:
    return open_table(connection, PERSONS_SCHEMA, sources, "persons")


def refusal(connection: duckdb.DuckDBPyConnection, *sources: Path | str) -> InputError:
    """The error that a table meets on its way through every check."""

    def pass_every_check() -> None:
        table = opened(connection, *sources)
        read(connection, table)
        require_unique(connection, table, "person_id")

    with pytest.raises(InputError) as caught:
        pass_every_check()
    assert "\n" not in str(caught.value)
    return caught.value


class TestOpening:
    def test_view_has_the_schemas_columns_as_text_and_no_others(
        self, connection: duckdb.DuckDBPyConnection, tmp_path: Path
    ) -> None:
        path = write_csv(tmp_path / "a.csv", f"note,{HEADER},commune_code", "x,p1,,An,,M,00001")
        table = opened(connection, path)
        described = connection.execute("describe persons").fetchall()
        assert [row[:2] for row in described] == [(n, "VARCHAR") for n in PERSONS_SCHEMA.names]
        assert connection.execute(
            "select person_id, full_name, phone, commune_code from persons"
        ).fetchall() == [("p1", "An", None, "00001")]
        assert table.columns_given == (*PERSONS_SCHEMA.required, "commune_code")
        assert table.warnings == [f'{path}: unknown column "note" ignored']
        assert (table.format, table.rows) == ("csv", None)

    def test_files_of_both_formats_and_any_column_order_are_one_table(
        self, connection: duckdb.DuckDBPyConnection, tmp_path: Path
    ) -> None:
        parquet_of(tmp_path / "a.parquet", 2)
        parquet_of(tmp_path / "b.parquet", 3, person_id=["x1", "x2", "x3"], phone=["1", "2", "3"])
        write_csv(
            tmp_path / "c.csv", "sex;birth_date;full_name;personal_id;person_id", "F;1963;Bình;9;y1"
        )
        table = opened(connection, tmp_path / "*.parquet", str(tmp_path / "c.csv"))
        assert [Path(file.path).name for file in table.files] == [
            "a.parquet",
            "b.parquet",
            "c.csv",
        ]
        assert connection.execute(
            "select person_id, sex, phone from persons order by 1"
        ).fetchall() == [
            ("p1", "M", None),
            ("p2", "M", None),
            ("x1", "M", "1"),
            ("x2", "M", "2"),
            ("x3", "M", "3"),
            ("y1", "F", None),
        ]
        assert table.format == "mixed"
        assert read(connection, table) == 6
        assert require_unique(connection, table, "person_id") == 6

    def test_parquet_rows_are_known_from_the_footers(
        self, connection: duckdb.DuckDBPyConnection, tmp_path: Path
    ) -> None:
        parquet_of(tmp_path / "a.parquet", 2500)
        parquet_of(tmp_path / "b.parquet", 0)
        assert opened(connection, tmp_path / "[ab].parquet").rows == 2500

    @pytest.mark.parametrize("name", ["odd's [1]*?.parquet", "odd's [1]*?.csv"])
    def test_a_file_name_is_not_a_pattern(
        self, connection: duckdb.DuckDBPyConnection, tmp_path: Path, name: str
    ) -> None:
        path = tmp_path / name
        parquet_of(path, 3) if name.endswith("parquet") else csv_of(path, 3)
        table = opened(connection, path)
        assert connection.execute("select count(*) from persons").fetchall() == [(3,)]
        assert require_unique(connection, table, "person_id") == 3

    def test_a_file_named_twice_is_read_once(
        self, connection: duckdb.DuckDBPyConnection, tmp_path: Path
    ) -> None:
        path = csv_of(tmp_path / "a.csv", 3)
        assert len(opened(connection, path, tmp_path / "*.csv").files) == 1

    def test_tables_without_rows_are_legal(
        self, connection: duckdb.DuckDBPyConnection, tmp_path: Path
    ) -> None:
        for path in (csv_of(tmp_path / "a.csv", 0), parquet_of(tmp_path / "a.parquet", 0)):
            table = opened(connection, path)
            assert read(connection, table) == 0
            assert require_unique(connection, table, "person_id") == 0

    def test_csv_with_byte_order_mark_crlf_and_line_breaks_in_cells(
        self, connection: duckdb.DuckDBPyConnection, tmp_path: Path
    ) -> None:
        rows = ["\ufeff" + HEADER, 'p1,,"Lê\nVăn ""An""",,M', "", "p2,,An,,F"]
        opened(connection, write_csv(tmp_path / "a.csv", *rows, end="\r\n"))
        assert connection.execute("select person_id, full_name from persons").fetchall() == [
            ("p1", 'Lê\nVăn "An"'),
            ("p2", "An"),
        ]

    def test_empty_lines_and_empty_cells_at_the_end_of_a_row_are_nothing(
        self, connection: duckdb.DuckDBPyConnection, tmp_path: Path
    ) -> None:
        path = write_csv(tmp_path / "a.csv", "", "", HEADER + ",,", "", 'p1,1,An,,M,""', "p2,1,,,")
        table = opened(connection, path)
        assert connection.execute("select person_id, sex from persons").fetchall() == [
            ("p1", "M"),
            ("p2", None),
        ]
        assert table.warnings == []

    def test_forgiven_rows_are_not_blamed_for_another_fault(
        self, connection: duckdb.DuckDBPyConnection, tmp_path: Path
    ) -> None:
        rows = ["", HEADER, 'p1,"1" , "An",,M,,""', 'p2,1,A"n,,M', "", 'p3,1,"An" x,,M']
        error = refusal(connection, write_csv(tmp_path / "a.csv", *rows))
        assert (error.row, error.line, error.column) == (3, 6, "full_name")

    def test_typed_parquet_columns_are_written_as_text(
        self, connection: duckdb.DuckDBPyConnection, tmp_path: Path
    ) -> None:
        key = uuid.UUID(int=7)
        path = parquet_of(
            tmp_path / "a.parquet",
            2,
            person_id=pa.array([key.bytes, None], pa.uuid()),
            personal_id=pa.array([1093012345, None], pa.int64()),
            birth_date=pa.array([datetime.date(1993, 4, 5), None]),
            sex=pa.array(["M", None]).dictionary_encode(),
            phone=pa.array([912345678.0, float("nan")]),
            insurance_number=pa.array([decimal.Decimal("12.50"), None]),
            passport_number=pa.array([datetime.date(1993, 4, 5), None]).cast(pa.timestamp("us")),
        )
        table = opened(connection, path)
        columns = (
            "person_id, personal_id, birth_date, sex, phone, insurance_number, passport_number"
        )
        assert connection.execute(f"select {columns} from persons").fetchall() == [
            (str(key), "1093012345", "1993-04-05", "M", "912345678", "12.50", "1993-04-05"),
            (None,) * 7,
        ]
        assert [w for w in table.warnings if "leading zeros" in w and "personal_id" in w]

    @pytest.mark.parametrize(
        "array",
        [
            pa.array([b"x"]),
            pa.array([["x"]]),
            pa.array([datetime.time(1)]),
            pa.array([0], pa.timestamp("us", "UTC")),
        ],
    )
    def test_columns_without_a_written_form_are_refused(
        self, connection: duckdb.DuckDBPyConnection, tmp_path: Path, array: pa.Array
    ) -> None:
        path = parquet_of(tmp_path / "a.parquet", 1, birth_date=array)
        error = refusal(connection, path)
        assert (error.file, error.column) == (str(path), "birth_date")

    def test_the_fingerprint_follows_the_files(
        self, connection: duckdb.DuckDBPyConnection, tmp_path: Path
    ) -> None:
        path = csv_of(tmp_path / "a.csv", 3)
        before = opened(connection, path).fingerprint
        assert opened(connection, path).fingerprint == before
        state = path.stat()
        csv_of(path, 3, {2: ROW.format(9)})
        os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
        assert opened(connection, path).fingerprint != before, "same size and time, other bytes"

    @settings(max_examples=30)
    @given(
        cells=st.lists(
            st.lists(
                st.text(st.characters(codec="utf-8", exclude_characters="\r\0"), max_size=8),
                min_size=3,
                max_size=3,
            ),
            max_size=8,
        )
    )
    def test_any_text_survives_both_formats(
        self, tmp_path_factory: pytest.TempPathFactory, cells: list[list[str]]
    ) -> None:
        folder = tmp_path_factory.mktemp("round")
        quoted = [["p" + str(n), *(c.replace('"', '""') for c in r)] for n, r in enumerate(cells)]
        lines = [",".join(f'"{c}"' for c in [*row, "M"]) for row in quoted]
        write_csv(folder / "a.csv", HEADER, *lines)
        parquet_of(
            folder / "a.parquet",
            len(cells),
            person_id=[f"p{n}" for n in range(len(cells))],
            **{
                name: pa.array([row[place] for row in cells], pa.string())
                for place, name in enumerate(["personal_id", "full_name", "birth_date"])
            },
        )
        with duckdb.connect() as connection:
            for name in ("a.csv", "a.parquet"):
                opened(connection, folder / name)
                columns = (
                    "coalesce(personal_id, ''), coalesce(full_name, ''), coalesce(birth_date, '')"
                )
                read = connection.execute(f"select {columns} from persons order by person_id")
                assert read.fetchall() == [tuple(row) for row in cells]

    def test_a_row_is_looked_up_by_its_key_without_reading_the_rest(
        self, connection: duckdb.DuckDBPyConnection, tmp_path: Path
    ) -> None:
        opened(connection, parquet_of(tmp_path / "a.parquet", 3000))
        plan = connection.execute("explain select * from persons where person_id = 'p7'")
        assert "FILTER" not in plan.fetchall()[0][1], "the scan itself must filter"


class TestRefusedBeforeReading:
    def test_what_is_not_there(self, connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
        assert "no such file" in str(refusal(connection, tmp_path / "a.csv"))
        assert "no file matches" in str(refusal(connection, tmp_path / "*.csv"))
        assert "is a folder" in str(refusal(connection, tmp_path))
        assert "not a regular file" in str(refusal(connection, "/dev/null"))

    def test_hidden_files_do_not_match_a_pattern(
        self, connection: duckdb.DuckDBPyConnection, tmp_path: Path
    ) -> None:
        csv_of(tmp_path / ".a.csv", 1)
        assert "no file matches" in str(refusal(connection, tmp_path / "*.csv"))

    @pytest.mark.parametrize("content", [b"", b"\n\r\n\n", b"\xef\xbb\xbf\n"])
    def test_an_empty_file(
        self, connection: duckdb.DuckDBPyConnection, tmp_path: Path, content: bytes
    ) -> None:
        path = tmp_path / "a.csv"
        path.write_bytes(content)
        assert str(refusal(connection, path)) == f"{path}: the file is empty: it has no header row"
        (tmp_path / "a.parquet").touch()
        assert "is empty" in str(refusal(connection, tmp_path / "a.parquet"))

    def test_a_missing_column_names_the_file_that_lacks_it(
        self, connection: duckdb.DuckDBPyConnection, tmp_path: Path
    ) -> None:
        parquet_of(tmp_path / "a.parquet", 1)
        bad = write_csv(tmp_path / "b.csv", HEADER.replace("birth_date", "Birth_Date"), "p1,,,,")
        error = refusal(connection, tmp_path / "a.parquet", bad)
        assert (error.file, error.column) == (str(bad), "birth_date")
        assert 'it has "Birth_Date"' in str(error)

    def test_a_doubled_header_name(
        self, connection: duckdb.DuckDBPyConnection, tmp_path: Path
    ) -> None:
        error = refusal(connection, write_csv(tmp_path / "a.csv", HEADER + ",sex", "p1,,,,,"))
        assert (error.line, error.column) == (1, "sex")
        table = persons_of(1).append_column("Sex", pa.array(["F"]))
        parquet.write_table(table, tmp_path / "a.parquet")
        assert refusal(connection, tmp_path / "a.parquet").column == "Sex"

    @pytest.mark.parametrize(
        ("encoding", "says"), [("utf-16", "UTF-16"), ("utf-16-le", "NUL bytes")]
    )
    def test_another_encoding_of_the_header(
        self, connection: duckdb.DuckDBPyConnection, tmp_path: Path, encoding: str, says: str
    ) -> None:
        path = tmp_path / "a.csv"
        path.write_text(f"{HEADER}\np1,,,,\n", encoding=encoding)
        error = refusal(connection, path)
        assert error.file == str(path)
        assert says in str(error)
        assert "UTF-8" in str(error)

    def test_other_kinds_of_file(
        self, connection: duckdb.DuckDBPyConnection, tmp_path: Path
    ) -> None:
        path = tmp_path / "a.csv"
        path.write_bytes(b"PK\x03\x04rest of a workbook")
        assert "Excel" in str(refusal(connection, path))
        path = csv_of(tmp_path / "b.parquet", 3)
        assert "the name of a Parquet file and is none" in str(refusal(connection, path))

    @pytest.mark.parametrize("kept", [4, 11, 100, -1, -7, -200])
    def test_a_parquet_file_cut_short(
        self, connection: duckdb.DuckDBPyConnection, tmp_path: Path, kept: int
    ) -> None:
        path = parquet_of(tmp_path / "a.parquet", 50)
        path.write_bytes(path.read_bytes()[:kept])
        assert "cut short" in str(refusal(connection, path))

    def test_a_damaged_footer(self, connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
        path = parquet_of(tmp_path / "a.parquet", 50)
        content = path.read_bytes()
        path.write_bytes(content[:-300] + b"\xff" * 292 + content[-8:])
        error = refusal(connection, path)
        assert error.file == str(path)
        assert "damaged" in str(error)


class TestRefusedWhileReading:
    def test_a_broken_quote(self, connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
        for broken in ('p5,1,"Lê Văn An,1993,M', 'p5,1,"Lê "Văn" An",1993,M'):
            path = csv_of(tmp_path / "a.csv", 90, {2: 'p2,,"Lê\nVăn An",,M', 5: broken})
            error = refusal(connection, path)
            assert (error.file, error.row, error.line) == (str(path), 5, 7)
            assert error.column == "full_name"
            assert "Lê" not in str(error)

    def test_a_broken_quote_that_a_later_one_seems_to_close(
        self, connection: duckdb.DuckDBPyConnection, tmp_path: Path
    ) -> None:
        path = csv_of(tmp_path / "a.csv", 90, {5: 'p5,1,"Lê,1993,M', 50: 'p50,1,"An",1993,M'})
        error = refusal(connection, path)
        assert (error.row, error.line, error.column) == (5, 6, "full_name")

    def test_a_row_with_too_few_or_too_many_cells(
        self, connection: duckdb.DuckDBPyConnection, tmp_path: Path
    ) -> None:
        for line, cells in (("p7,1,An,1993", 4), ("p7,1,An,1993,M,x,y", 7)):
            error = refusal(connection, csv_of(tmp_path / "a.csv", 90, {7: line}))
            assert (error.row, error.line) == (7, 8)
            assert f"{cells} cells" in str(error)

    def test_text_that_is_not_utf8(
        self, connection: duckdb.DuckDBPyConnection, tmp_path: Path
    ) -> None:
        for text in ("Trân Đăng".encode("cp1258"), "Trần Đứ".encode()[:-1]):
            path = csv_of(tmp_path / "a.csv", 90, {6: b'"p6",1,' + text + b",1993,M"})
            error = refusal(connection, path)
            assert (error.file, error.row, error.line) == (str(path), 6, 7)
            assert error.column == "full_name"
            assert "UTF-8" in str(error)

    def test_text_that_is_not_utf8_in_parquet(
        self, connection: duckdb.DuckDBPyConnection, tmp_path: Path
    ) -> None:
        names = [b"An"] * 2000 + [b"Tr\xe2n"] + [b"An"] * 999
        array = pa.Array.from_buffers(pa.string(), 3000, pa.array(names, pa.binary()).buffers())
        path = parquet_of(tmp_path / "a.parquet", 3000, full_name=array)
        error = refusal(connection, path)
        assert (error.file, error.row, error.column) == (str(path), 2001, "full_name")
        assert "xe2" not in str(error)

    def test_a_damaged_page(self, connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
        path = parquet_of(tmp_path / "a.parquet", 3000)
        place = parquet.read_metadata(path).row_group(1).column(0)
        content = bytearray(path.read_bytes())
        start = place.dictionary_page_offset or place.data_page_offset
        content[start : start + 30] = b"\xff" * 30
        path.write_bytes(content)
        error = refusal(connection, path)
        assert (error.file, error.column) == (str(path), "person_id")
        assert error.row is not None
        assert 1 <= error.row <= 1001

    def test_nul_bytes(self, connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
        path = csv_of(tmp_path / "a.csv", 90, {2: 'p2,,"Lê\nAn",,', 8: "p8,1,Lê\0An,1993,M"})
        error = refusal(connection, path)
        assert (error.file, error.row, error.line) == (str(path), 8, 10)
        assert (error.column, "NUL" in str(error)) == ("full_name", True)
        path = parquet_of(tmp_path / "a.parquet", 2, sex=["M", "\0"])
        error = refusal(connection, path)
        assert (error.file, error.row, error.line, error.column) == (str(path), 2, None, "sex")

    @pytest.mark.parametrize("length", [CELL_LIMIT + 1, 1_000_000, 40_000_000])
    @pytest.mark.parametrize("quote", ["", '"'])
    def test_a_giant_cell(
        self, connection: duckdb.DuckDBPyConnection, tmp_path: Path, length: int, quote: str
    ) -> None:
        path = csv_of(tmp_path / "a.csv", 90, {8: f"p8,1,{quote}{'x' * length}{quote},1993,M"})
        error = refusal(connection, path)
        assert (error.file, error.row, error.line) == (str(path), 8, 9)
        assert (error.column, "longer" in str(error)) == ("full_name", True)
        assert len(str(error)) < len(str(path)) + 200

    def test_unsound_keys(self, connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
        for key in ("p\0", "p" * 20_000):
            path = parquet_of(tmp_path / "a.parquet", 2, person_id=["p1", key])
            with pytest.raises(InputError) as caught:
                require_unique(connection, opened(connection, path), "person_id")
            assert (caught.value.row, caught.value.column) == (2, "person_id")

    def test_a_giant_cell_in_parquet(
        self, connection: duckdb.DuckDBPyConnection, tmp_path: Path
    ) -> None:
        path = parquet_of(tmp_path / "a.parquet", 2, full_name=["An", "ễ" * 1_000_000])
        error = refusal(connection, path)
        assert (error.file, error.row, error.column) == (str(path), 2, "full_name")

    def test_long_cells_within_the_limit_count_characters(
        self, connection: duckdb.DuckDBPyConnection, tmp_path: Path
    ) -> None:
        path = parquet_of(tmp_path / "a.parquet", 1, full_name=["ễ" * CELL_LIMIT])
        assert read(connection, opened(connection, path)) == 1

    def test_mixed_line_ends(self, connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
        path = csv_of(tmp_path / "a.csv", 90, {8: ROW.format(8) + "\r"})
        error = refusal(connection, path)
        assert (error.file, error.row, error.line) == (str(path), 8, 9)
        assert "line end" in str(error)

    def test_a_file_that_changes_meanwhile(
        self, connection: duckdb.DuckDBPyConnection, tmp_path: Path
    ) -> None:
        path = csv_of(tmp_path / "a.csv", 90)
        table = opened(connection, path)
        with pytest.raises(InputError, match="changed while it was read"), reading(table):
            csv_of(path, 91)

    def test_other_errors_pass_unchanged(
        self, connection: duckdb.DuckDBPyConnection, tmp_path: Path
    ) -> None:
        table = opened(connection, csv_of(tmp_path / "a.csv", 9))
        with pytest.raises(duckdb.BinderException), reading(table):
            connection.execute("select nothing from persons")
        with pytest.raises(duckdb.ConversionException), reading(table):
            connection.execute("select cast('x' as integer)").fetchall()

    def test_too_little_memory_is_a_lack_of_resources(
        self, connection: duckdb.DuckDBPyConnection, tmp_path: Path
    ) -> None:
        table = opened(connection, csv_of(tmp_path / "a.csv", 9))
        connection.execute("set memory_limit = '20MB'")
        connection.execute("set temp_directory = ''")
        with pytest.raises(ResourceError, match="not enough memory"), reading(table):
            connection.execute("select list(i order by hash(i)) from range(10_000_000) r(i)")


class TestUniqueKeys:
    def test_a_duplicate_is_named_with_both_its_places(
        self, connection: duckdb.DuckDBPyConnection, tmp_path: Path
    ) -> None:
        first = parquet_of(tmp_path / "a.parquet", 3000)
        second = csv_of(tmp_path / "b.csv", 3, {1: "x1,,,,", 2: "x2,,,,", 3: "p1234,,,,"})
        error = refusal(connection, first, second)
        assert (error.file, error.row, error.line) == (str(second), 3, 4)
        assert error.column == "person_id"
        assert '"p1234"' in str(error)
        assert f"{first}, row 1234" in str(error)

    def test_a_secret_key_is_not_named(
        self, connection: duckdb.DuckDBPyConnection, tmp_path: Path
    ) -> None:
        # No ID number in an error: its rows are enough to find it.
        path = write_csv(
            tmp_path / "r.csv",
            "personal_id,full_name,birth_date,sex",
            *("001093012345,A,1963,M", "001093012346,B,1963,M", "001093012345,C,1963,M"),
        )
        table = open_table(connection, REGISTER_SCHEMA, [path], "register")
        with pytest.raises(InputError) as caught:
            require_unique(connection, table, "personal_id")
        assert (caught.value.row, caught.value.line) == (3, 4)
        assert f"{path}, row 1 (line 2)" in str(caught.value)
        assert "001093012345" not in str(caught.value)

    @pytest.mark.parametrize("empty", ["", '""'])
    def test_an_empty_key(
        self, connection: duckdb.DuckDBPyConnection, tmp_path: Path, empty: str
    ) -> None:
        path = csv_of(tmp_path / "a.csv", 9, {4: f"{empty},1,An,1993,M"})
        error = refusal(connection, path)
        assert (error.file, error.row, error.column) == (str(path), 4, "person_id")
        assert "empty" in str(error)

    def test_keys_that_differ_in_bytes_are_different(
        self, connection: duckdb.DuckDBPyConnection, tmp_path: Path
    ) -> None:
        keys = ["a", "A", "a ", "á", "a\u0301", "01", "1", "1.0", "null"]
        path = parquet_of(tmp_path / "a.parquet", len(keys), person_id=keys)
        assert require_unique(connection, opened(connection, path), "person_id") == len(keys)

    def test_inside_a_transaction_and_for_doses(
        self, connection: duckdb.DuckDBPyConnection, tmp_path: Path
    ) -> None:
        header = ",".join(DOSES_SCHEMA.names)
        path = write_csv(tmp_path / "d.csv", header, "d1,p1,1,V,L,2021-09-01,F", "d1,p1,2,V,L,,F")
        connection.execute("begin")
        table = open_table(connection, DOSES_SCHEMA, [path], "doses")
        with pytest.raises(InputError, match='"d1" stands here'):
            require_unique(connection, table, "dose_id")
        connection.execute("rollback")

    @settings(max_examples=40)
    @given(
        keys=st.lists(
            st.text(string.ascii_letters + "đễ '\"%_", min_size=1, max_size=2), max_size=40
        )
    )
    def test_it_agrees_with_counting(
        self, tmp_path_factory: pytest.TempPathFactory, keys: list[str]
    ) -> None:
        path = tmp_path_factory.mktemp("keys") / "a.parquet"
        parquet_of(path, len(keys), person_id=pa.array(keys, pa.string()))
        with duckdb.connect() as connection:
            table = opened(connection, path)
            if len(set(keys)) == len(keys):
                assert require_unique(connection, table, "person_id") == len(keys)
                return
            with pytest.raises(InputError) as caught:
                require_unique(connection, table, "person_id")
            least = min((k for k in keys if keys.count(k) > 1), key=lambda k: k.encode())
            places = [place for place, key in enumerate(keys, 1) if key == least]
            assert caught.value.row == places[1]
            assert f'the key "{least}" stands here and in {path}, row {places[0]}' in str(
                caught.value
            )
