"""What stands in a person's way that the registry itself knows: a correction that waits."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext_lazy as _

from lamsach.registry.standing import STATIONS, Obstacle

__all__ = ["CORRECTION_WAITING"]

# Who asked decides nothing, but their office acts next: another officer there. What the police ask
# for is decided where the person lives.
CORRECTION_WAITING: Final = Obstacle(
    code="correction_waiting",
    rank=5,  # whatever else is wrong: what was asked for comes first
    people="""
        select c.person_id, case
            when o.kind in ('commune_police', 'province_police', 'ministry_police')
            then station_of.office_id else c.requested_from_id end
        from asked join registry_correction c on c.person_id = asked.id and c.state = 'requested'
        join places_office o on o.id = c.requested_from_id
        join registry_person p on p.id = c.person_id
        left join station_of on station_of.unit_id = p.residence_id
    """,
    reads=(STATIONS,),
    label=_("A correction waits for approval"),
    next_step=_("Another officer than the one who asked approves or refuses it."),
)
