"""The synthetic province: an installation filled with people who do not exist."""
