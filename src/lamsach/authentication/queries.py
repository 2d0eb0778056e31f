"""Reading answers: which holds about each person, and what of it an officer may see.

The newest answer about a person's present version holds. An answer tells the health side nothing of
the register but right or wrong; whoever may see the person may see it.
"""

from __future__ import annotations

from typing import Final

from django.db.models import Exists, F, OuterRef, QuerySet, Subquery

from lamsach.accounts.models import Officer
from lamsach.authentication.models import Answer, AnswerKind
from lamsach.registry.models import Person
from lamsach.registry.queries import persons_for
from lamsach.registry.standing import Reading

__all__ = [
    "HOLDING",
    "HOLDING_KIND",
    "OPENING_KINDS",
    "answers_about",
    "newest_answer",
    "right_answers",
    "unasked_exist",
]

#: SQL: the kind of the answer that holds about the person `p`, null when nobody has asked.
HOLDING_KIND: Final = """(
    select a.kind from authentication_answer a
    where a.person_id = p.id and a.person_version = p.version order by a.id desc limit 1
)"""

#: SQL: the kinds of answers that open the way to a passport.
OPENING_KINDS: Final = f"('{AnswerKind.RIGHT}', '{AnswerKind.EXEMPT}')"

#: The answer that holds about each person asked about (kind null: nobody has asked), with what says
#: who is responsible: `holding(person_id, residence_id, entered_by_id, kind)`.
HOLDING: Final = Reading(
    "holding",
    f"""
    select p.id as person_id, p.residence_id, p.entered_by_id, {HOLDING_KIND} as kind
    from asked
    join registry_person p on p.id = asked.id and p.id between %(first)s and %(last)s
    """,
)


def right_answers() -> QuerySet[Answer]:
    """The answers that hold and open the way to a passport: right, or exempt."""
    newest = (
        Answer.objects.filter(person=OuterRef("person"), person_version=F("person__version"))
        .order_by("-id")
        .values("id")[:1]
    )
    return Answer.objects.filter(
        kind__in=[AnswerKind.RIGHT, AnswerKind.EXEMPT],
        person_version=F("person__version"),
        id=Subquery(newest),
    )


def newest_answer(person: Person) -> Answer | None:
    """The answer that holds about a person; None when it has not come yet."""
    mine = Answer.objects.filter(person=person, person_version=person.version)
    return mine.order_by("-id").first()


def answers_about(viewer: Officer, person: Person) -> QuerySet[Answer]:
    """All answers about a person whom the viewer may see, the newest first."""
    return Answer.objects.filter(
        person=person, person__in=persons_for(viewer).values("pk")
    ).order_by("-id")


def unasked_exist() -> bool:
    """Whether there is anyone about whom no answer holds."""
    newest = Answer.objects.filter(person=OuterRef("pk"), person_version=OuterRef("version"))
    return Person.objects.filter(~Exists(newest)).exists()
