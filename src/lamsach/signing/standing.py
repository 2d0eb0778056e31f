"""What signing says about a person: a dose that is not signed stands in the way of a passport."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext_lazy as _

from lamsach.authentication.queries import HOLDING
from lamsach.registry.standing import Obstacle, Reading
from lamsach.signing.sql import UNSIGNED_PEOPLE

__all__ = ["READ_UNSIGNED", "UNSIGNED"]

#: Authenticated people with a dose that is not signed, and the office that signs it.
READ_UNSIGNED: Final = Reading("unsigned", UNSIGNED_PEOPLE, (HOLDING,))

UNSIGNED: Final = Obstacle(
    code="unsigned",
    rank=30,
    people="select person_id, office_id from unsigned",
    label=_("A dose is not signed"),
    next_step=_("The head of the facility that entered the dose signs it."),
    reads=(READ_UNSIGNED,),
)
