"""A family to walk the whole way with: in the register, and in a workbook that a clerk has typed.

The father is Bảo and was typed Bửu; the daughter's day and month of birth were exchanged; the
mother is as she should be; a fourth row has no possible day. Nobody of them exists.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import count
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from lamsach.files.workbook_writing import SheetToWrite, workbook_bytes
from lamsach.intake.columns import COLUMNS

__all__ = ["HAMLET", "PHONE", "Relative", "family", "lay_workbook", "register_with"]

HAMLET: Final = "Khu phố Mẫu"
PHONE: Final = "0900000001"
_PLACE: Final = ("70", "689", "25195")  # Phường Tân Phú, thành phố Đồng Xoài
_SHEET: Final = "Mũi tiêm"


@dataclass(frozen=True, slots=True)
class Relative:
    """One of the family: the register's fields, and what the clerk typed in their place."""

    full_name: str
    birth_date: str
    sex: str
    personal_id: str
    typed_name: str
    typed_birth: str


def family(register: Path) -> list[Relative]:
    """The family, with numbers that nobody in the register bears; the same each time."""
    taken = set(pq.read_table(register, columns=["personal_id"])["personal_id"].to_pylist())

    def free(head: str) -> str:
        return next(one for end in count(1) if (one := f"{head}{end:06}") not in taken)

    return [
        Relative(
            full_name="Nguyễn Văn Bảo",
            birth_date="1963-05-04",
            sex="M",
            personal_id=free("070063"),
            typed_name="Nguyễn Văn Bửu",
            typed_birth="04/05/1963",
        ),
        Relative(
            full_name="Trần Thị Hoa",
            birth_date="1965-11-20",
            sex="F",
            personal_id=free("070165"),
            typed_name="Trần Thị Hoa",
            typed_birth="20/11/1965",
        ),
        Relative(
            full_name="Nguyễn Bảo Ngọc",
            birth_date="2001-03-09",
            sex="F",
            personal_id=free("070301"),
            typed_name="Nguyễn Bảo Ngọc",
            typed_birth="03/09/2001",
        ),
    ]


def register_with(people: Sequence[Relative], register: Path, to: Path) -> None:
    """Write the register with the family in it."""
    whole = pq.read_table(register)
    province, district, commune = _PLACE
    rows = [
        {
            "personal_id": one.personal_id,
            "full_name": one.full_name,
            "sex": one.sex,
            "birth_date": one.birth_date,
            "province_code": province,
            "district_code": district,
            "commune_code": commune,
        }
        for one in people
    ]
    others = whole.filter(
        pc.invert(pc.is_in(whole["personal_id"], pa.array([one.personal_id for one in people])))
    )
    pq.write_table(
        pa.concat_tables([others, pa.Table.from_pylist(rows, schema=whole.schema)]),
        to,
        compression="zstd",
    )


def lay_workbook(people: Sequence[Relative], file: Path, *, day: date) -> None:
    """The clerk's workbook of doses given on `day`; its last row has an impossible birth."""
    same = {
        "commune": _PLACE[2],
        "hamlet": HAMLET,
        "address": "Số 12, đường Mẫu",
        "phone": PHONE,
        "dose_number": "1",
        "vaccine": "AstraZeneca",
        "lot": "MAU01",
        "vaccinated_on": f"{day:%d/%m/%Y}",
        "presence": "Quét thẻ CCCD",
    }
    rows = [
        same
        | {
            "full_name": one.typed_name,
            "birth_date": one.typed_birth,
            "sex": "Nam" if one.sex == "M" else "Nữ",
            "personal_id": one.personal_id,
        }
        for one in people
    ]
    rows.append(same | {"full_name": "Lê Thị Mơ", "birth_date": "31/02/1970", "sex": "Nữ"})
    sheet = SheetToWrite(
        _SHEET,
        headings=[column.vi for column in COLUMNS],
        rows=[[row.get(column.identifier, "") for column in COLUMNS] for row in rows],
        widths=[column.width for column in COLUMNS],
    )
    file.write_bytes(workbook_bytes([sheet]))
