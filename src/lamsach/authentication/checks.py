"""What needs no register: foreigners are not asked about; what the record itself lacks comes first.

A missing or malformed number is the pile that 2262/BYT-CNTT counts, whatever else is wrong; the
register is asked all the same, so that the police find a proposal.
"""

from __future__ import annotations

from lamsach.authentication.models import AnswerKind
from lamsach.registry.models import IdStatus

__all__ = ["answer_kind"]


def answer_kind(*, exempt: bool, id_status: str, said: str) -> AnswerKind:
    """The answer that is kept, from the record's own state and what the register said.

    `said` is right, wrong or not_checkable.

    >>> answer_kind(exempt=False, id_status="missing", said="wrong").value
    'id_missing'
    >>> answer_kind(exempt=False, id_status="well_formed", said="wrong").value
    'wrong'
    """
    if exempt:
        return AnswerKind.EXEMPT
    if said == AnswerKind.RIGHT:
        return AnswerKind.RIGHT
    if id_status == IdStatus.MISSING:
        return AnswerKind.ID_MISSING
    if id_status == IdStatus.MALFORMED:
        return AnswerKind.ID_MALFORMED
    return AnswerKind(said)
