"""The work that `intake` measures, as a program: write, read, check or return a workbook.

Usage: python -m benchmarks.intake_work FILE write|read|check|return
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import django

django.setup()

from lamsach.files.workbook_writing import SheetToWrite, workbook_bytes  # noqa: E402
from lamsach.files.workbooks import opened_workbook  # noqa: E402
from lamsach.intake.columns import COLUMNS  # noqa: E402
from lamsach.intake.communes import communes_of  # noqa: E402
from lamsach.intake.known import Known, KnownCampaign  # noqa: E402
from lamsach.intake.outcome import Outcome  # noqa: E402
from lamsach.intake.returning import CheckedFile, checked_rows, returned_workbook  # noqa: E402
from lamsach.intake.vaccines import vaccine_readings  # noqa: E402

ROWS = 200_000
_FAMILIES = [
    "Nguyễn",
    "Trần",
    "Lê",
    "Phạm",
    "Hoàng",
    "Huỳnh",
    "Phan",
    "Vũ",
    "Võ",
    "Đặng",
    "Bùi",
    "Đỗ",
    "Hồ",
    "Ngô",
    "Dương",
    "Lý",
]
_GIVEN = [
    "Bảo",
    "Hòa",
    "Lan",
    "Minh",
    "Tuấn",
    "Hương",
    "Dũng",
    "Hạnh",
    "Phúc",
    "Thảo",
    "Quân",
    "Yến",
    "Sơn",
    "Trang",
    "Khánh",
]
_PLACES = [
    ("Bình Phước", "Đồng Xoài", "Tân Phú"),
    ("Hà Nội", "Ba Đình", "Phúc Xá"),
    ("", "", "25195"),
]


def _rows(seed: int = 7) -> Iterator[dict[str, str]]:
    """Rows as facilities type them; one in a hundred has a fault."""
    draw = random.Random(seed)
    for number in range(ROWS):
        birth = date(1940, 1, 1) + timedelta(draw.randrange(27_000))
        province, district, commune = draw.choice(_PLACES)
        name = " ".join([draw.choice(_FAMILIES), draw.choice(_GIVEN), draw.choice(_GIVEN)])
        yield {
            "full_name": name,
            "birth_date": birth.strftime("%d/%m/%Y") if number % 100 else "31/02/1980",
            "sex": draw.choice(["Nam", "Nữ"]),
            "personal_id": f"0700{birth.year % 100:02d}{number:06d}",
            "phone": f"09{draw.randrange(10**8):08d}",
            "province": province,
            "district": district,
            "commune": commune,
            "hamlet": f"Ấp {draw.randrange(9)}",
            "address": f"Số {draw.randrange(400)}, đường {draw.choice(_GIVEN)}",
            "dose_number": draw.choice("123"),
            "vaccine": draw.choice(["AstraZeneca", "Vero Cell", "Pfizer"]),
            "lot": f"AB{draw.randrange(1000)}",
            "vaccinated_on": "19/04/2022",
            "presence": "Quét thẻ CCCD",
        }


def main(path: str, what: str) -> None:
    if what == "write":
        headings = [column.vi for column in COLUMNS]
        rows = ([row.get(column.identifier, "") for column in COLUMNS] for row in _rows())
        sheet = SheetToWrite("Mũi tiêm", headings=headings, rows=rows)
        Path(path).write_bytes(workbook_bytes([sheet]))
        return
    vaccines = vaccine_readings(["EU/1/21/1529", "BBIBP-CorV", "EU/1/20/1528"])
    campaign = KnownCampaign(1, date(2021, 3, 8), None, vaccines, frozenset({"lot"}), "2022")
    known = Known(date(2022, 4, 24), campaign, {}, {}, {}, communes_of("2022"))
    content = Path(path).read_bytes()
    outcome = Outcome()
    with opened_workbook(content) as book:
        if what == "read":
            for sheet in book.sheets:
                outcome.rows += sum(1 for _ in sheet.rows)
        elif what == "check":
            for one in checked_rows(book, known, CheckedFile()):
                outcome.count(one)
        else:
            returned_workbook(book, known, CheckedFile(), each=outcome.count, identity={})
    print(outcome.rows, outcome.bad)


if __name__ == "__main__":
    main(*sys.argv[1:])
