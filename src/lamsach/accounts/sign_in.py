"""How officers sign in: our rules, in the places where allauth asks for them.

Nobody signs up, and an identity provider makes no accounts. A locked, suspended or sleeping account
is refused with the same words as a wrong password, so that nobody learns which accounts there are.
Second factors' secrets are encrypted.
"""

from __future__ import annotations

import os
from base64 import b64decode, b64encode
from typing import Any, ClassVar, Final

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.stages import AuthenticateStage
from allauth.mfa.utils import is_mfa_enabled
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.contrib.auth.backends import BaseBackend
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from lamsach.accounts import actions
from lamsach.accounts.models import Officer

__all__ = [
    "PROVIDER",
    "OfficerAdapter",
    "OfficerBackend",
    "SecondFactorAdapter",
    "SecondFactorStage",
    "came_by_provider",
    "has_second_factor",
    "is_open",
]

#: How a session says that the identity provider has named its officer.
PROVIDER: Final = "provider"
#: What counts as a second factor of one's own; recovery codes stand in for one.
OWN_FACTORS: Final = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
_NONCE_BYTES = 12
_PURPOSE = b"lamsach second factor"


class OfficerBackend(BaseBackend):
    """Checks a name and a password."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **_credentials: Any,
    ) -> Officer | None:
        """The officer, when the password is right and the account open."""
        del request
        if not username or password is None:
            return None
        officer = Officer.objects.filter(username=username.lower()).first()
        if officer is None:
            Officer().set_password(password)  # takes as long as a check: names stay unknown
            return None
        right = officer.check_password(password)
        return officer if right and is_open(officer) else None

    def get_user(self, user_id: int) -> Officer | None:
        """The officer of a session; none when the account was shut in the meantime."""
        officer = Officer.objects.filter(pk=user_id).first()
        return officer if officer is not None and officer.is_active else None


def is_open(officer: Officer) -> bool:
    """Whether an account may be entered at all: neither suspended, nor locked, nor asleep."""
    return officer.is_active and not officer.is_locked and not officer.is_asleep


def came_by_provider(request: HttpRequest, officer: Officer) -> bool:
    """Whether the identity provider has named the officer in this session, not a password."""
    return bool(_by_provider(request, officer))


def has_second_factor(request: HttpRequest, officer: Officer) -> bool:
    """Whether there is a second factor: one of the officer's, or the provider's in this session."""
    if any(one.get("second_factor") is True for one in _by_provider(request, officer)):
        return True
    return bool(is_mfa_enabled(officer, OWN_FACTORS))


def _by_provider(request: HttpRequest, officer: Officer) -> list[dict[str, Any]]:
    records = get_authentication_records(request, officer)
    return [one for one in records if one.get("method") == PROVIDER]


class SecondFactorStage(AuthenticateStage):  # type: ignore[misc]
    """Asks for the officer's second factor, unless the provider vouches for one.

    Whether it does is said by the signed token, and counts where the administrator allowed it.
    """

    def _should_handle(self, request: HttpRequest) -> bool:
        if self.login.state.get(PROVIDER) is True:
            return False
        return bool(super()._should_handle(request))


def factor_added(*, user: Officer, authenticator: Authenticator, **_rest: Any) -> None:
    """Record a second factor that was added."""
    actions.note_factor(officer=user, kind=authenticator.type, added=True)


def factor_removed(*, user: Officer, authenticator: Authenticator, **_rest: Any) -> None:
    """Record a second factor that was removed."""
    actions.note_factor(officer=user, kind=authenticator.type, added=False)


class OfficerAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Accounts are made by administrators; failures are counted; passwords change with a trace."""

    # allauth has no Vietnamese; these are the sentences that officers can meet.
    error_messages: ClassVar = DefaultAccountAdapter.error_messages | {
        "enter_current_password": _("This is not your present password."),
        "incorrect_code": _("This code is not right, or was used before. Wait for the next one."),
        "incorrect_password": _("This is not your password."),
        "too_many_login_attempts": _("There were too many attempts. Wait some minutes."),
        "username_password_mismatch": _("This account name and password do not go together."),
        "rate_limited": _("There were too many attempts. Wait some minutes."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never."""
        del request
        return False

    def get_login_stages(self) -> list[str]:
        """allauth's, with our second factor in the place of its own."""
        own = f"{SecondFactorStage.__module__}.{SecondFactorStage.__qualname__}"
        theirs = f"{AuthenticateStage.__module__}.{AuthenticateStage.__qualname__}"
        return [own if one == theirs else one for one in super().get_login_stages()]

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Count the failure."""
        super().authentication_failed(request, **credentials)
        actions.count_failed_sign_in(username=str(credentials.get("username") or ""))

    def reauthenticate(self, user: Officer, password: str) -> bool:
        """Whether the password is right, asked again; failures count here too."""
        right = bool(is_open(user) and user.check_password(password))
        if not right:
            actions.count_failed_sign_in(username=user.username)
        return right

    def post_login(self, request: HttpRequest, user: Officer, **rest: Any) -> Any:
        """Record that somebody has come in, after all stages."""
        actions.note_sign_in(officer=user, by_provider=came_by_provider(request, user))
        return super().post_login(request, user, **rest)

    def set_password(self, user: Officer, password: str) -> None:
        """Set the officer's own new password."""
        actions.note_password_change(officer=user, password=password)


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Second factors, with their secrets encrypted (AES-GCM) under the installation's key."""

    error_messages: ClassVar = DefaultMFAAdapter.error_messages | {
        "incorrect_code": _("This code is not right, or was used before. Wait for the next one."),
    }

    def generate_authenticator_name(self, user: Officer, type: Authenticator.Type) -> str:
        """What a new security key is called unless its officer says otherwise."""
        count = Authenticator.objects.filter(user=user, type=type).count()
        return gettext("Key %(number)d") % {"number": count + 1}

    def encrypt(self, text: str) -> str:
        """What is stored of a secret."""
        nonce = os.urandom(_NONCE_BYTES)
        sealed = AESGCM(settings.FIELD_KEY).encrypt(nonce, text.encode(), _PURPOSE)
        return b64encode(nonce + sealed).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """The secret; RuntimeError when the installation's key is another one."""
        data = b64decode(encrypted_text)
        try:
            plain = AESGCM(settings.FIELD_KEY).decrypt(
                data[:_NONCE_BYTES], data[_NONCE_BYTES:], _PURPOSE
            )
        except InvalidTag as error:
            raise RuntimeError(
                "A second factor was stored under another key than LAMSACH_SECRET; set the key "
                "of that time, or have the officers enrol anew."
            ) from error
        return plain.decode()
