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
    OFFICE_CHANGE = "place:office:change"
    OFFICE_CLOSE = "place:office:close"
    TERRITORY_GIVE = "place:territory:give"
    TERRITORY_END = "place:territory:end"

    OFFICER_CREATE = "officer:account:create"
    OFFICER_SUSPEND = "officer:account:suspend"
    OFFICER_WAKE = "officer:account:wake"
    OFFICER_LOCK = "officer:account:lock"
    OFFICER_CHANGE = "officer:account:change"
    OFFICER_SIGN_IN = "officer:session:open"
    OFFICER_SIGN_IN_FAIL = "officer:session:refuse"
    OFFICER_PASSWORD_CHANGE = "officer:password:change"  # noqa: S105 - the name of an act
    OFFICER_PASSWORD_RESET = "officer:password:reset"  # noqa: S105 - the name of an act
    OFFICER_FACTOR_ADD = "officer:factor:add"
    OFFICER_FACTOR_REMOVE = "officer:factor:remove"
    OFFICER_IDENTITY_BIND = "officer:identity:bind"
    OFFICER_IDENTITY_UNBIND = "officer:identity:unbind"
    OFFICER_FACTOR_RESET = "officer:factor:reset"
    POST_GIVE = "officer:post:give"
    POST_END = "officer:post:end"

    CAMPAIGN_OPEN = "campaign:rules:open"
    CAMPAIGN_CHANGE = "campaign:rules:change"
    CAMPAIGN_CLOSE = "campaign:rules:close"

    PERSON_READ = "person:record:read"
    PERSON_SEARCH = "person:record:search"
    PERSON_PRESENT = "person:record:present"
    PERSON_UNMASK = "person:record:unmask"
    PERSON_ENTER = "person:record:enter"
    PEOPLE_LOAD = "person:records:load"
    DOSE_ENTER = "dose:record:enter"
    CORRECTION_REQUEST = "person:correction:request"
    CORRECTION_APPROVE = "person:correction:approve"
    CORRECTION_REFUSE = "person:correction:refuse"
    CORRECTION_WITHDRAW = "person:correction:withdraw"

    JOB_START = "job:work:start"
    JOB_RETRY = "job:work:retry"

    REGISTER_LOAD = "register:people:load"
    REGISTER_ASK = "register:question:answer"
    REGISTER_REFUSE = "register:question:refuse"
    REGISTER_STOP = "register:account:stop"
    REGISTER_REOPEN = "register:account:reopen"
    PROPOSAL_READ = "register:proposal:read"
    PROPOSAL_CONFIRM = "register:proposal:confirm"
    RUN_START = "authentication:run:start"
    RUN_FINISH = "authentication:run:finish"
    ANSWER_RECEIVE = "authentication:answer:receive"

    SIGNER_BIND = "signing:certificate:bind"
    SIGNER_UNBIND = "signing:certificate:unbind"
    SIGNER_PIN_REFUSE = "signing:pin:refuse"
    BATCH_PREPARE = "signing:batch:prepare"
    BATCH_ABANDON = "signing:batch:abandon"
    DOSES_SIGN = "dose:statement:sign"
    DOSE_SIGNATURE_VOID = "dose:statement:void"

    INTAKE_UPLOAD = "intake:file:upload"
    INTAKE_APPLY = "intake:file:apply"
    INTAKE_RETURN = "intake:file:return"
    INTAKE_DISCARD = "intake:file:discard"

    LIST_MAKE = "cleansing:list:make"
    LIST_SEND = "cleansing:list:send"
    LIST_DECIDE = "cleansing:entry:decide"
    LIST_RETURN = "cleansing:list:return"
    LIST_APPLY = "cleansing:list:apply"
    LIST_CLOSE = "cleansing:list:close"
    LIST_TERMS = "cleansing:terms:set"
    LIST_EXPORT = "cleansing:list:export"
    LIST_READ = "cleansing:list:read"

    PASSPORT_ISSUE = "passport:certificate:issue"
    PASSPORT_RENEW = "passport:certificate:renew"
    PASSPORT_REVOKE = "passport:certificate:revoke"
    PASSPORT_RELEASE = "passport:person:release"
    PASSPORT_READ = "passport:certificate:read"
    PASSPORT_SIGNER_DISTRUST = "passport:signer:distrust"
    REVOCATIONS_PUBLISH = "passport:revocations:publish"

    CITIZEN_CODE_SEND = "citizen:code:send"
    CITIZEN_RECORD_READ = "citizen:record:read"
    CITIZEN_OUTBOX_READ = "citizen:outbox:read"
