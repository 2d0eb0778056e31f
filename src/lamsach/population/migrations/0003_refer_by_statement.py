"""A logged question's version and ground are looked for once a statement, not once a row.

A run logs a part of its questions by one statement, all of one version and ground. What a foreign
key held holds on: a statement that names what is not there is refused, and what is named cannot go.
"""

from __future__ import annotations

from typing import Any

import django.db.models.deletion
from django.db import migrations, models

_FORWARD = """
create function population_question_refers() returns trigger language plpgsql as $$
begin
  -- Locked, so that who deletes one waits and then finds what refers to it.
  if (select count(*) from (
    select from population_registerversion where id in (select version_id from added) for key share
  ) there) < (select count(distinct version_id) from added) or (select count(*) from (
    select from population_legalground where id in (select ground_id from added) for key share
  ) there) < (select count(distinct ground_id) from added) then
    raise exception 'a logged question names a version or a ground that is not there'
      using errcode = 'foreign_key_violation';
  end if;
  return null;
end $$;
create trigger question_refers after insert on population_loggedquestion
  referencing new table as added
  for each statement execute function population_question_refers();
create trigger question_still_refers after update on population_loggedquestion
  referencing new table as added
  for each statement execute function population_question_refers();

create function population_stays() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' and new.id = old.id then
    return null;
  end if;
  if (tg_argv[0] = 'version' and exists (
    select from population_loggedquestion where version_id = old.id
  )) or (tg_argv[0] = 'ground' and exists (
    select from population_loggedquestion where ground_id = old.id
  )) then
    raise exception 'logged questions name this %: % is refused', tg_argv[0], tg_op
      using errcode = 'foreign_key_violation';
  end if;
  return null;
end $$;
create trigger version_stays after delete or update of id on population_registerversion
  for each row execute function population_stays('version');
create trigger ground_stays after delete or update of id on population_legalground
  for each row execute function population_stays('ground');
"""
_BACKWARD = """
drop trigger ground_stays on population_legalground;
drop trigger version_stays on population_registerversion;
drop trigger question_still_refers on population_loggedquestion;
drop trigger question_refers on population_loggedquestion;
drop function population_stays();
drop function population_question_refers();
"""


def _reference(to: str) -> models.Field[Any, Any]:
    return models.ForeignKey(
        db_constraint=False,
        db_index=False,
        null=True,
        on_delete=django.db.models.deletion.PROTECT,
        related_name="+",
        to=f"population.{to}",
    )


class Migration(migrations.Migration):
    """Foreign keys become triggers."""

    dependencies = [("population", "0002_legal_grounds")]

    operations = [
        migrations.AlterField("loggedquestion", "version", _reference("registerversion")),
        migrations.AlterField("loggedquestion", "ground", _reference("legalground")),
        migrations.RunSQL(_FORWARD, _BACKWARD),
    ]
