"""What signing keeps of people: that a dose is not signed, and which doses wait for a signature.

Both are projected by `registry.standing` whenever a person changes.
"""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext_lazy as _

from lamsach.registry.standing import Obstacle, Projection
from lamsach.signing import sql

__all__ = ["AWAITING", "UNSIGNED"]

UNSIGNED: Final = Obstacle(
    code="unsigned",
    rank=30,
    people=sql.UNSIGNED_PEOPLE,
    label=_("A dose is not signed"),
    next_step=_("The head of the facility that entered the dose signs it."),
    reads=(sql.UNSIGNED,),
)

AWAITING: Final = Projection(
    table="signing_awaitingdose",
    key="dose_id",
    columns=("office_id", "entered_at"),
    rows=sql.AWAITING_DOSES,
    reads=(sql.UNSIGNED,),
)
