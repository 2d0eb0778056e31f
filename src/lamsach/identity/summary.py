"""Summary (tổng hợp): the counts of a run, as `summary.json`, and as `summary.html` for people.

Counted in DuckDB, set-based; the page is made from the same figures by `summary_page`. Figures by
province are whole in the JSON; those by commune never show, nor let anyone work out, a count under
ten (see `suppression`). Must not know how answers came about, and holds nobody's data.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow as pa

from lamsach.identity.summary_page import render_page
from lamsach.identity.suppression import SMALLEST_SHOWN, hidden_cells, hidden_in_columns, together
from lamsach.identity.units import (
    Catalogue,
    communes,
    place_name,
    province_of,
    provinces,
    short_name,
)
from lamsach.identity.wording import ANSWERS, DIFFERENCES, ID_STATUS, OUTCOMES

FORMAT: Final = 1
# Where a residence is not given, or not in the catalogue of the run.
NOWHERE: Final = ""

Counts = dict[str, int]
Table = dict[str, Counts]


def write_summary(
    con: duckdb.DuckDBPyConnection,
    results: Path,
    persons_view: str,
    out_json: Path,
    out_html: Path,
    meta: Mapping[str, Any],
    *,
    counts: pa.Table | None = None,
    codes: pa.Table | None = None,
) -> dict[str, Any]:
    """Write `summary.json` and `summary.html` of a run; returns what the JSON holds.

    `results` is the run's results.parquet (either side's form), `persons_view` a table or view
    with `person_id`, `province_code` and `commune_code`. Who has the counts already gives them and
    spares the join: `counts` with province_code, commune_code, outcome (or answer), id_status, n;
    `codes` with code, province_code, n and, if at hand, commune_code.

    `meta` is written as it is, beside the counts: `inputs` ({"persons": {"paths": [...], "rows":
    n}, "register": ...}), `options` (with `units`, the catalogue of the unit codes), `versions`,
    `stages` (a list of {"name", "seconds", "peak_memory_bytes"}), `seconds`, `peak_memory_bytes`,
    `started_at`.
    """
    side = "health" if "answer" in _columns(con, results) else "police"
    catalogue: Catalogue = "2025" if meta.get("options", {}).get("units") == "2025" else "2022"
    where = _Places(con, catalogue)
    if counts is None:
        counts = _count_answers(con, results, persons_view, side)
    if codes is None and side == "police":
        codes = _count_codes(con, results, persons_view)
    answers = where.fold(counts, "answer" if side == "health" else "outcome", "id_status")
    differences = where.fold(codes, "code") if codes is not None else []
    summary = _summary(answers, differences, side, catalogue, meta)
    out_json.write_text(_json(summary), encoding="utf-8")
    out_html.write_text(render_page(summary), encoding="utf-8")
    return summary


def _columns(con: duckdb.DuckDBPyConnection, results: Path) -> set[str]:
    rows = con.execute("select name from parquet_schema(?)", [str(results)]).fetchall()
    return {name for (name,) in rows}


def _count_answers(
    con: duckdb.DuckDBPyConnection, results: Path, persons_view: str, side: str
) -> pa.Table:
    answer = "answer" if side == "health" else "outcome"
    return con.sql(
        f"""
        select p.province_code, p.commune_code, r.{answer}, r.id_status, count(*) as n
        from read_parquet(?) r left join {persons_view} p using (person_id)
        group by all
        """,
        params=[str(results)],
    ).to_arrow_table()


def _count_codes(con: duckdb.DuckDBPyConnection, results: Path, persons_view: str) -> pa.Table:
    return con.sql(
        f"""
        select p.province_code, p.commune_code, code, count(*) as n
        from (
            select person_id, unnest(differences) as code from read_parquet(?)
            where outcome = 'correctable'
        ) left join {persons_view} p using (person_id)
        group by all
        """,
        params=[str(results)],
    ).to_arrow_table()


class _Places:
    """Folds codes that the catalogue does not hold into NOWHERE, before anything leaves DuckDB."""

    def __init__(self, con: duckdb.DuckDBPyConnection, catalogue: Catalogue) -> None:
        self._con = con
        known = communes(catalogue)
        self._provinces = pa.table({"code": list(provinces(catalogue))})
        self._communes = pa.table(
            {"code": list(known), "province": [province_of(c, catalogue) for c in known]}
        )

    def fold(self, counts: pa.Table, *by: str) -> list[tuple[Any, ...]]:
        """Rows (province, commune, *by, n)."""
        commune = "commune_code" if "commune_code" in counts.column_names else "null"
        tables = {
            "summary_counts": counts,
            "summary_provinces": self._provinces,
            "summary_communes": self._communes,
        }
        for name, table in tables.items():
            self._con.register(name, table)
        try:
            return self._con.execute(
                f"""
                select coalesce(p.code, '') as place, coalesce(c.code, '') as commune,
                    {", ".join(f"t.{column}" for column in by)}, sum(t.n)::bigint
                from (select *, {commune} as typed_commune from summary_counts) t
                left join summary_provinces p on p.code = t.province_code
                left join summary_communes c
                    on c.code = t.typed_commune and c.province = p.code
                group by all order by all
                """
            ).fetchall()
        finally:
            for name in tables:
                self._con.unregister(name)


def _summary(
    answers: Iterable[tuple[Any, ...]],
    differences: Iterable[tuple[Any, ...]],
    side: str,
    catalogue: Catalogue,
    meta: Mapping[str, Any],
) -> dict[str, Any]:
    name = "answers" if side == "health" else "outcomes"
    words = ANSWERS if side == "health" else OUTCOMES
    nation = _Count(words)
    by_province: dict[str, _Count] = defaultdict(lambda: _Count(words))
    by_commune: dict[str, dict[str, _Count]] = defaultdict(
        lambda: defaultdict(lambda: _Count(words))
    )
    crossed: Table = {status: dict.fromkeys(words, 0) for status in ID_STATUS}
    for province, commune, answer, status, n in answers:
        crossed[status][answer] += n
        for count in (nation, by_province[province], by_commune[province][commune]):
            count.answers[answer] += n
            count.id_status[status] += n
    for province, commune, code, n in differences:
        for count in (nation, by_province[province], by_commune[province][commune]):
            count.codes[code] = count.codes.get(code, 0) + n
    inputs = {name: dict(given) for name, given in meta.get("inputs", {}).items()}
    if side == "health":
        inputs.pop("register", None)  # where the register lies is the register side's own affair
    if inputs.get("persons", {}).get("rows", 0) is None:
        inputs["persons"]["rows"] = nation.rows
    return {
        "format": FORMAT,
        "side": side,
        **meta,
        "inputs": inputs,
        "units": catalogue,
        "rows": nation.rows,
        name: nation.answers,
        "id_status": nation.id_status,
        f"{name}_by_id_status": crossed,
        **({"differences": nation.codes} if side == "police" else {}),
        "provinces": [
            {
                "code": code,
                "name": short_name(code, catalogue),
                "rows": count.rows,
                name: count.answers,
                "id_status": count.id_status,
                **({"differences": count.codes} if side == "police" else {}),
            }
            for code, count in sorted(by_province.items())
        ],
        "communes": [
            row
            for province in sorted(by_commune)
            for row in _commune_rows(province, by_commune[province], name, side, catalogue)
        ],
        "communes_note": (
            f"Null: a count under {SMALLEST_SHOWN}, or one hidden so that such a count cannot be"
            " worked out; difference codes not listed are hidden in the same way. Commune '' is"
            " the rest of the province: not given, not in the catalogue, or fewer than"
            f" {SMALLEST_SHOWN} records."
        ),
    }


class _Count:
    """The counts of one place."""

    def __init__(self, words: Iterable[str]) -> None:
        self.answers: Counts = dict.fromkeys(words, 0)
        self.id_status: Counts = dict.fromkeys(ID_STATUS, 0)
        self.codes: Counts = dict.fromkeys(DIFFERENCES, 0)

    @property
    def rows(self) -> int:
        return sum(self.answers.values())

    def add(self, other: _Count) -> None:
        for mine, more in (
            (self.answers, other.answers),
            (self.id_status, other.id_status),
            (self.codes, other.codes),
        ):
            for key, n in more.items():
                mine[key] = mine.get(key, 0) + n


def _commune_rows(
    province: str, found: Mapping[str, _Count], name: str, side: str, catalogue: Catalogue
) -> list[dict[str, Any]]:
    """The communes of one province, largest first, with what must stay unknown left out."""
    ordered = _with_small_ones_together(found)
    answers = _shown([count.answers for _, count in ordered])
    statuses = _shown([count.id_status for _, count in ordered])
    codes = list(dict.fromkeys(code for _, count in ordered for code in count.codes))
    hidden = hidden_in_columns([[c.codes.get(code, 0) for code in codes] for _, c in ordered])
    return [
        {
            "province": province,
            "code": code,
            "name": place_name(code, catalogue),
            "rows": count.rows if count.rows >= SMALLEST_SHOWN else None,
            name: answers[r],
            "id_status": statuses[r],
            **(
                {
                    "differences": {
                        key: count.codes.get(key, 0)
                        for c, key in enumerate(codes)
                        if (r, c) not in hidden and count.codes.get(key, 0) >= SMALLEST_SHOWN
                    }
                }
                if side == "police"
                else {}
            ),
        }
        for r, (code, count) in enumerate(ordered)
    ]


def _with_small_ones_together(found: Mapping[str, _Count]) -> list[tuple[str, _Count]]:
    """Communes with too few records join the rest, and larger ones until the rest is not small."""
    joined = together({code: count.rows for code, count in found.items()}, NOWHERE)
    rest = _Count(next(iter(found.values())).answers)
    for code in joined & found.keys():
        rest.add(found[code])
    named = sorted(
        ((code, count) for code, count in found.items() if code not in joined),
        key=lambda item: (-item[1].rows, item[0]),
    )
    return [*named, (NOWHERE, rest)] if joined else named


def _shown(rows: Sequence[Counts]) -> list[dict[str, int | None]]:
    hidden = hidden_cells([list(row.values()) for row in rows])
    return [
        {key: None if (r, c) in hidden else n for c, (key, n) in enumerate(row.items())}
        for r, row in enumerate(rows)
    ]


def _json(summary: dict[str, Any]) -> str:
    """Readable, and one line a place: a nation has ten thousand communes."""
    lists = ("provinces", "communes")
    text = json.dumps(
        {key: value for key, value in summary.items() if key not in lists},
        ensure_ascii=False,
        indent=2,
        default=str,
    )
    for key in lists:
        rows = ",\n    ".join(json.dumps(row, ensure_ascii=False) for row in summary[key])
        text = text.removesuffix("\n}") + f',\n  "{key}": [\n    {rows}\n  ]\n}}'
    return text + "\n"
