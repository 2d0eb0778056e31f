"""Sending a message to somebody's phone or mail box, by whatever way the installation has.

The setting SENDING (from `LAMSACH_SENDING`) names it: empty, messages stay in the sealed outbox of
the database; `command:/path/program` gets {channel, to, text} as JSON on standard input;
`https://…` the same by POST (with the bearer token SENDING_TOKEN); `smtp://user:password@host:587`
sends mail, from SENDING_FROM. Nothing here writes down to whom or what was sent.
"""

from __future__ import annotations

import json
import smtplib
import subprocess
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage
from functools import partial
from typing import Final
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from lamsach.portal.models import Channel

__all__ = ["Letter", "Sender", "SendingError", "the_sender"]

_PATIENCE: Final = 30  # seconds


class SendingError(OSError):
    """A message that could not be handed over now; trying again later may help."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One message: by which way, to which number or address, and its text."""

    channel: Channel
    to: str
    text: str

    def as_json(self) -> bytes:
        """What a gateway gets."""
        said = {"channel": self.channel.value, "to": self.to, "text": self.text}
        return json.dumps(said, ensure_ascii=False).encode()

    @classmethod
    def from_text(cls, text: str) -> Letter:
        """A message from its JSON."""
        said = json.loads(text)
        return cls(Channel(said["channel"]), said["to"], said["text"])


@dataclass(frozen=True, slots=True)
class Sender:
    """A way to send: what it can reach, and how; without `send` messages stay in the outbox."""

    channels: tuple[Channel, ...]
    send: Callable[[Letter], None] | None


def the_sender() -> Sender:
    """The installation's way; raises `ImproperlyConfigured` for a setting that names none."""
    setting = str(settings.SENDING)
    kind = urlsplit(setting).scheme
    both = (Channel.PHONE, Channel.EMAIL)
    if not setting:
        return Sender(both, None)
    if kind == "command":
        return Sender(both, partial(_by_command, setting.removeprefix("command:")))
    if kind == "https" or setting.startswith("http://127.0.0.1"):
        return Sender(both, partial(_by_gateway, setting))
    if kind == "smtp":
        return Sender((Channel.EMAIL,), partial(_by_mail, setting))
    raise ImproperlyConfigured(
        "LAMSACH_SENDING is no way to send; write command:/path/program, https://gateway/… or"
        " smtp://user:password@host:587, or leave it empty"
    )


def _by_command(program: str, letter: Letter) -> None:
    try:
        subprocess.run(  # noqa: S603 - the administrator's own program, without a shell
            [program], input=letter.as_json(), check=True, timeout=_PATIENCE, capture_output=True
        )
    except (OSError, subprocess.SubprocessError) as error:
        # Without the cause: what the program said may quote the message.
        raise SendingError(f"the program failed ({type(error).__name__})") from None


def _by_gateway(address: str, letter: Letter) -> None:
    request = urllib.request.Request(  # noqa: S310 - an address of the administrator's
        address, data=letter.as_json(), method="POST"
    )
    request.add_header("Content-Type", "application/json")
    if settings.SENDING_TOKEN:
        request.add_header("Authorization", f"Bearer {settings.SENDING_TOKEN}")
    try:
        with urllib.request.urlopen(request, timeout=_PATIENCE):  # noqa: S310 - as above
            pass
    except OSError as error:
        raise SendingError(f"the gateway failed ({type(error).__name__})") from None


def _by_mail(address: str, letter: Letter) -> None:
    parts = urlsplit(address)
    message = EmailMessage()
    message["Subject"] = "lamsach"
    message["From"] = settings.SENDING_FROM
    message["To"] = letter.to
    message.set_content(letter.text)
    try:
        with smtplib.SMTP(parts.hostname or "", parts.port or 587, timeout=_PATIENCE) as server:
            if parts.username:
                server.starttls()
                server.login(unquote(parts.username), unquote(parts.password or ""))
            server.send_message(message)
    except (OSError, smtplib.SMTPException) as error:
        raise SendingError(f"the mail server failed ({type(error).__name__})") from None
