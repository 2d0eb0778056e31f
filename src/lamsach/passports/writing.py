"""Writing many passports at once, with what they rest on and what the log is to be told.

Rows go in by COPY, a table at a time, inside the action of whoever calls. This room decides
nothing.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Final, NamedTuple

from django.db import connection

from lamsach.esign.transparency import salted_digest
from lamsach.passports.logged import log_statement
from lamsach.passports.models import LogKind

__all__ = ["NewPassport", "Rest", "new_keys", "note_in_log", "write_passports"]


class NewPassport(NamedTuple):
    """A row of `Passport`, in the order of its columns here."""

    id: int
    public_id: uuid.UUID
    person_id: int
    campaign_id: int
    uvci: str
    hc1: str
    signature_hash: bytes
    signer_id: int
    issued_at: datetime
    expires_at: datetime
    full_name: str
    birth_date: str
    nationality: str
    travel_name: str
    disease: str
    dose_number: int
    series: int
    vaccinated_on: date
    country: str
    vaccine: str
    product: str
    manufacturer: str
    issued_by: str
    answer_id: int
    replaces_id: int | None
    revocation_reason: str = ""
    revocation_grounds: str = ""


class Rest(NamedTuple):
    """That a passport rests on a dose, by a statement."""

    passport_id: int
    dose_id: int
    statement_id: int


_PASSPORT_TYPES: Final = (
    *("int8", "uuid", "int8", "int8", "text", "text", "bytea", "int8"),
    *("timestamptz", "timestamptz", "text", "text", "text", "text", "text", "int2", "int2"),
    *("date", "text", "text", "text", "text", "text", "int8", "int8", "text", "text"),
)


def new_keys(count: int) -> list[int]:
    """Keys for passports that are going to be written."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select nextval(pg_get_serial_sequence('passports_passport', 'id'))"
            " from generate_series(1, %s)",
            [count],
        )
        return [key for (key,) in cursor.fetchall()]


def write_passports(passports: Sequence[NewPassport], rests: Iterable[Rest]) -> None:
    """Write passports, what they rest on, and that the log is to be told of them."""
    _copy("passports_passport", NewPassport._fields, _PASSPORT_TYPES, passports)
    _copy("passports_passportdose", Rest._fields, ("int8",) * 3, rests)
    note_in_log(LogKind.ISSUED, [(one.id, one.uvci, one.hc1) for one in passports])


def note_in_log(kind: LogKind, passports: Iterable[tuple[int, str, str]]) -> None:
    """Note what the public log has to be told: key, identifier and text of each passport.

    Its keeper appends it after the commit.
    """
    rows = []
    for key, uvci, hc1 in passports:
        salt, digest = salted_digest(log_statement(kind.value, uvci, hc1))
        rows.append((key, kind.value, salt, digest))
    columns = ("passport_id", "kind", "salt", "digest")
    _copy("passports_logentry", columns, ("int8", "text", "bytea", "bytea"), rows)


def _copy(
    table: str, columns: Sequence[str], types: Sequence[str], rows: Iterable[Sequence[object]]
) -> None:
    into = f"copy {table} ({', '.join(columns)}) from stdin (format binary)"
    with connection.cursor() as cursor, cursor.copy(into) as copy:
        copy.set_types(types)
        for row in rows:
            copy.write_row(row)
