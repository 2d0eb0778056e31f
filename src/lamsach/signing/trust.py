"""Which certificate authorities are trusted to name signers, and where signers' keys lie.

Roots, lists of revoked certificates and key files lie in folders of the installation, which its
keeper fills; nothing of them comes through a page. This room reads them; it signs nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from lamsach.esign.certificates import Authorities, TimeStamps, read_certificates
from lamsach.esign.errors import ESignError
from lamsach.esign.keys import SigningKey, open_key
from lamsach.signing.errors import CannotSignError

__all__ = ["authorities", "opened_key", "said", "time_stamps"]

_WRONG_PIN = ("PASSPHRASE_INCORRECT", "PASSPHRASE_MISSING", "PIN_INCORRECT", "PIN_MISSING")


def authorities() -> Authorities:
    """The trusted authorities: `*.pem` of the folder are roots, `*.crl` their revocations.

    Raises `CannotSignError` when no root is there.
    """
    folder: Path = settings.SIGNING_AUTHORITIES
    roots = [one for file in sorted(folder.glob("*.pem")) for one in read_certificates(file)]
    if not roots:
        raise CannotSignError(
            "no_authorities",
            _(
                "No certificate authority is trusted yet. Ask your administrator to put their root"
                " certificates into the folder of authorities."
            ),
        )
    return Authorities(roots=roots, crls=sorted(folder.glob("*.crl")))


def time_stamps() -> TimeStamps | None:
    """The authority that proves the time of signatures, when one is set."""
    address: str = settings.SIGNING_TIME_STAMPS
    return TimeStamps(address) if address else None


@contextmanager
def opened_key(where: str, pin: str) -> Iterator[SigningKey]:
    """An officer's key on this server, open while it is used.

    Raises `CannotSignError`, with the code `wrong_pin` for a PIN that does not open it.
    """
    if where.startswith("file:"):
        # The table lets only plain file names through: none leads out of the folder.
        where = str(settings.SIGNING_KEYS / where.removeprefix("file:"))
    try:
        key = open_key(where, pin=pin)
    except ESignError as error:
        if error.code in _WRONG_PIN:
            sentence = _("The PIN is wrong. Nothing was signed.")
            raise CannotSignError("wrong_pin", sentence) from error
        if error.code == "FILE_UNREADABLE":
            sentence = _("Your key is not on this server. Ask your administrator to put it there.")
            raise CannotSignError("no_key", sentence) from error
        raise CannotSignError(error.code, said(error)) from error
    with key:
        yield key


def said(error: ESignError) -> str:
    """The library's sentence in the language of the page."""
    return error.sentence.vi if (get_language() or "").startswith("vi") else error.sentence.en
