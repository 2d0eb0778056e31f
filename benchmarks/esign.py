"""Signatures, Merkle leaves and log entries a second, beside what the machine itself can do.

Keys from files stand beside OpenSSL, keys in a token beside the token called through its bare C
interface, trees and the log beside the SHA-256 calls that no tree can do without. Both sides take
turns and of each the best turn counts, in seconds of the processor (the log in seconds of the
clock, because it waits for the disk).

Part of `make bench SIZE=certificates`.
"""

from __future__ import annotations

import ctypes
import os
import re
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)

from benchmarks.measuring import Failed
from benchmarks.report import Table, told
from lamsach.esign.keys import open_key
from lamsach.esign.merkle import MerkleTree, salted
from lamsach.esign.transparency import Log, NoteKey

__all__ = ["run"]

TOKEN_ASKED = 0.90
MILLION_ASKED = 10.0  # "a million leaves in seconds"
_TURNS = 3
_LEAVES = 1_000_000
_PIN = "1234"
_MODULES = (
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
)
_ECDSA, _RSA_PKCS = 0x1041, 0x0001  # CKM_ECDSA, CKM_RSA_PKCS
_RECORD = b"a record of the size of one vaccination in canonical JSON, some two hundred bytes" * 2


class _Mechanism(ctypes.Structure):
    """CK_MECHANISM."""

    _fields_ = (
        ("kind", ctypes.c_ulong),
        ("parameter", ctypes.c_void_p),
        ("length", ctypes.c_ulong),
    )


def run(say: Callable[[str], None]) -> list[Table]:
    """All tables; raises `Failed` when a tool is missing."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        keys = {
            "ES256": ec.generate_private_key(ec.SECP256R1()),
            "RS256": rsa.generate_private_key(65537, 2048),
        }
        say("keys in files")
        tables = [_files(folder, keys)]
        say("keys in a token")
        tables.append(_token(folder, keys))
        say("a Merkle tree")
        tables.append(_tree())
        say("the log")
        tables.append(_log(folder))
    return tables


def _rate(count: int, work: Callable[[], object]) -> float:
    """How many a second of the processor, in one turn."""
    started = time.process_time()
    for _ in range(count):
        work()
    return count / (time.process_time() - started)


def _best(*sides: Callable[[], float]) -> list[float]:
    """The best of each side, the sides taking turns."""
    turns = [[side() for side in sides] for _ in range(_TURNS)]
    return [max(turn[at] for turn in turns) for at in range(len(sides))]


def _openssl(name: str) -> float:
    """OpenSSL's own rate of signing."""
    program = shutil.which("openssl")
    if program is None:
        raise Failed("there is no openssl to measure beside")
    made = subprocess.run(  # noqa: S603 - a fixed command
        [program, "speed", "-seconds", "1", name], capture_output=True, text=True, check=False
    )
    last = made.stdout.strip().splitlines()[-1:]
    found = re.findall(r"\s([0-9.]+)(?=\s|$)", last[0]) if last else []
    if len(found) < 2:
        raise Failed(f"openssl speed {name} gave no figures")
    return float(found[-2])


def _files(folder: Path, keys: dict[str, Any]) -> Table:
    rows = []
    for algorithm, (name, count) in {
        "ES256": ("ecdsap256", 20_000),
        "RS256": ("rsa2048", 2_000),
    }.items():
        path = folder / f"{algorithm}.p12"
        path.write_bytes(
            pkcs12.serialize_key_and_certificates(
                b"key", keys[algorithm], None, None, NoEncryption()
            )
        )
        with open_key(path) as key:
            sign = key.sign
            ours, theirs = _best(
                lambda count=count, algorithm=algorithm, sign=sign: _rate(
                    count, lambda: sign(_RECORD, algorithm)
                ),
                lambda name=name: _openssl(name),
            )
        rows.append(
            (f"{algorithm}, PKCS#12", f"{ours / theirs:.2f}", f"{ours:,.0f}", f"{theirs:,.0f}")
        )
    return Table("Keys in files", ("", "of OpenSSL", "signatures/s", "OpenSSL's"), tuple(rows))


@contextmanager
def _softhsm(folder: Path, keys: dict[str, Any]) -> Iterator[str]:
    """A SoftHSM2 token with the keys; the path of its library."""
    module = next((one for one in _MODULES if Path(one).exists()), None)
    program = shutil.which("softhsm2-util")
    if module is None or program is None:
        raise Failed("there is no softhsm2; tools/system-packages names what to install")
    (folder / "tokens").mkdir()
    configuration = folder / "softhsm2.conf"
    configuration.write_text(f"directories.tokendir = {folder}/tokens\nlog.level = ERROR\n")
    os.environ["SOFTHSM2_CONF"] = str(configuration)

    def call(*words: str) -> None:
        command = [program, *words]
        subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - our own words

    call("--init-token", "--free", "--label", "bench", "--pin", _PIN, "--so-pin", "5678")
    for number, (algorithm, key) in enumerate(keys.items(), 1):
        path = folder / f"{algorithm}.pem"
        path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        words = ("--token", "bench", "--label", algorithm, "--id", f"{number:02}", "--pin", _PIN)
        call("--import", str(path), *words)
    yield module
    del os.environ["SOFTHSM2_CONF"]


def _bare(module: str, session: int, key: int, kind: int, data: bytes) -> Callable[[], object]:
    """One signature through C_SignInit and C_Sign, with nothing around them."""
    library = ctypes.CDLL(module)
    start, sign = library.C_SignInit, library.C_Sign
    start.argtypes = [ctypes.c_ulong, ctypes.c_void_p, ctypes.c_ulong]
    sign.argtypes = [ctypes.c_ulong, ctypes.c_char_p, ctypes.c_ulong]
    sign.argtypes += [ctypes.c_char_p, ctypes.c_void_p]
    mechanism, output = _Mechanism(kind, None, 0), ctypes.create_string_buffer(512)
    length = ctypes.c_ulong()
    at, size = ctypes.addressof(mechanism), ctypes.addressof(length)

    def once(kept: object = (mechanism, length)) -> None:
        length.value = 512
        if start(session, at, key) or sign(session, data, len(data), output, size):
            raise Failed("the token did not sign")

    return once


def _token(folder: Path, keys: dict[str, Any]) -> Table:
    import pkcs11  # noqa: PLC0415 - the extra lamsach[token]; its library reads SOFTHSM2_CONF

    rows = []
    digest = sha256(_RECORD).digest()
    info = bytes.fromhex("3031300d060960864801650304020105000420") + digest
    cases = {"ES256": (_ECDSA, digest, 5_000), "RS256": (_RSA_PKCS, info, 800)}
    with _softhsm(folder, keys) as module:
        for algorithm, (kind, data, count) in cases.items():
            uri = f"pkcs11:token=bench;object={algorithm}?module-path={module}"
            with open_key(uri, pin=_PIN) as key:
                token = pkcs11.lib(module).get_token(token_label="bench")  # noqa: S106
                with token.open() as session:
                    handle: Any = session.get_key(
                        object_class=pkcs11.ObjectClass.PRIVATE_KEY, label=algorithm
                    )
                    numbers: Any = session
                    bare = _bare(module, numbers.handle, handle.handle, kind, data)
                    sign = key.sign
                    ours, theirs = _best(
                        lambda count=count, algorithm=algorithm, sign=sign: _rate(
                            count, lambda: sign(_RECORD, algorithm)
                        ),
                        lambda count=count, bare=bare: _rate(count, bare),
                    )
            share = ours / theirs
            rows.append(
                (
                    f"{algorithm}, SoftHSM2",
                    told(f"{share:.2f}", share >= TOKEN_ASKED),
                    f"{ours:,.0f}",
                    f"{theirs:,.0f}",
                )
            )
    header = ("", "of the token (asked 0.90)", "signatures/s", "the token's")
    return Table("Keys in a token, one session", header, tuple(rows))


def _hashing() -> float:
    """Seconds for the SHA-256 calls of the tree: one a leaf, one a node."""
    leaf, node = b"\0" * (17 + len(_RECORD)), b"\1" * 65
    started = time.process_time()
    for _ in range(_LEAVES):
        sha256(leaf).digest()
    for _ in range(_LEAVES - 1):
        sha256(node).digest()
    return time.process_time() - started


def _tree() -> Table:
    records = [_RECORD] * _LEAVES
    started = time.process_time()
    _, hashes = salted(records)
    leaves = time.process_time() - started
    started = time.process_time()
    tree = MerkleTree(hashes)
    nodes = time.process_time() - started
    started = time.process_time()
    for start in range(0, _LEAVES, 1 << 16):
        tree.inclusions(start, start + (1 << 16))
    proofs = time.process_time() - started
    floor = _hashing()
    total = leaves + nodes
    rows = (
        ("salts and leaves", "", f"{leaves:.2f}"),
        ("nodes to the root", "", f"{nodes:.2f}"),
        ("both", f"{total / floor:.2f}", told(f"{total:.2f}", total <= MILLION_ASKED)),
        ("a proof for every leaf", f"{proofs / floor:.2f}", f"{proofs:.2f}"),
        ("SHA-256 alone", "1.00", f"{floor:.2f}"),
    )
    return Table("A Merkle tree of a million leaves", ("", "of SHA-256 alone", "seconds"), rows)


def _log(folder: Path) -> Table:
    rows = []
    log = Log(folder / "log", NoteKey.generate("bench.example/log"))
    for count, times in ((_LEAVES, 1), (1_000, 20), (1, 20)):
        batches = [[secrets.token_bytes(32) for _ in range(count)] for _ in range(times)]
        started = time.perf_counter()
        for digests in batches:
            log.append(digests)
        each = (time.perf_counter() - started) / times
        words = f"{count:,} entries at once" if count > 1 else "one entry"
        seconds = told(f"{each:.4f}", each <= MILLION_ASKED) if count == _LEAVES else f"{each:.4f}"
        rows.append((words, seconds, f"{count / each:,.0f}"))
    return Table(
        "Appending to the transparency log", ("", "seconds, durable", "entries/s"), tuple(rows)
    )
