"""The door as a network call: the same answers, for whoever holds the secret and nobody else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pyarrow.parquet as pq
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application
from django.db import connections

from lamsach.population import asking, gateway, views
from lamsach.population.extract import prepared_alone
from lamsach.population.gateway import QuestionError
from lamsach.population.models import LoggedQuestion, RegisterVersion
from lamsach.population.remote import GatewayError
from lamsach.population.statements import verify

from .conftest import AN, BAO, about
from .test_bulk import write

pytestmark = pytest.mark.db

WHO = {"actor": "officer:clerk", "office": "facility", "purpose": "entry"}
POLICE = {"officer": "officer:police", "office": "post", "units": ["25243"]}
HERE = replace(AN, province_code="70", district_code="691", commune_code="25243")


class Quiet(WSGIRequestHandler):
    def log_message(self, *_arguments: Any) -> None:
        """Say nothing."""


@pytest.fixture
def door(committed: None, settings: Any) -> Iterator[str]:
    """The register's side, served; the gateway is pointed there."""
    settings.ROOT_URLCONF = "lamsach.population.urls"
    settings.MIDDLEWARE = []
    settings.REGISTER_GATEWAY_SECRET = "s" * 40
    server = make_server("127.0.0.1", 0, get_wsgi_application(), handler_class=Quiet)

    def run() -> None:
        server.serve_forever(poll_interval=0.05)
        connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    settings.REGISTER_GATEWAY_URL = f"http://127.0.0.1:{server.server_port}"
    settings.ALLOWED_HOSTS = ["127.0.0.1"]
    yield settings.REGISTER_GATEWAY_URL
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def people(door: str, fill: Callable[..., RegisterVersion]) -> RegisterVersion:
    version = fill(HERE, BAO)
    with prepared_alone(version):
        return version


def test_the_same_is_heard_through_the_network(people: RegisterVersion, tmp_path: Path) -> None:
    right, wrong = about(HERE), about(HERE, full_name="Nguyen Van An", sex="F")
    heard = gateway.ask([right, wrong], job="j", **WHO)
    assert [one.kind for one in heard] == ["right", "wrong"]
    assert heard == asking.ask([right, wrong], job="j", **WHO)
    assert heard[0].statement is not None
    assert heard[0].signature is not None
    assert verify(heard[0].statement, heard[0].signature, gateway.identity_keys())
    shown = gateway.proposals([wrong.reference], **POLICE)[wrong.reference]
    assert shown.candidates[0].personal_id == AN.personal_id
    listed = gateway.overview([wrong.reference], **POLICE)[wrong.reference]
    assert listed.status == shown.status
    fields = gateway.confirm(wrong.reference, shown.candidates[0].key, **POLICE)
    assert fields.full_name == AN.full_name
    with pytest.raises(LookupError):
        gateway.confirm(wrong.reference, "0" * 32, **POLICE)
    with pytest.raises(QuestionError):
        gateway.ask([right], job="k", **{**WHO, "purpose": "curiosity"})
    assert gateway.register_version().name == people.name
    answers = tmp_path / "answers.parquet"
    persons = write(tmp_path / "persons.parquet", [right, wrong])
    done = gateway.ask_in_bulk(persons, answers, job="run", **WHO)
    assert done.counts == {"right": 1, "wrong": 1}
    rows = {row["reference"]: row["answer"] for row in pq.read_table(answers).to_pylist()}
    assert rows == {right.reference: "right", wrong.reference: "wrong"}
    assert answers.stat().st_mode & 0o077 == 0
    assert sorted(one.name for one in tmp_path.iterdir()) == ["answers.parquet", "persons.parquet"]


@pytest.mark.parametrize("name", ["ask", "proposals", "confirm", "version", "keys", "bulk"])
@pytest.mark.parametrize("told", ["", "Bearer " + "x" * 40, "Bearer ", "Basic c3Nzcw=="])
def test_a_stranger_hears_nothing(door: str, name: str, told: str) -> None:
    headers = {"Authorization": told, "X-Lamsach-Nonce": "1"}
    request = Request(f"{door}/gateway/v1/{name}", b"{}", headers, method="POST")
    with pytest.raises(HTTPError) as refused:
        urlopen(request)
    with refused.value as error:
        assert (error.code, error.read()) == (403, b"")


def test_without_a_secret_the_door_is_shut(door: str, settings: Any) -> None:
    settings.REGISTER_GATEWAY_SECRET = ""
    headers = {"Authorization": "Bearer ", "X-Lamsach-Nonce": "1"}
    with pytest.raises(HTTPError) as refused:
        urlopen(Request(f"{door}/gateway/v1/version", b"{}", headers, method="POST"))
    with refused.value as error:
        assert error.code == 403
    with pytest.raises(ImproperlyConfigured):
        gateway.register_version()


def test_an_answer_from_somebody_else_is_not_believed(
    people: RegisterVersion, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(views, "proof", lambda *_: "0" * 64)
    monkeypatch.setattr(views, "file_proof", lambda *_: "0" * 64)
    with pytest.raises(GatewayError):
        gateway.ask([about(HERE)], job="j", **WHO)
    persons = write(tmp_path / "persons.parquet", [about(HERE)])
    with pytest.raises(GatewayError):
        gateway.ask_in_bulk(persons, tmp_path / "answers.parquet", job="run", **WHO)
    assert [one.name for one in tmp_path.iterdir()] == ["persons.parquet"]


def test_a_register_out_of_reach_is_an_error_that_passes(
    settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.REGISTER_GATEWAY_URL = "http://127.0.0.1:9"
    settings.REGISTER_GATEWAY_SECRET = "s" * 40
    with pytest.raises(GatewayError) as said:
        gateway.ask([about(AN)], job="j", **WHO)
    for secret in AN.four_fields.values():
        if len(secret) > 1:
            assert secret not in str(said.value) + caplog.text


@pytest.mark.parametrize("url", ["http://register.example", "ftp://127.0.0.1", "file:///etc"])
def test_the_secret_travels_over_tls_alone(settings: Any, url: str) -> None:
    settings.REGISTER_GATEWAY_URL = url
    settings.REGISTER_GATEWAY_SECRET = "s" * 40
    with pytest.raises(ImproperlyConfigured):
        gateway.register_version()


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"questions": 1}', b'{"questions": [{"a": 1}]}', b"\xff"]
)
def test_a_message_that_is_none_is_refused(people: RegisterVersion, door: str, body: bytes) -> None:
    headers = {"Authorization": "Bearer " + "s" * 40, "X-Lamsach-Nonce": "1"}
    with pytest.raises(HTTPError) as refused:
        urlopen(Request(f"{door}/gateway/v1/ask", body, headers, method="POST"))
    with refused.value as error:
        assert error.code == 400
        assert json.loads(error.read()) == {"error": "QuestionError"}
    assert not LoggedQuestion.objects.using("population").exists()


def test_the_registers_own_process_starts() -> None:
    """Its settings: the register's database is the default one, nothing of the health side's."""
    ask_it = (
        "import django; django.setup();"
        "from django.apps import apps; from django.urls import resolve;"
        "from lamsach.population.database import register_database;"
        "print(register_database(), resolve('/gateway/v1/ask').func.__name__,"
        " apps.is_installed('lamsach.registry'))"
    )
    surroundings = {**os.environ, "DJANGO_SETTINGS_MODULE": "lamsach.site.settings_register"}
    for command in (["-m", "django", "check"], ["-c", ask_it]):
        done = subprocess.run(
            [sys.executable, *command],
            env=surroundings,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["default", "message", "False"]
