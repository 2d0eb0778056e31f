"""Reading intake: an officer sees the files of the offices in which they enter records.

The reference data that checks compare with (`known_for`) are nobody's, and take no viewer.
"""

from __future__ import annotations

import uuid

from django.db.models import Q, QuerySet

from lamsach.accounts.models import Officer
from lamsach.accounts.scope import scope_of
from lamsach.clock import today
from lamsach.intake.communes import communes_of
from lamsach.intake.known import Known, KnownCampaign
from lamsach.intake.models import Batch, BatchState
from lamsach.intake.vaccines import vaccine_readings
from lamsach.places.models import Office, Unit
from lamsach.registry.models import Campaign
from lamsach.registry.workflow import MAY_ENTER

__all__ = [
    "batch_for",
    "batches_for",
    "campaign_of_code",
    "known_for",
    "offices_to_enter_in",
    "open_campaigns",
    "unfinished_for",
]


def offices_to_enter_in(viewer: Officer) -> QuerySet[Office]:
    """The offices in which the viewer enters records."""
    grants = scope_of(viewer).grants
    mine = {one.office_id for one in grants if one.role in MAY_ENTER}
    return Office.objects.filter(pk__in=mine).order_by("name", "pk")


def batches_for(viewer: Officer) -> QuerySet[Batch]:
    """The files of those offices, the newest first."""
    return (
        Batch.objects.filter(office__in=offices_to_enter_in(viewer).order_by().values("pk"))
        .select_related("office", "campaign", "uploaded_by", "applied_by", "returned", "job")
        .defer("good_rows")
        .order_by("-id")
    )


def batch_for(viewer: Officer, public_id: uuid.UUID) -> Batch | None:
    """One file; None when there is none or the viewer may not see it."""
    return batches_for(viewer).filter(public_id=public_id).first()


def unfinished_for(viewer: Officer) -> QuerySet[Batch]:
    """The files that wait for the viewer's word: checked and neither entered nor discarded."""
    return batches_for(viewer).filter(state=BatchState.CHECKED)


def open_campaigns() -> QuerySet[Campaign]:
    """The campaigns that doses are entered for today, the newest first."""
    day = today()
    running = Q(closed_on=None) | Q(closed_on__gt=day)
    return Campaign.objects.filter(running, opened_on__lte=day).order_by("-opened_on", "pk")


def campaign_of_code(code: str) -> Campaign | None:
    """The open campaign of a code."""
    return open_campaigns().filter(code=code).first()


def known_for(office: Office, campaign: Campaign) -> Known:
    """What a file that an office sends for a campaign may refer to."""
    campaigns = {one.code: _known(one) for one in Campaign.objects.all()}
    sites = Office.objects.filter(Q(pk=office.pk) | Q(above=office)).exclude(code="")
    catalogue = campaigns[campaign.code].catalogue
    return Known(
        today=today(),
        campaign=campaigns[campaign.code],
        campaigns=campaigns,
        facilities={one.code.upper(): one.pk for one in sites},
        units=dict(Unit.objects.filter(catalogue=catalogue).values_list("code", "id")),
        communes=communes_of(catalogue),
    )


def _known(one: Campaign) -> KnownCampaign:
    return KnownCampaign(
        id=one.pk,
        opened_on=one.opened_on,
        closed_on=one.closed_on,
        vaccines=vaccine_readings(one.vaccines),
        compulsory=frozenset(one.compulsory_fields),
        catalogue=one.units_as_of,
    )
