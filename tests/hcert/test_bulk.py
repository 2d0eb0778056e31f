"""Bulk issue: a row's answer is what issuing that row alone gives."""

from __future__ import annotations

import functools
from collections import Counter
from datetime import timedelta
from typing import Any

import pyarrow as pa
import pytest
from hcert_making import NOW, Dsc, make_dsc
from hypothesis import given, settings
from hypothesis import strategies as st

from lamsach.hcert import bulk
from lamsach.hcert.bulk import COLUMNS, RESULTS, issue_many
from lamsach.hcert.decode import decode
from lamsach.hcert.errors import IssueError
from lamsach.hcert.issue import Issuer
from lamsach.hcert.uvci import new_uvci
from lamsach.hcert.verify import verify

GOOD: dict[str, Any] = {
    "fn": "Nguyễn",
    "fnt": None,
    "gn": "Bảo Duy",
    "gnt": None,
    "dob": "1989-01-02",
    "tg": "840539006",
    "vp": "1157024006",
    "mp": "BBIBP-CorV",
    "ma": "ORG-100020693",
    "dn": 2,
    "sd": 2,
    "dt": "2021-10-01",
    "co": "VN",
    "is": "Cục Y tế dự phòng",
    "ci": None,
}
SCHEMA = pa.schema(
    [(name, pa.int64() if name in ("dn", "sd") else pa.string()) for name in COLUMNS]
)


def opener(dsc: Dsc) -> Any:
    return functools.partial(Issuer.from_pem, dsc.key_pem, dsc.der)


def issued(dsc: Dsc, rows: list[dict[str, Any]], **options: Any) -> list[dict[str, Any]]:
    table = pa.Table.from_pylist([{**GOOD, **row} for row in rows], schema=SCHEMA)
    answer = issue_many(table, opener(dsc), **{"issued_at": NOW, **options})
    assert answer.schema == RESULTS
    return answer.to_pylist()


def alone(dsc: Dsc, row: dict[str, Any]) -> dict[str, Any] | str:
    """The payload that issuing one certificate gives, or the code of its refusal."""
    fields = {k: v for k, v in {**GOOD, **row}.items() if v is not None}
    fields = {
        k: v for k, v in fields.items() if v != "" or k not in ("fn", "gn", "fnt", "gnt", "ci")
    }
    payload: dict[str, Any] = {
        "ver": "1.3.3",
        "nam": {k: v for k, v in fields.items() if k in ("fn", "fnt", "gn", "gnt")},
        "v": [{k: v for k, v in fields.items() if k not in ("fn", "fnt", "gn", "gnt", "dob")}],
    }
    if "dob" in fields:
        payload["dob"] = fields["dob"]
    try:
        made = opener(dsc)().issue(payload, issued_at=NOW).payload
    except IssueError as error:
        return error.code
    return made


def without_identifier(payload: Any) -> Any:
    if isinstance(payload, dict):
        return {**payload, "v": [{k: v for k, v in payload["v"][0].items() if k != "ci"}]}
    return payload


def agree(dsc: Dsc, rows: list[dict[str, Any]]) -> None:
    for row, answer in zip(rows, issued(dsc, rows), strict=True):
        one = alone(dsc, row)
        if answer["code"] is not None:
            assert answer["code"] == one
            assert answer["hc1"] is answer["ci"] is None
            assert answer["message_vi"]
            assert answer["message_en"]
            continue
        result = verify(answer["hc1"], dsc.trust, at=NOW)
        assert result.valid
        assert isinstance(one, dict)
        assert without_identifier(result.certificate) == without_identifier(one)
        assert result.certificate is not None
        assert result.certificate["v"][0]["ci"] == answer["ci"]
        if row.get("ci"):
            assert answer["ci"] == row["ci"]


ROWS: list[dict[str, Any]] = [
    {},
    {"gn": "Thị Ánh"},
    {"fn": "Đặng", "gn": None},
    {"fn": None, "gn": "Y"},
    {"fn": "", "gn": "Y"},
    {"fn": None, "gn": None},
    {"fn": "Nguyễn", "fnt": "NGUYEN"},
    {"fn": "Nguyễn", "fnt": "NGUYENN"},
    {"fn": None, "fnt": "NGUYEN"},
    {"fn": "Nguyễn "},
    {"gn": "😀", "fn": None},
    {"gn": "Nguyễn"},
    {"dob": ""},
    {"dob": "1963"},
    {"dob": "2021-10", "dt": "2021-10-01"},
    {"dob": "2021-10-02"},
    {"dob": "2021"},
    {"dob": "2022"},
    {"dob": "1963-13"},
    {"dob": None},
    {"dt": "2022-04-30"},
    {"dt": "2021-02-30"},
    {"dt": "2020-01-01"},
    {"dt": None},
    {"mp": "EU/1/20/1528"},
    {"mp": "EU/1/20/1528", "ma": "ORG-100030215", "vp": "1119349007"},
    {"mp": "EU/1/20/1528", "ma": "ORG-100030215", "vp": "1119349007", "dn": 3, "sd": 3},
    {"dn": 0},
    {"dn": None},
    {"co": "XX"},
    {"is": "x" * 81},
    {"ci": new_uvci("VN")},
    {"ci": "URN:UVCI:01:VN:AB12"},
    {"ci": "short"},
    {"ci": "URN:UVCI:01:NL:187/37512422923#A"},
    {"ci": "x" * 81},
    {"ci": " URN:UVCI:01:VN:AB12"},
    {"ci": "số"},
    {},
]


def test_every_row_as_if_it_were_alone(es256: Dsc) -> None:
    agree(es256, ROWS)
    agree(es256, ROWS[::-1])


def test_with_either_algorithm(dsc: Dsc) -> None:
    agree(dsc, [{}, {"gn": "An"}, {"dn": 0}])


PIECES = st.fixed_dictionaries(
    {},
    optional={
        "fn": st.sampled_from(["Nguyễn", "Lê", "", None, "Ơ", "lê ", "Ê-ban"]),
        "fnt": st.sampled_from([None, "", "NGUYEN", "LE", "A B"]),
        "gn": st.sampled_from(["An", None, "H'Hen", "Bảo  Duy", "A\u0301n"]),
        "gnt": st.sampled_from([None, "AN", "HHEN"]),
        "dob": st.sampled_from(["", "1963", "2021-10-02", "2021-10", "2021", "1963-5", None]),
        "dt": st.sampled_from(["2021-10-01", "2021-10-02", "2021-09-30", "2023-01-01", "x", None]),
        "dn": st.integers(0, 4),
        "sd": st.integers(1, 3),
        "mp": st.sampled_from(["BBIBP-CorV", "WIBP-CorV", "EU/1/20/1525"]),
        "ci": st.sampled_from([None, "URN:UVCI:01:VN:AB12", "URN:UVCI:01:VN:AB12#A", "a b"]),
    },
)


@settings(max_examples=30)
@given(st.lists(PIECES, min_size=1, max_size=12))
def test_the_shortcuts_never_decide_otherwise(es256: Dsc, rows: list[dict[str, Any]]) -> None:
    agree(es256, [{}, *rows])


def test_rows_of_one_template_take_the_short_way(
    es256: Dsc, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One full judgement and rehearsal a template, and a rehearsal of a random sample."""
    done: Counter[str] = Counter()

    def count(name: str) -> None:
        method = getattr(Issuer, name)

        def counted(*arguments: Any) -> None:
            done[name] += 1
            method(*arguments)

        monkeypatch.setattr(Issuer, name, counted)

    count("judge")
    count("rehearse")
    monkeypatch.setattr(bulk.random, "random", lambda: 1.0)
    rows = [{"gn": f"An {letter}", "dn": dn} for letter in "ABCDEFGH" for dn in (1, 2)]
    issued(es256, rows)
    assert done == {"judge": 2, "rehearse": 2}
    monkeypatch.setattr(bulk.random, "random", lambda: 0.0)
    issued(es256, rows)
    assert done == {"judge": 4, "rehearse": 2 + len(rows)}


def test_identifiers_differ(es256: Dsc) -> None:
    found = [answer["ci"] for answer in issued(es256, [{}] * 200)]
    assert len(set(found)) == 200


def test_several_processes_answer_in_order(es256: Dsc, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "_CHUNK", 7)
    rows = [{"gn": f"An {'ABCDE'[at % 5]}", "dn": 0 if at % 9 == 0 else 2} for at in range(60)]
    answers = issued(es256, rows, processes=2)
    for row, answer in zip(rows, answers, strict=True):
        if row["dn"] == 0:
            assert answer["code"] == "dose.number"
        else:
            assert decode(answer["hc1"])["certificate"]["nam"]["gn"] == row["gn"]


def test_columns_as_lists_and_columns_left_out(es256: Dsc) -> None:
    columns = {k: [v] * 3 for k, v in GOOD.items() if v is not None} | {"other": [1, 2, 3]}
    answer = issue_many(columns, opener(es256), issued_at=NOW, expires_at=NOW + timedelta(days=9))
    assert answer.column("code").null_count == 3
    claims = decode(answer.column("hc1")[0].as_py())["claims"]
    assert claims["4"] - claims["6"] == 9 * 86_400


def test_no_rows(es256: Dsc) -> None:
    assert issued(es256, []) == []


def test_what_concerns_every_row_is_raised() -> None:
    dsc = make_dsc()
    columns = {k: [v] for k, v in GOOD.items() if v is not None and k not in ("mp", "ma")}
    with pytest.raises(IssueError, match="columns mp, ma are missing"):
        issue_many(columns, opener(dsc))
    with pytest.raises(IssueError, match=r"validity\.too_long"):
        issued(dsc, [{}], expires_at=NOW + timedelta(days=400))
