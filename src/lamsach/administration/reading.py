"""Reading what administrators type of an account: its name and its holder's.

Pages and files read alike. It knows no table: whether an account is there already is for `actions`.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

__all__ = ["LONGEST_NAME", "read_text", "read_username"]

LONGEST_NAME: Final = 200
_USERNAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{1,62}")


def read_username(text: str) -> str:
    """An account's name, in small letters. Raises `ValidationError`.

    >>> read_username(" Lan.BP-01 ")
    'lan.bp-01'
    """
    name = text.strip().lower()
    if not _USERNAME.fullmatch(name):
        raise ValidationError(
            _(
                "An account's name has 2 to 63 letters a-z, digits, dots, hyphens or underscores"
                " and begins with a letter or digit, for example lan.bp01."
            )
        )
    return name


def read_text(text: str) -> str:
    """A name of a person or an office: composed letters, single spaces. Raises `ValidationError`.

    >>> read_text("  Trạm Y tế   xã  Tân Lập ")
    'Trạm Y tế xã Tân Lập'
    """
    name = " ".join(unicodedata.normalize("NFC", text).split())
    if not any(letter.isalpha() for letter in name):
        raise ValidationError(_("Write the name."))
    if len(name) > LONGEST_NAME or not name.isprintable():
        raise ValidationError(_("This is no name: it is too long or has invisible characters."))
    return name
