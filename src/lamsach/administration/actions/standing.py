"""After reference data changed: people's standing is projected anew, in the background.

Which station is responsible, who signs in whose place and what a passport needs are read from
offices and campaigns; who is concerned may be millions, so a job goes through them. It reads no
person: keys alone.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from lamsach.jobs.actions import start_job
from lamsach.jobs.models import Job
from lamsach.ledger.actions import Action, Actor
from lamsach.places.models import Office, Unit
from lamsach.registry.models import Campaign

__all__ = ["STANDING", "look_at_campaign", "look_at_residents", "look_at_waiting"]

STANDING = "administration.standing"


def look_at_campaign(act: Action, campaign: Campaign, *, by: Actor) -> Job:
    """Have everyone with a dose in a campaign looked at again: standing, and passports due."""
    return start_job(
        act,
        STANDING,
        key=f"standing/{uuid.uuid4()}",
        subject=("campaign", campaign.code),
        arguments={"campaign": campaign.pk},
        actor=by,
    )


def look_at_residents(act: Action, units: Iterable[Unit], *, by: Actor) -> Job | None:
    """Have the residents of units looked at again: who is responsible for them changed."""
    keys = sorted({one.pk for one in units})
    if not keys:
        return None
    return start_job(
        act,
        STANDING,
        key=f"standing/{uuid.uuid4()}",
        subject=("units", ""),
        arguments={"units": keys},
        actor=by,
    )


def look_at_waiting(act: Action, office: Office, *, by: Actor) -> Job:
    """Have everyone who waits for an office looked at again: another has taken its place."""
    return start_job(
        act,
        STANDING,
        key=f"standing/{uuid.uuid4()}",
        subject=("office", office.public_id),
        arguments={"office": office.pk},
        actor=by,
    )
