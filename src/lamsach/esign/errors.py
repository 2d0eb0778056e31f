"""What goes wrong in signing, in sentences for the person who can act on it.

Every fault has a code for programs and one sentence in Vietnamese and in English for people:
what, where, what to do. This room knows no key, no certificate and no file; the other rooms say
what happened, it only says it well. No PIN, passphrase or personal datum is ever part of one.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ESignError", "Sentence"]


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence in Vietnamese and in English.

    >>> Sentence(vi="Sai mã PIN", en="The PIN is wrong").en
    'The PIN is wrong'
    """

    vi: str
    en: str


class ESignError(Exception):
    """Something that cannot be signed, read or trusted: a code and a sentence.

    >>> error = ESignError("PIN_INCORRECT", Sentence(vi="Sai mã PIN", en="The PIN is wrong"))
    >>> str(error), error.code, error.sentence.vi
    ('The PIN is wrong', 'PIN_INCORRECT', 'Sai mã PIN')
    """

    def __init__(self, code: str, sentence: Sentence) -> None:
        self.code = code
        self.sentence = sentence
        super().__init__(sentence.en)
