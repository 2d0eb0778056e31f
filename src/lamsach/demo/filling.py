"""Fill an empty installation: `python -m lamsach.demo filling PROVINCE FOLDER`.

Each step is left out when its result is there, so that a broken filling goes on where it stopped.
What a real installation gets by its own ways comes by the same ways here: offices are opened,
records loaded, the register asked by a run that the worker carries out.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Final

from django.conf import settings
from django.core.management import call_command

from lamsach.accounts.models import Officer
from lamsach.authentication.actions import start_run
from lamsach.authentication.models import Run
from lamsach.clock import today
from lamsach.demo import dates, keys, tour
from lamsach.demo.accounts import make_accounts
from lamsach.demo.places import open_offices
from lamsach.ledger.actions import Actor
from lamsach.registry.models import Campaign, Person
from lamsach.signing.actions import bind_certificate, may_sign, prepare_batch, sign_batch
from lamsach.signing.errors import CannotSignError
from lamsach.signing.models import BatchState, SignerCertificate, SigningBatch

__all__ = ["WORKBOOK", "ask_about_everyone", "fill", "main", "sign_what_waits"]

PROVINCE: Final = "70"
COMMUNE: Final = "25195"  # Phường Tân Phú, thành phố Đồng Xoài
CAMPAIGN: Final = "covid-19"
#: The vaccines that the ministry had licensed by April 2022.
LICENSED: Final = [
    "EU/1/21/1529", "EU/1/20/1528", "EU/1/20/1507", "EU/1/20/1525", "Sputnik-V", "BBIBP-CorV",
    "Hayat-Vax", "Abdala", "Covaxin",
]  # fmt: skip
#: What the clerk's workbook is called, and who has a key: facility heads and police sign.
WORKBOOK: Final = "nhap-mau.xlsx"
SIGNERS: Final = ("head", "police")


def fill(province: Path, folder: Path, say: Callable[[str], None]) -> None:
    """Fill the installation from the files of `province`; accounts and a workbook go to `folder`.

    That the register is asked about everyone is left to the worker.
    """
    actor = Actor.system("demo")
    moved = dates.moved_by(today())
    say("Offices of the province…")
    open_offices(
        facilities=province / "facilities.parquet",
        province=PROVINCE,
        opened_on=dates.FIRST_DAY + moved - timedelta(days=30),
        actor=actor,
    )
    Campaign.objects.get_or_create(
        code=CAMPAIGN,
        defaults={
            "name": "Tiêm chủng vắc xin phòng COVID-19",
            "disease": "840539006",
            "legal_basis": "QĐ 3588/QĐ-BYT",
            "opened_on": dates.FIRST_DAY + moved,
            "minimum_doses": 1,
            "vaccines": LICENSED,
            "doses_required": {"": 2, "Abdala": 3, "EU/1/20/1525": 1},
        },
    )
    say("Accounts, one for each role…")
    make_accounts(commune=COMMUNE, file=folder / "accounts.txt", by=actor)

    say("Keys: an authority that nobody else trusts, officers' keys, the ministry's…")
    keys.make_authority(settings.SIGNING_AUTHORITIES)
    keys.make_issuer(Path(settings.PASSPORT_KEY), Path(settings.PASSPORT_CERTIFICATE))
    for name in SIGNERS:
        _give_key(Officer.objects.get(username=name), folder / "pin.txt", by=actor)

    people = tour.family(province / "register.parquet")
    if not (folder / WORKBOOK).exists():
        tour.lay_workbook(people, folder / WORKBOOK, day=today() - timedelta(days=1))
    if not Person.objects.exists():
        say("The register…")
        register = province / "register.whole.parquet"
        tour.register_with(people, province / "register.parquet", register)
        call_command("load_register", str(register))
        register.unlink()
        say("People and their doses…")
        doses = province / "doses.moved.parquet"
        dates.move_doses(province / "doses.parquet", doses, moved)
        call_command(
            "load",
            str(province / "persons.parquet"),
            str(doses),
            campaign=CAMPAIGN,
            office="P70-CDC",
        )
        doses.unlink()
    if not Run.objects.exists():
        start_run()


def _give_key(officer: Officer, pins: Path, *, by: Actor) -> None:
    """Give an officer a key with a PIN of its own, unless there is one."""
    if SignerCertificate.objects.filter(officer=officer, unbound_at=None).exists():
        return
    pin = secrets.token_urlsafe(6)
    file = settings.SIGNING_KEYS / f"{officer.username}.p12"
    certificate = keys.make_signer(settings.SIGNING_AUTHORITIES, file, officer.full_name, pin)
    keys.note_pin(pins, officer.username, pin)
    bind_certificate(officer=officer, certificate=certificate, key=f"file:{file.name}", by=by)


def ask_about_everyone(say: Callable[[str], None]) -> None:
    """Do what waits, here and now: the register is asked about everyone."""
    if Run.objects.filter(finished_at=None).exists():
        say("The register is asked about everyone…")
        call_command("run_worker", until_empty=True)


def sign_what_waits(pins: Path, say: Callable[[str], None]) -> None:
    """Have the station's head sign what was recorded before today; the first passports follow.

    Once: what comes later waits for whoever tries the demonstration.
    """
    head = Officer.objects.get(username="head")
    offices = [post.office for post in head.posts.select_related("office")]
    (office,) = (one for one in offices if may_sign(head, one))
    if SigningBatch.objects.filter(office=office, state=BatchState.SIGNED).exists():
        return
    say("The head of the station signs; passports are issued…")
    try:
        batch = prepare_batch(officer=head, office=office)
    except CannotSignError as error:
        if error.code != "nothing":
            raise
        say(str(error.sentence))  # nobody of so small a province was vaccinated here
        return
    sign_batch(officer=head, batch=batch, pin=keys.noted_pin(pins, head.username))
    call_command("run_worker", until_empty=True)


def main(arguments: list[str]) -> int:
    """Fill; the exit status."""
    province, folder = map(Path, arguments)
    fill(province, folder, _say)
    ask_about_everyone(_say)
    sign_what_waits(folder / "pin.txt", _say)
    return 0


def _say(line: str) -> None:
    print(line, flush=True)
