"""Heads of facilities with keys on the server, and an authority that the installation trusts."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

sys.path.insert(0, str(Path(__file__).resolve().parent))

from signing_making import SYSTEM, Authority, Head, make_head, make_office, make_officer, write_p12

from lamsach.signing.actions import bind_certificate


@pytest.fixture
def authority(lamsach_data: Path) -> Authority:
    """The authority that officers' certificates come from; its list says that none is revoked."""
    made = Authority("Cơ quan chứng thực giả định")
    made.trust_in(settings.SIGNING_AUTHORITIES)
    return made


@pytest.fixture
def head(authority: Authority) -> Callable[..., Head]:
    """Make the head of a facility, with a key in the server's folder: `head(office=…)`."""

    def make(**more: Any) -> Head:
        officer = make_officer("head")
        office = more.pop("office", None) or make_office()
        make_head(officer, office)
        key, certificate = authority.officer("Trần Thị Ngát")
        write_p12(settings.SIGNING_KEYS / f"{officer.username}.p12", key, certificate)
        more.setdefault("key", f"file:{officer.username}.p12")
        bind_certificate(officer=officer, certificate=certificate, by=SYSTEM, **more)
        return Head(officer, office, key, certificate)

    return make
