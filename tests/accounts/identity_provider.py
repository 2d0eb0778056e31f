"""A small identity provider for tests: OpenID Connect over real HTTP, with real signatures.

It knows one client and says of whoever comes what a test told it to say (`says`); it may also be
told to misbehave. Its signatures are made here with the arithmetic alone, so that they do not rest
on the library which reads them.
"""

from __future__ import annotations

import hmac
import json
import threading
import time
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote_plus, urlencode, urlsplit

from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

CLIENT, SECRET = "lamsach", "a secret of:two"


def text64(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def number64(number: int) -> str:
    return text64(number.to_bytes((number.bit_length() + 7) // 8, "big"))


class IdentityProvider:
    """What it knows: who is there, which codes are out; what it does wrong when told to."""

    def __init__(self) -> None:
        self.key = rsa.generate_private_key(65537, 2048)
        self.signs_with = self.key
        self.algorithm = "RS256"
        self.says: dict[str, Any] = {"sub": "alice-at-the-provider"}
        self.issuer = ""
        self.codes: dict[str, dict[str, str]] = {}
        self.asked: list[dict[str, str]] = []
        self.methods = ["client_secret_basic"]

    def authorize(self, asked: dict[str, str]) -> str:
        """The address to which the browser is sent back."""
        self.asked.append(asked)
        assert asked["client_id"] == CLIENT
        assert asked["response_type"] == "code"
        assert "openid" in asked["scope"].split()
        code = f"code-{len(self.codes)}"
        self.codes[code] = asked
        back = {"code": code, "state": asked["state"], "iss": self.issuer}
        return f"{asked['redirect_uri']}?{urlencode(back)}"

    def token(self, form: dict[str, str], authorization: str) -> dict[str, Any] | None:
        """What the client gets for a code, once; None when it may not have it."""
        if self.methods == ["client_secret_basic"]:
            told = b64decode(authorization.removeprefix("Basic ")).decode().split(":")
            client = tuple(map(unquote_plus, told))
        else:
            client = (form.get("client_id", ""), form.get("client_secret", ""))
        asked = self.codes.pop(form["code"], None)
        if asked is None or client != (CLIENT, SECRET):
            return None
        verified = text64(sha256(form["code_verifier"].encode()).digest())
        if verified != asked["code_challenge"] or form["redirect_uri"] != asked["redirect_uri"]:
            return None
        moment = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT,
            "iat": moment,
            "exp": moment + 300,
            "nonce": asked["nonce"],
            **self.says,
        }
        return {"access_token": "x", "token_type": "Bearer", "id_token": self.signed(claims)}

    def signed(self, claims: dict[str, Any]) -> str:
        header = {"alg": self.algorithm, "kid": "one", "typ": "JWT"}
        parts = [text64(json.dumps(one).encode()) for one in (header, claims)]
        body = ".".join(parts).encode()
        if self.algorithm == "none":
            signature = b""
        elif self.algorithm == "HS256":  # keyed with what everybody can read
            signature = hmac.digest(json.dumps(self.jwks()["keys"][0]).encode(), body, sha256)
        else:
            signature = self.signs_with.sign(body, padding.PKCS1v15(), SHA256())
        return f"{body.decode()}.{text64(signature)}"

    def jwks(self) -> dict[str, Any]:
        public = self.key.public_key().public_numbers()
        key = {"kty": "RSA", "use": "sig", "kid": "one", "alg": "RS256"}
        return {"keys": [{**key, "n": number64(public.n), "e": number64(public.e)}]}

    def metadata(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "token_endpoint_auth_methods_supported": self.methods,
        }

    def settings(self, *second_factors: str) -> dict[str, Any]:
        """What an installation is told of it."""
        return {
            "name": "Cổng định danh",
            "issuer": self.issuer,
            "client_id": CLIENT,
            "client_secret": SECRET,
            "second_factors": frozenset(second_factors),
        }


@contextmanager
def running() -> Iterator[IdentityProvider]:
    """A provider on a port of this machine."""
    provider = IdentityProvider()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *arguments: Any) -> None:
            pass

        def _send(self, told: dict[str, Any] | None) -> None:
            body = json.dumps(told if told is not None else {"error": "invalid_grant"}).encode()
            self.send_response(200 if told is not None else 400)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            if parts.path == "/authorize":
                self.send_response(302)
                asked = {name: one for name, (one,) in parse_qs(parts.query).items()}
                self.send_header("Location", provider.authorize(asked))
                self.end_headers()
            elif parts.path == "/keys":
                self._send(provider.jwks())
            else:
                assert parts.path == "/.well-known/openid-configuration"
                self._send(provider.metadata())

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: one for name, (one,) in parse_qs(body).items()}
            self._send(provider.token(form, self.headers.get("Authorization", "")))

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
