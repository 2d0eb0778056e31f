"""One account for each role, with a password and a second factor of its own.

Passwords are drawn at random and the second factor is enrolled as any officer's; both are written
to a file that its owner alone can read. The one door is the one that real officers use.
"""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)

from lamsach.accounts import actions
from lamsach.accounts.models import Officer
from lamsach.accounts.roles import Role
from lamsach.ledger.actions import Actor, action
from lamsach.places.models import Office, OfficeKind

__all__ = ["Account", "make_accounts", "present_code", "read_accounts"]

#: Sign-in name, role, the kind and the code of the office ("{}" stands for the commune's code).
_ACCOUNTS: Final = (
    ("clerk", Role.FACILITY_CLERK, OfficeKind.STATION, "C{}-TYT"),
    ("head", Role.FACILITY_HEAD, OfficeKind.STATION, "C{}-TYT"),
    ("station", Role.STATION, OfficeKind.STATION, "C{}-TYT"),
    ("station2", Role.STATION, OfficeKind.STATION, "C{}-TYT"),
    ("hamlet", Role.HAMLET_GROUP, OfficeKind.HAMLET_GROUP, "{}"),
    ("police", Role.COMMUNE_POLICE, OfficeKind.COMMUNE_POLICE, "{}"),
    ("chair", Role.CHAIR, OfficeKind.COMMUNE_COMMITTEE, "{}"),
    ("district", Role.DISTRICT, OfficeKind.DISTRICT_CENTRE, ""),
    ("cdc", Role.CDC, OfficeKind.CDC, ""),
    ("department", Role.DEPARTMENT, OfficeKind.DEPARTMENT, ""),
    ("committee", Role.COMMITTEE, OfficeKind.PROVINCE_COMMITTEE, ""),
    ("police-province", Role.POLICE_ABOVE, OfficeKind.PROVINCE_POLICE, ""),
    ("taskforce", Role.TASK_FORCE, OfficeKind.TASK_FORCE, ""),
    ("ministry", Role.MINISTRY, OfficeKind.MINISTRY, ""),
    ("auditor", Role.AUDITOR, OfficeKind.AUDIT, ""),
    ("admin", Role.ADMINISTRATOR, OfficeKind.ADMINISTRATION, ""),
)
_NAMES: Final = {
    "clerk": "Nhân viên nhập liệu (mẫu)",
    "head": "Trưởng trạm (mẫu)",
    "station": "Cán bộ trạm y tế (mẫu)",
    "station2": "Cán bộ trạm y tế thứ hai (mẫu)",
    "hamlet": "Tổ viên tổ Đề án 06 (mẫu)",
    "police": "Công an xã (mẫu)",
    "chair": "Chủ tịch xã (mẫu)",
    "district": "Cán bộ Trung tâm Y tế huyện (mẫu)",
    "cdc": "Cán bộ CDC (mẫu)",
    "department": "Cán bộ Sở Y tế (mẫu)",
    "committee": "Cán bộ UBND tỉnh (mẫu)",
    "police-province": "Công an tỉnh (mẫu)",
    "taskforce": "Tổ công tác Đề án 06 (mẫu)",
    "ministry": "Cán bộ Bộ Y tế (mẫu)",
    "auditor": "Kiểm toán viên (mẫu)",
    "admin": "Quản trị viên (mẫu)",
}
_HEAD: Final = "# name\trole\toffice\tpassword\tsecret of the second factor\n"


@dataclass(frozen=True, slots=True)
class Account:
    """A line of the file of accounts."""

    name: str
    role: str
    office: str
    password: str
    secret: str

    def line(self) -> str:
        """The account as a line of the file."""
        return "\t".join((self.name, self.role, self.office, self.password, self.secret))


def make_accounts(*, commune: str, file: Path, by: Actor) -> list[Account]:
    """Make the accounts that are not there yet and write them to `file` (0600).

    `commune` is the code of the commune whose officers are made; the district is its own. An
    account's line is written first, so that none exists whose password nobody knows.
    """
    known = {one.name: one for one in read_accounts(file)} if file.exists() else {}
    offices = {
        name: _office(kind, code.format(commune), commune) for name, _, kind, code in _ACCOUNTS
    }
    for name, role, _, _ in _ACCOUNTS:
        if name not in known:
            password, secret = secrets.token_urlsafe(15), generate_totp_secret()
            known[name] = Account(name, role.value, offices[name].name, password, secret)
    _write(file, list(known.values()))
    made = set(Officer.objects.values_list("username", flat=True))
    for name, role, _, _ in _ACCOUNTS:
        if name in made:
            continue
        with action():
            officer, password = actions.create_officer(
                username=name, full_name=_NAMES[name], password=known[name].password, by=by
            )
            actions.note_password_change(officer=officer, password=password)
            TOTP.activate(officer, known[name].secret)
            actions.note_factor(officer=officer, kind="totp", added=True)
            actions.give_post(officer=officer, office=offices[name], role=role, by=by)
    return list(known.values())


def _office(kind: OfficeKind, code: str, commune: str) -> Office:
    offices = Office.objects.filter(kind=kind)
    if code:
        return offices.get(code=code)
    if kind == OfficeKind.DISTRICT_CENTRE:
        return offices.get(territories__unit__below__code=commune)
    return offices.get()


def _write(file: Path, accounts: list[Account]) -> None:
    beside = file.with_name(f".{file.name}.new")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        out.write(_HEAD + "".join(f"{one.line()}\n" for one in accounts))
    beside.replace(file)


def read_accounts(file: Path) -> list[Account]:
    """The accounts that a file holds."""
    lines = file.read_text(encoding="utf-8").splitlines()
    return [Account(*line.split("\t")) for line in lines if line and not line.startswith("#")]


def present_code(secret: str) -> str:
    """The six digits that an authenticator with this secret shows now."""
    value = hotp_value(secret, list(yield_hotp_counters_from_time())[1])
    return str(format_hotp_value(value))
