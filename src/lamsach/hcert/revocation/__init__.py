"""Revocation of health certificates: hashes, batches, published filters, and our own register.

Sources: the revocation chapters of the EU gateway (B2B) and of its distribution service (B2A), and
the reference implementations of both filters.
"""

from lamsach.hcert.revocation.batch import Batch, read_batches
from lamsach.hcert.revocation.filters import BloomFilter, HashList
from lamsach.hcert.revocation.hashes import (
    HashType,
    RevocationError,
    country_uci_hash,
    signature_hash,
    uci_hash,
)
from lamsach.hcert.revocation.lists import RevocationList
from lamsach.hcert.revocation.published import PublishedList, publish, read_published
from lamsach.hcert.revocation.register import BatchGoneError, IndexPage, RevocationRegister

__all__ = [
    "Batch",
    "BatchGoneError",
    "BloomFilter",
    "HashList",
    "HashType",
    "IndexPage",
    "PublishedList",
    "RevocationError",
    "RevocationList",
    "RevocationRegister",
    "country_uci_hash",
    "publish",
    "read_batches",
    "read_published",
    "signature_hash",
    "uci_hash",
]
