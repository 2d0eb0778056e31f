"""Asking an identity provider (OpenID Connect) who is there: the protocol, and nothing of ours.

Authorization code with PKCE, state and nonce; the identity token is believed when its signature,
issuer, audience and times are right, however it came. This room knows no officers and no sessions;
which officer an identity belongs to is for `provider_views`.
"""

from __future__ import annotations

import hmac
import json
import secrets
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final
from urllib.parse import quote_plus, urlencode, urlsplit

import jwt
from django.conf import settings

from lamsach.esign.fetching import FetchError, fetch_http, is_safe_address

__all__ = [
    "Attempt",
    "Identity",
    "Provider",
    "ProviderUnavailableError",
    "TokenRefusedError",
    "configured_provider",
]

# What a provider may sign with: keys of two halves. A shared secret proves nothing to us.
_ALGORITHMS: Final = (
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
)  # fmt: skip
_CLOCKS_APART: Final = 60  # seconds
_LONGEST_SUBJECT: Final = 255  # OpenID Connect Core 1.0, section 2


class ProviderUnavailableError(Exception):
    """The provider did not answer, or not with what a provider answers; it may later."""


class TokenRefusedError(Exception):
    """What the provider said of who is there cannot be believed: why, for the log."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom the provider has seen: its own name for them, and whether by a second factor."""

    subject: str
    second_factor: bool


@dataclass(frozen=True, slots=True)
class Attempt:
    """One sign-in under way: what the browser's session keeps until the provider sends it back."""

    state: str
    nonce: str
    verifier: str

    @classmethod
    def begin(cls) -> Attempt:
        """A new one, with values that nobody can guess."""
        return cls(*(secrets.token_urlsafe(32) for _ in range(3)))

    @property
    def challenge(self) -> str:
        """What the provider is shown of the verifier beforehand (RFC 7636, S256)."""
        return urlsafe_b64encode(sha256(self.verifier.encode()).digest()).rstrip(b"=").decode()


@dataclass(frozen=True, slots=True)
class Provider:
    """An identity provider as the installation is set up with it.

    `second_factors` are the statements of the provider (`amr:otp`, `acr:<uri>`) that the
    administrator lets stand for a second factor; empty: none.
    """

    name: str
    issuer: str
    client_id: str
    client_secret: str
    second_factors: frozenset[str]

    def authorization_address(self, attempt: Attempt, back: str) -> str:
        """Where the browser goes; `back` is our own address to which it returns.

        Raises `ProviderUnavailableError`.
        """
        asked = {
            "response_type": "code",
            "scope": "openid",
            "client_id": self.client_id,
            "redirect_uri": back,
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": attempt.challenge,
            "code_challenge_method": "S256",
        }
        levels = sorted(one[4:] for one in self.second_factors if one.startswith("acr:"))
        if levels:
            asked["acr_values"] = " ".join(levels)
        address = self._endpoint(self._metadata(), "authorization_endpoint")
        return f"{address}{'&' if urlsplit(address).query else '?'}{urlencode(asked)}"

    def identity(self, code: str, attempt: Attempt, back: str) -> Identity:
        """Who is there, for the code with which the browser came back.

        Raises `TokenRefusedError` when the answer cannot be believed, and
        `ProviderUnavailableError` when there is none.
        """
        metadata = self._metadata()
        token = self._token(metadata, code, attempt, back)
        claims = self._claims(metadata, token)
        if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), attempt.nonce.encode()):
            raise TokenRefusedError("nonce")
        several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
        if (several or "azp" in claims) and claims.get("azp") != self.client_id:
            raise TokenRefusedError("authorized party")
        subject = claims["sub"]
        if not subject or len(subject) > _LONGEST_SUBJECT:
            raise TokenRefusedError("subject")
        return Identity(subject, second_factor=bool(self.second_factors & _methods(claims)))

    def _metadata(self) -> Mapping[str, Any]:
        told = _json(f"{self.issuer.rstrip('/')}/.well-known/openid-configuration")
        if told.get("issuer") != self.issuer:
            raise ProviderUnavailableError("its own description names another issuer")
        return told

    def _endpoint(self, metadata: Mapping[str, Any], name: str) -> str:
        address = metadata.get(name)
        if not isinstance(address, str) or not is_safe_address(address):
            raise ProviderUnavailableError(f"its description has no safe {name}")
        return address

    def _token(self, metadata: Mapping[str, Any], code: str, attempt: Attempt, back: str) -> str:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": back,
            "code_verifier": attempt.verifier,
        }
        headers = {"Accept": "application/json"}
        # Basic is what holds where a provider does not say (OpenID Connect Discovery, section 3).
        methods = metadata.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        if "client_secret_basic" in methods:
            known = f"{quote_plus(self.client_id)}:{quote_plus(self.client_secret)}"
            headers["Authorization"] = f"Basic {b64encode(known.encode()).decode()}"
        else:
            form |= {"client_id": self.client_id, "client_secret": self.client_secret}
        told = _json(self._endpoint(metadata, "token_endpoint"), urlencode(form).encode(), headers)
        token = told.get("id_token")
        if not isinstance(token, str):
            raise TokenRefusedError("no identity token")
        return token

    def _claims(self, metadata: Mapping[str, Any], token: str) -> dict[str, Any]:
        """What a token says, once its signature, issuer, audience and times are right."""
        keys = _json(self._endpoint(metadata, "jwks_uri")).get("keys")
        try:
            key = _signing_key(token, keys if isinstance(keys, list) else [])
            return jwt.decode(
                token,
                key,
                algorithms=list(_ALGORITHMS),
                audience=self.client_id,
                issuer=self.issuer,
                leeway=_CLOCKS_APART,
                options={"require": ["exp", "iat", "iss", "aud", "sub"]},
            )
        except jwt.PyJWTError as error:
            # The kind alone: the error's own words may quote the token.
            raise TokenRefusedError(type(error).__name__) from None


def configured_provider() -> Provider | None:
    """The provider that the installation is set up with; None when officers have passwords only."""
    told = settings.IDENTITY_PROVIDER
    return None if told is None else Provider(**told)


def _methods(claims: Mapping[str, Any]) -> set[str]:
    """How the provider says it has seen the person, as the administrator writes it."""
    told = claims.get("amr")
    said = {f"amr:{one}" for one in told} if isinstance(told, list) else set()
    return said | ({f"acr:{claims['acr']}"} if isinstance(claims.get("acr"), str) else set())


def _signing_key(token: str, keys: list[Any]) -> jwt.PyJWK:
    """The key that a token names; the only one where it names none."""
    name = jwt.get_unverified_header(token).get("kid")
    fitting = [
        one
        for one in keys
        if isinstance(one, dict)
        and one.get("use", "sig") == "sig"
        and one.get("kty") in ("RSA", "EC", "OKP")
        and (name is None or one.get("kid") == name)
    ]
    if len(fitting) != 1:
        raise TokenRefusedError("its key is not among the provider's")
    return jwt.PyJWK(fitting[0])


def _json(
    address: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
) -> dict[str, Any]:
    kind = "application/x-www-form-urlencoded" if body is not None else ""
    try:
        told = json.loads(fetch_http(address, body, kind, headers=headers))
    except (FetchError, ValueError) as error:
        raise ProviderUnavailableError(type(error).__name__) from None
    if not isinstance(told, dict):
        raise ProviderUnavailableError("an answer that is no object")
    return told
