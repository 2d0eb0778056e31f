"""Vietnamese identity: names, births, personal numbers, and matching against a register."""
