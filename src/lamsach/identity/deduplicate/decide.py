"""Decide: which pairs are one person, and which records make a cluster.

Tables: `decided(a, b, probability, verdict, …)` and `clustered(row, cluster, probability)`, the
latter for records that any pair told of names.
"""

from __future__ import annotations

from typing import Final

import duckdb
import numpy as np
import pyarrow as pa

from lamsach.identity.deduplicate.clusters import Links, join_without_conflict
from lamsach.identity.deduplicate.weigh import POSSIBLE
from lamsach.identity.engine.workspace import Workspace
from lamsach.identity.rules import NUMBER

VERDICTS: Final = ("match", "possible", "different")

_case = NUMBER.function()
_UNRELATED: Final = frozenset(
    place for place, outcome in enumerate(NUMBER.outcomes) if outcome.level == "other"
)


def contradict(one: str, other: str) -> bool:
    """Whether two 12-digit numbers that agree with their bearers cannot be one person's.

    >>> contradict("001093012345", "001093012354"), contradict("001093012345", "079093654321")
    (False, True)
    """
    return _case(one, "personal_id", other, "") in _UNRELATED


def decide_pairs(workspace: Workspace, threshold: float) -> None:
    """Give every pair its verdict and every record its cluster."""

    def verdicts(connection: duckdb.DuckDBPyConnection) -> None:
        connection.execute(
            f"""
            create or replace table links as
            select row_number() over (order by pa.person_id, pb.person_id) - 1 as link, a, b,
              probability
            from weighed w join records pa on pa.row = a join records pb on pb.row = b
            where probability >= {threshold} and not capped
            """
        )
        _cluster(connection)
        connection.execute(
            f"""
            create or replace table decided as
            select w.*, case when k.a is not null then 'match'
              when w.probability >= {POSSIBLE} then 'possible' else 'different' end as verdict
            from weighed w left join kept k on k.a = w.a and k.b = w.b
            """
        )

    workspace.step("decide", verdicts)


def _cluster(connection: duckdb.DuckDBPyConnection) -> None:
    """Tables `kept(a, b)`, the links that hold, and `labels(row, label)`."""
    connection.execute(
        """
        create or replace temp table nodes as
        select row_number() over (order by person_id) - 1 as node, row,
          case when t_situation = 'own' then t_digits else '' end as digits
        from records semi join (select a as row from links union select b from links) using (row)
        """
    )
    nodes = connection.sql("select row, digits from nodes order by node").to_arrow_table()
    links = connection.sql(
        """
        select a, b, x.node as x, y.node as y, probability
        from links join nodes x on x.row = a join nodes y on y.row = b order by link
        """
    ).to_arrow_table()
    apart = connection.sql(
        f"""
        select x.node as x, y.node as y from weighed
        join nodes x on x.row = a join nodes y on y.row = b
        where probability < {POSSIBLE}
        """
    ).to_arrow_table()
    label, held = join_without_conflict(
        nodes.num_rows,
        Links(links["x"].to_numpy(), links["y"].to_numpy(), links["probability"].to_numpy()),
        (apart["x"].to_numpy(), apart["y"].to_numpy()),
        nodes["digits"].to_pylist(),
        contradict,
    )
    mask = pa.array(held)
    kept = links.select(["a", "b"]).filter(mask)  # noqa: F841 - DuckDB reads it by name
    labels = pa.table({"row": nodes["row"], "label": pa.array(label.astype(np.int64))})  # noqa: F841
    connection.execute("create or replace table kept as select * from kept")
    connection.execute("create or replace table labels as select * from labels")
    connection.execute("drop table nodes")
