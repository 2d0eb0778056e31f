"""Making a list: the residents of a commune whose data are wrong, taken at once by one statement.

Residence is what the record states, not where the dose was given (2262/BYT-CNTT, step 1). People
who are on an open list already, and those whose unchanged record was judged before, stay away.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connections
from django.utils.translation import gettext_lazy as _

from lamsach.accounts.actions import actor_of
from lamsach.accounts.models import Officer
from lamsach.accounts.roles import Role
from lamsach.accounts.scope import scope_of
from lamsach.cleansing.models import CleansingList, ListState, ListStep
from lamsach.clock import now, today
from lamsach.ledger.actions import Action, action
from lamsach.ledger.verbs import Verb
from lamsach.places.models import Coverage, Office, Unit
from lamsach.registry.models import Campaign
from lamsach.registry.standing import refresh_standing

__all__ = ["WRONG", "draft_for", "make_list"]

#: The three categories of 2262/BYT-CNTT, as standing calls them.
WRONG: Final = ("id_missing", "id_malformed", "wrong")
#: A list is work for weeks, not for a year; what is left goes on the next one.
_MOST: Final = 20_000

# Households are people of one address in one hamlet; they stand together, the rest by name.
_TAKE: Final = """
with found as (
    select p.id, p.version, s.obstacle, p.hamlet, p.address, p.name_key
    from registry_standing s
    join registry_person p on p.id = s.person_id
    join places_coverage c on c.covering_id = %(commune)s and c.covered_id = p.residence_id
    where s.obstacle = any(%(obstacles)s)
    and (%(hamlet)s = '' or p.hamlet = %(hamlet)s)
    and not exists (
        select from cleansing_cleansingentry e where e.person_id = p.id and e.is_open
    )
    and not exists (
        select from cleansing_cleansingentry e
        join cleansing_decision d on d.id = e.decision_id
        where e.person_id = p.id and e.person_version = p.version and not e.is_open
        and d.kind = any(%(settled)s)
    )
    order by p.hamlet, p.address, p.name_key, p.id
    limit %(most)s
),
grouped as (
    select f.*,
        case when address <> '' and count(*) over home > 1
            then dense_rank() over (order by hamlet, address) else 0 end as household,
        row_number() over (order by hamlet, address, name_key, id) as position
    from found f
    window home as (partition by hamlet, address)
)
insert into cleansing_cleansingentry (
    public_id, list_id, person_id, person_version, obstacle, position, household,
    suggestion, suggestion_note, is_open, outcome
)
select gen_random_uuid(), %(list)s, id, version, obstacle, position, household,
    '{}', '', true, ''
from grouped
returning person_id
"""
#: Decisions after which the same, unchanged record need not be judged again.
_SETTLED: Final = (
    "deceased",
    "duplicate_of",
    "register_wrong",
    "not_in_register",
    "unidentifiable",
)


def make_list(
    *,
    officer: Officer,
    station: Office,
    commune: Unit,
    campaign: Campaign,
    hamlet: str = "",
    obstacles: Collection[str] = WRONG,
) -> CleansingList:
    """Make the list of a commune (or of one hamlet) of it.

    Raises `PermissionDenied` when the station is not the officer's or the commune not the
    station's, `ValidationError` when nobody there is to be listed.
    """
    grants = scope_of(officer).grants
    if not any(one.office_id == station.pk and one.role == Role.STATION for one in grants):
        raise PermissionDenied
    if not _is_responsible(station, commune):
        raise PermissionDenied
    with action() as act:
        made = _new(act, officer, station, commune, campaign, hamlet)
        with connections[act.using].cursor() as cursor:
            cursor.execute(
                _TAKE,
                {
                    "commune": commune.pk,
                    "obstacles": list(obstacles),
                    "hamlet": hamlet,
                    "settled": list(_SETTLED),
                    "most": _MOST,
                    "list": made.pk,
                },
            )
            people = [person for (person,) in cursor.fetchall()]
        if not people:
            raise ValidationError(_("Nobody of this commune has data to be corrected now."))
        refresh_standing(people, using=act.using)
        act.record(
            Verb.LIST_MAKE,
            actor=actor_of(officer),
            office=str(station.public_id),
            subject=("cleansing_list", made.public_id),
            facts={"entries": len(people)},
        )
    return made


def _is_responsible(station: Office, commune: Unit) -> bool:
    return Coverage.objects.filter(
        covered=commune,
        covering__territories__office=station,
        covering__territories__period__contains=today(),
    ).exists()


def _new(
    act: Action,
    officer: Officer,
    station: Office,
    commune: Unit,
    campaign: Campaign,
    hamlet: str,
) -> CleansingList:
    moment = now()
    made = CleansingList.objects.using(act.using).create(
        station=station,
        commune=commune,
        campaign=campaign,
        hamlet=hamlet,
        made_by=officer,
        made_at=moment,
        state_since=moment,
    )
    ListStep.objects.using(act.using).create(
        list=made,
        action="make_list",
        before="",
        after=ListState.DRAFT,
        officer=officer,
        office=station,
        at=moment,
    )
    return made


def draft_for(
    act: Action, *, officer: Officer, station: Office, commune: Unit, campaign: Campaign
) -> CleansingList:
    """The station's open draft for a commune, or an empty new one: for people who are sent on."""
    known = (
        CleansingList.objects.using(act.using)
        .select_for_update(of=("self",), no_key=True)
        .filter(station=station, commune=commune, campaign=campaign, state=ListState.DRAFT)
        .order_by("pk")
        .first()
    )
    return known or _new(act, officer, station, commune, campaign, "")
