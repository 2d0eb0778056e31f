"""What waits for a signature, and what is signed, in SQL: the conditions stand here once.

Every statement works on any number of doses at once. This room reads tables of the floors below
and its own; it takes no viewer and is for `actions`, `queries` and `standing` alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from django.db import connection

from lamsach.authentication.queries import OPENING_KINDS
from lamsach.esign.batch import Receipt
from lamsach.signing.statements import DoseFacts

__all__ = [
    "UNSIGNED_PEOPLE",
    "awaiting_doses",
    "copy_statements",
    "count_awaiting",
    "lock_office",
    "people_of",
    "void_corrected",
    "void_stale",
]

# An answer holds for the version of the person that was asked about; the newest counts.
_AUTHENTICATED: Final = """exists (
    select from (
        select a.kind from authentication_answer a
        where a.person_id = p.id and a.person_version = p.version order by a.id desc limit 1
    ) newest where newest.kind in ('right', 'exempt')
)"""

_WITHOUT_STATEMENT: Final = """not exists (
    select from signing_dosestatement s where s.dose_id = d.id and s.voided_at is null
)"""

# Doses `d` of people `p` that may be put into a batch: of authenticated people, as they are now,
# and not about to change.
_AWAITING: Final = f"""d.withdrawn_at is null
    and {_WITHOUT_STATEMENT}
    and {_AUTHENTICATED}
    and not exists (
        select from registry_correction c where c.dose_id = d.id and c.state = 'requested'
    )"""

# The offices that sign for `%(office)s`: itself and those whose place it took.
_OFFICES: Final = """select id from signs_for"""
_SIGNS_FOR: Final = """with recursive signs_for(id) as (
    select %(office)s::bigint
    union select o.id from places_office o join signs_for s on o.successor_id = s.id
)"""

_READ: Final = f"""{_SIGNS_FOR}
    select d.id, d.public_id, d.version, p.reference, d.vaccine_code, d.lot, d.vaccinated_on,
        d.dose_number, f.public_id, f.name, d.country, d.presence, d.entered_at,
        exists (select from signing_dosestatement v where v.dose_id = d.id)
    from registry_dose d
    join registry_person p on p.id = d.person_id
    join places_office f on f.id = d.facility_id
    where d.entered_by_id in ({_OFFICES}) and {_AWAITING}
    order by d.entered_at, d.id limit %(limit)s"""

_COUNT: Final = f"""{_SIGNS_FOR}
    select count(*) from (
        select from registry_dose d join registry_person p on p.id = d.person_id
        where d.entered_by_id in ({_OFFICES}) and {_AWAITING} limit %(limit)s
    ) waiting"""

#: Obstacle: authenticated people of whom a dose is not signed; the facility that entered it (or
#: took its place) acts next. It reads `authentication.queries.HOLDING`.
UNSIGNED_PEOPLE: Final = f"""
    with recursive heirs(id, heir) as (
        select o.id, o.id from places_office o where o.successor_id is null
        union all select o.id, h.heir from places_office o join heirs h on o.successor_id = h.id
    )
    select d.person_id, min(h.heir) as office_id
    from holding join registry_dose d on d.person_id = holding.person_id and d.withdrawn_at is null
    left join heirs h on h.id = d.entered_by_id
    where holding.kind in {OPENING_KINDS} and not exists (
        select from signing_dosestatement s
        join signing_signingbatch b on b.id = s.batch_id and b.state = 'signed'
        where s.dose_id = d.id and s.voided_at is null and s.dose_version = d.version
    )
    group by d.person_id
"""


def awaiting_doses(office: int, limit: int) -> list[DoseFacts]:
    """The doses that an office has to sign, the longest waiting first.

    They are not locked: what changes before the signature is voided when it comes.
    """
    with connection.cursor() as cursor:
        cursor.execute(_READ, {"office": office, "limit": limit})
        return [DoseFacts(*row) for row in cursor.fetchall()]


def count_awaiting(office: int, limit: int) -> int:
    """How many doses an office has to sign; counting stops at the limit."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, {"office": office, "limit": limit})
        (found,) = cursor.fetchone() or (0,)
    return int(found)


def lock_office(office: int) -> None:
    """Hold an office's batches until the transaction ends: two heads prepare one after another."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtextextended('signing', %s))", [office])


_COPY: Final = """copy signing_dosestatement
    (batch_id, index, dose_id, dose_version, statement, salt, proof) from stdin (format binary)"""


def copy_statements(
    batch: int, doses: Sequence[DoseFacts], statements: Sequence[bytes], receipts: Iterator[Receipt]
) -> None:
    """Write the statements of a batch with their receipts, in one go."""
    with connection.cursor() as cursor, cursor.copy(_COPY) as copy:
        copy.set_types(["int8", "int4", "int8", "int4", "bytea", "bytea", "bytea"])
        for dose, statement, receipt in zip(doses, statements, receipts, strict=True):
            copy.write_row(
                (
                    batch,
                    receipt.index,
                    dose.dose_id,
                    dose.version,
                    statement,
                    receipt.salt,
                    receipt.proof,
                )
            )


# What a signature must not count for: a dose that changed since, or whose person is no longer
# authenticated.
_VOID_STALE: Final = f"""
    update signing_dosestatement s set voided_at = %(now)s
    from registry_dose d join registry_person p on p.id = d.person_id
    where s.batch_id = %(batch)s and s.voided_at is null and d.id = s.dose_id
    and not (d.withdrawn_at is null and d.version = s.dose_version and {_AUTHENTICATED})"""


def void_stale(batch: int, now: datetime) -> int:
    """Void the statements of a batch that no longer hold; how many."""
    with connection.cursor() as cursor:
        cursor.execute(_VOID_STALE, {"batch": batch, "now": now})
        return int(cursor.rowcount)


def people_of(batch: int) -> list[int]:
    """The people whose doses are in a batch."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select distinct d.person_id from signing_dosestatement s"
            " join registry_dose d on d.id = s.dose_id where s.batch_id = %s",
            [batch],
        )
        return [row[0] for row in cursor.fetchall()]


_VOID_CORRECTED: Final = """
    update signing_dosestatement s set voided_at = %(now)s, voided_by_id = c.id
    from unnest(%(corrections)s::bigint[], %(doses)s::bigint[]) as c(id, dose_id)
    where s.dose_id = c.dose_id and s.voided_at is null
    returning s.batch_id"""


def void_corrected(corrections: dict[int, int], now: datetime) -> list[int]:
    """Void the statements about corrected doses; the batch of each.

    `corrections` maps a dose to the correction that changed it.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _VOID_CORRECTED,
            {"now": now, "doses": list(corrections), "corrections": list(corrections.values())},
        )
        return [batch for (batch,) in cursor.fetchall()]
