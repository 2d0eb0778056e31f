"""What passports say of a person: all is there, or why there is none. No row: it was issued."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext_lazy as _

from lamsach.passports import sql
from lamsach.registry.standing import Obstacle

__all__ = ["OBSTACLES"]

OBSTACLES: Final = (
    Obstacle(
        code="not_eligible",
        rank=40,
        people=sql.NOT_ELIGIBLE,
        label=_("The conditions for a passport do not hold"),
        next_step=_("More doses are needed, or a vaccine is not among the licensed ones."),
        reads=(sql.READ_WANTED,),
    ),
    Obstacle(
        code="eligible",
        rank=41,
        people=sql.ELIGIBLE,
        label=_("All is there; the passport is being issued"),
        next_step=_("Nobody has to do anything: the ministry issues it by itself."),
        reads=(sql.READ_WANTED,),
    ),
    Obstacle(
        code="withheld",
        rank=42,
        people=sql.WITHHELD,
        label=_("A passport was revoked for fraud"),
        next_step=_("The ministry decides whether a new one is issued."),
        reads=(sql.READ_WANTED,),
    ),
    Obstacle(
        code="refused",
        rank=43,
        people=sql.REFUSED,
        label=_("The passport cannot be issued as the record stands"),
        next_step=_("Look at the reason on the person's page and have the record corrected."),
        reads=(sql.READ_WANTED,),
    ),
)
