"""Forms of signing: a PIN, a signature made elsewhere; for administrators, a certificate."""

from __future__ import annotations

import re
from typing import Any, Final

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from lamsach.esign.errors import ESignError
from lamsach.esign.keys import is_token_address
from lamsach.esign.keys.uris import TokenAddress
from lamsach.signing.actions import DAILY_CEILING, LARGEST_BATCH
from lamsach.signing.binding import read_uploaded
from lamsach.signing.errors import CannotSignError
from lamsach.signing.trust import said

__all__ = ["CertificateForm", "PinForm", "SignatureForm", "SignersFilter"]

_LARGEST_SIGNATURE: Final = 1 << 20
_LARGEST_CERTIFICATE: Final = 1 << 16
_KEY_FILE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,100}", re.ASCII)


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


class SignersFilter(forms.Form):
    """Which signers the list shows."""

    shown = forms.ChoiceField(
        label=_("Which signers"),
        required=False,
        choices=[
            ("", _("All signers")),
            ("without", _("Without a certificate")),
            ("ending", _("Expired, or ending within 30 days")),
            ("idle", _("With a certificate, but no longer signing")),
        ],
    )
    name = forms.CharField(
        label=_("Account name begins with"),
        required=False,
        max_length=63,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
    )


class CertificateForm(forms.Form):
    """An officer's certificate as a file, or as it was shown; its ceiling; where its key lies.

    `cleaned_data["read"]` is the certificate.
    """

    certificate = forms.FileField(
        label=_("Certificate (.cer, .crt or .pem)"),
        required=False,
        max_length=200,
        help_text=_("The public part alone, as the authority gave it out."),
        widget=forms.ClearableFileInput(attrs={"accept": ".cer,.crt,.pem,.der"}),
    )
    daily_ceiling = forms.IntegerField(
        label=_("At most so many doses a day"),
        initial=DAILY_CEILING,
        min_value=1,
        max_value=LARGEST_BATCH,
        help_text=_(
            "More than one day's work of the facility: it bounds what a stolen key can do."
        ),
    )
    key = forms.CharField(
        label=_("Where the key is"),
        required=False,
        max_length=500,
        help_text=_(
            "Empty: with the officer, who signs at their own desk. Otherwise a file of the server's"
            " key folder (tram.p12), or the address of a token (pkcs11:…)."
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    pem = forms.CharField(required=False, max_length=_LARGEST_CERTIFICATE, widget=forms.HiddenInput)

    def clean_key(self) -> str:
        """The place as the table keeps it; a token's address may load no library and bear no PIN.

        What a page may name decides what this server opens.
        """
        text: str = self.cleaned_data["key"].strip()
        if not text:
            return ""
        if is_token_address(text):
            return _token(text)
        name = text.removeprefix("file:")
        if not _KEY_FILE.fullmatch(name):
            raise forms.ValidationError(_("Give the file's name alone, such as tram.p12."))
        if not (settings.SIGNING_KEYS / name).is_file():
            raise forms.ValidationError(
                _("There is no such file in the key folder. Its keeper has to put it there first.")
            )
        return f"file:{name}"

    def clean(self) -> dict[str, Any]:
        """Read the certificate from the file, else from what was shown before."""
        given = super().clean() or {}
        sent = given.get("certificate")
        content = sent.read(_LARGEST_CERTIFICATE) if sent else given.get("pem", "").encode()
        if not content:
            self.add_error("certificate", _("Choose the file of the certificate."))
            return given
        try:
            given["read"] = read_uploaded(content)
        except CannotSignError as error:
            self.add_error("certificate", str(error.sentence))
        return given


def _token(text: str) -> str:
    try:
        address = TokenAddress.parse(text)
    except ESignError as error:
        raise forms.ValidationError(said(error)) from error
    if address.module_path is not None or address.pin_source is not None:
        raise forms.ValidationError(
            _("Leave out module-path and pin-source: the server's keeper sets these, no page does.")
        )
    return text
