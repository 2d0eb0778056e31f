"""What keeps an officer from a step with a passport, in sentences. This room knows no page."""

from __future__ import annotations

from django.utils.functional import Promise

__all__ = ["CannotRevokeError"]


class CannotRevokeError(Exception):
    """Nothing was changed: a sentence that says why."""

    def __init__(self, sentence: str | Promise) -> None:
        self.sentence = sentence
        super().__init__("not possible now")
