"""Intake: persons and doses that come in Excel files, checked whole, applied once."""
