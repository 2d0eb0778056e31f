"""What can be done, as the ledger calls it: one name for one act, `subject:noun:verb`.

The one list for all floors, so that a reader of the ledger finds each act's name and nobody
invents a second one. Names only: what an act means is for those who do it.
"""

from __future__ import annotations

from enum import StrEnum

__all__ = ["Verb"]


class Verb(StrEnum):
    """The acts that are recorded; a name that was ever written is never taken away.

    >>> Verb.OFFICER_SIGN_IN.value
    'officer:session:open'
    """

    LEDGER_SHARD_OPEN = "ledger:shard:open"
    LEDGER_HEADS_EXPORT = "ledger:heads:export"

    UNITS_LOAD = "place:units:load"
    OFFICE_OPEN = "place:office:open"
    OFFICE_CLOSE = "place:office:close"
    TERRITORY_GIVE = "place:territory:give"
    TERRITORY_END = "place:territory:end"

    OFFICER_CREATE = "officer:account:create"
    OFFICER_SUSPEND = "officer:account:suspend"
    OFFICER_WAKE = "officer:account:wake"
    OFFICER_LOCK = "officer:account:lock"
    OFFICER_SIGN_IN = "officer:session:open"
    OFFICER_SIGN_IN_FAIL = "officer:session:refuse"
    OFFICER_PASSWORD_CHANGE = "officer:password:change"  # noqa: S105 - the name of an act
    OFFICER_FACTOR_ADD = "officer:factor:add"
    OFFICER_FACTOR_REMOVE = "officer:factor:remove"
    POST_GIVE = "officer:post:give"
    POST_END = "officer:post:end"

    PERSON_READ = "person:record:read"
    PERSON_SEARCH = "person:record:search"
