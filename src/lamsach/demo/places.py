"""The province's offices: what a province had in April 2022, opened as an administrator would.

Facilities bear the codes that the synthetic doses name; every commune has its station, its police,
its People's Committee and its task group. Nobody's name is here.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Final

import pyarrow.parquet as pq

from lamsach.ledger.actions import Actor, action
from lamsach.places.actions import give_territory, load_units, open_office
from lamsach.places.models import Office, OfficeKind, Unit, UnitLevel

__all__ = ["CATALOGUE", "open_offices"]

CATALOGUE: Final = "2022"

_IN_A_COMMUNE: Final = (
    (OfficeKind.COMMUNE_POLICE, "Công an {}"),
    (OfficeKind.COMMUNE_COMMITTEE, "Ủy ban nhân dân {}"),
    (OfficeKind.HAMLET_GROUP, "Tổ Đề án 06 {}"),
)
_IN_THE_PROVINCE: Final = (
    (OfficeKind.DEPARTMENT, "Sở Y tế {}"),
    (OfficeKind.CDC, "Trung tâm Kiểm soát bệnh tật {}"),
    (OfficeKind.PROVINCE_COMMITTEE, "Ủy ban nhân dân {}"),
    (OfficeKind.PROVINCE_POLICE, "Công an {}"),
    (OfficeKind.TASK_FORCE, "Tổ công tác Đề án 06 {}"),
)
_ABOVE: Final = (
    (OfficeKind.MINISTRY, "Bộ Y tế"),
    (OfficeKind.MINISTRY_POLICE, "Bộ Công an"),
    (OfficeKind.AUDIT, "Kiểm toán hệ thống"),
    (OfficeKind.ADMINISTRATION, "Quản trị hệ thống"),
)


def open_offices(*, facilities: Path, province: str, opened_on: date, actor: Actor) -> None:
    """Open all offices of a province that vaccinated; nothing happens when they are there.

    `facilities` is the table that the synthetic nation writes: code, name, kind and commune.
    """
    load_units(actor=actor)
    if Office.objects.exists():
        return
    units = {unit.code: unit for unit in Unit.objects.filter(catalogue=CATALOGUE)}
    whole = units[province]
    districts = list(Unit.objects.filter(above=whole, level=UnitLevel.DISTRICT).order_by("code"))
    communes = list(Unit.objects.filter(above__in=districts).order_by("code"))

    def opened(kind: str, name: str, where: Unit | None, code: str, above: Office | None) -> Office:
        return open_office(
            kind=kind,
            name=name,
            code=code,
            territory=[where] if where else [],
            above=above,
            opened_on=opened_on,
            actor=actor,
        )

    with action():
        tops = {kind: opened(kind, name, None, "", None) for kind, name in _ABOVE}
        ministry = tops[OfficeKind.MINISTRY]
        for nation in Unit.objects.filter(catalogue=CATALOGUE, level=UnitLevel.PROVINCE):
            give_territory(office=ministry, unit=nation, actor=actor)
        within = {
            kind: opened(kind, name.format(whole.name), whole, province, ministry)
            for kind, name in _IN_THE_PROVINCE
        }
        department = within[OfficeKind.DEPARTMENT]
        centres = {
            one.code: opened(
                OfficeKind.DISTRICT_CENTRE, f"Trung tâm Y tế {one.name}", one, one.code, department
            )
            for one in districts
        }
        for commune in communes:
            assert commune.above is not None
            for kind, name in _IN_A_COMMUNE:
                above = within[
                    OfficeKind.PROVINCE_POLICE
                    if kind == OfficeKind.COMMUNE_POLICE
                    else OfficeKind.PROVINCE_COMMITTEE
                ]
                opened(kind, name.format(commune.name), commune, commune.code, above)
        for row in pq.read_table(facilities).to_pylist():
            is_station = row["kind"] == "commune station"
            opened(
                OfficeKind.STATION if is_station else OfficeKind.FACILITY,
                row["name"],
                units[row["commune_code"]] if is_station else None,
                row["facility_code"],
                centres[row["district_code"]] if row["district_code"] else department,
            )
