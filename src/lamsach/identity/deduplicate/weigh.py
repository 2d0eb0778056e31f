"""Weigh: the evidence of every pair as one number, and its probability.

Table: `weighed(a, b, probability, capped, …)` for the pairs that are told of.
"""

from __future__ import annotations

from typing import Final

import duckdb
import numpy as np
import pyarrow as pa

from lamsach.identity.deduplicate import defaults, events
from lamsach.identity.deduplicate.compare import CROWD
from lamsach.identity.deduplicate.model import Model, learn
from lamsach.identity.engine.decide import CERTAIN, DIGITS
from lamsach.identity.engine.estimate import encode
from lamsach.identity.engine.learn import CLOSE, name_chances, number_chances
from lamsach.identity.engine.model import Levels
from lamsach.identity.engine.terms import COUNTED_NAMES
from lamsach.identity.engine.workspace import Workspace

#: From this on a pair is told of to a clerk.
POSSIBLE: Final = 0.5

#: A number that agrees with both its bearers: then year of birth and sex agree for that reason,
#: and say nothing more.
_OWN_SHARED: Final = "id_form = 'own' and id_level in ('same', 'crowded')"
#: SQL for the form within which each field's level is weighed; null where it says nothing.
_FORMS: Final = {
    "name": "name_form",
    "birth": "birth_form",
    "sex": f"case when {_OWN_SHARED} then null when name_level in {CLOSE} then 'close' "
    "else 'far' end",
    "residence": "''",
    "id": "id_form",
    "phone": "''",
    "insurance": "''",
    "passport": "''",
    "event": "residence_level",
}
#: Pairs that no machine should merge whatever the sum says, for they differ in what tells people of
#: one family apart: a word of the name that is another one; a generation; two numbers that both
#: agree with their bearers; numbers given one after the other, as twins' are, or a slip apart where
#: the names are not the same either.
_CAPPED: Final = f"""
  name_level not in {CLOSE} or birth_level = 'generation' or consecutive
  or id_form = 'own' and (id_level = 'other'
    or id_level in ('digit', 'transposed') and name_level <> 'same')
"""
#: How finely counted terms are told apart while the model is estimated, in millibits.
_STEP: Final = 500

#: Log2 of the chance of what is counted beside names, days and places: how many others bear a key.
_KEY_TERMS: Final = f"""
  case when id_level = 'crowded'
      then log2((case when id_form = 'former' then former_n else number_n end - {CROWD})
        / (select people from register.totals)) else 0 end
  - case when {_OWN_SHARED} then (select same_year from register.years) else 0 end
  + case when phone_level = 'same'
      then log2(greatest(phone_n - 1, 1) / (select people from register.totals)) else 0 end
  + case when insurance_level = 'crowded'
      then log2((insurance_n - {CROWD}) / (select people from register.totals)) else 0 end
  + case when passport_level = 'crowded'
      then log2((passport_n - {CROWD}) / (select people from register.totals)) else 0 end
"""


def weigh_pairs(workspace: Workspace, with_events: bool) -> Model:
    """Estimate the model, then make the table `weighed` with it; returns the model."""

    def learned(connection: duckdb.DuckDBPyConnection) -> None:
        model = _learn(connection, with_events)
        connection.execute("create or replace table model as select ? as json", [model.to_json()])

    def weighed(connection: duckdb.DuckDBPyConnection) -> None:
        text = connection.execute("select json from model").fetchall()[0][0]
        _weigh(connection, Model.from_json(text))

    workspace.step("learn what the evidence weighs", learned)
    workspace.step("weigh the evidence", weighed)
    return Model.from_json(workspace.value("select json from model"))


def _learn(connection: duckdb.DuckDBPyConnection, with_events: bool) -> Model:
    cells = ", ".join(
        f"case when {field}_level not in ('missing', 'placeholder') or '{field}' = 'birth'"
        f" and {field}_level <> 'missing'"
        f" then {form} || '|' || {field}_level end as {field}"
        for field, form in _FORMS.items()
    )
    patterns = connection.sql(
        f"""
        select {cells},
          cast(round((name_term + birth_term + residence_term + 1000 * ({_KEY_TERMS})) / {_STEP})
            as integer) as step,
          count(*)::double as n
        from found_levels join found_terms using (row, id)
        group by all order by all
        """
    ).to_arrow_table()
    records = int(connection.sql("select count(*) from records").fetchall()[0][0])
    data = encode(
        defaults.FIELDS,
        {field: patterns[field].cast(pa.string()) for field in defaults.FIELDS},
        patterns["n"].to_numpy(),
        pa.chunked_array([pa.array([""] * patterns.num_rows, pa.string())]),
    )
    counted = patterns["step"].to_numpy().astype(np.float64) * _STEP / 1000
    chance: dict[str, Levels] = {}
    if patterns.num_rows:
        chance = {"name": _names_by_chance(connection), "id": _numbers(connection)}
    if patterns.num_rows and with_events:
        chance["event"] = events.chance_of_events(connection)
    return learn(data, counted, chance, records)


def _names_by_chance(connection: duckdb.DuckDBPyConnection) -> Levels:
    counted = dict.fromkeys(COUNTED_NAMES, 1.0)
    return {form: {**levels, **counted} for form, levels in name_chances(connection).items()}


def _numbers(connection: duckdb.DuckDBPyConnection) -> Levels:
    near = number_chances(connection)
    return dict.fromkeys(("own", "borrowed", "damaged"), near)


def _weigh(connection: duckdb.DuckDBPyConnection, model: Model) -> None:
    connection.execute(
        "create or replace temp table weights (field varchar, form varchar, level varchar,"
        " same integer, twin integer, kin integer)"
    )
    if rows := model.weights():
        connection.executemany("insert into weights values (?, ?, ?, ?, ?, ?)", rows)
    joins = "\n".join(
        f"left join (select * from weights where field = '{field}') w_{field}"
        f" on w_{field}.form = {form} and w_{field}.level = {field}_level"
        for field, form in _FORMS.items()
    )

    def total(kind: str) -> str:
        parts = " + ".join(f"coalesce(w_{field}.{kind}, 0)" for field in _FORMS)
        return f"{model.advance(kind)} + {parts} - terms"

    powers = {k: f"pow(2.0, least(greatest({k}, -500000), 500000) / 1000.0)" for k in model.pairs}
    connection.execute(
        f"""
        create or replace table weighed as
        with summed as (
          select l.*, {", ".join(f"{total(kind)} as {kind}" for kind in model.pairs)}
          from (
            select l.*, name_term + birth_term + residence_term
              + cast(round(1000 * ({_KEY_TERMS})) as integer) as terms
            from found_levels l join found_terms using (row, id)
          ) l
          {joins}
        ), shares as (
          select *, least({CERTAIN}, round(
            {powers["same"]} / (1 + {" + ".join(powers.values())}), {DIGITS})) as probability
          from summed
        )
        select row as a, id as b, probability,
          {_CAPPED} as capped,
          id_level in ('same', 'crowded', 'leading_zero') or insurance_level in ('same', 'crowded')
            or passport_level in ('same', 'crowded') as shares_key,
          name_level, codes, birth_level, birth_case, sex_level, residence_level, id_form, id_level,
          id_case, phone_level, insurance_level, passport_level, event_level
        from shares
        where probability >= {POSSIBLE} or id_level in ('same', 'crowded', 'leading_zero')
          or insurance_level in ('same', 'crowded') or passport_level in ('same', 'crowded')
        """
    )
    connection.execute("drop table weights")
