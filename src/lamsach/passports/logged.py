"""What an entry of the public log stands for, before it is salted. Pure; knows no log."""

from __future__ import annotations

from lamsach.esign.canonical import canonical

__all__ = ["log_statement"]


def log_statement(kind: str, uvci: str, hc1: str) -> bytes:
    """That a passport was issued (or revoked), in canonical JSON.

    >>> log_statement("issued", "URN:UVCI:01:VN:X", "HC1:…").decode()
    '{"hc1":"HC1:…","kind":"lamsach.log.issued","uvci":"URN:UVCI:01:VN:X"}'
    """
    return canonical({"kind": f"lamsach.log.{kind}", "uvci": uvci, "hc1": hc1})
