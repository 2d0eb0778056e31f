"""Who may do what with records: entering, and the way of a correction from request to decision.

Frozen tables only; `actions` obeys them, and a test draws them.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final, NamedTuple

from lamsach.accounts.roles import Role
from lamsach.registry.models import CorrectionState

__all__ = ["CORRECTION_STEPS", "MAY_ENTER", "MAY_PRESENT", "MAY_UNMASK", "Step"]

#: Who enters people and doses, in an office that vaccinates.
MAY_ENTER: Final = frozenset({Role.FACILITY_CLERK, Role.FACILITY_HEAD, Role.STATION})

_ASK: Final = frozenset(
    {
        Role.FACILITY_CLERK,
        Role.FACILITY_HEAD,
        Role.STATION,
        Role.COMMUNE_POLICE,  # what the police decide on a list (2262/BYT-CNTT, step 4)
        Role.DISTRICT,
        Role.CDC,
        Role.DEPARTMENT,
    }
)
_DECIDE: Final = frozenset(
    {Role.FACILITY_HEAD, Role.STATION, Role.DISTRICT, Role.CDC, Role.DEPARTMENT}
)


class Step(NamedTuple):
    """What a step leads to, and the roles that may take it."""

    leads_to: CorrectionState
    roles: frozenset[Role]


#: (state, action) → (next state, who may). "" is the state before there is a correction. Who
#: requested never decides, whatever their roles; only who requested may withdraw.
CORRECTION_STEPS: Final = MappingProxyType(
    {
        ("", "request"): Step(CorrectionState.REQUESTED, _ASK),
        (CorrectionState.REQUESTED, "approve"): Step(CorrectionState.APPROVED, _DECIDE),
        (CorrectionState.REQUESTED, "refuse"): Step(CorrectionState.REFUSED, _DECIDE),
        (CorrectionState.REQUESTED, "withdraw"): Step(CorrectionState.WITHDRAWN, _ASK),
    }
)

#: Who serves people face to face, and so may open the record of one who is presented.
MAY_PRESENT: Final = frozenset(
    {
        Role.FACILITY_CLERK,
        Role.FACILITY_HEAD,
        Role.STATION,
        Role.COMMUNE_POLICE,
        Role.DISTRICT,
        Role.CDC,
        Role.DEPARTMENT,
    }
)

#: Who may see a masked number whole, with a purpose; the ministry sees all people, masked.
MAY_UNMASK: Final = MAY_PRESENT
