"""What the environment says: where data lie, which databases, which keys.

Every setting that differs between machines is read here, once, and a wrong one is refused with a
sentence that names it. Secrets come from the environment, from the file that `NAME_FILE` names, or
are made once in the data folder. This room knows no framework.

| variable | meaning |
|---|---|
| `LAMSACH_DATA` | data folder; /var/lib/lamsach for root, else ~/.local/share/lamsach |
| `DATABASE_URL`, `REGISTER_DATABASE_URL` | databases of the two authorities, for the application |
| `DATABASE_OWNER_URL`, `REGISTER_DATABASE_OWNER_URL` | the same as their owner, for migrations |
| `LAMSACH_HOSTS` | names under which the site is reached, with commas |
| `LAMSACH_HTTPS` | 1: served behind TLS (cookies and transport are then strict) |
| `LAMSACH_SENDING`, `_TOKEN`, `_FROM` | how codes reach citizens, see `lamsach.portal.sending` |
| `LAMSACH_OIDC_ISSUER` | https address of an identity provider for officers; none without it |
| `LAMSACH_OIDC_CLIENT_ID`, `LAMSACH_OIDC_CLIENT_SECRET` | what the provider knows us by |
| `LAMSACH_OIDC_NAME` | the provider's name on the page of sign-in; the issuer's host |
| `LAMSACH_OIDC_SECOND_FACTOR` | what it may say that stands for a second factor, with spaces: \
`amr:otp amr:hwk acr:…`; without it, officers use their own |
| `LAMSACH_SECRET` | the secret from which sessions' and fields' keys are derived |
| `LAMSACH_TIME_STAMPS` | http address of the authority that proves the time of signatures |
| `LAMSACH_ISSUER_KEY`, `LAMSACH_ISSUER_CERTIFICATE` | the ministry's key (PEM, PKCS#12, \
`pkcs11:`) and its certificate; in the data folder's `keys` |
| `LAMSACH_ISSUER_SECRET` | its passphrase or PIN |
| `LAMSACH_ISSUER_NAME` | who issues, as passports say it; Cục Y tế dự phòng |
| `LAMSACH_TEST_CERTIFICATES` | 1: a certificate that calls itself a test may issue |
| `LAMSACH_LOG_NAME` | the name of the public log of passports |
| `LAMSACH_LEDGER_SECRET` | the secret that keys the ledger; unknown to the database's keepers |
| `LAMSACH_LEDGER_HEADS` | folder for the ledger's signed heads, written daily; `heads` |
| `REGISTER_GATEWAY_URL` | https address of the register's gateway; without it, it is in-process |
| `REGISTER_GROUNDS_FILE` | TOML: by which law the register answers for each purpose |
| `REGISTER_GATEWAY_SECRET` | the secret that both sides of the gateway hold |
| `LAMSACH_IDENTITY_KEY` | the register's signing key (Ed25519, PEM); made in the data folder |
| `LAMSACH_IDENTITY_FORMER_KEYS_FILE` | public keys whose statements are believed too |
| `LAMSACH_WORKER_PATIENCE` | seconds after which a silent worker counts as dead; 15 |
"""

from __future__ import annotations

import os
import secrets
import tomllib
from dataclasses import dataclass
from hashlib import sha256
from hmac import digest
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from lamsach.esign.fetching import is_safe_address
from lamsach.site.embedded import EmbeddedServer

__all__ = [
    "SettingError",
    "Side",
    "data_folder",
    "database_url",
    "derived",
    "flag",
    "hosts",
    "identity_provider",
    "register_grounds",
    "seconds",
    "secret",
]

Side = Literal["health", "register"]

_ROLES: dict[Side, str] = {"health": "lamsach", "register": "lamsach_register"}
_PREFIX: dict[Side, str] = {"health": "", "register": "REGISTER_"}


class SettingError(Exception):
    """A variable of the environment that cannot be used: which, and what to write instead."""


@dataclass(frozen=True)
class _Secret:
    variable: str
    file: str


_SITE = _Secret("LAMSACH_SECRET", "site.secret")
_LEDGER = _Secret("LAMSACH_LEDGER_SECRET", "ledger.secret")


def data_folder() -> Path:
    """The folder for what the installation keeps; made, readable by its owner alone.

    Others may pass through it (not list it) when root runs the system, because the database
    inside runs under a user of its own.
    """
    root = os.geteuid() == 0
    usual = Path("/var/lib/lamsach") if root else Path.home() / ".local/share/lamsach"
    folder = Path(os.environ.get("LAMSACH_DATA") or usual).absolute()
    if not folder.exists():
        folder.mkdir(parents=True)
        folder.chmod(0o711 if root else 0o700)
    return folder


def database_url(side: Side, *, owner: bool = False) -> str:
    """The address of a side's database; that of the server which comes along unless one is given.

    Raises `SettingError` for an address that is not PostgreSQL's.
    """
    names = [f"{_PREFIX[side]}DATABASE_URL"]
    if owner:
        names.insert(0, f"{_PREFIX[side]}DATABASE_OWNER_URL")
    for name in names:
        url = os.environ.get(name, "")
        if not url:
            continue
        if not url.startswith(("postgresql://", "postgres://")):
            raise SettingError(
                f"{name} is no address of a PostgreSQL database; "
                "write postgresql://user@host:5432/name"
            )
        return url
    role = _ROLES[side] + ("_owner" if owner else "")
    return EmbeddedServer(data_folder()).url(_ROLES[side], role)


def is_embedded(side: Side) -> bool:
    """Whether a side's database is that of the server which comes along."""
    return not os.environ.get(f"{_PREFIX[side]}DATABASE_URL")


def hosts() -> list[str]:
    """The names under which the site is reached; this machine's own unless told otherwise."""
    given = os.environ.get("LAMSACH_HOSTS", "localhost,127.0.0.1,[::1]")
    return [one.strip() for one in given.split(",") if one.strip()]


def flag(name: str) -> bool:
    """A variable that says yes (1) or no (0, empty, absent); anything else is refused."""
    value = os.environ.get(name, "")
    if value not in ("", "0", "1"):
        raise SettingError(f"{name} is {value!r}; write 1 for yes or 0 for no")
    return value == "1"


def seconds(name: str, usual: float) -> float:
    """A span of time in a variable; what is no number above nought is refused."""
    given = os.environ.get(name, "")
    try:
        span = float(given) if given else usual
    except ValueError:
        span = 0.0
    if not 0 < span < float("inf"):
        raise SettingError(f"{name} is {given!r}; write a number of seconds above 0")
    return span


def identity_provider() -> dict[str, Any] | None:
    """The identity provider that officers may sign in by; None when none is named."""
    issuer = os.environ.get("LAMSACH_OIDC_ISSUER", "")
    if not issuer:
        return None
    if not is_safe_address(issuer):
        raise SettingError(
            "LAMSACH_OIDC_ISSUER must be an https address (http on this machine only)"
        )
    client_id = os.environ.get("LAMSACH_OIDC_CLIENT_ID", "")
    client_secret = secret("LAMSACH_OIDC_CLIENT_SECRET")
    for name, value in (("ID", client_id), ("SECRET", client_secret)):
        if not value:
            raise SettingError(
                f"LAMSACH_OIDC_CLIENT_{name} is missing; the provider gives it to its clients"
            )
    factors = frozenset(os.environ.get("LAMSACH_OIDC_SECOND_FACTOR", "").split())
    for one in factors:
        if one[:4] not in ("amr:", "acr:") or not one[4:]:
            raise SettingError(
                f"LAMSACH_OIDC_SECOND_FACTOR holds {one!r}; write amr:otp or acr:<level>"
            )
    return {
        "name": os.environ.get("LAMSACH_OIDC_NAME") or urlsplit(issuer).hostname,
        "issuer": issuer,
        "client_id": client_id,
        "client_secret": client_secret,
        "second_factors": factors,
    }


#: By which law the register answers where its authority has not written its own (the procedures of
#: 2021 and 2022 that this system carries out).
_USUAL_GROUNDS: Final = {
    "entry": "8938/BYT-DP, 21/10/2021",
    "correction": "2262/BYT-CNTT, 04/5/2022",
    "campaign": "2262/BYT-CNTT, 04/5/2022",
    "proposal": "2262/BYT-CNTT, 04/5/2022",
    "confirmation": "2262/BYT-CNTT, 04/5/2022",
}
_LONGEST_GROUND: Final = 500


def register_grounds() -> dict[str, str]:
    """By which law the register answers, by purpose; a purpose without one is not answered."""
    name = os.environ.get("REGISTER_GROUNDS_FILE", "")
    if not name:
        return dict(_USUAL_GROUNDS)
    try:
        told = tomllib.loads(Path(name).read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingError(
            f"REGISTER_GROUNDS_FILE: {name} cannot be read ({error.strerror})"
        ) from error
    except ValueError as error:
        raise SettingError(f"REGISTER_GROUNDS_FILE: {name} is no TOML ({error})") from error
    for purpose, text in told.items():
        if purpose not in _USUAL_GROUNDS:
            known = ", ".join(_USUAL_GROUNDS)
            raise SettingError(
                f"REGISTER_GROUNDS_FILE: {purpose!r} is no purpose; there are {known}"
            )
        if not isinstance(text, str) or not 0 < len(text.strip()) <= _LONGEST_GROUND:
            raise SettingError(
                f"REGISTER_GROUNDS_FILE: {purpose} needs the law's name, at most "
                f"{_LONGEST_GROUND} letters; leave the line out to refuse the purpose"
            )
    return {purpose: text.strip() for purpose, text in told.items()}


def derived(purpose: str, *, ledger: bool = False) -> bytes:
    """32 bytes for one purpose, from the installation's secret (or the ledger's own)."""
    return digest(_secret(_LEDGER if ledger else _SITE), purpose.encode(), sha256)


def secret(variable: str) -> str:
    """A secret of the environment, or of the file that `NAME_FILE` names; empty when absent."""
    given = os.environ.get(variable, "")
    named = os.environ.get(f"{variable}_FILE", "")
    if not given and named:
        try:
            given = Path(named).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise SettingError(
                f"{variable}_FILE: {named} cannot be read ({error.strerror})"
            ) from error
    return given


def _secret(which: _Secret) -> bytes:
    given = secret(which.variable)
    if not given:
        given = _kept(data_folder() / which.file)
    if len(given) < 32:
        raise SettingError(f"{which.variable} is shorter than 32 characters; make a longer one")
    return given.encode()


def _kept(path: Path) -> str:
    """The secret in a file, made at the first time; whoever comes second reads the first's."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    if not path.exists():
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(48))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(beside, path)
        except FileExistsError:
            pass
        finally:
            beside.unlink()
    return path.read_text(encoding="utf-8").strip()
