"""What a check found: passed, failed or not to be told, with a code and a sentence.

This room only holds the shape; the rooms that check fill it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from lamsach.esign.errors import ESignError, Sentence

__all__ = ["Finding", "State"]


class State(StrEnum):
    """Whether something holds: it does, it does not, or nothing at hand tells."""

    PASSED = "passed"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Finding:
    """One thing checked.

    >>> Finding(State.PASSED, "PATH_TRUSTED", Sentence(vi="Tin cậy", en="trusted")).passed
    True
    """

    state: State
    code: str
    sentence: Sentence

    @property
    def passed(self) -> bool:
        """Whether it holds."""
        return self.state is State.PASSED

    def error(self) -> ESignError:
        """The finding as an error, for callers who must not go on."""
        return ESignError(self.code, self.sentence)


def passed(code: str, vi: str, en: str) -> Finding:
    """A finding that something holds."""
    return Finding(State.PASSED, code, Sentence(vi=vi, en=en))


def failed(code: str, vi: str, en: str) -> Finding:
    """A finding that something does not hold."""
    return Finding(State.FAILED, code, Sentence(vi=vi, en=en))


def unknown(code: str, vi: str, en: str) -> Finding:
    """A finding that nothing at hand tells."""
    return Finding(State.UNKNOWN, code, Sentence(vi=vi, en=en))
