"""The summary page: `summary.html`, one file that a person reads, prints and passes on.

Made from what `summary.json` holds, and shows less of it: no count under ten, nor one from which
such a count can be worked out; no path. Needs no network and no script. Vietnamese first, English
beside it. Must not count anything itself.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from importlib.resources import files
from pathlib import PurePath
from string import Template
from typing import Any, Final

from lamsach.identity.page_parts import (
    HIDDEN,
    bar_row,
    both,
    gigabytes,
    heading,
    number,
    paragraph,
    percent,
    say,
    seconds_of,
    share,
    th,
    wide,
)
from lamsach.identity.suppression import SMALLEST_SHOWN, hidden_cells, hidden_in_columns, together
from lamsach.identity.wording import (
    ANSWERS,
    ID_STATUS,
    OUTCOMES,
    STAGES,
    Words,
    count,
    decimal,
    difference,
)

WORST_COMMUNES: Final = 20
# Communes listed over all provinces together: the page stays small and still lists a province
# whole when it is the only one.
COMMUNES_LISTED: Final = 250
CAUSES_SHOWN: Final = 7

_NOT_GIVEN: Final = Words("Không rõ nơi ở", "Residence unknown")
_SHORT: Final[dict[str, Words]] = {
    "authenticated": Words("Đúng", "Authenticated"),
    "correctable": Words("Sửa được", "Correctable"),
    "ambiguous": Words("Chưa chắc là ai", "Ambiguous"),
    "unmatched": Words("Không thấy", "Unmatched"),
    "exempt": Words("Nước ngoài", "Foreign"),
    "right": Words("Đúng", "Right"),
    "wrong": Words("Sai", "Wrong"),
    "not_checkable": Words("Chưa đủ thông tin", "Not checkable"),
}


def render_page(summary: Mapping[str, Any]) -> str:
    """The page of a summary as `write_summary` builds it: one HTML text, complete in itself."""
    template = files("lamsach.identity").joinpath("summary.html").read_text(encoding="utf-8")
    style = re.search(r"<style>(.*?)</style>", template, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    return Template(template).substitute(
        style_digest=f"sha256-{digest}", content="\n".join(_content(summary))
    )


def _content(summary: Mapping[str, Any]) -> Iterable[str]:
    police = summary["side"] == "police"
    kind, words = ("outcomes", OUTCOMES) if police else ("answers", ANSWERS)
    yield _head(summary)
    if summary["rows"] == 0:
        yield paragraph(
            "lead", "Không có hồ sơ nào để đối chiếu.", "There was no record to compare."
        )
    else:
        nation = _Row(list(summary[kind].values()))
        yield _lead(summary, nation, police)
        yield _funnel(summary, nation, words)
        if police:
            yield _differences(summary)
        yield _provinces(summary, kind)
        if police:
            yield _causes(summary)
        yield _communes(summary, kind)
    yield _stages(summary)
    yield _about(summary)


class _Row:
    """One row of counts that stands alone: small ones hidden with what would give them away."""

    def __init__(self, values: Sequence[int]) -> None:
        hidden = {c for _, c in hidden_cells([values])}
        self.shown = [None if c in hidden else n for c, n in enumerate(values)]
        self.small = [n < SMALLEST_SHOWN for n in values]
        self.total = sum(values)


def _head(summary: Mapping[str, Any]) -> str:
    started = str(summary.get("started_at", ""))[:16].replace("T", " ")
    register = summary.get("inputs", {}).get("register", {}).get("rows")
    facts_vi, facts_en = [started] if started else [], [started] if started else []
    if register:
        facts_vi.append(f"dân cư: {count(register)} người")
        facts_en.append(f"register: {count(register, 'en')} people")
    if summary["side"] == "health":
        facts_vi.append("bản gửi ngành y tế")
        facts_en.append("for the health side")
    return (
        "<h1>"
        + say(
            "Kết quả đối chiếu với dữ liệu dân cư", "Records compared with the population register"
        )
        + "</h1>"
        + (paragraph("note", " · ".join(facts_vi), " · ".join(facts_en)) if facts_vi else "")
    )


def _lead(summary: Mapping[str, Any], nation: _Row, police: bool) -> str:
    rows = summary["rows"]
    vi, en = [f"{count(rows)} hồ sơ gửi đối chiếu"], [f"{count(rows, 'en')} records were sent"]
    ours = dict(zip(OUTCOMES if police else ANSWERS, nation.shown, strict=True))
    said = (
        {
            "authenticated": ("đúng", "are right"),
            "correctable": (
                "sai nhưng đã tìm ra đúng một người để đề xuất sửa",
                "are wrong, and exactly one person was found to propose",
            ),
            "ambiguous": ("chưa chắc là ai, phải có người xem", "need a person to decide"),
        }
        if police
        else {
            "right": ("đúng", "are right"),
            "wrong": ("sai", "are wrong"),
            "not_checkable": ("chưa đủ thông tin", "lack information"),
        }
    )
    for outcome, (words_vi, words_en) in said.items():
        n = ours[outcome]
        if n:
            vi.append(f"{count(n)} ({percent(n, rows)}) {words_vi}")
            en.append(f"{count(n, 'en')} ({percent(n, rows, 'en')}) {words_en}")
    return paragraph("lead", "; ".join(vi) + ".", "; ".join(en) + ".")


def _funnel(summary: Mapping[str, Any], nation: _Row, words: Mapping[str, Words]) -> str:
    rows = summary["rows"]
    status = _Row(list(summary["id_status"].values()))
    lines = [bar_row(say("Gửi đối chiếu", "Sent"), "sent", 1, f"<b>{number(rows)}</b>")]
    for (name, said), n, small in (
        *zip(ID_STATUS.items(), status.shown, status.small, strict=True),
        *zip(words.items(), nation.shown, nation.small, strict=True),
    ):
        if name == next(iter(words)):
            lines.append(f'<tr class="sum"><td colspan="3">{say("Kết quả", "Outcome")}</td></tr>')
        figure = f'<b>{number(n, small)}</b> <span class="pct">{share(n, rows)}</span>'
        lines.append(bar_row(say(*said), name, (n or 0) / rows, figure))
    return (
        heading("Từ hồ sơ gửi đi đến kết quả", "From records sent to outcomes")
        + _whole(words, nation)
        + f'<div class="bars"><table><tbody>{"".join(lines)}</tbody></table></div>'
    )


def _whole(words: Iterable[str], nation: _Row) -> str:
    """One bar that all records fill, coloured by outcome."""
    parts, start = [], 0.0
    for name, n in zip(words, nation.shown, strict=True):
        width = 100 * (n or 0) / nation.total
        parts.append(f'<rect class="{name}" x="{start:.2f}%" width="{width:.2f}%" height="100%"/>')
        start += width
    return f'<svg class="whole" aria-hidden="true">{"".join(parts)}</svg>'


def _differences(summary: Mapping[str, Any]) -> str:
    found = sorted(summary["differences"].items(), key=lambda item: -item[1])
    found = [(code, n) for code, n in found if n > 0]
    wrong = summary["outcomes"]["correctable"]
    if not found or wrong < SMALLEST_SHOWN:
        return ""
    most = max(found[0][1], 1)
    lines = []
    for code, n in found:
        shown = n if n >= SMALLEST_SHOWN else None
        figure = f'<b>{number(shown, True)}</b> <span class="pct">{share(shown, wrong)}</span>'
        lines.append(bar_row(say(*difference(code)), "code", (shown or 0) / most, figure))
    return (
        heading("Sai những gì", "What is wrong")
        + paragraph(
            "note",
            f"Trong {count(wrong)} hồ sơ sai mà máy tìm ra đúng một người."
            " Một hồ sơ có thể sai nhiều chỗ.",
            f"Among {count(wrong, 'en')} wrong records for which exactly one person was found."
            " A record may be wrong in several ways.",
        )
        + f'<div class="bars"><table><tbody>{"".join(lines)}</tbody></table></div>'
    )


def _wrong(row: Mapping[str, Any], kind: str) -> int:
    right = "authenticated" if kind == "outcomes" else "right"
    return sum(n or 0 for name, n in row[kind].items() if name not in (right, "exempt"))


def _merged_provinces(summary: Mapping[str, Any], kind: str) -> list[dict[str, Any]]:
    """The provinces, those too small to be shown added to the records without a residence."""
    rows = {row["code"]: row for row in summary["provinces"]}
    joined = together({code: row["rows"] for code, row in rows.items()}, "")
    kept = [row for code, row in rows.items() if code not in joined]
    if joined:
        small = [rows[code] for code in joined if code in rows]
        rest: dict[str, Any] = {"code": "", "name": "", "rows": sum(r["rows"] for r in small)}
        for part in (kind, "id_status", "differences"):
            keys = dict.fromkeys(key for row in small for key in row.get(part, {}))
            rest[part] = {key: sum(row[part].get(key, 0) for row in small) for key in keys}
        kept.append(rest)
    return sorted(kept, key=lambda row: (-_wrong(row, kind), row["code"]))


def _province_name(row: Mapping[str, Any]) -> str:
    return escape(row["name"]) if row["code"] else say(*_NOT_GIVEN)


def _provinces(summary: Mapping[str, Any], kind: str) -> str:
    kept = _merged_provinces(summary, kind)
    values = [list(row[kind].values()) for row in kept]
    hidden = hidden_cells(values)
    total = _Row(list(summary[kind].values()))
    cells = "".join(
        _cell(shown, n, summary["rows"], with_share=c < 2)
        for c, (shown, n) in enumerate(zip(total.shown, summary[kind].values(), strict=True))
    )
    lines = [
        f'<tr class="sum"><th scope="row">{say("Tất cả", "All")}</th>'
        f"<td>{number(summary['rows'])}</td>{cells}</tr>"
    ]
    for r, row in enumerate(kept):
        cells = "".join(
            _cell(None if (r, c) in hidden else n, n, row["rows"], with_share=c < 2)
            for c, n in enumerate(values[r])
        )
        lines.append(
            f'<tr><th scope="row">{_province_name(row)}</th>'
            f"<td>{number(row['rows'])}</td>{cells}</tr>"
        )
    head = [th(Words("Tỉnh, thành phố", "Province")), th(Words("Gửi đi", "Sent"))]
    head += [th(_SHORT[name]) for name in summary[kind]]
    note = paragraph(
        "note",
        "Theo nơi ở ghi trên hồ sơ; nhiều hồ sơ sai nhất đứng đầu."
        f" “{HIDDEN}”: ẩn, để không suy ra được số dưới {SMALLEST_SHOWN}.",
        "By the residence on the record; most wrong records first."
        f" “{HIDDEN}”: hidden, so that no count under {SMALLEST_SHOWN} can be worked out.",
    )
    return heading("Theo tỉnh, thành phố", "By province") + note + wide(head, lines)


def _cell(shown: int | None, n: int, whole: int, with_share: bool = False) -> str:
    told = with_share and shown is not None
    beside = f' <span class="pct">{share(shown, whole)}</span>' if told else ""
    return f"<td>{number(shown, n < SMALLEST_SHOWN)}{beside}</td>"


def _causes(summary: Mapping[str, Any]) -> str:
    """The commonest differences as shares of each province's correctable records."""
    common = sorted(summary["differences"].items(), key=lambda item: -item[1])
    codes = [code for code, n in common if n >= SMALLEST_SHOWN][:CAUSES_SHOWN]
    rows = _merged_provinces(summary, "outcomes")
    if not codes:
        return ""
    outcomes = list(summary["outcomes"])
    whole = hidden_cells([list(row["outcomes"].values()) for row in rows])
    withheld = {r for r, c in whole if outcomes[c] == "correctable"}
    values = [[row["differences"].get(code, 0) for code in codes] for row in rows]
    hidden = hidden_in_columns(values, withheld=withheld)
    lines = []
    for r, row in enumerate(rows):
        wrong = row["outcomes"]["correctable"]
        cells = []
        for c, n in enumerate(values[r]):
            if (r, c) in hidden:
                cells.append(f"<td>{HIDDEN}</td>")
                continue
            # Shade by share: a tenth, a fifth, two fifths of the province's wrong records.
            depth = sum(n / wrong >= step for step in (0.02, 0.1, 0.2, 0.4))
            shade = f' class="h{depth}"' if depth else ""
            cells.append(f"<td{shade}>{share(n, wrong)}</td>")
        lines.append(f'<tr><th scope="row">{_province_name(row)}</th>{"".join(cells)}</tr>')
    head = [th(Words("Tỉnh, thành phố", "Province")), *(th(difference(code)) for code in codes)]
    return (
        heading("Nguyên nhân theo tỉnh, thành phố", "Causes by province")
        + paragraph(
            "note",
            "Phần trăm hồ sơ sửa được của tỉnh có lỗi đó.",
            "Share of the province's correctable records that have the error.",
        )
        + wide(head, lines)
    )


def _communes(summary: Mapping[str, Any], kind: str) -> str:
    named = [row for row in summary["communes"] if row["code"] and _wrong(row, kind)]
    if not named:
        return ""
    worst = sorted(named, key=lambda row: (-_wrong(row, kind), row["code"]))
    head = [th(Words("Xã, phường", "Commune")), th(Words("Gửi đi", "Sent"))]
    head += [th(_SHORT[name]) for name in summary[kind] if name != "exempt"]
    if kind == "outcomes":
        head.append(th(Words("Lỗi nhiều nhất", "Chief cause")))
    provinces = {row["code"]: row for row in summary["provinces"] if row["code"]}
    title = heading("Xã, phường có nhiều hồ sơ sai nhất", "Communes with the most wrong records")
    if len(provinces) == 1:
        return title + wide(head, [_commune(row, kind, True) for row in worst[:COMMUNES_LISTED]])
    parts = [title, wide(head, [_commune(row, kind) for row in worst[:WORST_COMMUNES]])]
    parts.append("<h3>" + say("Trong từng tỉnh, thành phố", "Within each province") + "</h3>")
    listed = max(3, COMMUNES_LISTED // len(provinces))
    for code, province in provinces.items():
        own = [row for row in worst if row["province"] == code][:listed]
        if own:
            parts.append(
                f"<details><summary>{_province_name(province)}</summary>"
                f"{wide(head, [_commune(row, kind, True) for row in own])}</details>"
            )
    return "\n".join(parts)


def _commune(row: Mapping[str, Any], kind: str, within_province: bool = False) -> str:
    name = row["name"].rpartition(", ")[0] if within_province else row["name"]
    cells = "".join(
        f"<td>{number(n) if n is not None else HIDDEN}</td>"
        for outcome, n in row[kind].items()
        if outcome != "exempt"
    )
    if kind == "outcomes":
        chief = max(row["differences"].items(), key=lambda item: item[1], default=None)
        cells += f'<td class="cause">{say(*difference(chief[0])) if chief else HIDDEN}</td>'
    return f'<tr><th scope="row">{escape(name)}</th><td>{number(row["rows"])}</td>{cells}</tr>'


def _stages(summary: Mapping[str, Any]) -> str:
    stages = summary.get("stages") or []
    if not stages:
        return ""
    longest = max(*(stage.get("seconds", 0) for stage in stages), 0.001)
    lines = []
    for stage in stages:
        seconds = stage.get("seconds", 0.0)
        memory = stage.get("peak_memory_bytes")
        figure = f"<b>{seconds_of(seconds)}</b>"
        if memory:
            figure += f' <span class="pct">{gigabytes(memory)}</span>'
        lines.append(bar_row(_stage(str(stage["name"])), "time", seconds / longest, figure))
    total = summary.get("seconds")
    peak = summary.get("peak_memory_bytes")
    figures = [
        figure for figure in (total and seconds_of(total), peak and gigabytes(peak)) if figure
    ]
    return (
        heading("Thời gian từng bước", "Time by stage")
        + (f'<p class="note">{" · ".join(figures)}</p>' if figures else "")
        + f'<div class="bars"><table><tbody>{"".join(lines)}</tbody></table></div>'
    )


def _stage(name: str) -> str:
    return say(*STAGES[name]) if name in STAGES else escape(name)


def _about(summary: Mapping[str, Any]) -> str:
    rows: list[tuple[str, str]] = []
    inputs = summary.get("inputs", {})
    for key, words in (
        ("persons", Words("Hồ sơ", "Records")),
        ("register", Words("Dân cư", "Register")),
    ):
        given = inputs.get(key)
        if not given:
            continue
        names = ", ".join(PurePath(str(path)).name for path in given.get("paths", []))
        size = given.get("rows")
        amount = f" ({number(size)})" if size is not None else ""
        rows.append((say(*words), escape(names) + amount))
    options = summary.get("options", {})
    if "threshold" in options:
        at_least = float(options["threshold"])
        places = max(len(f"{at_least:g}".partition(".")[2]), 2)
        rows.append(
            (
                say("Đề xuất khi xác suất từ", "Proposed from probability"),
                both(decimal(at_least, places), decimal(at_least, places, "en")),
            )
        )
    rows.append(
        (
            say("Danh mục đơn vị hành chính", "Catalogue of administrative units"),
            escape(str(summary["units"])),
        )
    )
    versions = summary.get("versions", {})
    if versions:
        text = " · ".join(f"{name} {version}" for name, version in versions.items())
        rows.append((say("Phiên bản", "Versions"), escape(text)))
    listed = "".join(f"<dt>{term}</dt><dd>{value}</dd>" for term, value in rows)
    return heading("Về lần chạy này", "About this run") + f"<dl>{listed}</dl>"
