"""Certificates and signatures: their libraries beside OpenSSL, the bare token and the hash."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from benchmarks import esign, hcert, qr
from benchmarks.report import Table

__all__ = ["run"]


def run(_folder: Path, say: Callable[[str], None]) -> list[Table]:
    """All tables, some two minutes; rates are those of one core."""
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})  # OpenSSL's turns too
    try:
        tables = hcert.run(say)
        say("QR symbols")
        tables.append(qr.table())
        return tables + esign.run(say)
    finally:
        os.sched_setaffinity(0, cores)
