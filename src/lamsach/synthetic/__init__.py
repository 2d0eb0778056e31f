"""A nation that no one lives in: synthetic people, records and the truth about them."""
