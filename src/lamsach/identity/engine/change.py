"""Change: inputs that differ a little from the last run's, answered from what that run left.

A run leaves its workspace: every person, the compared pairs, the model. A later run looks for the
rows of PERSONS and REGISTER that are not as they were, answers anew for those and for whoever the
change touches (their register person changed, came, went, or was taken or freed by another record;
a new register person shares a block with them), with the last run's model and counted terms, and
writes the other answers again as they were. The last whole run stays the one compared with, so that
changes do not pile up; when more than a tenth is touched a whole run is made.

Tables left in the change's workspace, beside those of a run: `dropped(row)`, rows of
`base.checked` whose answers no longer hold; `new_people`, register rows that came or changed, and
`old_people(id)`, those that went or changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb

from lamsach.identity.engine.model import Model
from lamsach.identity.engine.persons import compare_as_written, row_hash
from lamsach.identity.engine.register import (
    add_names,
    people_sql,
    same_person,
)
from lamsach.identity.engine.search import BLOCKS, block_join
from lamsach.identity.engine.workspace import Workspace
from lamsach.identity.tables import InputTable, reading, require_unique

#: From this share of touched records on a whole run is made: its model and terms would be stale.
MOST_TOUCHED: Final = 0.1
#: Tables of small workspaces may change whole; a change of a few rows is always answered.
FEW_RECORDS: Final = 1000
#: Counts of the last whole run that a changed register does not renew.
_COUNTED: Final = ("name_places", "name_decades", "birth_days", "residences", "totals")


@dataclass(frozen=True, slots=True)
class Base:
    """What the last whole run left: its identity, its register's, and its model."""

    run: str
    register: str
    model: Model


def find_base(run_file: Path, register_file: Path, kind: str) -> Base | None:
    """The last whole run, if it was finished, of this `kind` and with its register still there."""
    try:
        with duckdb.connect(str(run_file), read_only=True) as run:
            rows = run.execute(
                "select kind, identity, register, json from finished, purpose, model"
            ).fetchall()
        with duckdb.connect(str(register_file), read_only=True) as register:
            known = register.execute("select identity from purpose").fetchall()
    except duckdb.Error:  # none was made, it did not finish, or another process is at work there
        return None
    if not rows or rows[0][0] != kind or known != [(rows[0][2],)]:
        return None
    _, run_identity, register_identity, model = rows[0]
    return Base(run=run_identity, register=register_identity, model=Model.from_json(model))


def mark_finished(workspace: Workspace, kind: str, register: str) -> None:
    """Say in a run's workspace that all its answers stand, for `find_base`."""
    workspace.connection.execute(
        "create or replace table finished as select ? as kind, ? as register", [kind, register]
    )


def find_changes(
    workspace: Workspace, persons: InputTable, register: InputTable, *, same_register: bool
) -> bool:
    """Gather who must be answered anew in `checked`; False when a whole run is better."""

    def people(connection: duckdb.DuckDBPyConnection) -> None:
        if same_register:
            connection.execute("create or replace table new_people as from register.people limit 0")
            connection.execute("create or replace table old_people as select id from new_people")
        else:
            require_unique(connection, register, "personal_id")
            _find_changed_people(connection, register.view)

    def changed(connection: duckdb.DuckDBPyConnection) -> None:
        require_unique(connection, persons, "person_id")
        _find_changed_persons(connection, persons.view)

    with reading(register):
        workspace.step("find what changed in the register", people)
    with reading(persons):
        workspace.step("find the persons that changed", changed)
    if _is_much(workspace):
        return False
    workspace.step("compare as written", _compare_changed)
    workspace.step("find whom the changes touch", _find_touched)
    return not _is_much(workspace)


def _find_changed_people(connection: duckdb.DuckDBPyConnection, view: str) -> None:
    """Tables `new_people`, `old_people`; schema `register` with what changed put in its place."""
    connection.execute(
        f"""
        create or replace temp table changed_register as
        select r.*, e.id as old_id
        from (select *, try_cast(personal_id as bigint) as id from {view}) r
        full join base_register.people e on e.id = r.id
        where e.id is null or r.id is null or not ({same_person("r", "e")})
        """
    )
    connection.execute(
        "create or replace temp table came as "
        "select * exclude (id, old_id) from changed_register where id is not null"
    )
    connection.execute("create schema if not exists register")
    add_names(connection, "came")
    connection.execute(
        f"create or replace table new_people as {people_sql('came', 'register.names')}"
    )
    connection.execute(
        "create or replace table old_people as "
        "select old_id as id from changed_register where old_id is not null"
    )
    connection.execute(
        """
        create or replace view register.people as
        from base_register.people where id not in (select id from old_people)
        union all by name from new_people
        """
    )
    for table in _COUNTED:
        connection.execute(f"create or replace view register.{table} as from base_register.{table}")


def _find_changed_persons(connection: duckdb.DuckDBPyConnection, view: str) -> None:
    """Tables `taken`, rows of PERSONS to be compared anew, and `dropped`."""
    connection.execute(
        f"""
        create or replace table changed as
        select p.* exclude (row_hash), p.row_hash is not null as is_there, b.row as base_row
        from (select p.*, {row_hash("p")} as row_hash from {view} p) p
        full join (select rowid as row, row_hash, id from base.checked) b
          on b.row_hash = p.row_hash
        where p.row_hash is null or b.row_hash is null
          or b.id in (select id from old_people)
        """
    )
    connection.execute(
        "create or replace table taken as "
        "select * exclude (is_there, base_row) from changed where is_there"
    )
    connection.execute(
        "create or replace table dropped as "
        "select base_row as row from changed where base_row is not null"
    )
    connection.execute("drop table changed")


def _compare_changed(connection: duckdb.DuckDBPyConnection) -> None:
    compare_as_written(connection, "taken")
    connection.execute("drop table taken")


def _find_touched(connection: duckdb.DuckDBPyConnection) -> None:
    """Records of the last run that are as they were, but whom something else has changed."""
    ids = {
        "freed": "select id from base.checked where id is not null "
        "and rowid in (select row from dropped)",
        "taken": "select id from checked where id is not null",
    }
    connection.execute(
        f"""
        create or replace temp table touched_people as
        (({ids["freed"]}) except ({ids["taken"]})) union (({ids["taken"]}) except ({ids["freed"]}))
        union select id from old_people
        """
    )
    pairs = [
        f"select row from base.{table} where id in (select id from touched_people)"
        for table in ("owners", "found")
    ]
    connection.execute(f"create or replace temp table touched as {' union '.join(pairs)}")
    if connection.execute("select count(*) from new_people").fetchall()[0][0]:
        connection.execute(
            "insert into touched select row from base.rest "
            "where t_number > 0 and t_number in (select id from new_people)"
        )
        for place in range(len(BLOCKS)):
            join = block_join(place, "base.searched", "new_people")
            connection.execute(f"insert into touched select row from ({join})")
    connection.execute(
        """
        create or replace temp table others as
        select distinct row from touched where row not in (select row from dropped)
        """
    )
    connection.execute(
        """
        insert into checked by name
        select * from base.checked where rowid in (select row from others)
        """
    )
    for table in ("person_births", "person_sexes"):
        connection.execute(
            f"insert into {table} from base.{table} where raw not in (select raw from {table})"
        )
    connection.execute("insert into dropped select row from others")
    connection.execute(
        """
        create or replace view claims as
        select id from base.checked
        where id is not null and rowid not in (select row from dropped)
        union all select id from checked where id is not null
        """
    )


def _is_much(workspace: Workspace) -> bool:
    """Whether so many are touched that a whole run is better."""
    known = workspace.value("select count(*) from base.checked")
    answered = "checked" if workspace.is_done("compare as written") else "taken"
    touched = max(workspace.value(f"select count(*) from {t}") for t in ("dropped", answered))
    people = workspace.value("select people from register.totals")
    changed = workspace.value("select count(*) from new_people")
    return bool(
        touched > max(FEW_RECORDS, MOST_TOUCHED * known)
        or changed > max(FEW_RECORDS, MOST_TOUCHED * people)
    )
