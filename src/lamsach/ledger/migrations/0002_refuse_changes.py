"""The database itself refuses to change what the ledger holds.

Twice: roles that were granted the privilege to change events by default lose it, and triggers stop
the owner, who must keep it for the sake of foreign keys. Heads may move on, not vanish.
"""

from __future__ import annotations

from django.db import migrations

_FORWARD = """
create function ledger_refuse() returns trigger language plpgsql as $$
begin
  raise exception 'the ledger is append-only: % of % is refused', tg_op, tg_table_name
    using errcode = 'insufficient_privilege';
end $$;

create trigger event_refuse_rows before update or delete on ledger_event
  for each row execute function ledger_refuse();
create trigger event_refuse_truncate before truncate on ledger_event
  for each statement execute function ledger_refuse();
create trigger export_refuse_rows before update or delete on ledger_headsexport
  for each row execute function ledger_refuse();
create trigger export_refuse_truncate before truncate on ledger_headsexport
  for each statement execute function ledger_refuse();
create trigger shard_refuse_rows before delete on ledger_shard
  for each row execute function ledger_refuse();
create trigger shard_refuse_truncate before truncate on ledger_shard
  for each statement execute function ledger_refuse();
alter table ledger_event enable always trigger event_refuse_rows;
alter table ledger_event enable always trigger event_refuse_truncate;
alter table ledger_headsexport enable always trigger export_refuse_rows;
alter table ledger_headsexport enable always trigger export_refuse_truncate;
alter table ledger_shard enable always trigger shard_refuse_rows;
alter table ledger_shard enable always trigger shard_refuse_truncate;

create function ledger_head_moves_on() returns trigger language plpgsql as $$
begin
  if new.name <> old.name or new.id <> old.id or new.number < old.number then
    raise exception 'the head of a chain only moves on'
      using errcode = 'insufficient_privilege';
  end if;
  return new;
end $$;
create trigger shard_moves_on before update on ledger_shard
  for each row execute function ledger_head_moves_on();
alter table ledger_shard enable always trigger shard_moves_on;

do $$
declare
  who record;
begin
  for who in
    select c.oid::regclass as held, a.grantee from pg_class c, aclexplode(c.relacl) a
    where c.relname in ('ledger_event', 'ledger_headsexport', 'ledger_shard')
      and c.relnamespace = current_schema()::regnamespace and a.grantee <> c.relowner
    group by 1, 2
  loop
    execute format(
      'revoke %s on %s from %s',
      case when who.held = 'ledger_shard'::regclass then 'delete, truncate'
           else 'update, delete, truncate' end,
      who.held,
      case when who.grantee = 0 then 'public' else quote_ident(pg_get_userbyid(who.grantee)) end
    );
  end loop;
end $$;
"""

_BACKWARD = """
drop trigger shard_moves_on on ledger_shard;
drop function ledger_head_moves_on();
drop trigger event_refuse_rows on ledger_event;
drop trigger event_refuse_truncate on ledger_event;
drop trigger export_refuse_rows on ledger_headsexport;
drop trigger export_refuse_truncate on ledger_headsexport;
drop trigger shard_refuse_rows on ledger_shard;
drop trigger shard_refuse_truncate on ledger_shard;
drop function ledger_refuse();
"""


class Migration(migrations.Migration):
    """Triggers and privileges."""

    dependencies = [("ledger", "0001_initial")]

    operations = [migrations.RunSQL(_FORWARD, _BACKWARD)]
