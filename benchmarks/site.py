"""The site on a nation's records: loading them, searches and pages, a run over everyone.

SITE_PEOPLE (default 1,000,000) is how many people the record shall hold; SITE_RUN=0 leaves the run
out, SITE_NATION names a nation that was made already. Requests go through the whole application in
this process, one after the other, as a facility's head, a station's officer, a province's CDC and
the ministry; what is shown is the time an answer takes, not a server's queue. The run is the job of
a campaign, from the record's database to the register's and back, with what the database server
does for it, beside the bare engine on the same files. So the server must be the one that comes
along.
"""

from __future__ import annotations

import os
import random
import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from benchmarks import nations
from benchmarks.measuring import Failed, Measurement, measure, processor_seconds
from benchmarks.report import MISSED, Table

__all__ = ["run"]

SEED, REQUESTS, ASKED = 20220425, 100, 0.300
#: People in a register of whom so many have records: what `synthesize` is asked for.
_RECORDED = 0.837
_PAGE_COLUMNS = ("page", "rows", "p50 ms", "p95 ms", "most ms")
#: Keys of one look for people; more where an officer reaches few.
_KEYS_LOOKED_AT = 2_000
#: A run may cost so many times what the bare engine costs.
MOST_TIMES = 3.0
_YEARS_OPEN = date(2021, 3, 8)


def run(folder: Path, say: Callable[[str], None]) -> list[Table]:
    """Load, ask, and give the tables; the nation's files are removed, the database too."""
    people = int(os.environ.get("SITE_PEOPLE", "1000000"))
    work = folder / "site"
    nation = Path(os.environ.get("SITE_NATION") or work / "nation")
    say(f"making a nation with {people:,} records and their doses")
    if not (nation / "doses.parquet").exists():
        measure(
            nations.lamsach(), "synthesize", "--people", round(people / _RECORDED),
            "--seed", SEED, "--out", nation,
        )  # fmt: skip
    os.environ["LAMSACH_DATA"] = str(work / "data")
    os.environ["DJANGO_SETTINGS_MODULE"] = "lamsach.site.settings"
    with _site():
        say("loading")
        loaded = _load(nation)
        say("vacuum and analyze, as the database does by itself in time")
        _analyze(work / "data")
        pages = list(_pages(say))
        tables = [loaded, Table("Pages", _PAGE_COLUMNS, tuple(pages))]
        if os.environ.get("SITE_RUN") != "0":
            tables.append(_authentication(nation, work, say))
    return tables


@contextmanager
def _site() -> Iterator[None]:
    import django  # noqa: PLC0415 - the settings are known only now

    from lamsach.site import running  # noqa: PLC0415

    with running.database():
        if status := running.prepare():
            raise SystemExit(status)
        django.setup()
        from django.db import connections  # noqa: PLC0415

        try:
            yield
        finally:
            connections.close_all()


def _load(nation: Path) -> Table:
    from lamsach.ledger.actions import Actor  # noqa: PLC0415
    from lamsach.places.actions import load_units  # noqa: PLC0415
    from lamsach.registry.models import Campaign  # noqa: PLC0415

    load_units(actor=Actor.system("benchmark"))
    Campaign.objects.get_or_create(
        code="covid-19",
        defaults={"name": "COVID-19", "disease": "840539006", "opened_on": _YEARS_OPEN},
    )
    done = measure(
        *(nations.lamsach(), "manage", "load"),
        *(nation / "persons.parquet", nation / "doses.parquet", "--campaign", "covid-19"),
        *("--facilities", nation / "facilities.parquet", "--office", "P01-BVDK"),
    )
    people, doses = (
        int(count.replace(",", ""))
        for count in re.findall(r"([\d,]+) people and ([\d,]+) doses", done.said)[0]
    )
    row = (f"{people:,}", f"{doses:,}", f"{done.seconds:,.0f}")
    rates = (_rate(people, done.seconds), _rate(people + doses, done.seconds))
    columns = ("people", "doses", "seconds", "people/s with their doses", "rows/s")
    return Table("Loading, with standing", columns, ((*row, *rates),))


def _authentication(nation: Path, work: Path, say: Callable[[str], None]) -> Table:
    """A run over everyone, from database to database, beside the bare engine."""
    from lamsach.authentication.actions import start_run  # noqa: PLC0415
    from lamsach.authentication.models import Run  # noqa: PLC0415

    register, run = nation / "register.parquet", nation / "persons.parquet"
    prepared, bare = _bare_engine(run, register, work, say)
    say("the register into its database")
    loaded = _with_server(work, nations.lamsach(), "manage", "load_register", register)
    say("the run from database to database")
    started = start_run()
    whole = _with_server(
        work, nations.lamsach(), "manage", "run_worker", "--queue", "bulk", "--until-empty"
    )
    counts = Run.objects.get(pk=started.pk).counts
    if not counts:
        raise Failed("the run did not finish")
    people = sum(counts.values())
    both = prepared.cpu_seconds + bare.cpu_seconds
    steps = (
        ("the engine prepares the register", (prepared, 0.0)),
        ("the bare engine, from file to file", (bare, 0.0)),
        ("the register into its database, prepared", loaded),
        ("the run, from database to database", whole),
    )
    rows = tuple(
        (
            title,
            f"{one.seconds:,.0f}",
            f"{one.cpu_seconds:,.0f}",
            f"{server:,.0f}",
            f"{one.cpu_seconds + server:,.0f}",
            f"{(one.cpu_seconds + server) / bare.cpu_seconds:.2f}",
            _at_most(MOST_TIMES, (one.cpu_seconds + server) / both),
            f"{one.peak_bytes / (1 << 30):.1f}",
            _rate(people, one.seconds),
        )
        for title, (one, server) in steps
    )
    columns = (
        "step", "seconds", "of processors: ours", "the database's", "both",
        "× the bare engine", "× with its preparation", "GiB", "people/s",
    )  # fmt: skip
    return Table(f"Authentication of {people:,} people", columns, rows)


def _bare_engine(
    persons: Path, register: Path, work: Path, say: Callable[[str], None]
) -> tuple[Measurement, Measurement]:
    """The engine from file to file: the register's preparation, and the run on it."""
    say("the bare engine on the files")
    folder = work / "bare"
    folder.mkdir(parents=True, exist_ok=True)
    nobody = folder / "nobody.parquet"
    pq.write_table(pq.read_schema(persons).empty_table(), nobody)
    done = []
    for file in (nobody, persons):
        command = (nations.lamsach(), "authenticate", file, register)
        done.append(measure(*command, "--temp-dir", folder / "engine", "--out", folder / "out"))
        shutil.rmtree(folder / "out")
        (folder / "engine" / "run.duckdb").unlink()  # else the next run answers what changed
    shutil.rmtree(folder)
    return done[0], done[1]


def _with_server(work: Path, *command: object) -> tuple[Measurement, float]:
    """A command, and the seconds that the database took of the processors for it."""
    from lamsach.site.embedded import EmbeddedServer  # noqa: PLC0415

    server = EmbeddedServer(work / "data").cluster / "postmaster.pid"
    pid = int(server.read_text().split()[0])
    before = processor_seconds(pid)
    done = measure(*command)
    return done, processor_seconds(pid) - before


def _at_most(most: float, ratio: float) -> str:
    return f"{ratio:.2f}" + (f" {MISSED}" if ratio > most else "")


def _rate(rows: int, seconds: float) -> str:
    return f"{rows / seconds:,.0f}"


def _analyze(data: Path) -> None:
    import psycopg  # noqa: PLC0415

    from lamsach.site.embedded import EmbeddedServer  # noqa: PLC0415

    url = EmbeddedServer(data).url("lamsach", "postgres")
    with psycopg.connect(url, autocommit=True) as opened:
        opened.execute("vacuum (analyze) registry_person")
        opened.execute("vacuum (analyze) registry_dose")
        opened.execute("vacuum (analyze) registry_standing")


def _officers() -> dict[str, Any]:
    """One officer of each kind, signed in."""
    from allauth.mfa.models import Authenticator  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415

    from lamsach.accounts.actions import create_officer, give_post  # noqa: PLC0415
    from lamsach.accounts.roles import Role  # noqa: PLC0415
    from lamsach.ledger.actions import Actor  # noqa: PLC0415
    from lamsach.places.actions import open_office  # noqa: PLC0415
    from lamsach.places.models import Office, Unit  # noqa: PLC0415

    system = Actor.system("benchmark")
    hanoi = Unit.objects.get(catalogue="2022", code="01")
    cdc = Office.objects.filter(kind="cdc").first() or open_office(
        kind="cdc", name="CDC Hà Nội", territory=[hanoi], actor=system, opened_on=_YEARS_OPEN
    )
    ministry = Office.objects.filter(kind="ministry").first() or open_office(
        kind="ministry", name="Bộ Y tế", actor=system, opened_on=_YEARS_OPEN
    )
    station = Office.objects.filter(kind="station", code__startswith="C0").order_by("id")[100]
    posts = {
        "facility": (Office.objects.get(code="P01-BVDK"), Role.FACILITY_HEAD),
        "station": (station, Role.STATION),
        "CDC": (cdc, Role.CDC),
        "ministry": (ministry, Role.MINISTRY),
    }
    signed_in = {}
    for name, (office, role) in posts.items():
        officer, _password = create_officer(
            username=f"{name.lower()}{office.pk}", full_name=name, by=system
        )
        give_post(officer=officer, office=office, role=role, by=system, since=_YEARS_OPEN)
        type(officer).objects.filter(pk=officer.pk).update(must_change_password=False)
        Authenticator.objects.create(user=officer, type="totp", data={"secret": "unused"})
        client = Client(SERVER_NAME="localhost")  # a host that the site answers to
        client.force_login(officer)
        signed_in[name] = (officer, client)
    return signed_in


def _pages(say: Callable[[str], None]) -> Iterator[tuple[str, ...]]:
    from lamsach.registry.models import Person  # noqa: PLC0415
    from lamsach.registry.queries import persons_for  # noqa: PLC0415

    dice = random.Random(SEED)
    some = _picked(Person.objects.exclude(personal_id=""), 400)
    for name, (officer, client) in _officers().items():
        say(f"pages as {name}")
        reached = persons_for(officer)
        mine = _picked(reached, 200) if name != "ministry" else some[:200]
        people = [dice.choice(mine) for _ in range(REQUESTS)]
        strangers = [dice.choice(some) for _ in range(REQUESTS)]
        asked = {
            "home": [_get(client, "/") for _ in people],
            "whole name": [_search(client, one.full_name) for one in people],
            "others' names": [_search(client, one.full_name) for one in strangers],
            "family name": [_search(client, one.full_name.split()[0]) for one in people],
            "name and birth": [_search(client, one.full_name, one.birth_date) for one in people],
            "name with a slip, and birth": [
                _search(client, _slip(one.full_name, dice), one.birth_date) for one in people
            ],
            "number": [_search(client, one.personal_id) for one in strangers],
            "person": [_get(client, f"/people/{one.public_id}/") for one in people],
            "waiting": [_get(client, "/people/waiting/") for _ in people],
        }
        for page, requests in asked.items():
            yield _timed(f"{name}: {page}", requests)


def _picked(people: Any, count: int) -> list[Any]:
    """So many of these people from all over, by keys: ordering them would read the whole table."""
    from django.db.models import Max, Min  # noqa: PLC0415

    from lamsach.registry.models import Person  # noqa: PLC0415

    ends = Person.objects.aggregate(first=Min("pk"), last=Max("pk"))
    dice, reach = random.Random(SEED), _KEYS_LOOKED_AT
    picked: dict[int, Any] = {}
    while len(picked) < count and reach < 2 * (ends["last"] - ends["first"] + 1):
        begin = dice.randint(ends["first"], ends["last"])
        near = people.filter(pk__gte=begin, pk__lt=begin + reach).order_by("pk")
        found = {one.pk: one for one in near[: count // 20]}
        if not found.keys() - picked.keys():
            reach *= 2  # few in this officer's reach
        picked |= found
    return list(picked.values())[:count]


def _slip(name: str, dice: random.Random) -> str:
    place = dice.randrange(1, max(2, len(name)))
    return name[:place] + "x" + name[place + 1 :]


def _get(client: Any, address: str) -> Callable[[], str]:
    return partial(_answer, client.get, address)


def _search(client: Any, text: str, birth: str = "") -> Callable[[], str]:
    asked = {"text": text or "không tên", "birth": birth}
    return partial(_answer, client.post, "/people/", asked, follow=True)


def _answer(ask: Callable[..., Any], *given: Any, **more: Any) -> str:
    answer = ask(*given, **more)
    if answer.status_code != 200:
        raise Failed(f"{given[0]}: the site answered {answer.status_code}, not with a page")
    return str(answer.content.decode())


def _timed(title: str, requests: list[Callable[[], str]]) -> tuple[str, ...]:
    """The times of requests, one after the other, and how many people a page showed."""
    times, shown = [], 0
    for request in requests:
        started = time.perf_counter()
        page = request()
        times.append(time.perf_counter() - started)
        shown += len(re.findall(r'<th scope="row"><a href="/people/', page))
    times.sort()
    p50, p95 = times[len(times) // 2], times[int(len(times) * 0.95)]
    mark = f" {MISSED}" if p95 > ASKED else ""
    return (
        title,
        f"{shown / len(requests):.1f}",
        f"{p50 * 1000:.0f}",
        f"{p95 * 1000:.0f}{mark}",
        f"{times[-1] * 1000:.0f}",
    )
