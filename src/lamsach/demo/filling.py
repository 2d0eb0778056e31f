"""Fill an empty installation: `python -m lamsach.demo.filling PROVINCE FOLDER`.

Each step is left out when its result is there, so that a broken filling goes on where it stopped.
What a real installation gets by its own ways comes by the same ways here: offices are opened,
records loaded, the register asked by a run that the worker carries out.
"""

from __future__ import annotations

import secrets
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Final

import django

__all__ = ["fill"]

PROVINCE: Final = "70"
COMMUNE: Final = "25195"  # Phường Tân Phú, thành phố Đồng Xoài
CAMPAIGN: Final = "covid-19"


def fill(province: Path, folder: Path, say: Callable[[str], None]) -> None:
    """Fill the installation from the files of `province`; accounts and workbooks go to `folder`."""
    from django.conf import settings  # noqa: PLC0415 - the framework is up now
    from django.core.management import call_command  # noqa: PLC0415

    from lamsach.accounts.models import Officer  # noqa: PLC0415
    from lamsach.authentication.actions import start_run  # noqa: PLC0415
    from lamsach.authentication.models import Run  # noqa: PLC0415
    from lamsach.clock import today  # noqa: PLC0415
    from lamsach.demo import dates, keys  # noqa: PLC0415
    from lamsach.demo.accounts import make_accounts  # noqa: PLC0415
    from lamsach.demo.places import open_offices  # noqa: PLC0415
    from lamsach.ledger.actions import Actor  # noqa: PLC0415
    from lamsach.registry.models import Campaign, Person  # noqa: PLC0415
    from lamsach.signing.actions import bind_certificate  # noqa: PLC0415
    from lamsach.signing.models import SignerCertificate  # noqa: PLC0415

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
        },
    )
    say("Accounts, one for each role…")
    accounts = make_accounts(commune=COMMUNE, file=folder / "accounts.txt", by=actor)

    say("Keys: an authority that nobody else trusts, the head's, the ministry's…")
    keys.make_authority(settings.SIGNING_AUTHORITIES)
    keys.make_issuer(Path(settings.PASSPORT_KEY), Path(settings.PASSPORT_CERTIFICATE))
    head = Officer.objects.get(username="head")
    if not SignerCertificate.objects.filter(officer=head, unbound_at=None).exists():
        pin = secrets.token_urlsafe(6)
        file = settings.SIGNING_KEYS / "head.p12"
        certificate = keys.make_signer(settings.SIGNING_AUTHORITIES, file, head.full_name, pin)
        keys.note_pin(folder / "pin.txt", pin)
        bind_certificate(officer=head, certificate=certificate, key=f"file:{file.name}", by=actor)
    del accounts

    if not Person.objects.exists():
        say("The register…")
        call_command("load_register", str(province / "register.parquet"))
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
    if Run.objects.filter(finished_at=None).exists():
        say("The register is asked about everyone…")
        call_command("run_worker", until_empty=True)


def main(arguments: list[str]) -> int:
    """Fill; the exit status."""
    django.setup()
    province, folder = map(Path, arguments)
    fill(province, folder, lambda line: print(line, flush=True))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
