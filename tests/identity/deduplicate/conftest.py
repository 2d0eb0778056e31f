"""A village of made-up people, with duplicates and with those who only look like them."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from lamsach.identity.deduplicate import EventSource, Options, Summary, deduplicate
from lamsach.identity.tables import Column, Schema

SURNAMES = ["Nguyễn"] * 8 + ["Trần", "Lê", "Phạm", "Hoàng", "Vũ", "Đặng", "Bùi", "Đỗ", "Hồ", "Ngô"]
MIDDLE = {"M": ["Văn", "Hữu", "Đức", "Công", "Quang"], "F": ["Thị", "Thị", "Ngọc", "Thu", "Kim"]}
GIVEN = {
    "M": ["Hùng", "Dũng", "Tuấn", "Nam", "Sơn", "Minh", "Long", "Hải", "Thắng", "Phong", "Khánh"],
    "F": ["Lan", "Hoa", "Hương", "Mai", "Trang", "Linh", "Hà", "Nga", "Yến", "Thảo", "Xuân"],
}
COLUMNS = [
    "person_id",
    "personal_id",
    "full_name",
    "birth_date",
    "sex",
    "nationality",
    "passport_number",
    "phone",
    "insurance_number",
    "province_code",
    "district_code",
    "commune_code",
]
EVENT_NAMES = ("event", "who", "number", "kind", "day", "place")
EVENTS = Schema("EVENTS", tuple(Column(name, required=True) for name in EVENT_NAMES))
EVENT_COLUMNS = {
    "person_id": "who",
    "kind": "kind",
    "day": "day",
    "place": "place",
    "number": "number",
}
PLACES = [("01", f"0{10 + i // 4}", f"{10_000 + i:05}") for i in range(40)]
LIMIT = "1GB"


def background(people: int = 4000, seed: int = 3) -> list[dict[str, str]]:
    """People who are nobody's duplicate, dense enough to hold namesakes."""
    draw = random.Random(seed)
    rows = []
    for i in range(people):
        sex = draw.choice("MF")
        year = draw.randint(1945, 2012)
        province, district, commune = draw.choice(PLACES)
        century_sex = (0 if sex == "M" else 1) + (2 if year >= 2000 else 0)
        rows.append(
            {
                "person_id": f"b{i:05}",
                "personal_id": f"001{century_sex}{year % 100:02}{i * 7 % 1_000_000:06}"
                if draw.random() < 0.9
                else "",
                "full_name": f"{draw.choice(SURNAMES)} {draw.choice(MIDDLE[sex])} "
                f"{draw.choice(MIDDLE[sex])} {draw.choice(GIVEN[sex])}",
                "birth_date": f"{year}-{draw.randint(1, 12):02}-{draw.randint(1, 28):02}",
                "sex": sex,
                "phone": f"09{draw.randrange(10**8):08}",
                "province_code": province,
                "district_code": district,
                "commune_code": commune,
            }
        )
    return rows


@dataclass
class Run:
    """What a run answered."""

    summary: Summary
    out: Path
    persons: Path
    events: EventSource | None
    pairs: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    clusters: dict[str, dict[str, Any]] = field(default_factory=dict)

    def together(self, *persons: str) -> bool:
        """Whether all of these are one cluster."""
        return len({self.clusters[person]["cluster_id"] for person in persons}) == 1


def write_persons(path: Path, rows: list[dict[str, str]]) -> Path:
    columns = {name: pa.array([row.get(name, "") for row in rows], pa.string()) for name in COLUMNS}
    parquet.write_table(pa.table(columns), path)
    return path


def write_events(path: Path, rows: list[tuple[str, str, str, str, str]]) -> EventSource:
    """Events (who, number, kind, day, place)."""
    columns = {"event": [str(i) for i in range(len(rows))]}
    for at, name in enumerate(("who", "number", "kind", "day", "place")):
        columns[name] = [row[at] for row in rows]
    parquet.write_table(pa.table(columns), path)
    return EventSource([str(path)], EVENTS, EVENT_COLUMNS)


def read_run(summary: Summary, out: Path, persons: Path, events: EventSource | None) -> Run:
    run = Run(summary, out, persons, events)
    for row in parquet.read_table(out / "pairs.parquet").to_pylist():
        run.pairs[row["person_id_l"], row["person_id_r"]] = row
    for row in parquet.read_table(out / "clusters.parquet").to_pylist():
        run.clusters[row["person_id"]] = row
    return run


def find(
    folder: Path, rows: list[dict[str, str]], happened: list[tuple[str, str, str, str, str]] | None
) -> Run:
    """Run over rows and events written into a folder."""
    persons = write_persons(folder / "persons.parquet", rows)
    events = None if happened is None else write_events(folder / "events.parquet", happened)
    out = folder / "out"
    summary = deduplicate([str(persons)], out, events, Options(threads=2, memory_limit=LIMIT))
    return read_run(summary, out, persons, events)


@pytest.fixture(scope="session")
def village() -> SimpleNamespace:
    """The tools of this room: `background`, `find`, `read_run`, `write_persons`."""
    return SimpleNamespace(
        background=background, find=find, read_run=read_run, write_persons=write_persons
    )
