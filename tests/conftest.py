"""What all tests share: reference data, a database with the roles of production, the clock.

The database is the server that comes along (or, with LAMSACH_TEST_POSTGRESQL, the programs in that
folder), one for each worker. Tests reach it as the application does; its owner only migrates it,
and its superuser, who plays the attacker, has a fixture of its own.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Any, NoReturn

import hypothesis
import psycopg
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from django.test.utils import CaptureQueriesContext, override_settings

from lamsach import clock
from lamsach.site.databases import connection
from lamsach.site.embedded import EmbeddedServer
from lamsach.site.environment import database_url

# How long an example takes says nothing about what is tried.
hypothesis.settings.register_profile(
    "house", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("house")

_BESIDE = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def absent() -> Callable[[str], NoReturn]:
    """`absent("… is not installed")`: skips with that line; under CI nothing may be skipped."""
    return pytest.fail if os.environ.get("CI") == "true" else pytest.skip


@pytest.fixture(scope="session")
def shared_data(absent: Callable[[str], NoReturn]) -> Path:
    """The folder of public reference data; tests that use it bear the mark `vectors`."""
    if not _BESIDE.is_dir():
        absent("the reference data (../shared/data) is not beside this checkout")
    return _BESIDE


@pytest.fixture(autouse=True, scope="session")
def only_this_machine() -> Iterator[None]:
    """No test reaches beyond this machine."""
    real = socket.socket.connect

    def connect(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            host = "127.0.0.1" if address[0] == "localhost" else address[0]
            if not ip_address(host).is_loopback:
                raise AssertionError(f"a test wants to reach {address[0]}")
        real(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", connect)
        yield


@pytest.fixture(autouse=True, scope="session")
def quick_passwords() -> Iterator[None]:
    """Passwords cost nothing here; what the site's own cost is tried in tests/accounts."""
    quick = "django.contrib.auth.hashers.MD5PasswordHasher"
    with override_settings(PASSWORD_HASHERS=[quick, *settings.PASSWORD_HASHERS]):
        yield


@pytest.fixture(scope="session")
def server(lamsach_data: Path) -> Iterator[EmbeddedServer]:
    """The database server of this worker, running."""
    given = os.environ.get("LAMSACH_TEST_POSTGRESQL")
    programs = Path(given) if given else None
    with EmbeddedServer(lamsach_data, durable=False, programs=programs).running() as running:
        yield running


@pytest.fixture(scope="session")
def django_db_setup(server: EmbeddedServer, django_db_blocker: Any) -> Iterator[None]:
    """Tables made by their owners; after that every connection is the application's."""
    with django_db_blocker.unblock():
        for alias, side in (("default", "health"), ("population", "register")):
            own = connections[alias].settings_dict
            application = own["USER"]
            own["USER"] = connection(database_url(side, owner=True))["USER"]
            call_command("migrate", database=alias, verbosity=0)
            call_command("createcachetable", database=alias, verbosity=0)
            connections[alias].close()
            own["USER"] = application
        yield
        connections.close_all()


@pytest.fixture
def superuser(server: EmbeddedServer) -> Callable[..., AbstractContextManager[Any]]:
    """A connection that nothing binds: a database's keeper who means harm."""

    @contextmanager
    def connect(database: str = "lamsach") -> Iterator[psycopg.Connection[Any]]:
        with psycopg.connect(server.url(database, "postgres"), autocommit=True) as opened:
            yield opened

    return connect


@pytest.fixture
def committed(django_db_setup: None, django_db_blocker: Any, superuser: Any) -> Iterator[None]:
    """A database in which transactions really end; emptied afterwards (by the superuser)."""
    with django_db_blocker.unblock():
        yield
        connections.close_all()
    for database in ("lamsach", "lamsach_register"):
        with superuser(database) as opened:
            _empty(opened)


def _empty(opened: psycopg.Connection[Any]) -> None:
    kept = ("django_migrations", "django_content_type", "auth_permission")
    rows = opened.execute(
        "select tablename from pg_tables where schemaname = 'public' and tablename <> all(%s)",
        [list(kept)],
    ).fetchall()
    names = ", ".join(f'"{name}"' for (name,) in rows)
    append_only = ("authentication_answer", "ledger_event", "ledger_headsexport", "ledger_shard")
    guarded = [name for name in append_only if (name,) in rows]
    for table in guarded:
        opened.execute(f"alter table {table} disable trigger user")
    opened.execute(f"truncate {names} restart identity cascade")
    own = opened.execute(
        "select tgrelid::regclass, tgname from pg_trigger"
        " where not tgisinternal and tgrelid = any(%s::regclass[])",
        [guarded],
    ).fetchall()
    for table in guarded:
        opened.execute(f"alter table {table} enable trigger all")
    for table, trigger in own:
        opened.execute(f"alter table {table} enable always trigger {trigger}")


@pytest.fixture
def count_queries() -> Callable[..., AbstractContextManager[CaptureQueriesContext]]:
    """Counts statements: `with count_queries() as seen: …; assert len(seen) <= 3`."""

    def begin(using: str = "default") -> CaptureQueriesContext:
        return CaptureQueriesContext(connections[using])

    return begin


@pytest.fixture
def clock_at() -> Callable[[datetime], AbstractContextManager[None]]:
    """Moves the clock: `with clock_at(moment): …`."""
    return clock.moved


@pytest.fixture
def run_jobs() -> Callable[[], int]:
    """Does what waits in the queue, here and now, over the test's own connection; how many.

    What a job's function raises comes out; jobs that were started by jobs are done as well.
    """
    from procrastinate.contrib.django.models import ProcrastinateJob

    from lamsach.jobs.actions import carry_out
    from lamsach.jobs.models import Job

    def drain() -> int:
        count = 0
        while True:
            waiting = ProcrastinateJob.objects.filter(status="todo", task_name="lamsach.job")
            queued = waiting.order_by("-priority", "id").first()
            if queued is None:
                return count
            with connections["default"].cursor() as cursor:
                cursor.execute(
                    "update procrastinate_jobs set status = 'doing' where id = %s", [queued.id]
                )
                carry_out(Job.objects.get(public_id=queued.args["job"]))
                cursor.execute(
                    "select procrastinate_finish_job_v1(%s, 'succeeded', true)", [queued.id]
                )
            count += 1

    return drain


@pytest.fixture
def signed_in() -> Callable[[Any], Any]:
    """A browser in which an officer is signed in with both factors: `signed_in(alice).get("/")`.

    How one gets there is tested in tests/accounts; every other test begins behind the door.
    """

    def enter(officer: Any) -> Any:
        from allauth.mfa.models import Authenticator
        from django.test import Client

        Authenticator.objects.get_or_create(
            user=officer, type=Authenticator.Type.TOTP, defaults={"data": {"secret": "unused"}}
        )
        client = Client()
        client.force_login(officer)
        return client

    return enter
