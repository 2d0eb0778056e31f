"""What being on an open list says of a person: the police, or the station, act next.

Two obstacles for `registry.standing`, ahead of the wrong data themselves, and the conditions by
which lists open people to the offices they are with.
"""

from __future__ import annotations

from typing import Final

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from lamsach.accounts.roles import View
from lamsach.accounts.scope import Scope
from lamsach.cleansing.models import ListState
from lamsach.cleansing.queries import on_open_lists
from lamsach.registry.standing import Obstacle

__all__ = ["OBSTACLES", "with_chair", "with_hamlet", "with_police"]

_ON_LIST: Final = """
    select e.person_id, {office} from asked
    join cleansing_cleansingentry e on e.person_id = asked.id and e.is_open
    join cleansing_cleansinglist l on l.id = e.list_id and l.state {state}
"""

OBSTACLES: Final = (
    Obstacle(
        "with_police",
        8,
        _ON_LIST.format(office="l.police_id", state="= 'police_check'"),
        _("On a cleansing list, with the commune police"),
        _("The commune police check the record against the register and return the list."),
    ),
    Obstacle(
        "at_station",
        9,
        _ON_LIST.format(
            office="case when l.state = 'hamlet_review' then l.hamlet_group_id"
            " else l.station_id end",
            state="in ('draft', 'hamlet_review', 'returned')",
        ),
        _("On a cleansing list, with the health station"),
        _("The health station sends the list on, or applies what the police returned."),
    ),
)


def with_police(scope: Scope) -> Q:
    """People on lists that are with the officer's police office, until they are applied."""
    return on_open_lists(
        list__police__in=scope.office_ids(View.SENT_LISTS),
        list__state__in=[ListState.POLICE_CHECK, ListState.RETURNED],
    )


def with_hamlet(scope: Scope) -> Q:
    """People on lists that the officer's hamlet group reviews."""
    return on_open_lists(
        list__hamlet_group__in=scope.office_ids(View.SHARED_LISTS),
        list__state=ListState.HAMLET_REVIEW,
    )


def with_chair(scope: Scope) -> Q:
    """People on the open lists of the chair's commune."""
    return on_open_lists(list__commune__in=scope.units(View.LISTS_AND_BATCHES))
