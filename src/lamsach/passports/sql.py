"""Who may have a passport, and what it would show: the conditions in SQL, written once.

`WANTED` is one row a person and campaign: the passport that the record calls for, whether the
conditions of 5772/QĐ-BYT hold, and how it compares with the one there is, which counts until it
ends or its key is no longer trusted. Everything works on any number of people at once. For this
floor's own rooms; takes no viewer.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final, NamedTuple

from django.db import connection

from lamsach.authentication.queries import HOLDING, OPENING_KINDS
from lamsach.hcert.vaccines import DISEASES
from lamsach.passports.models import Lane
from lamsach.registry.standing import Reading
from lamsach.signing.sql import UNSIGNED

__all__ = [
    "ELIGIBLE",
    "NOT_ELIGIBLE",
    "READ_WANTED",
    "REFUSED",
    "WITHHELD",
    "Wanted",
    "lock_records",
    "make_due",
    "wanted",
]

_DISEASES: Final = ", ".join(f"'{code}'" for code in sorted(DISEASES))

# Doses of a course by the campaign's rules; "" stands for every other product.
_COURSE: Final = "coalesce((c.doses_required->>{0})::int, (c.doses_required->>'')::int, 1)"
_FIRST: Final = _COURSE.format("g.first_product")
_LAST: Final = _COURSE.format("g.product")

# A booster is n/n, after a course of one dose n/1 (the EU's rules for dn and sd).
_SERIES: Final = (
    f"case when g.doses > 1 and ({_FIRST} = 1 or {_LAST} = 1) then 1"
    f" else greatest(g.doses, {_LAST}) end"
)

WANTED: Final = f"""
    select w.*, q.id as current_id, least(q.expires_at, (
            select k.distrusted_at from passports_passportsigner k where k.id = q.signer_id
        )) as current_until,
        w.ready and w.licensed and w.doses >= w.required as eligible,
        q.id is not null and (q.full_name, q.birth_date, q.nationality, q.travel_name, q.disease,
            q.dose_number, q.series, q.vaccinated_on, q.product, q.country) is not distinct from
            (w.full_name, w.birth_date, w.nationality, w.travel_name, w.disease,
            w.doses, w.series, w.vaccinated_on, w.product, w.country) as shown,
        exists (
            select from passports_passport f where f.person_id = w.person_id
            and f.campaign_id = w.campaign_id
            and f.revocation_reason = 'fraud' and f.released_at is null
        ) as withheld
    from (
        select p.id as person_id, c.id as campaign_id, p.full_name, p.birth_date, p.nationality,
            p.travel_name, c.disease, g.doses::int as doses, ({_SERIES})::int as series,
            g.product, g.vaccinated_on, g.country, g.rests, a.id as answer_id, g.licensed,
            coalesce(c.minimum_doses, {_FIRST}) as required,
            coalesce(a.kind in ('right', 'exempt'), false) and g.signed as ready
        from asked
        join registry_person p on p.id = asked.id
        join lateral (
            select d.campaign_id, count(*) as doses, bool_and(s.id is not null) as signed,
                bool_and(d.vaccine_code = any(k.vaccines)) as licensed,
                (array_agg(d.vaccine_code order by d.vaccinated_on, d.dose_number, d.id))[1]
                    as first_product,
                (array_agg(d.vaccine_code order by d.vaccinated_on desc, d.dose_number desc,
                    d.id desc))[1] as product,
                (array_agg(d.country order by d.vaccinated_on desc, d.dose_number desc,
                    d.id desc))[1] as country,
                max(d.vaccinated_on) as vaccinated_on,
                array_agg(array[d.id, s.id]) as rests
            from registry_dose d
            join registry_campaign k on k.id = d.campaign_id and k.disease in ({_DISEASES})
            left join (
                signing_dosestatement s
                join signing_signingbatch b on b.id = s.batch_id and b.state = 'signed'
            ) on s.dose_id = d.id and s.voided_at is null and s.dose_version = d.version
            where d.person_id = p.id and d.withdrawn_at is null
            group by d.campaign_id
        ) g on true
        join registry_campaign c on c.id = g.campaign_id
        left join lateral (
            select a.id, a.kind from authentication_answer a
            where a.person_id = p.id and a.person_version = p.version order by a.id desc limit 1
        ) a on true
    ) w
    left join passports_passport q on q.person_id = w.person_id
        and q.campaign_id = w.campaign_id and q.superseded_at is null
"""

_MINISTRY: Final = """(
    select min(o.id) from places_office o
    where o.kind = 'ministry' and (o.closed_on is null or o.closed_on > %(today)s::date)
)"""

_HAS_REFUSAL: Final = """exists (
    select from passports_refusal r
    where r.person_id = w.person_id and r.campaign_id = w.campaign_id
)"""

# That anything was signed about a person: else there is no passport to be wanted. In a run over
# everyone it spares the reading of all doses.
_ANY_SIGNED: Final = """exists (
    select from registry_dose d
    join signing_dosestatement s on s.dose_id = d.id and s.voided_at is null
    where d.person_id = {0}
)"""

#: `WANTED` for standing: only authenticated people of whom no dose waits for a signature can be
#: stopped this far along the way.
READ_WANTED: Final = Reading(
    "wanted",
    f"""
    with asked as (
        select h.person_id as id from holding h where h.kind in {OPENING_KINDS}
        and not exists (select from unsigned u where u.person_id = h.person_id)
    ) {WANTED}""",
    rests_on=(HOLDING, UNSIGNED),
)

#: Obstacles, each for people of whom all doses are signed; they read `READ_WANTED`.
NOT_ELIGIBLE: Final = """
    select w.person_id, null::bigint from wanted w where w.ready and not w.eligible"""
ELIGIBLE: Final = f"""
    select w.person_id, {_MINISTRY} from wanted w
    where w.eligible and not w.withheld and not {_HAS_REFUSAL}
    and not (w.shown and w.current_until > %(now)s)"""
WITHHELD: Final = f"""
    select w.person_id, {_MINISTRY} from wanted w where w.eligible and w.withheld"""
REFUSED: Final = f"""
    select w.person_id, {_MINISTRY} from wanted w
    where w.eligible and not w.withheld and {_HAS_REFUSAL}
    and not (w.shown and w.current_until > %(now)s)"""


class Wanted(NamedTuple):
    """The passport that the record calls for, and how it compares with the one there is."""

    person_id: int
    campaign_id: int
    full_name: str
    birth_date: str
    nationality: str
    travel_name: str
    disease: str
    doses: int
    series: int
    product: str
    vaccinated_on: date
    country: str
    rests: list[tuple[int, int]]  # doses, each with the statement that is signed about it
    answer_id: int | None
    licensed: bool
    required: int
    ready: bool
    current_id: int | None
    current_until: datetime | None
    eligible: bool
    shown: bool
    withheld: bool


def wanted(people: Sequence[int]) -> list[Wanted]:
    """What the record calls for, for each of these people and each campaign with doses."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"with asked as materialized (select unnest(%s::bigint[]) as id) {WANTED}",
            [sorted(set(people))],
        )
        return [Wanted(*row) for row in cursor.fetchall()]


# As `registry.standing.hold_people` does, but for whom somebody else holds.
_LOCK: Final = """
    select id from registry_person where id = any(%(people)s::bigint[])
    order by id for no key update skip locked"""


def lock_records(people: Sequence[int]) -> set[int]:
    """Keep these people's records as they are until the transaction ends; whose could be kept.

    Who changes a dose holds its person. Nobody is waited for: who changes a record at this moment
    may wait for us.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, {"people": sorted(set(people))})
        return {row[0] for row in cursor.fetchall()}


# What is to be done about a person: a passport to issue, or one that shows what is no longer so.
_MAKE_DUE: Final = f"""
    with given as (select distinct unnest(%(people)s::bigint[]) as id),
    asked as materialized (
        select id from given where exists (
            select from passports_passport q where q.person_id = given.id
        ) or {_ANY_SIGNED.format("given.id")}
    ),
    found(person_id, campaign_id) as (
        select w.person_id, w.campaign_id from ({WANTED}) w
        where not w.withheld and case
            when w.eligible then not (w.shown and w.current_until > %(renew)s)
            else w.ready and w.current_id is not null
        end
        union
        select q.person_id, q.campaign_id from asked
        join passports_passport q on q.person_id = asked.id and q.superseded_at is null
        where not exists (
            select from registry_dose d where d.person_id = q.person_id
            and d.campaign_id = q.campaign_id and d.withdrawn_at is null
        )
    ),
    forgotten as (
        delete from passports_refusal r using found
        where r.person_id = found.person_id and r.campaign_id = found.campaign_id
    )
    insert into passports_due as due (person_id, campaign_id, lane, since)
    select person_id, campaign_id, %(lane)s, %(now)s from found order by person_id
    on conflict (person_id, campaign_id) do update set lane = least(due.lane, excluded.lane)
    returning id"""


def make_due(people: Sequence[int], *, lane: Lane, now: datetime, renew: datetime) -> list[int]:
    """Note for which of these people something is to be done; the rows that say so.

    Passports that end before `renew` are to be renewed.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _MAKE_DUE, {"people": list(people), "lane": lane.value, "now": now, "renew": renew}
        )
        return [row[0] for row in cursor.fetchall()]
