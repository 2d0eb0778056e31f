"""A test PKI with its own CRLs, OCSP and time stamps on the loopback, and a token to sign in.

Two certificate authorities (a government one and a public one), and certificates with every fault
that must be found: expired, not yet valid, revoked, made for another use, of an unknown authority.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
from certomancer.integrations.animator import Animator, AnimatorArchStore
from certomancer.registry import ArchLabel, CertLabel, CertomancerConfig, KeyLabel
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12

PASSPHRASE = "mật khẩu thử"
PIN = "1234"

# Who signs in the tests; nobody real. The key's kind, then what is special in the certificate.
_SIGNERS: dict[str, tuple[str, dict[str, Any]]] = {
    "head": ("rsa", {}),
    "deputy": ("ec", {}),
    "expired": ("ec", {"until": "2023-01-01"}),
    "future": ("ec", {"since": "2050-01-01"}),
    "revoked": ("ec", {"revoked": "2024-06-01"}),
    "replaced": ("ec", {"revoked": "2024-06-01", "reason": "superseded"}),
    "encipher": ("ec", {"usage": ["key_encipherment"]}),
    "unlisted": ("ec", {"services": False}),
}


@dataclass(frozen=True)
class Pki:
    """The certificates and keys of the test authorities, and where their services answer."""

    config: CertomancerConfig
    url: str
    folder: Path
    requests: list[str]

    def certificate(self, label: str, authority: str = "government") -> x509.Certificate:
        found = self.config.get_pki_arch(ArchLabel(authority)).get_cert(CertLabel(label))
        return x509.load_der_x509_certificate(found.dump())

    def key(self, label: str, authority: str = "government") -> Any:
        keys = self.config.get_pki_arch(ArchLabel(authority)).key_set
        der = keys.get_private_key(KeyLabel(label)).dump()
        return serialization.load_der_private_key(der, None)

    def private_der(self, label: str) -> bytes:
        der: bytes = self.key(label).private_bytes(
            serialization.Encoding.DER,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
        return der

    def public_der(self, label: str) -> bytes:
        der: bytes = (
            self.key(label)
            .public_key()
            .public_bytes(
                serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
            )
        )
        return der

    def p12(
        self,
        label: str,
        authority: str = "government",
        passphrase: str | None = PASSPHRASE,
        above: bool = True,
    ) -> Path:
        path = self.folder / f"{authority}-{label}-{above}-{passphrase is None}.p12"
        if not path.exists():
            encryption: serialization.KeySerializationEncryption = serialization.NoEncryption()
            if passphrase is not None:
                encryption = serialization.BestAvailableEncryption(passphrase.encode())
            issuers = [self.certificate(one, authority) for one in ("root", "issuing")]
            path.write_bytes(
                pkcs12.serialize_key_and_certificates(
                    label.encode(),
                    self.key(label, authority),
                    self.certificate(label, authority),
                    issuers if above else None,
                    encryption,
                )
            )
        return path

    def crl(self, label: str, authority: str = "government") -> bytes:
        services = self.config.get_pki_arch(ArchLabel(authority)).service_registry
        dumped = services.get_crl(label, _now()).dump()
        assert isinstance(dumped, bytes)
        return dumped

    def tsa(self, authority: str = "government") -> str:
        return f"{self.url}/{authority}/tsa/tsa"


def _now() -> Any:
    from datetime import UTC, datetime

    return datetime.now(UTC)


def _moment(day: str) -> str:
    return f"{day}T00:00:00+0000"


def _authority(name: str) -> dict[str, Any]:
    """One authority in certomancer's words: a root, an issuing authority, its services."""

    def certificate(
        issuer: str,
        usage: list[str],
        since: str = "2020-01-01",
        until: str = "2060-01-01",
        **others: Any,
    ) -> dict[str, Any]:
        extensions: list[dict[str, Any]] = [
            {
                "id": "key_usage",
                "critical": True,
                "smart-value": {"schema": "key-usage", "params": usage},
            }
        ]
        if "ca" in others:
            extensions.append({"id": "basic_constraints", "critical": True, "value": others["ca"]})
        if "purpose" in others:
            extensions.append(
                {"id": "extended_key_usage", "critical": True, "value": [others["purpose"]]}
            )
        if others.get("no_check"):
            extensions.append({"id": "ocsp_no_check"})
        if others.get("services", True) and issuer:
            extensions.append(
                {
                    "id": "crl_distribution_points",
                    "smart-value": {
                        "schema": "crl-dist-url",
                        "params": {"crl-repo-names": [issuer]},
                    },
                }
            )
        if others.get("services", True) and issuer == "issuing":
            extensions.append(
                {
                    "id": "authority_information_access",
                    "smart-value": {
                        "schema": "aia-urls",
                        "params": {"ocsp-responder-names": ["issuing"]},
                    },
                }
            )
        made: dict[str, Any] = {
            "issuer": issuer or "root",
            "validity": {"valid-from": _moment(since), "valid-to": _moment(until)},
            "extensions": extensions,
        }
        if "revoked" in others:
            made["revocation"] = {
                "revoked-since": _moment(others["revoked"]),
                "reason": others.get("reason", "key_compromise"),
            }
        return made

    authority_usage = ["digital_signature", "key_cert_sign", "crl_sign"]
    certs = {
        "root": certificate("", authority_usage, since="2000-01-01", ca={"ca": True}),
        "issuing": certificate(
            "root",
            authority_usage,
            ca={"ca": True, "path-len-constraint": 0},
            **({"revoked": "2024-01-01"} if name == "fallen" else {}),
        ),
        "ocsp": certificate(
            "issuing", ["digital_signature"], purpose="ocsp_signing", no_check=True
        ),
        "tsa": certificate("root", ["digital_signature"], purpose="time_stamping"),
    }
    for label, (_, special) in _SIGNERS.items():
        settings = {"usage": ["digital_signature", "non_repudiation"]} | special
        certs[label] = certificate("issuing", **settings)
    entities: dict[str, dict[str, str]] = {
        "root": {"common-name": f"{name} gốc G2"},
        "issuing": {"common-name": f"{name} cấp phát G2"},
        "ocsp": {"common-name": f"{name} OCSP"},
        "tsa": {"common-name": f"{name} TSA"},
    }
    for label in _SIGNERS:
        entities[label] = {
            "common-name": f"Trần Thị Ngát ({label})",
            "title": "Trưởng trạm",
            "organizational-unit-name": "Trạm Y tế phường Thử Nghiệm",
            "organization-name": "SỞ Y TẾ TỈNH GIẢ ĐỊNH",
        }
    return {
        "keyset": name,
        "entity-defaults": {"country-name": "VN", "organization-name": name},
        "entities": entities,
        "certs": certs,
        "services": {
            "ocsp": {
                "issuing": {
                    "for-issuer": "issuing",
                    "responder-cert": "ocsp",
                    "signing-key": "ocsp",
                }
            },
            "crl-repo": {
                "root": {
                    "for-issuer": "root",
                    "signing-key": "root",
                    "simulated-update-schedule": "P90D",
                },
                "issuing": {
                    "for-issuer": "issuing",
                    "signing-key": "issuing",
                    "simulated-update-schedule": "P30D",
                },
            },
            "time-stamping": {"tsa": {"signing-key": "tsa", "signing-cert": "tsa"}},
        },
    }


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Say nothing on standard error."""


@pytest.fixture(scope="session")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pki]:
    folder = tmp_path_factory.mktemp("pki")
    names = ("government", "public", "stranger", "fallen")
    kinds = {"root": "rsa", "issuing": "rsa", "ocsp": "rsa", "tsa": "rsa"}
    kinds |= {label: kind for label, (kind, _) in _SIGNERS.items()}
    keysets: dict[str, Any] = {}
    for name in names:
        keysets[name] = {"path-prefix": str(folder), "keys": {}}
        for label, kind in kinds.items():
            # The government's keys are RSA, as in life; the other authorities sign with ECDSA.
            rsa_here = kind == "rsa" and name == "government"
            key: Any = (
                rsa.generate_private_key(65537, 2048)
                if rsa_here
                else ec.generate_private_key(ec.SECP256R1())
            )
            (folder / f"{name}-{label}.pem").write_bytes(
                key.private_bytes(
                    serialization.Encoding.PEM,
                    serialization.PrivateFormat.PKCS8,
                    serialization.NoEncryption(),
                )
            )
            keysets[name]["keys"][label] = {"path": f"{name}-{label}.pem"}
    requests: list[str] = []
    answer: list[Callable[..., Any]] = []

    def application(environ: dict[str, Any], start: Callable[..., Any]) -> Any:
        requests.append(environ["PATH_INFO"])
        return answer[0](environ, start)

    with make_server("127.0.0.1", 0, application, WSGIServer, _Quiet) as server:
        url = f"http://127.0.0.1:{server.server_port}"
        config = CertomancerConfig(
            {
                "external-url-prefix": url,
                "keysets": keysets,
                "pki-architectures": {name: _authority(name) for name in names},
            },
            key_search_dir=str(folder),
        )
        answer.append(Animator(AnimatorArchStore(config.pki_archs), with_web_ui=False))
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield Pki(config, url, folder, requests)
        server.shutdown()
        thread.join()


_MODULES = (
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
    "/usr/local/lib/softhsm/libsofthsm2.so",
)


@dataclass(frozen=True)
class Token:
    """A SoftHSM2 token with the keys `head` (RSA, id 01) and `deputy` (P-256, id 02) of the PKI."""

    module: Path
    folder: Path

    def uri(self, key: str, token: str = "facility", **query: str) -> str:
        asked = "&".join(f"{name.replace('_', '-')}={value}" for name, value in query.items())
        return f"pkcs11:token={token};object={key}" + (f"?{asked}" if asked else "")


@pytest.fixture(scope="session")
def token_on_disk(
    pki: Pki, tmp_path_factory: pytest.TempPathFactory, absent: Callable[[str], NoReturn]
) -> Token:
    module = next((Path(one) for one in _MODULES if Path(one).exists()), None)
    if module is None or not all(map(shutil.which, ("softhsm2-util", "pkcs11-tool"))):
        absent("no token: install softhsm2 and opensc (tools/system-packages names them)")
    folder = tmp_path_factory.mktemp("token")
    (folder / "tokens").mkdir()
    (folder / "softhsm2.conf").write_text(
        f"directories.tokendir = {folder}/tokens\nobjectstore.backend = file\nlog.level = ERROR\n"
    )

    def run(*command: str) -> None:
        environment = os.environ | {"SOFTHSM2_CONF": str(folder / "softhsm2.conf")}
        subprocess.run(command, env=environment, check=True, capture_output=True)

    for token in ("facility", "other"):
        run(
            *("softhsm2-util", "--init-token", "--free", "--label", token),
            *("--pin", PIN, "--so-pin", "5678"),
        )
    for number, label in (("01", "head"), ("02", "deputy"), ("03", "unlisted")):
        run(
            *("softhsm2-util", "--import", str(pki.folder / f"government-{label}.pem")),
            *("--token", "facility", "--label", label, "--id", number, "--pin", PIN),
        )
    # Key 04 is the deputy's too, in a token that wants the PIN at each signature.
    for kind, der in (("privkey", pki.private_der("deputy")), ("pubkey", pki.public_der("deputy"))):
        file = folder / f"04.{kind}"
        file.write_bytes(der)
        run(
            *("pkcs11-tool", "--module", str(module), "--token-label", "facility"),
            *("--login", "--pin", PIN, "--write-object", str(file), "--type", kind),
            *("--id", "04", "--label", "careful", "--usage-sign"),
            *(["--always-auth"] if kind == "privkey" else []),
        )
    # Key 05 lies alone, with somebody else's certificate under its identifier.
    alone = folder / "05.privkey"
    alone.write_bytes(pki.private_der("unlisted"))
    run(
        *("pkcs11-tool", "--module", str(module), "--token-label", "facility"),
        *("--login", "--pin", PIN, "--write-object", str(alone), "--type", "privkey"),
        *("--id", "05", "--label", "mixed", "--usage-sign"),
    )
    # Key 03 bears the certificate of someone else: a token that was filled wrongly.
    stored = (("01", "head"), ("02", "deputy"), ("aa", "issuing"), ("ab", "root"), ("03", "deputy"))
    stored += (("05", "deputy"),)
    for number, label in stored:
        file = folder / f"{number}.der"
        der = pki.certificate(label).public_bytes(serialization.Encoding.DER)
        file.write_bytes(der)
        run(
            *("pkcs11-tool", "--module", str(module), "--token-label", "facility"),
            *("--login", "--pin", PIN, "--write-object", str(file), "--type", "cert"),
            *("--id", number, "--label", label),
        )
    return Token(module, folder)


@pytest.fixture(scope="module")
def token(token_on_disk: Token) -> Iterator[Token]:
    """The token, in this process: the library reads its configuration when it is initialised."""
    import pkcs11

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOFTHSM2_CONF", str(token_on_disk.folder / "softhsm2.conf"))
        patch.setenv("PKCS11_MODULE_PATH", str(token_on_disk.module))
        pkcs11.unload(str(token_on_disk.module))
        yield token_on_disk
        pkcs11.unload(str(token_on_disk.module))


@pytest.fixture(scope="session")
def authorities(pki: Pki) -> Any:
    """Both known authorities are trusted; their addresses are those of the loopback."""
    from lamsach.esign.certificates import Authorities

    roots = [pki.certificate("root", one) for one in ("government", "public")]
    return Authorities(roots=roots)


@pytest.fixture
def signer(pki: Pki, authorities: Any) -> Any:
    """Make a signer of the test PKI: `signer("head")`, with `stamps=True` for time stamps."""
    from lamsach.esign.certificates import TimeStamps
    from lamsach.esign.keys import open_key
    from lamsach.esign.signatures import Signer

    def make(
        label: str, authority: str = "government", stamps: bool = False, **others: Any
    ) -> Signer:
        return Signer(
            key=open_key(pki.p12(label, authority), pin=PASSPHRASE),
            authorities=others.pop("authorities", authorities),
            time_stamps=TimeStamps(pki.tsa(authority)) if stamps else None,
            **others,
        )

    return make
