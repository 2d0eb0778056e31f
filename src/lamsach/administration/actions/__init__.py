"""What administrators and the ministry do, one use case a function, each in the ledger."""
