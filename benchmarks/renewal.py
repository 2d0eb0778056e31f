"""From a corrected name to the new passport: how long a citizen waits, with a real worker.

The demonstration's province is filled (RENEWAL_PEOPLE, default 20,000), the head of one station
signs its doses, passports are issued; then the register knows other names, and two officers correct
the records: one after the other, each waited for, then all that are left at once. The clock runs
from the moment the approval is committed to the moment the new passport can be read.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks import nations
from benchmarks.measuring import Failed, measure
from benchmarks.report import MISSED, Table

__all__ = ["run"]

ASKED, SINGLY, PATIENCE = 300.0, 40, 900.0
_PAUSE = 0.02


def run(folder: Path, say: Callable[[str], None]) -> list[Table]:
    """Fill, issue, correct, wait; the tables. The province and the database are removed."""
    people = int(os.environ.get("RENEWAL_PEOPLE", "20000"))
    work = folder / "renewal"
    shutil.rmtree(work, ignore_errors=True)
    province = work / "province"
    province.parent.mkdir(parents=True, mode=0o711)
    measure(
        nations.lamsach(), "synthesize", "--people", people, "--seed", 2022, "--province", "70",
        "--out", province,
    )  # fmt: skip
    os.environ["LAMSACH_DATA"] = str(work / "data")
    os.environ["DJANGO_SETTINGS_MODULE"] = "lamsach.site.settings"
    try:
        with _filled(province, work, say), _workers():
            holders = _issued(work, say)
            _renamed(province, work, holders)
            say(f"correcting {len(holders)} names")
            singly = [_wait([one]) for one in _corrected(holders[:SINGLY], at_once=False)]
            (rest,) = _corrected(holders[SINGLY:], at_once=True)
            together = _wait([rest])
    finally:
        shutil.rmtree(work, ignore_errors=True)
    rows = (
        _row("one after the other", [seconds for one in singly for seconds in one]),
        _row("all at once", together),
    )
    header = ("corrections", "people", "p50 s", "p99 s", "most s", "asked p99 s")
    return [Table("From a corrected name to the new passport", header, rows)]


def _row(name: str, seconds: list[float]) -> tuple[str, ...]:
    ordered = sorted(seconds)

    def at(share: float) -> float:
        return ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))]

    missed = f" {MISSED}" if at(0.99) > ASKED else ""
    shown = (f"{at(0.5):.1f}", f"{at(0.99):.1f}{missed}", f"{ordered[-1]:.1f}", f"{ASKED:.0f}")
    return (name, str(len(ordered)), *shown)


@contextmanager
def _filled(province: Path, work: Path, say: Callable[[str], None]) -> Iterator[None]:
    import django  # noqa: PLC0415 - the settings are known only now

    from lamsach.site import running  # noqa: PLC0415

    with running.database():
        if status := running.prepare():
            raise Failed(f"the tables cannot be made (status {status})")
        django.setup()
        from django.db import connections  # noqa: PLC0415

        from lamsach.demo import filling  # noqa: PLC0415

        try:
            filling.fill(province, work, say)
            filling.ask_about_everyone(say)
            yield
        finally:
            connections.close_all()


@contextmanager
def _workers() -> Iterator[None]:
    """The workers that a server has: one for what somebody waits for, one for what is bulk."""
    from lamsach.site import running  # noqa: PLC0415

    commands = [
        running.worker_command(queue="quick"),
        running.worker_command(queue="bulk", concurrency=1),
    ]
    started = [subprocess.Popen(command) for command in commands]  # noqa: S603 - our own program
    try:
        yield
    finally:
        for one in started:
            one.terminate()
        for one in started:
            one.wait(60)


def _issued(work: Path, say: Callable[[str], None]) -> list[Any]:
    """Have the head sign; those who have a passport now."""
    from lamsach.accounts.models import Officer  # noqa: PLC0415
    from lamsach.demo.filling import COMMUNE  # noqa: PLC0415
    from lamsach.passports.models import Due, Passport  # noqa: PLC0415
    from lamsach.signing.actions import prepare_batch, sign_batch  # noqa: PLC0415
    from lamsach.signing.queries import desks_of  # noqa: PLC0415

    head = Officer.objects.get(username="head")
    pins = dict(line.split("\t") for line in (work / "pin.txt").read_text().splitlines())
    (desk,) = desks_of(head)
    batch = prepare_batch(officer=head, office=desk.office)
    say(f"signing {batch.count} doses")
    sign_batch(officer=head, batch=batch, pin=pins["head"])
    _until(lambda: not Due.objects.exists())
    current = Passport.objects.filter(superseded_at=None).select_related("person__residence")
    residents = current.filter(person__residence__code=COMMUNE)
    return [one.person for one in residents.order_by("pk")]


def _renamed(province: Path, work: Path, people: Iterable[Any]) -> None:
    """The register's next extract, in which these people bear a name more."""
    import duckdb  # noqa: PLC0415
    from django.core.management import call_command  # noqa: PLC0415

    with duckdb.connect() as connection:
        connection.execute("create table renamed (number varchar)")
        connection.executemany(
            "insert into renamed values (?)", [[one.personal_id] for one in people]
        )
        connection.execute(
            f"""
            copy (
                select * replace (
                    case when personal_id in (from renamed) then full_name || ' Lộc'
                    else full_name end as full_name
                ) from '{province}/register.parquet'
            ) to '{work}/register.parquet' (format parquet)
            """
        )
    call_command("load_register", str(work / "register.parquet"), verbosity=0)


def _corrected(people: list[Any], *, at_once: bool) -> Iterator[tuple[float, list[int]]]:
    """Correct the names; after each approval its moment and whom it was about."""
    from lamsach.accounts.models import Officer  # noqa: PLC0415
    from lamsach.accounts.scope import scope_of  # noqa: PLC0415
    from lamsach.places.models import Office  # noqa: PLC0415
    from lamsach.registry.actions import approve_corrections, request_correction  # noqa: PLC0415

    asks, approves = (Officer.objects.get(username=one) for one in ("station", "station2"))
    office = Office.objects.get(pk=scope_of(asks).grants[0].office_id)
    asked = [
        request_correction(
            officer=asks,
            office=office,
            person=one,
            changes={"full_name": f"{one.full_name} Lộc"},
            grounds="Trích lục hộ tịch",
        )
        for one in people
    ]
    parts = [asked] if at_once else [[one] for one in asked]
    for part in parts:
        approve_corrections(officer=approves, office=office, corrections=part)
        yield time.monotonic(), [one.person_id for one in part]


def _wait(approved: Iterable[tuple[float, list[int]]]) -> list[float]:
    """For each person the seconds until the new passport could be read."""
    from lamsach.passports.models import Passport  # noqa: PLC0415

    seconds: list[float] = []
    for since, people in approved:
        waiting = set(people)

        def arrived(waiting: set[int] = waiting, since: float = since) -> bool:
            new = Passport.objects.filter(
                person__in=waiting, superseded_at=None, full_name__endswith=" Lộc"
            )
            come = set(new.values_list("person_id", flat=True))
            waiting -= come
            seconds.extend([time.monotonic() - since] * len(come))
            return not waiting

        _until(arrived)
    return seconds


def _until(done: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not done():
        if time.monotonic() > end:
            raise Failed(f"not done after {PATIENCE:.0f} s")
        time.sleep(_PAUSE)
