"""What keeps an officer from signing, in sentences for the officer. This room knows no page."""

from __future__ import annotations

from django.utils.functional import Promise

from lamsach.accounts.refusals import ConflictError

__all__ = ["CannotSignError", "NotNowError"]


class CannotSignError(Exception):
    """Nothing was signed: a code for programs, a sentence that says what to do."""

    def __init__(self, code: str, sentence: str | Promise) -> None:
        self.code = code
        self.sentence = sentence
        super().__init__(code)


class NotNowError(CannotSignError, ConflictError):
    """The batch is not in the state that the step needs: somebody went on in the meantime."""

    def __str__(self) -> str:
        return str(self.sentence)
