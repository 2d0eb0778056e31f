"""Whatever a keeper of the database does to the ledger is found."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lamsach.esign.errors import ESignError
from lamsach.esign.transparency import NoteKey
from lamsach.ledger.actions import Actor, action
from lamsach.ledger.heads import countersigned, export_heads, read_export
from lamsach.ledger.models import Event, HeadsExport, Shard
from lamsach.ledger.verbs import Verb
from lamsach.ledger.verifying import verify_ledger

pytestmark = pytest.mark.db

KEY = NoteKey.generate("lamsach/ledger/health")
KNOWN = [KEY.verifier]
SOMEBODY = Actor("officer", "a-1")
SYSTEM = Actor.system("test")


def fill(count: int = 12) -> None:
    for number in range(count):
        with action() as act:
            act.record(
                Verb.PERSON_READ,
                actor=SOMEBODY,
                office=f"office-{number % 2}",
                purpose="entry",
                on_behalf_of="officer:b",
                subject=("person", f"p-{number}"),
                facts={"number": number},
                content={"name": f"n{number}"},
            )


@pytest.fixture
def keeper(committed: None, superuser: Any) -> Iterator[Any]:
    """A full ledger, and a connection for which its triggers are switched off."""
    fill()
    with superuser() as opened:
        for table in ("ledger_event", "ledger_shard", "ledger_headsexport"):
            opened.execute(f"alter table {table} disable trigger all")
        yield opened


COLUMNS = {
    "at": "at + interval '1 microsecond'",
    "verb": "verb || 'x'",
    "actor": "'officer:another'",
    "on_behalf_of": "on_behalf_of || 'x'",
    "office": "office || '9'",
    "purpose": "purpose || 'x'",
    "subject_kind": "subject_kind || 'x'",
    "subject_id": "subject_id || 'x'",
    "facts": "'{\"number\": 99}'",
    "content_digest": "decode(repeat('22', 32), 'hex')",
    "previous": "decode(repeat('00', 32), 'hex')",
    "digest": "decode(repeat('00', 32), 'hex')",
}


def test_the_table_of_columns_is_whole() -> None:
    own = {field.column for field in Event._meta.concrete_fields}
    assert own - set(COLUMNS) == {"id", "shard_id", "number"}


@settings(
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_any_single_tampering_is_found(keeper: Any, data: st.DataObject) -> None:
    """Edit a column, remove a row, move one to another place or shard: found, wherever it is."""
    rows = list(Event.objects.order_by("id").values_list("id", "shard_id"))
    event, shard = data.draw(st.sampled_from(rows))
    kind = data.draw(st.sampled_from([*COLUMNS, "remove", "number", "swap", "shard"]))
    with keeper.transaction(force_rollback=False):
        if kind in COLUMNS:
            changed = f"update ledger_event set {kind} = {COLUMNS[kind]} where id = %s"
            keeper.execute(changed, [event])
        elif kind == "remove":
            keeper.execute("delete from ledger_event where id = %s", [event])
        elif kind == "number":
            keeper.execute("update ledger_event set number = 1000 where id = %s", [event])
        elif kind == "shard":
            others = [one for _, one in rows if one != shard]
            other = data.draw(st.sampled_from(others))
            keeper.execute(
                "update ledger_event set shard_id = %s, number ="
                " (select max(number) + 1 from ledger_event where shard_id = %s) where id = %s",
                [other, other, event],
            )
        else:
            others = [one for one, place in rows if place == shard and one != event]
            other = data.draw(st.sampled_from(others))
            swap = "update ledger_event set number = number + %s where id = %s"
            numbers = dict(keeper.execute("select id, number from ledger_event").fetchall())
            for one, by in ((event, 5000), (other, 0), (event, 0)):
                goal = numbers[other] if (one, by) == (event, 0) else numbers[event]
                step = (
                    by
                    if by
                    else goal
                    - keeper.execute(
                        "select number from ledger_event where id = %s", [one]
                    ).fetchone()[0]
                )
                keeper.execute(swap, [step, one])
    assert verify_ledger(KNOWN), kind
    _rebuild(keeper)  # the next example begins from a whole ledger


def _rebuild(keeper: Any) -> None:
    for table in ("ledger_salt", "ledger_event", "ledger_shard"):
        keeper.execute(f"truncate {table} cascade")
    fill()
    assert verify_ledger(KNOWN) == []


def test_a_tail_cut_with_its_head_is_found_by_the_exported_heads(keeper: Any) -> None:
    export = export_heads(KEY, actor=SYSTEM)
    kept = [(export.heads, export.note)]
    shard = Shard.objects.filter(name__startswith="office/").order_by("id")[0]
    keeper.execute("delete from ledger_event where shard_id = %s and number > 3", [shard.id])
    keeper.execute(
        "update ledger_shard s set number = 3, digest ="
        " (select digest from ledger_event where shard_id = s.id and number = 3) where id = %s",
        [shard.id],
    )
    assert [one.kind for one in verify_ledger(KNOWN)] == ["missing"]
    # Without the export in the database, the copy that another keeps still tells.
    keeper.execute("truncate ledger_headsexport")
    assert verify_ledger(KNOWN) == []
    assert [one.kind for one in verify_ledger(KNOWN, kept=kept)] == ["missing"]


def test_a_chain_that_is_removed_whole_is_found(keeper: Any) -> None:
    shard = Shard.objects.filter(name__startswith="office/").order_by("id")[0]
    keeper.execute("delete from ledger_event where shard_id = %s", [shard.id])
    keeper.execute("delete from ledger_shard where id = %s", [shard.id])
    assert [(one.kind, one.shard) for one in verify_ledger(KNOWN)] == [("shard", shard.name)]


def test_the_first_chain_cannot_vanish_either(keeper: Any) -> None:
    root = Shard.objects.get(name="root")
    keeper.execute("delete from ledger_event where shard_id = %s", [root.id])
    keeper.execute("delete from ledger_shard where id = %s", [root.id])
    assert "root" in {one.shard for one in verify_ledger(KNOWN)}


def test_a_chain_written_anew_without_the_secret_is_found(keeper: Any, settings: Any) -> None:
    """The keeper knows the code and all rows, but not the key."""
    right = settings.LEDGER_KEY
    settings.LEDGER_KEY = secrets.token_bytes(32)
    _forge(keeper)
    settings.LEDGER_KEY = right
    assert {one.kind for one in verify_ledger(KNOWN)} >= {"edited"}


def _forge(keeper: Any) -> None:
    for table in ("ledger_salt", "ledger_event", "ledger_shard"):
        keeper.execute(f"truncate {table} cascade")
    fill()


def test_an_altered_export_is_no_proof(keeper: Any) -> None:
    export = export_heads(KEY, actor=SYSTEM)
    keeper.execute("update ledger_headsexport set heads = heads || 'x'")
    assert [one.kind for one in verify_ledger(KNOWN)] == ["export"]
    with pytest.raises(ESignError):
        read_export(export.heads.replace(" 6 ", " 5 "), export.note, KNOWN)


@pytest.mark.django_db
def test_the_other_authority_signs_the_same_note() -> None:
    fill(2)
    export = export_heads(KEY, actor=SYSTEM)
    other = NoteKey.generate("lamsach/ledger/register")
    both = countersigned(export.note, KNOWN, other)
    assert read_export(export.heads, both, KNOWN) == read_export(
        export.heads, both, [other.verifier]
    )
    stranger = NoteKey.generate("lamsach/ledger/health")
    with pytest.raises(ESignError):
        countersigned(export.note, [stranger.verifier], other)


@pytest.mark.django_db
def test_a_job_has_a_chain_of_its_own() -> None:
    with action() as act:
        act.record(Verb.PERSON_READ, actor=SYSTEM, job="run-1")
    assert Shard.objects.get(name="job/run-1").number == 1
    assert Event.objects.get(verb=Verb.LEDGER_SHARD_OPEN).subject_id == "job/run-1"
    assert verify_ledger(KNOWN) == []


def test_the_command_says_what_it_found(keeper: Any, tmp_path: Any, capsys: Any) -> None:
    call_command("export_heads", str(tmp_path))
    (folder,) = tmp_path.iterdir()
    call_command("verify_ledger", "--kept", str(folder))
    assert "whole" in capsys.readouterr().out
    keeper.execute("update ledger_event set purpose = 'none' where number = 2 and office <> ''")
    with pytest.raises(CommandError, match="2 findings"):
        call_command("verify_ledger")
    assert "edited" in capsys.readouterr().out
    assert HeadsExport.objects.count() == 1
