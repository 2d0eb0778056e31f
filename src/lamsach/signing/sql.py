"""What waits for a signature, and what is signed, in SQL: the conditions stand here once.

Every statement works on any number of doses at once. This room reads tables of the floors below
and its own; it takes no viewer and is for `actions`, `queries` and `standing` alone. Pages count
what waits in `signing_awaitingdose`, which `registry.standing` keeps; what is put into a batch is
looked at itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from django.db import connection

from lamsach.authentication.queries import HOLDING, OPENING_KINDS
from lamsach.clock import today
from lamsach.esign.batch import Receipt
from lamsach.registry.standing import Reading
from lamsach.signing.statements import DoseFacts

__all__ = [
    "AWAITING_DOSES",
    "UNSIGNED",
    "UNSIGNED_PEOPLE",
    "awaiting_doses",
    "copy_statements",
    "count_awaiting",
    "count_unsigned",
    "lock_offices",
    "people_of",
    "signs_for",
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

# The statement that signs a dose `d` as it is.
_SIGNED: Final = """exists (
    select from signing_dosestatement s
    join signing_signingbatch b on b.id = s.batch_id and b.state = 'signed'
    where s.dose_id = d.id and s.voided_at is null and s.dose_version = d.version
)"""

# An office `o` whose place another has taken: that one signs what it entered.
_FOLLOWED: Final = "o.successor_id is not null and o.closed_on <= %(today)s::date"

#: The doses of authenticated people that are not signed as they are.
UNSIGNED: Final = Reading(
    "unsigned",
    f"""
    select d.person_id, d.id as dose_id, d.entered_by_id as office_id, d.entered_at
    from holding join registry_dose d on d.person_id = holding.person_id
    where holding.kind in {OPENING_KINDS} and d.withdrawn_at is null and not {_SIGNED}
    """,
    rests_on=(HOLDING,),
)

#: Obstacle: people of whom a dose is not signed; the facility that entered it (or took its place)
#: acts next. It reads `UNSIGNED`.
UNSIGNED_PEOPLE: Final = f"""
    with recursive heirs(id, heir) as (
        select distinct office_id, office_id from unsigned
        union select h.id, o.successor_id
        from heirs h join places_office o on o.id = h.heir where {_FOLLOWED}
    )
    select u.person_id, min(o.id)
    from unsigned u
    left join heirs h on h.id = u.office_id
    left join places_office o on o.id = h.heir and not ({_FOLLOWED})
    group by u.person_id
"""

#: Rows of `signing_awaitingdose`: what is not signed and not about to change. It reads `UNSIGNED`.
AWAITING_DOSES: Final = """
    select u.person_id, u.dose_id, u.office_id, u.entered_at from unsigned u
    where not exists (
        select from registry_correction c where c.dose_id = u.dose_id and c.state = 'requested'
    )
"""

_SIGNS_FOR: Final = f"""
    with recursive signs_for(id) as (
        select %(office)s::bigint
        union select o.id from places_office o join signs_for s on o.successor_id = s.id
        where {_FOLLOWED}
    )
    select id from signs_for order by id"""

# However many doses an office has, its oldest are found along the index, and no others read.
_OLDEST: Final = """
    select a.dose_id, a.entered_at from unnest(%(offices)s::bigint[]) as o(id)
    cross join lateral (
        select dose_id, entered_at from signing_awaitingdose where office_id = o.id
        order by entered_at, dose_id limit %(limit)s
    ) a"""

_COUNT: Final = f"select count(*) from ({_OLDEST} limit %(limit)s) waiting"

_READ: Final = f"""
    with oldest as materialized ({_OLDEST} order by a.entered_at, a.dose_id limit %(limit)s)
    select d.id, d.public_id, d.version, p.reference, d.vaccine_code, d.lot, d.vaccinated_on,
        d.dose_number, f.public_id, f.name, d.country, d.presence, d.entered_at,
        exists (select from signing_dosestatement v where v.dose_id = d.id)
    from oldest
    join registry_dose d on d.id = oldest.dose_id
    join registry_person p on p.id = d.person_id
    join places_office f on f.id = d.facility_id
    where {_AWAITING}
    order by d.entered_at, d.id"""

_COUNT_UNSIGNED: Final = f"""
    select count(*) from (
        select from registry_dose d
        where d.entered_by_id = any(%(offices)s) and d.withdrawn_at is null and not {_SIGNED}
        limit %(limit)s
    ) unsigned"""


def signs_for(office: int) -> list[int]:
    """The offices whose doses an office signs: its own, and of those whose place it has taken."""
    with connection.cursor() as cursor:
        cursor.execute(_SIGNS_FOR, {"office": office, "today": today()})
        return [row[0] for row in cursor.fetchall()]


def awaiting_doses(offices: Sequence[int], limit: int) -> list[DoseFacts]:
    """The doses that these offices have to have signed, the longest waiting first.

    Each is looked at itself: nothing is signed because a derived table says so. They are not
    locked: what changes before the signature is voided when it comes.
    """
    with connection.cursor() as cursor:
        cursor.execute(_READ, {"offices": list(offices), "limit": limit})
        return [DoseFacts(*row) for row in cursor.fetchall()]


def count_awaiting(offices: Sequence[int], limit: int) -> int:
    """How many doses these offices have to have signed; counting stops at the limit."""
    return _count(_COUNT, offices, limit)


def count_unsigned(offices: Sequence[int], limit: int) -> int:
    """How many doses of these offices nobody has signed, whosever they are; up to the limit."""
    return _count(_COUNT_UNSIGNED, offices, limit)


def _count(statement: str, offices: Sequence[int], limit: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"offices": list(offices), "limit": limit})
        (found,) = cursor.fetchone() or (0,)
    return int(found)


def lock_offices(offices: Sequence[int]) -> None:
    """Hold offices' batches until the transaction ends: two heads prepare one after another."""
    with connection.cursor() as cursor:
        for office in sorted(offices):
            cursor.execute(
                "select pg_advisory_xact_lock(hashtextextended('signing', %s))", [office]
            )


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
