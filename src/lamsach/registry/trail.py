"""The ledger's verbs in words, for the history of a record."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from lamsach.ledger.verbs import Verb

__all__ = ["in_words"]

_WORDS: Final = MappingProxyType(
    {
        Verb.PERSON_READ: _("Opened the record"),
        Verb.PERSON_PRESENT: _("Opened the record of the person who was present"),
        Verb.PERSON_UNMASK: _("Saw the numbers whole"),
        Verb.PERSON_ENTER: _("Entered the person"),
        Verb.DOSE_ENTER: _("Entered a dose"),
        Verb.CORRECTION_REQUEST: _("Asked for a correction"),
        Verb.CORRECTION_APPROVE: _("Approved a correction"),
        Verb.CORRECTION_REFUSE: _("Refused a correction"),
        Verb.CORRECTION_WITHDRAW: _("Took a request for correction back"),
        Verb.ANSWER_RECEIVE: _("The population register answered"),
        Verb.PROPOSAL_CONFIRM: _("The police confirmed a proposal"),
        Verb.LIST_DECIDE: _("The police decided on a list"),
        Verb.DOSES_SIGN: _("Signed a dose"),
        Verb.DOSE_SIGNATURE_VOID: _("The signature of a dose became void"),
        Verb.PASSPORT_ISSUE: _("Issued a passport"),
        Verb.PASSPORT_RENEW: _("Renewed a passport"),
        Verb.PASSPORT_REVOKE: _("Revoked a passport"),
        Verb.PASSPORT_READ: _("Opened the passport"),
        Verb.CITIZEN_CODE_SEND: _("Sent a code to the contact on the record"),
        Verb.CITIZEN_RECORD_READ: _("The citizen opened the record"),
    }
)


def in_words(verb: str) -> str | Promise:
    """What was done, in words; the verb itself where no words are known."""
    return _WORDS.get(Verb(verb), verb) if verb in set(Verb) else verb
