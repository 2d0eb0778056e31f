"""Limits: what keeps the yes or no from being an oracle for numbers.

Whoever knows a name, a birth and a province needs a million guesses at most for the number. So an
account (an officer in an office) has budgets a day, and its office has; and the numbers that are
asked for one name and birth are counted: more of them than people can bear that name and birth,
and a few slips, stop the account. What is decided here never rests on the answer to the question
at hand. The figures come from the settings (REGISTER_BUDGETS).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import connections

from lamsach.clock import now, today
from lamsach.population.answers import name_key, owner_number, probed_birth
from lamsach.population.database import register_database
from lamsach.population.keys import keyed_number
from lamsach.population.messages import Question
from lamsach.population.models import LoggedQuestion, RegisterPerson, StoppedAccount, Usage

__all__ = [
    "MEMORY",
    "Budget",
    "Probe",
    "allowance",
    "allowance_sql",
    "count_namesakes",
    "is_stopped",
    "probe_of",
    "reopened_at",
    "tried",
]

#: How many numbers one account may try for a name and birth, beyond one for each who bears both.
SLIPS: Final = 3
#: How many all accounts together may.
SLIPS_EVERYWHERE: Final = 12
#: For how long numbers that were tried are counted.
MEMORY: Final = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Probe:
    """A question as the counting of guesses sees it: a name and birth, and the number told.

    Both 0 when no number was told that can be right: then nothing is guessed.
    """

    probe: int = 0
    guess: int = 0
    name: str = ""
    birth: int = 0


def probe_of(question: Question) -> Probe:
    """What a question tries. Writing that never changes an answer does not change it."""
    number = owner_number(question.personal_id)
    name, birth = name_key(question.full_name), probed_birth(question.birth_date)
    if number is None or not name or not birth:
        return Probe()
    probe = keyed_number(b"probe", name, str(birth))
    return Probe(probe, keyed_number(b"guess", f"{number:012}"), name, birth)


def allowance(namesakes: int, *, everywhere: bool = False) -> int:
    """How many numbers may be tried for a name and birth that so many people bear."""
    bearers = max(namesakes, 1)
    return 2 * bearers + SLIPS_EVERYWHERE if everywhere else bearers + SLIPS


def allowance_sql(namesakes: str, *, everywhere: bool = False) -> str:
    """The same as SQL."""
    bearers = f"greatest(coalesce({namesakes}, 1), 1)"
    return f"(2 * {bearers} + {SLIPS_EVERYWHERE})" if everywhere else f"({bearers} + {SLIPS})"


def is_vague(birth: int) -> bool:
    """Whether a birth says little more than the year: 01/01 is what clerks write for that."""
    return birth % 100 == 0 or birth % 10_000 == 101


def count_namesakes(probes: Iterable[Probe]) -> dict[int, int]:
    """How many register people bear each probe's name and birth (its year, for a vague one)."""
    wanted = {one.probe: one for one in probes if one.probe}
    if not wanted:
        return {}
    table = RegisterPerson._meta.db_table
    with connections[register_database()].cursor() as cursor:
        cursor.execute(
            f"""
            select w.probe, (
              select count(*) from {table} p
              where p.name_key = w.name and p.birth between w.low and w.high
            ) from unnest(%s::bigint[], %s::text[], %s::int[], %s::int[]) w(probe, name, low, high)
            """,
            [
                list(wanted),
                [one.name for one in wanted.values()],
                [_low(one.birth) for one in wanted.values()],
                [_high(one.birth) for one in wanted.values()],
            ],
        )
        return dict(cursor.fetchall())


def _low(birth: int) -> int:
    return birth // 10_000 * 10_000 if is_vague(birth) else birth


def _high(birth: int) -> int:
    return birth // 10_000 * 10_000 + 9_999 if is_vague(birth) else birth


def tried(
    probes: Sequence[int], *, account: tuple[str, str] | None, since: datetime | None = None
) -> Mapping[int, set[int]]:
    """Which numbers were answered before for each probe: by an account, or (None) by all.

    Statements and memory stay small: of one probe at most a hundred numbers are looked at.
    """
    if not probes:
        return {}
    table = LoggedQuestion._meta.db_table
    whose, parameters = "", []
    if account is not None:
        whose = "and q.actor = %s and q.office = %s"
        parameters = list(account)
    begin = max(filter(None, [since, now() - MEMORY]))
    with connections[register_database()].cursor() as cursor:
        cursor.execute(
            f"""
            select w.probe, t.guess
            from unnest(%s::bigint[]) w(probe), lateral (
              select distinct q.guess from {table} q
              where q.probe = w.probe and q.probe <> 0 and q.at > %s
                and q.answer <> 'refused' {whose}
              limit 1000
            ) t
            """,
            [list(probes), begin, *parameters],
        )
        found: dict[int, set[int]] = defaultdict(set)
        for probe, guess in cursor.fetchall():
            found[probe].add(guess)
    return found


@dataclass
class Budget:
    """An account's and its office's budget of a day, their rows locked."""

    rows: tuple[Usage, ...]
    limits: tuple[tuple[int, int], ...]

    @classmethod
    def locked(cls, *, actor: str, office: str) -> Budget:
        """Today's; other questions of the account wait until the transaction ends."""
        using, day = register_database(), today()
        limits = settings.REGISTER_BUDGETS
        owners = [("", limits["office"]), (actor, limits["officer"])]
        if actor.startswith("system:"):
            owners = owners[:1]  # nobody in person: what the office may ask is the limit
        for name, _ in owners:
            Usage.objects.using(using).bulk_create(
                [Usage(office=office, actor=name, day=day)], ignore_conflicts=True
            )
        rows = [
            Usage.objects.using(using).select_for_update().get(office=office, actor=name, day=day)
            for name, _ in owners
        ]
        return cls(tuple(rows), tuple(limit for _, limit in owners))

    @property
    def is_spent(self) -> bool:
        """Whether the next question is one too many."""
        return any(
            row.questions >= questions or row.wrong >= wrong
            for row, (questions, wrong) in zip(self.rows, self.limits, strict=True)
        )

    def spend(self, *, wrong_guess: bool) -> None:
        """Count a question that is answered."""
        for row in self.rows:
            row.questions += 1
            row.wrong += wrong_guess

    def save(self) -> None:
        """Keep what was counted."""
        Usage.objects.using(register_database()).bulk_update(self.rows, ["questions", "wrong"])


def is_stopped(*, actor: str, office: str) -> bool:
    """Whether an account gets no answers."""
    rows = StoppedAccount.objects.using(register_database())
    return rows.filter(actor=actor, office=office, reopened_at=None).exists()


def reopened_at(*, actor: str, office: str) -> datetime | None:
    """When an account was last re-opened: what it tried before no longer counts against it."""
    rows = StoppedAccount.objects.using(register_database())
    last = rows.filter(actor=actor, office=office, reopened_at__isnull=False)
    return last.order_by("-reopened_at").values_list("reopened_at", flat=True).first()
