"""What signing says about a person: a dose that is not signed stands in the way of a passport."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext_lazy as _

from lamsach.authentication.queries import HOLDING
from lamsach.registry.standing import Obstacle
from lamsach.signing.sql import UNSIGNED_PEOPLE

__all__ = ["UNSIGNED"]

UNSIGNED: Final = Obstacle(
    code="unsigned",
    rank=30,
    people=UNSIGNED_PEOPLE,
    label=_("A dose is not signed"),
    next_step=_("The head of the facility that entered the dose signs it."),
    reads=(HOLDING,),
)
