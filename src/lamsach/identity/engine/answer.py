"""Answer: from records that do not agree as written to what is decided of each.

The steps read like the procedure: explain those whose number is found, find the others, weigh,
decide. A run learns its model from its own records; a change is answered with the last run's.
"""

from __future__ import annotations

import duckdb

from lamsach.identity.engine import decide, evidence, learn, write
from lamsach.identity.engine.compare import compare_pairs
from lamsach.identity.engine.model import Model
from lamsach.identity.engine.persons import read_persons
from lamsach.identity.engine.search import find_candidates, find_owners
from lamsach.identity.engine.terms import count_terms
from lamsach.identity.engine.workspace import Workspace


def answer(workspace: Workspace, threshold: float, known: Model | None = None) -> Model:
    """Answer for every record in `checked` that has no `id`; return the model that weighed.

    `known`: the model to weigh with; without one it is learned from the records.
    """
    read_persons(workspace)
    find_owners(workspace)
    compare_pairs(workspace, "owners")
    people = (
        known.register_people
        if known
        else max(int(workspace.value("select people from register.totals")), 1)
    )

    def owners(connection: duckdb.DuckDBPyConnection) -> None:
        owner = known.owner if known else learn.complete_owner(learn.learn_owner(connection))
        decide.weigh_owners(connection, owner, people)
        decide.choose_searched(connection)
        _keep(connection, "owner_model", Model(people, owner, learn.NO_SEARCH))

    workspace.step("explain those whose number is found", owners)
    find_candidates(workspace)
    compare_pairs(workspace, "found")
    count_terms(workspace, "found")

    def weigh(connection: duckdb.DuckDBPyConnection) -> None:
        model = known
        if model is None:
            text = connection.execute("select json from owner_model").fetchall()[0][0]
            owner = Model.from_json(text).owner
            model = Model(people, owner, learn.learn_search(connection, owner, people))
        _keep(connection, "model", model)
        decide.weigh_candidates(connection, model)

    workspace.step("weigh the evidence", weigh)
    model = Model.from_json(workspace.value("select json from model"))

    def decided(connection: duckdb.DuckDBPyConnection) -> None:
        decide.decide(connection, model, threshold)
        write.describe_pairs(connection)
        evidence.take_apart(connection, model)

    workspace.step("decide", decided)
    return model


def _keep(connection: duckdb.DuckDBPyConnection, table: str, model: Model) -> None:
    connection.execute(f"create or replace table {table} as select ? as json", [model.to_json()])
