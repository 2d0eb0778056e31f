"""Messages reach the contact by the installation's own way, and leak nowhere on the way."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.test import Client
from record_making import BUOI, Registry, ask, sent_code

from lamsach.clock import now
from lamsach.jobs.models import Job
from lamsach.ledger.models import Event
from lamsach.ledger.verbs import Verb
from lamsach.portal import actions
from lamsach.portal.models import Channel, Message
from lamsach.portal.sending import Letter, SendingError, the_sender

LETTER = Letter(Channel.PHONE, "0912000001", "123456 là mã")


def sending(letter: Letter) -> None:
    send = the_sender().send
    assert send is not None
    send(letter)


@pytest.fixture
def program(tmp_path: Path, settings: Any) -> Callable[[str], Path]:
    """A program of the administrator's, in shell; what it was told stands in a file."""

    def make(body: str) -> Path:
        told = tmp_path / "told.json"
        path = tmp_path / "send"
        path.write_text(f"#!/bin/sh\n{body.format(told=told)}\n")
        path.chmod(0o700)
        settings.SENDING = f"command:{path}"
        return told

    return make


def test_a_program_gets_the_message_on_standard_input(program: Callable[[str], Path]) -> None:
    told = program('[ "$#" = 0 ] && cat > {told}')
    sending(LETTER)
    assert json.loads(told.read_text()) == {
        "channel": "phone",
        "to": "0912000001",
        "text": "123456 là mã",
    }


@pytest.mark.parametrize("body", ["cat; cat >&2; exit 3", "exec /nothing/here"])
def test_a_program_that_fails_is_told_of_without_the_message(
    program: Callable[[str], Path], body: str
) -> None:
    program(body)
    with pytest.raises(SendingError) as caught:
        sending(LETTER)
    chain = f"{caught.value!r} {caught.value.__cause__!r} {caught.value.args}"
    assert "0912000001" not in chain
    assert "123456" not in chain


class Gateway(BaseHTTPRequestHandler):
    """An SMS gateway of one answer."""

    status = 200
    told: list[tuple[str | None, Any]] = []  # noqa: RUF012 - the handler is made for each request

    def do_POST(self) -> None:
        data = self.rfile.read(int(self.headers["Content-Length"]))
        self.told.append((self.headers["Authorization"], json.loads(data)))
        self.send_response(self.status)
        self.end_headers()

    def log_message(self, format: str, *arguments: Any) -> None:
        pass


@pytest.fixture
def gateway(settings: Any) -> Iterator[type[Gateway]]:
    Gateway.told, Gateway.status = [], 200
    with HTTPServer(("127.0.0.1", 0), Gateway) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        settings.SENDING = f"http://127.0.0.1:{server.server_port}/sms"
        settings.SENDING_TOKEN = "the-token"
        yield Gateway
        server.shutdown()


def test_a_gateway_gets_the_message_with_the_token(gateway: type[Gateway]) -> None:
    sending(LETTER)
    ((token, said),) = gateway.told
    assert token == "Bearer the-token"
    assert said["to"] == "0912000001"


def test_a_gateway_that_refuses(gateway: type[Gateway]) -> None:
    gateway.status = 500
    with pytest.raises(SendingError):
        sending(LETTER)


def test_mail_goes_out_by_smtp_and_reaches_no_telephone(settings: Any) -> None:
    said: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            peer, _ = listening.accept()
            with peer, peer.makefile("rwb") as wire:
                wire.write(b"220 here\r\n")
                wire.flush()
                body = False
                for raw in wire:
                    line = raw.decode().rstrip("\r\n")
                    said.append(line)
                    if body and line != ".":
                        continue
                    body = line.upper() == "DATA"
                    over = line.upper() == "QUIT"
                    wire.write(b"354 go\r\n" if body else b"221 bye\r\n" if over else b"250 ok\r\n")
                    wire.flush()
                    if over:
                        return

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        settings.SENDING = f"smtp://127.0.0.1:{listening.getsockname()[1]}"
        settings.SENDING_FROM = "lamsach@example.org"
        sending(Letter(Channel.EMAIL, "buoi@example.org", "123456 la ma"))
        thread.join(5)
    assert "rcpt TO:<buoi@example.org>" in said
    assert "123456 la ma" in said
    assert the_sender().channels == (Channel.EMAIL,)


@pytest.mark.parametrize("setting", ["ftp://x", "send it", "http://gateway.example/sms"])
def test_a_setting_that_names_no_way_is_refused(settings: Any, setting: str) -> None:
    settings.SENDING = setting
    with pytest.raises(ImproperlyConfigured, match="LAMSACH_SENDING"):
        the_sender()


@pytest.mark.db
@pytest.mark.django_db
class TestAcrossTheQueue:
    """From the questions to the gateway."""

    def test_a_code_goes_out_once(
        self, gateway: type[Gateway], run_jobs: Callable[[], int]
    ) -> None:
        Registry().person()
        client = Client()
        ask(client, BUOI)
        run_jobs()
        ((_token, said),) = gateway.told
        assert said["to"] == "0912000001"
        code = next(word for word in said["text"].split() if word.isdigit())
        assert client.post("/record/code", {"code": code}).status_code == 302
        message = Message.objects.get()
        assert message.sent_at is not None
        actions.deliver_message(message=message)
        assert len(gateway.told) == 1

    def test_a_gateway_that_is_down_is_tried_again_with_the_same_code(
        self, gateway: type[Gateway], run_jobs: Callable[[], int]
    ) -> None:
        from lamsach.jobs.actions import carry_out

        Registry().person()
        gateway.status = 503
        ask(Client(), BUOI)
        with pytest.raises(SendingError):
            run_jobs()
        gateway.status = 200
        carry_out(Job.objects.get())
        first, second = (said["text"] for _token, said in gateway.told)
        assert first == second
        assert Message.objects.count() == 1

    def test_a_telephone_alone_is_no_contact_where_only_mail_goes(
        self, settings: Any, run_jobs: Callable[[], int]
    ) -> None:
        settings.SENDING = "smtp://127.0.0.1:1"
        Registry().person()
        ask(Client(), BUOI)
        run_jobs()
        assert not Message.objects.exists()

    def test_the_outbox_is_read_by_who_keeps_the_secret_and_it_is_recorded(
        self, run_jobs: Callable[[], int], settings: Any, clock_at: Any
    ) -> None:
        Registry().person()
        ask(Client(), BUOI)
        run_jobs()
        out = StringIO()
        call_command("outbox", stdout=out)
        assert out.getvalue().startswith("0912000001\t")
        assert sent_code() in out.getvalue()
        event = Event.objects.filter(verb=Verb.CITIZEN_OUTBOX_READ).get()
        assert event.subject_id == str(Message.objects.get().public_id)
        with clock_at(now() + timedelta(minutes=11)):
            assert actions.read_outbox(actor=_system()) == []
        settings.FIELD_KEY = bytes(32)
        assert actions.read_outbox(actor=_system()) == []


def _system() -> Any:
    from lamsach.ledger.actions import Actor

    return Actor.system("test")
