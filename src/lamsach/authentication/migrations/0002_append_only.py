"""The database refuses to change or remove an answer: a new one is added instead."""

from __future__ import annotations

from django.db import migrations

_FORWARD = """
create function authentication_refuse() returns trigger language plpgsql as $$
begin
  raise exception 'answers are evidence: % of % is refused', tg_op, tg_table_name
    using errcode = 'insufficient_privilege';
end $$;
create trigger answer_refuse_rows before update or delete on authentication_answer
  for each row execute function authentication_refuse();
create trigger answer_refuse_truncate before truncate on authentication_answer
  for each statement execute function authentication_refuse();
alter table authentication_answer enable always trigger answer_refuse_rows;
alter table authentication_answer enable always trigger answer_refuse_truncate;
"""
_BACKWARD = """
drop trigger answer_refuse_rows on authentication_answer;
drop trigger answer_refuse_truncate on authentication_answer;
drop function authentication_refuse();
"""


class Migration(migrations.Migration):
    """Triggers."""

    dependencies = [("authentication", "0001_initial")]

    operations = [migrations.RunSQL(_FORWARD, _BACKWARD)]
