"""A sheet says of one record what differs, who the rivals are and who acts."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamsach.identity.errors import InputError
from lamsach.identity.explain import compare_fields, differing, explain, printable
from lamsach.identity.explain_sheet import WIDTH, columns_of, masked, plain, render

REGISTER = [
    # personal_id, previous_id, full_name, birth_date, sex, province, district, commune
    ("070163001234", "285123456", "Nguyễn Văn Đức", "1963-12-03", "M", "70", "689", "25195"),
    ("070063009876", "", "Nguyễn Văn Đức", "1963-12-04", "M", "70", "689", "25198"),
    ("001190000017", "", "Trần Thị Thu Hà", "1990-02-10", "F", "01", "001", "00001"),
]
PERSONS = [
    # person_id, personal_id, full_name, birth_date, sex, province, district, commune
    ("wrong", "70163001234", "NGUYEN VAN DUC", "12/03/1963", "Nam", "70", "689", "25195"),
    ("right", "001190000017", "Trần Thị Thu Hà", "1990-02-10", "F", "01", "001", "00001"),
    ("several", "", "Nguyễn Văn Đức", "1963", "M", "70", "", ""),
    ("nobody", "0912345678", "Ngô Thị\x1b[31m Mận", "", "", "", "", ""),
    ("foreign", "", "John Smith", "1980-01-02", "M", "", "", ""),
]
RESULTS: list[tuple[Any, ...]] = [
    (
        "wrong",
        "correctable",
        "malformed",
        "070163001234",
        0.9997,
        ["name.accents", "birth_date.day_month_swapped", "personal_id.leading_zero"],
        1,
    ),
    ("right", "authenticated", "well_formed", "001190000017", 1.0, [], 0),
    ("several", "ambiguous", "missing", None, None, [], 2),
    ("nobody", "unmatched", "malformed", None, None, [], 0),
    ("foreign", "exempt", "missing", None, None, [], 0),
]
CANDIDATES: list[tuple[Any, ...]] = [
    ("wrong", "070063009876", 0.0002, ["name.accents", "birth_date.other"]),
    ("wrong", "070163001234", 0.9997, RESULTS[0][5]),
    ("several", "070063009876", 0.48, ["birth_date.year_only", "personal_id.missing"]),
    ("several", "070163001234", 0.51, ["birth_date.year_only", "personal_id.missing"]),
]
_RESIDENCE = ["province_code", "district_code", "commune_code"]


def write_csv(file: Path, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    with file.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows([columns, *rows])


def write_parquet(file: Path, columns: dict[str, pa.DataType], rows: Sequence[Any]) -> None:
    schema = pa.schema(list(columns.items()))
    data = [dict(zip(columns, row, strict=True)) for row in rows]
    pq.write_table(pa.Table.from_pylist(data, schema), file)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A finished run of the register's side, with its inputs beside it."""
    persons, register, out = tmp_path / "persons.csv", tmp_path / "register.csv", tmp_path / "out"
    out.mkdir()
    four = ["full_name", "birth_date", "sex"]
    write_csv(persons, ["person_id", "personal_id", *four, *_RESIDENCE], PERSONS)
    write_csv(register, ["personal_id", "previous_id", *four, *_RESIDENCE], REGISTER)
    codes = pa.list_(pa.string())
    write_parquet(
        out / "results.parquet",
        {
            "person_id": pa.string(),
            "outcome": pa.string(),
            "id_status": pa.string(),
            "matched_personal_id": pa.string(),
            "probability": pa.float64(),
            "differences": codes,
            "rivals": pa.int32(),
        },
        RESULTS,
    )
    write_parquet(
        out / "candidates.parquet",
        {
            "person_id": pa.string(),
            "personal_id": pa.string(),
            "probability": pa.float64(),
            "differences": codes,
        },
        CANDIDATES,
    )
    summary = {
        "side": "police",
        "units": "2022",
        "started_at": "2022-04-25T08:00:00",
        "options": {"threshold": 0.99},
        "inputs": {
            "persons": {"paths": [str(persons)], "rows": len(PERSONS)},
            "register": {"paths": [str(register)], "rows": len(REGISTER)},
        },
    }
    (out / "summary.json").write_text(json.dumps(summary), encoding="utf-8")
    return out


def test_a_correctable_record_stands_beside_its_proposal(run: Path) -> None:
    explanation = explain("wrong", run)
    (proposal,) = explanation.proposals
    assert proposal.personal_id == "070163001234"
    assert list(proposal.codes) == RESULTS[0][5]
    (other,) = explanation.others
    assert other.personal_id == "070063009876"
    assert proposal.total > other.total
    texts = {field.field: (field.typed, field.register) for field in proposal.fields}
    assert texts["birth_date"] == ("12/03/1963", "03/12/1963")
    assert texts["residence"][0] == "Phường Tân Phú, Thành phố Đồng Xoài, Bình Phước"


def test_the_sheet_says_it_in_words(run: Path) -> None:
    sheet = render(explain("wrong", run))
    for said in (
        "│ thiếu dấu ",
        "│ đảo ngày/tháng ",
        "│ mất số 0 ở đầu ",
        "Xác suất đúng người: 99,97 %, rất chắc (cứ 3.000 đề xuất",
        "Còn 1 người khác có thể trùng",
        "070······876",
        "Công an xã nơi thường trú xem và xác nhận",
    ):
        assert said in sheet
    assert "070063009876" not in sheet, "a rival's number is masked"
    english = render(explain("wrong", run), "en")
    assert "│ marks missing " in english
    assert "99.97%" in english


def test_letters_that_differ_are_underlined(run: Path) -> None:
    lines = render(explain("wrong", run)).splitlines()
    at = next(k for k, line in enumerate(lines) if "12/03/1963" in line)
    assert lines[at].index("12/03/1963") == lines[at + 1].index("^")
    assert lines[at + 1].count("^") == 8, "both digits of day and month, on either side"


def test_an_ambiguous_record_shows_its_candidates_masked_and_best_first(run: Path) -> None:
    explanation = explain("several", run)
    assert [p.personal_id for p in explanation.proposals] == ["070163001234", "070063009876"]
    sheet = render(explanation)
    assert "070163001234" not in sheet
    assert "070······234" in sheet
    assert "máy không đề xuất" in sheet
    assert sheet.index("51,0 %") < sheet.index("48,0 %")


def test_an_authenticated_record_has_nothing_to_do(run: Path) -> None:
    sheet = render(explain("right", run))
    assert "KẾT QUẢ: ĐÚNG" in sheet
    assert "Không có ai khác trùng." in sheet
    assert "Không phải làm gì thêm." in sheet


@pytest.mark.parametrize("person_id", ["nobody", "foreign"])
def test_without_a_candidate_the_sheet_shows_what_was_typed(run: Path, person_id: str) -> None:
    explanation = explain(person_id, run)
    assert explanation.proposals == ()
    sheet = render(explanation)
    assert explanation.typed["full_name"] in sheet
    assert "\x1b" not in sheet, "typed text cannot steer the terminal"


@pytest.mark.parametrize("person_id", [row[0] for row in PERSONS])
@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_line_fills_the_sheet(run: Path, person_id: str, language: Any) -> None:
    explanation = explain(person_id, run)
    for encoding in ("utf-8", "ascii"):
        sheet = render(explanation, language, encoding=encoding)
        assert {columns_of(line) for line in sheet.splitlines()} == {WIDTH}
        assert sheet.isascii() == (encoding == "ascii")


def test_without_candidates_the_match_alone_is_explained(run: Path) -> None:
    (run / "candidates.parquet").unlink()
    explanation = explain("wrong", run)
    assert [p.personal_id for p in explanation.proposals] == ["070163001234"]
    assert list(explanation.proposals[0].codes) == RESULTS[0][5]
    assert explanation.others == ()


def test_an_unknown_record_is_named(run: Path) -> None:
    with pytest.raises(InputError, match="there is no record stranger in this run"):
        explain("stranger", run)


def test_a_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no finished run"):
        explain("wrong", tmp_path)
    (tmp_path / "summary.json").write_text("{", encoding="utf-8")
    with pytest.raises(InputError, match="is no summary of a run"):
        explain("wrong", tmp_path)


def test_the_health_side_is_told_that_proposals_are_not_here(tmp_path: Path) -> None:
    (tmp_path / "summary.json").write_text('{"side": "health"}', encoding="utf-8")
    with pytest.raises(InputError, match="kept on the register's side only"):
        explain("wrong", tmp_path)


@pytest.mark.parametrize(
    ("name", "known_as", "rows"), [("persons.csv", "persons", 1), ("register.csv", "register", 0)]
)
def test_inputs_that_changed_since_the_run_are_noticed(
    run: Path, name: str, known_as: str, rows: int
) -> None:
    file = run.parent / name
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    file.write_text("".join([lines[0], *lines[2 : 2 + rows]]), encoding="utf-8")
    with pytest.raises(InputError, match=f"the {known_as} are no longer those of this run"):
        explain("wrong", run)


@pytest.mark.parametrize("name", ["results.parquet", "candidates.parquet"])
def test_a_damaged_file_of_the_run_is_named(run: Path, name: str) -> None:
    (run / name).write_bytes(b"PAR1")
    with pytest.raises(InputError, match=f"{name}: cannot be read"):
        explain("wrong", run)


def test_an_input_that_is_gone_is_named(run: Path) -> None:
    (run.parent / "register.csv").unlink()
    with pytest.raises(InputError, match=r"register\.csv"):
        explain("wrong", run)


def test_without_a_run_the_comparison_gives_its_own_codes() -> None:
    typed = {
        "full_name": "Nguyen Van Duc",
        "birth_date": "1963",
        "sex": "",
        "personal_id": "285123456",
    }
    register = {
        "full_name": "Nguyễn Văn Đức",
        "birth_date": "1963-12-03",
        "sex": "M",
        "personal_id": "070163001234",
        "previous_id": "285123456",
    }
    codes = [code for field in compare_fields(typed, register) for code in field.codes]
    assert codes == [
        "name.accents",
        "birth_date.year_only",
        "sex.missing",
        "personal_id.previous_id",
    ]


@given(st.text(max_size=40), st.text(max_size=40))
def test_what_is_not_marked_is_the_same(typed: str, register: str) -> None:
    ours, theirs = differing(typed, register)

    def unmarked(text: str, spans: tuple[tuple[int, int], ...]) -> str:
        return "".join(c for k, c in enumerate(text) if not any(a <= k < b for a, b in spans))

    assert unmarked(typed, ours).lower() == unmarked(register, theirs).lower()
    assert all(a < b <= len(typed) for a, b in ours)
    assert all(a < b <= len(register) for a, b in theirs)


@given(st.text(max_size=300))
def test_typed_text_is_safe_to_print(text: str) -> None:
    shown = printable(text)
    assert shown.isprintable()
    assert len(shown) <= 150
    assert printable(shown) == shown


@given(st.text(alphabet="0123456789", min_size=9, max_size=12))
def test_a_masked_number_keeps_its_length_and_its_ends(number: str) -> None:
    shown = masked(number)
    assert len(shown) == len(number)
    assert shown[:3] + shown[-3:] == number[:3] + number[-3:]
    assert set(shown[3:-3]) == {"·"}


@given(st.text(max_size=60))
def test_plain_text_is_ascii(text: str) -> None:
    assert plain(text).isascii()
