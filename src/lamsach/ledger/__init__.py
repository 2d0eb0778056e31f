"""The ledger: who did what to which, when and on what grounds; rows are added, never changed.

`actions.action` opens a transaction whose events are written, chained, at its very end;
`verifying.verify_ledger` finds what was edited, removed, moved or cut; `heads` signs and exports
where each chain stands. Actors and subjects are identifiers: the ledger knows no officer.
"""
