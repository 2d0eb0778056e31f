"""What the environment says wrongly is refused with a sentence that names it."""

from __future__ import annotations

from pathlib import Path

import pytest

from lamsach.site import environment
from lamsach.site.databases import SideRouter, connection


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAMSACH_DATA", str(tmp_path))


def test_a_given_database_is_used_by_its_side_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://app@db/health")
    monkeypatch.setenv("DATABASE_OWNER_URL", "postgresql://owner@db/health")
    assert environment.database_url("health") == "postgresql://app@db/health"
    assert environment.database_url("health", owner=True) == "postgresql://owner@db/health"
    assert environment.is_embedded("register")
    assert "lamsach_register_owner@" in environment.database_url("register", owner=True)


@pytest.mark.parametrize("url", ["mysql://app@db/health", "db.example"])
def test_another_kind_of_database_is_refused(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    with pytest.raises(environment.SettingError, match="DATABASE_URL"):
        environment.database_url("health")


def test_an_address_that_cannot_be_read_is_refused_without_its_password() -> None:
    with pytest.raises(environment.SettingError) as refused:
        connection("postgresql://app:se%zzcret@db/health?nothing=1")
    assert "cret" not in str(refused.value)


def test_a_secret_is_made_once_and_kept_for_its_owner(tmp_path: Path) -> None:
    first = environment.derived("sessions")
    assert environment.derived("sessions") == first
    assert environment.derived("fields") != first
    assert environment.derived("sessions", ledger=True) != first
    assert (tmp_path / "site.secret").stat().st_mode & 0o777 == 0o600
    assert {one.name for one in tmp_path.iterdir()} == {"site.secret", "ledger.secret"}


def test_a_short_secret_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAMSACH_SECRET", "tiny")
    with pytest.raises(environment.SettingError, match="LAMSACH_SECRET"):
        environment.derived("sessions")


def test_a_flag_is_yes_or_no(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAMSACH_HTTPS", "maybe")
    with pytest.raises(environment.SettingError, match="LAMSACH_HTTPS"):
        environment.flag("LAMSACH_HTTPS")


def test_applications_are_routed_by_their_label() -> None:
    router = SideRouter()
    assert router.allow_migrate("population", "population")
    assert not router.allow_migrate("default", "population")
    assert not router.allow_migrate("population", "registry")
    for both in ("ledger", "places", "accounts"):
        assert router.allow_migrate("default", both)
        assert router.allow_migrate("population", both)
