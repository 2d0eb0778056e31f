"""The `lamsach` command."""
