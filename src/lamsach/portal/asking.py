"""What a citizen or guardian tells of themself to be found: name, birth, sex, and one thing more.

Plain values between the form, which asks one question at a time, and the look-up. The one thing
more is the personal number or, for who has none, the day of one dose.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import date

from lamsach.identity.births import parse_birth
from lamsach.registry import keys

__all__ = ["Asked"]


@dataclass(frozen=True, slots=True)
class Asked:
    """The answers, as typed; `number` or `dosed_on` (ISO) is empty."""

    name: str
    birth: str
    sex: str
    number: str = ""
    dosed_on: str = ""

    @property
    def name_key(self) -> str:
        """The name without marks, as records are found by it."""
        return keys.name_key(self.name)

    @property
    def births(self) -> list[str]:
        """The forms in which a record may hold this birth: some know the month or year alone."""
        text = str(parse_birth(keys.clean(self.birth)))
        return list(dict.fromkeys((text, text[:7], text[:4])))

    @property
    def digits(self) -> str:
        """The number's digits."""
        return keys.read_number(self.number)[0]

    @property
    def day(self) -> date | None:
        """The day of a dose."""
        return date.fromisoformat(self.dosed_on) if self.dosed_on else None

    @property
    def identity(self) -> str:
        """Whom this asks for, whatever else is varied: what attempts are limited by."""
        birth = self.births[0]
        return f"{self.digits}/{birth}" if self.number else f"{self.name_key}/{birth}"

    def as_text(self) -> str:
        """For sealing."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_text(cls, text: str) -> Asked:
        """What was sealed."""
        return cls(**json.loads(text))
