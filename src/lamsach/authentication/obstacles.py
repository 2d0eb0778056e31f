"""What stands in a person's way for the register's sake, and who must act (2262/BYT-CNTT).

The station of the stated residence puts wrong data on its list; where no residence is known, the
facility that entered the person does.
"""

from __future__ import annotations

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from lamsach.authentication.models import AnswerKind
from lamsach.authentication.queries import HOLDING
from lamsach.registry.standing import STATIONS, Obstacle

__all__ = ["OBSTACLES"]

_NOT_CHECKED: Final = Obstacle(
    code="not_checked",
    rank=10,
    people="select person_id, null::bigint from holding where kind is null",
    reads=(HOLDING,),
    label=_("Not checked against the population register yet"),
    next_step=_("Nothing to do: the register is asked by itself."),
)


def _said(kind: AnswerKind, rank: int, label: Promise, next_step: Promise) -> Obstacle:
    return Obstacle(
        code=kind.value,
        rank=rank,
        people=f"""
            select h.person_id, coalesce(station_of.office_id, h.entered_by_id)
            from holding h left join station_of on station_of.unit_id = h.residence_id
            where h.kind = '{kind.value}'
        """,
        reads=(HOLDING, STATIONS),
        label=label,
        next_step=next_step,
    )


OBSTACLES: Final = (
    _NOT_CHECKED,
    _said(
        AnswerKind.ID_MISSING,
        12,
        _("There is no personal identification number"),
        _("The health station of the residence puts the person on its list for the police."),
    ),
    _said(
        AnswerKind.ID_MALFORMED,
        13,
        _("The personal identification number has a wrong format"),
        _("The health station of the residence puts the person on its list for the police."),
    ),
    _said(
        AnswerKind.NOT_CHECKABLE,
        14,
        _("Name, date of birth or sex is missing, so the register cannot be asked"),
        _("The health station of the residence completes the record."),
    ),
    _said(
        AnswerKind.WRONG,
        15,
        _("The data do not agree with the population register"),
        _("The health station of the residence puts the person on its list for the police."),
    ),
)
