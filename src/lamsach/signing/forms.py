"""What the head of a facility gives at the signing desk: a PIN, or a signature made elsewhere."""

from __future__ import annotations

from typing import Final

from django import forms
from django.utils.translation import gettext_lazy as _

__all__ = ["PinForm", "SignatureForm"]

_LARGEST_SIGNATURE: Final = 1 << 20


class PinForm(forms.Form):
    """The PIN of the officer's key; it is used once and kept nowhere."""

    pin = forms.CharField(
        label=_("PIN of your key"),
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "autofocus": True}),
    )


class SignatureForm(forms.Form):
    """A detached CMS signature, as `lamsach sign` writes it."""

    signature = forms.FileField(
        label=_("Signature file (.p7s)"), max_length=200, allow_empty_file=False
    )

    def clean_signature(self) -> bytes:
        """The file's bytes, when it is no larger than any signature."""
        file = self.cleaned_data["signature"]
        if file.size > _LARGEST_SIGNATURE:
            raise forms.ValidationError(_("This file is too large to be a signature."))
        content: bytes = file.read()
        return content
