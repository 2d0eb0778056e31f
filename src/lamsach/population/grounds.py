"""Legal grounds (căn cứ pháp lý): what the register may be asked for, and by which law it answers.

The register's authority says so in its settings (REGISTER_GROUNDS); what has no ground is not
answered. Each ground that was ever used is a row, and each logged question names its own, so that
a change of the settings does not change what was.
"""

from __future__ import annotations

from typing import Final

from django.conf import settings

from lamsach.clock import now
from lamsach.ledger.actions import Action, Actor
from lamsach.ledger.verbs import Verb
from lamsach.population.database import register_database
from lamsach.population.models import LegalGround

__all__ = ["CONFIRMATION", "PROPOSAL", "ground_of", "note_groundless"]

#: What leaves by the door besides answers: proposals to the police, and what they confirm.
PROPOSAL: Final = "proposal"
CONFIRMATION: Final = "confirmation"


def ground_of(purpose: str) -> LegalGround | None:
    """The ground on which the register answers for a purpose now; None when there is none."""
    text: str = settings.REGISTER_GROUNDS.get(purpose, "")
    if not text:
        return None
    grounds = LegalGround.objects.using(register_database())
    found, _made = grounds.get_or_create(
        purpose=purpose, text=text, defaults={"first_used_at": now()}
    )
    return found


def note_groundless(
    act: Action, *, actor: Actor, office: str, purpose: str, questions: int, job: str = ""
) -> None:
    """Record that nothing was answered, because no law allows it for this purpose."""
    act.record(
        Verb.REGISTER_REFUSE,
        actor=actor,
        office=office,
        purpose=purpose,
        subject=("job", job) if job else ("", ""),
        facts={"reason": "no legal ground", "questions": questions},
    )
