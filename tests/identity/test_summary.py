"""The summary counts every record once, shows no small count of a commune, and needs no network."""

from __future__ import annotations

import json
import re
import stat
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lamsach.identity.summary import write_summary
from lamsach.identity.summary_page import render_page
from lamsach.identity.units import communes, province_of
from lamsach.identity.wording import DIFFERENCES, OUTCOMES

META = {
    "started_at": "2022-04-25T08:00:00",
    "inputs": {
        "persons": {"paths": ["/secret/place/persons.parquet"], "rows": 5},
        "register": {"paths": ["/secret/place/<register>.parquet"], "rows": 1234567},
    },
    "options": {"units": "2022", "threshold": 0.995},
    "versions": {"lamsach": "0.1.0", "rules": "1"},
    "stages": [{"name": "decide", "seconds": 1.25, "peak_memory_bytes": 2**30}],
    "seconds": 1.5,
    "peak_memory_bytes": 2**30,
}
# (province, commune, outcome, id_status, differences), how many records
Group = tuple[tuple[str | None, str | None, str, str, list[str]], int]
GROUPS: list[Group] = [
    (("70", "25195", "authenticated", "well_formed", []), 400),
    (("70", "25195", "correctable", "malformed", ["name.accents", "personal_id.digit"]), 90),
    (("70", "25195", "correctable", "well_formed", ["birth_date.day"]), 4),
    (("70", "25195", "unmatched", "missing", []), 3),
    (("70", "25198", "authenticated", "well_formed", []), 300),
    (("70", "25198", "correctable", "missing", ["personal_id.missing"]), 60),
    (("70", "25198", "ambiguous", "missing", []), 11),
    (("70", "25201", "authenticated", "well_formed", []), 6),
    (("01", "00001", "authenticated", "well_formed", []), 120),
    (("01", "00004", "exempt", "missing", []), 25),
    (("01", "00004", "correctable", "well_formed", ["sex"]), 14),
    # a commune of another province, a code that does not exist, nothing given
    (("01", "25195", "unmatched", "well_formed", []), 10),
    (("999", "Nhà ông Ba", "unmatched", "malformed", []), 2),
    ((None, None, "authenticated", "well_formed", []), 1),
]


def make_run(folder: Path, groups: list[Group]) -> tuple[duckdb.DuckDBPyConnection, Path]:
    rows = [row for row, n in groups for _ in range(n)]
    keys = [f"{k:032x}" for k in range(len(rows))]
    con = duckdb.connect()
    persons = pa.table(
        {
            "person_id": keys,
            "province_code": [row[0] for row in rows],
            "commune_code": [row[1] for row in rows],
        }
    )
    con.register("persons", persons)
    results = pa.table(
        {
            "person_id": keys,
            "outcome": [row[2] for row in rows],
            "id_status": [row[3] for row in rows],
            "differences": pa.array([row[4] for row in rows], pa.list_(pa.string())),
        }
    )
    pq.write_table(results, folder / "results.parquet")
    return con, folder / "results.parquet"


@pytest.fixture
def summary(tmp_path: Path) -> dict[str, Any]:
    con, results = make_run(tmp_path, GROUPS)
    write_summary(
        con, results, "persons", tmp_path / "summary.json", tmp_path / "summary.html", META
    )
    read: dict[str, Any] = json.loads((tmp_path / "summary.json").read_text(encoding="utf-8"))
    read["page"] = (tmp_path / "summary.html").read_text(encoding="utf-8")
    return read


def province(summary: dict[str, Any], code: str) -> dict[str, Any]:
    (found,) = [row for row in summary["provinces"] if row["code"] == code]
    return dict(found)


def test_every_record_is_counted_once(summary: dict[str, Any]) -> None:
    total = sum(n for _, n in GROUPS)
    assert summary["rows"] == total
    assert sum(summary["outcomes"].values()) == total
    assert sum(summary["id_status"].values()) == total
    assert sum(row["rows"] for row in summary["provinces"]) == total
    assert sum(sum(row["outcomes"].values()) for row in summary["provinces"]) == total
    assert summary["outcomes"] == {
        "authenticated": 827,
        "correctable": 168,
        "ambiguous": 11,
        "unmatched": 15,
        "exempt": 25,
    }
    assert summary["outcomes_by_id_status"]["missing"]["correctable"] == 60
    assert summary["differences"]["name.accents"] == 90
    assert summary["differences"]["sex"] == 14
    assert list(summary["differences"]) == list(DIFFERENCES), "every code, in the contract's order"


def test_provinces_are_whole_and_named(summary: dict[str, Any]) -> None:
    assert [row["code"] for row in summary["provinces"]] == ["", "01", "70"]
    assert province(summary, "70")["name"] == "Bình Phước"
    assert province(summary, "70")["outcomes"]["unmatched"] == 3
    assert province(summary, "70")["differences"]["birth_date.day"] == 4
    assert province(summary, "")["rows"] == 3, "unknown codes and none at all are one pile"


def test_no_small_count_of_a_commune_is_written(summary: dict[str, Any]) -> None:
    for row in summary["communes"]:
        counts = [row["rows"], *row["outcomes"].values(), *row["id_status"].values()]
        counts += row["differences"].values()
        assert all(n is None or n >= 10 for n in counts), row
    shown = {row["code"]: row for row in summary["communes"]}
    assert "25201" not in shown, "a commune of six records is part of the rest"
    assert shown["25195"]["outcomes"]["unmatched"] is None
    assert shown["25195"]["name"] == "Phường Tân Phú, Thành phố Đồng Xoài, Bình Phước"
    assert "birth_date.day" not in shown["25195"]["differences"]


def test_what_is_hidden_cannot_be_worked_out_from_the_province(summary: dict[str, Any]) -> None:
    whole = province(summary, "70")
    rows = [row for row in summary["communes"] if row["province"] == "70"]
    assert sum(row["rows"] for row in rows) == whole["rows"]
    for kind in ("outcomes", "id_status"):
        for key in whole[kind]:
            assert sum(row[kind][key] is None for row in rows) != 1
        for row in rows:
            assert list(row[kind].values()).count(None) != 1
    for code in whole["differences"]:
        assert sum(code not in row["differences"] for row in rows) != 1


def test_counts_handed_in_give_the_same_summary(tmp_path: Path, summary: dict[str, Any]) -> None:
    con, results = make_run(tmp_path, GROUPS)
    by = "province_code, commune_code"
    joined = "read_parquet(?) join persons using (person_id)"
    counts = con.sql(
        f"select {by}, outcome, id_status, count(*) as n from {joined} group by all",
        params=[str(results)],
    ).to_arrow_table()
    codes = con.sql(
        f"select {by}, unnest(differences) as code, 1 as n from {joined}", params=[str(results)]
    ).to_arrow_table()
    out = (tmp_path / "2.json", tmp_path / "2.html")
    con.unregister("persons")
    write_summary(con, results, "persons", *out, META, counts=counts, codes=codes)
    again = json.loads(out[0].read_text(encoding="utf-8"))
    assert again == {key: value for key, value in summary.items() if key != "page"}
    assert out[1].read_text(encoding="utf-8") == summary["page"]


def test_codes_by_province_alone_are_enough(tmp_path: Path) -> None:
    con, results = make_run(tmp_path, GROUPS)
    codes = pa.table({"code": ["sex"], "province_code": ["01"], "n": [14]})
    out = (tmp_path / "2.json", tmp_path / "2.html")
    summary = write_summary(con, results, "persons", *out, META, codes=codes)
    assert summary["differences"]["sex"] == 14
    assert all(row["differences"] == {} for row in summary["communes"] if row["code"])


def test_the_health_side_learns_answers_and_nothing_else(tmp_path: Path) -> None:
    con, results = make_run(tmp_path, GROUPS)
    health = con.sql(
        "select person_id, if(outcome = 'authenticated', 'right', 'wrong') as answer, id_status"
        " from read_parquet(?)",
        params=[str(results)],
    ).to_arrow_table()
    pq.write_table(health, results)
    out = (tmp_path / "summary.json", tmp_path / "summary.html")
    summary = write_summary(con, results, "persons", *out, META)
    assert summary["side"] == "health"
    assert summary["answers"] == {"right": 827, "wrong": 219, "not_checkable": 0, "exempt": 0}
    told = out[0].read_text(encoding="utf-8") + out[1].read_text(encoding="utf-8")
    for word in ("correctable", "ambiguous", "unmatched", "differences", "name.accents"):
        # The page's style names the colours of both sides' answers.
        assert word not in re.sub(r"<style>.*?</style>", "", told, flags=re.DOTALL), word
    assert "register.parquet" not in told
    assert summary["inputs"].keys() == {"persons"}


def test_rows_that_a_csv_does_not_tell_are_those_answered(tmp_path: Path) -> None:
    con, results = make_run(tmp_path, GROUPS)
    out = (tmp_path / "summary.json", tmp_path / "summary.html")
    meta = {"inputs": {"persons": {"paths": ["p.csv"], "rows": None}}}
    summary = write_summary(con, results, "persons", *out, meta)
    assert summary["inputs"]["persons"]["rows"] == summary["rows"] == sum(n for _, n in GROUPS)


class Page(HTMLParser):
    """What a page is made of: its tags, its attributes, its text by language."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.open: list[str] = []
        self.said: list[str] = []
        self.feed(text)
        assert self.open == [], "every tag is closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in ("meta", "input", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.said.append(data)


def test_the_page_is_one_file_without_script_or_network(summary: dict[str, Any]) -> None:
    page = Page(summary["page"])
    assert "script" not in page.tags
    names = {name for name, _ in page.attributes}
    assert not names & {"src", "href", "style", "srcset", "action", "data"}
    assert not any(name.startswith("on") for name in names)
    assert not re.search(r"url\(|@import|https?:", summary["page"])
    assert "default-src 'none'; style-src 'sha256-" in summary["page"]
    assert len(summary["page"].encode()) < 300_000


def test_the_page_shows_no_small_count_and_no_path(summary: dict[str, Any]) -> None:
    page = Page(summary["page"])
    text = " ".join(page.said)
    assert "/secret" not in text
    assert "<register>.parquet" in text, "what comes from outside is escaped"
    table = summary["page"][summary["page"].index("Theo tỉnh, thành phố") :]
    table = table[: table.index("Thời gian")]
    cells = re.findall(r"<td>(?:<n-v>)?([\d.]+)(?=<| )", table)
    assert cells
    assert all(int(cell.replace(".", "")) >= 10 for cell in cells)


def test_the_page_speaks_both_languages(summary: dict[str, Any]) -> None:
    text = " ".join(Page(summary["page"]).said)
    assert "1.046 hồ sơ gửi đối chiếu" in text
    assert "1,046 records were sent" in text
    assert "1.234.567" in text
    assert "1,234,567" in text
    assert "0,995" in text
    vietnamese = len(re.findall('lang="vi"', summary["page"]))
    assert vietnamese == len(re.findall('lang="en"', summary["page"])) + 1, "the page itself is vi"


def test_an_empty_run_has_a_page(tmp_path: Path) -> None:
    con, results = make_run(tmp_path, [])
    results.unlink()
    columns = {"person_id": [], "outcome": [], "id_status": []}
    empty = pa.table({k: pa.array(v, pa.string()) for k, v in columns.items()})
    empty = empty.append_column("differences", pa.array([], pa.list_(pa.string())))
    pq.write_table(empty, results)
    out = (tmp_path / "summary.json", tmp_path / "summary.html")
    summary = write_summary(con, results, "persons", *out, {})
    assert summary["rows"] == 0
    assert json.loads(out[0].read_text(encoding="utf-8"))["provinces"] == []
    assert "There was no record to compare." in out[1].read_text(encoding="utf-8")


def test_a_nation_stays_one_small_page(tmp_path: Path) -> None:
    groups: list[Group] = []
    for k, commune in enumerate(communes()):
        where = (province_of(commune), commune)
        codes = list(DIFFERENCES)[k % 26 :][:3]
        groups += [((*where, "authenticated", "well_formed", []), 7000 + k)]
        groups += [((*where, "correctable", "well_formed", codes), 12 + k % 3000)]
        groups += [((*where, name, "missing", []), k % 40) for name in list(OUTCOMES)[2:]]
    counts = pa.Table.from_pylist(
        [
            dict(zip(("province_code", "commune_code", "outcome", "id_status"), row, strict=False))
            | {"n": n}
            for row, n in groups
        ]
    )
    codes_table = pa.Table.from_pylist(
        [
            {"province_code": row[0], "commune_code": row[1], "code": code, "n": n}
            for row, n in groups
            for code in row[4]
        ]
    )
    con, results = make_run(tmp_path, GROUPS)
    out = (tmp_path / "summary.json", tmp_path / "summary.html")
    summary = write_summary(con, results, "persons", *out, META, counts=counts, codes=codes_table)
    assert len(summary["communes"]) == 10_599
    assert out[1].stat().st_size < 300_000
    assert Page(out[1].read_text(encoding="utf-8")).tags.count("details") == 63


def test_the_page_is_made_from_the_json_alone(summary: dict[str, Any]) -> None:
    page = summary.pop("page")
    assert render_page(summary) == page


def test_the_json_is_one_line_a_place(tmp_path: Path, summary: dict[str, Any]) -> None:
    text = (tmp_path / "summary.json").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.startswith("    {")]
    assert len(lines) >= len(summary["provinces"]) + len(summary["communes"])
    assert not stat.S_IMODE((tmp_path / "summary.json").stat().st_mode) & stat.S_IXUSR
