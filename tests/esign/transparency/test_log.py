from __future__ import annotations

import random
import secrets
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lamsach.esign.errors import ESignError
from lamsach.esign.merkle import MerkleTree, leaf_hash, verify_consistency, verify_inclusion
from lamsach.esign.transparency import (
    Checkpoint,
    Log,
    LogReader,
    NoteKey,
    at_address,
    in_folder,
    salted_digest,
)

KEY = NoteKey.generate("log.example/vaccines")


def digests(count: int) -> list[bytes]:
    return [secrets.token_bytes(32) for _ in range(count)]


def root_of(entries: list[bytes]) -> bytes:
    return MerkleTree(b"".join(leaf_hash(one) for one in entries)).root


def reader_of(folder: Path) -> LogReader:
    return LogReader(in_folder(folder), KEY.name, [KEY.verifier])


@settings(max_examples=15)
@given(batches=st.lists(st.integers(0, 700), min_size=1, max_size=5), data=st.data())
def test_whatever_the_batches_the_log_is_the_tree_of_its_entries(
    tmp_path_factory: pytest.TempPathFactory, batches: list[int], data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("log")
    log, entries, points = Log(folder, KEY), [], []
    for count in batches:
        added = digests(count)
        assert log.append(added) == range(len(entries), len(entries) + count)
        entries += added
        points.append(log.checkpoint())
        assert (points[-1].size, points[-1].root) == (len(entries), root_of(entries))
        log = Log(folder, KEY)
    reader = reader_of(folder)
    last = reader.checkpoint()
    reader.audit(last)
    for point in points:
        proof = reader.consistency(point, last)
        if point.size:
            assert verify_consistency(point.size, last.size, point.root, last.root, proof)
    if entries:
        index = data.draw(st.integers(0, len(entries) - 1))
        proof = reader.inclusion(entries[index], index, last)
        leaf = leaf_hash(entries[index])
        assert verify_inclusion(leaf, index, last.size, proof, last.root)
        with pytest.raises(ESignError) as caught:
            reader.inclusion(secrets.token_bytes(32), index, last)
        assert caught.value.code == "ENTRY_NOT_IN_LOG"


def test_the_files_are_those_of_the_standard(tmp_path: Path) -> None:
    log = Log(tmp_path, KEY)
    entries = digests(70_000)
    log.append(entries)
    # The example of tlog-tiles, Partial Tiles.
    hashes = [leaf_hash(one) for one in entries]
    for index in (0, 272):
        content = (tmp_path / f"tile/0/{index:03}").read_bytes()
        assert content == b"".join(hashes[index * 256 : index * 256 + 256])
    assert (tmp_path / "tile/0/273.p/112").read_bytes() == b"".join(hashes[-112:])
    roots = [MerkleTree(b"".join(hashes[at : at + 256])).root for at in range(0, 69_888, 256)]
    assert (tmp_path / "tile/1/000").read_bytes() == b"".join(roots[:256])
    assert (tmp_path / "tile/1/001.p/17").read_bytes() == b"".join(roots[256:])
    top = MerkleTree(b"".join(roots[:256])).root
    assert (tmp_path / "tile/2/000.p/1").read_bytes() == top
    bundle = (tmp_path / "tile/entries/273.p/112").read_bytes()
    assert bundle == b"".join(b"\x00\x20" + one for one in entries[-112:])
    note = (tmp_path / "checkpoint").read_text()
    assert note.startswith("log.example/vaccines\n70000\n")
    files = [one for one in tmp_path.rglob("*") if one.is_file() and one.name != ".lock"]
    assert len(files) == 1 + 2 * 274 + 2 + 1


def test_a_full_tile_replaces_the_partial_ones_and_old_checkpoints_still_hold(
    tmp_path: Path,
) -> None:
    log = Log(tmp_path, KEY)
    log.append(digests(250))
    old = log.checkpoint()
    assert (tmp_path / "tile/0/000.p/250").exists()
    log.append(digests(10))
    assert not (tmp_path / "tile/0/000.p").exists()
    reader = reader_of(tmp_path)
    reader.audit(old)
    reader.consistency(old, reader.checkpoint())


def spoiled(folder: Path, content: bytes) -> bytes:
    return bytes([content[0] ^ 1]) + content[1:]


@pytest.mark.parametrize("name", ["tile/0/000", "tile/0/001.p/44", "tile/1/000.p/1"])
def test_a_changed_hash_is_found_from_outside_and_by_the_keeper(tmp_path: Path, name: str) -> None:
    log = Log(tmp_path, KEY)
    entries = digests(300)
    log.append(entries[:100])
    old = log.checkpoint()
    log.append(entries[100:])
    file = tmp_path / name
    file.write_bytes(spoiled(tmp_path, file.read_bytes()))
    reader = reader_of(tmp_path)
    new = reader.checkpoint()
    found = []
    for index in (0, 99, 299):
        try:
            reader.inclusion(entries[index], index, new)
        except ESignError as error:
            found.append(error.code)
    assert "ENTRY_NOT_IN_LOG" in found
    if name != "tile/1/000.p/1":  # from 100 to 300 no proof passes through it
        with pytest.raises(ESignError) as caught:
            reader.consistency(old, new)
        assert caught.value.code == "LOG_REWRITTEN"
    if name != "tile/0/000":  # the keeper reads only the right edge
        with pytest.raises(ESignError) as caught:
            log.append(digests(1))
        assert caught.value.code == "LOG_DAMAGED"


def test_a_changed_entry_or_a_lost_tile_is_found(tmp_path: Path) -> None:
    log = Log(tmp_path, KEY)
    log.append(digests(300))
    reader = reader_of(tmp_path)
    point = reader.checkpoint()
    file = tmp_path / "tile/entries/000"
    good = file.read_bytes()
    file.write_bytes(good[:2] + spoiled(tmp_path, good[2:]))
    with pytest.raises(ESignError, match="do not match"):
        reader.audit(point)
    file.write_bytes(good[:-1])
    with pytest.raises(ESignError, match="cannot be read"):
        reader_of(tmp_path).audit(point)
    file.unlink()
    with pytest.raises(ESignError, match="cannot be read"):
        reader_of(tmp_path).audit(point)


def test_a_log_that_lost_its_checkpoint_does_not_begin_anew(tmp_path: Path) -> None:
    log = Log(tmp_path, KEY)
    log.append(digests(300))
    published = (tmp_path / "tile/0/000").read_bytes()
    (tmp_path / "checkpoint").unlink()
    with pytest.raises(ESignError) as caught:
        Log(tmp_path, KEY)
    assert caught.value.code == "LOG_DAMAGED"
    assert (tmp_path / "tile/0/000").read_bytes() == published
    assert not (tmp_path / "checkpoint").exists()


@pytest.mark.parametrize("at", [0, 5])
def test_the_keeper_does_not_carry_a_changed_entry_into_the_next_bundle(
    tmp_path: Path, at: int
) -> None:
    log = Log(tmp_path, KEY)
    log.append(digests(100))
    file = tmp_path / "tile/entries/000.p/100"
    content = file.read_bytes()
    file.write_bytes(content[:at] + spoiled(tmp_path, content[at:]))
    with pytest.raises(ESignError) as caught:
        log.append(digests(1))
    assert caught.value.code == "LOG_DAMAGED"


def test_a_second_history_is_found(tmp_path: Path) -> None:
    one, other = Log(tmp_path / "one", KEY), Log(tmp_path / "other", KEY)
    shared = digests(5)
    one.append(shared)
    old = one.checkpoint()
    other.append([*shared[:4], secrets.token_bytes(32), *digests(5)])
    reader = reader_of(tmp_path / "other")
    with pytest.raises(ESignError) as caught:
        reader.consistency(old, reader.checkpoint())
    assert caught.value.code == "LOG_REWRITTEN"
    # A log that shrank may be an old copy: no accusation, but no proof either.
    with pytest.raises(ESignError) as caught:
        reader.consistency(reader.checkpoint(), old)
    assert caught.value.code == "LOG_SHRANK"


def test_a_log_of_another_key_or_origin_is_not_taken(tmp_path: Path) -> None:
    Log(tmp_path, KEY)
    stranger = NoteKey.generate(KEY.name)
    with pytest.raises(ESignError, match="no signature of a trusted key"):
        Log(tmp_path, stranger)
    with pytest.raises(ESignError, match="not a checkpoint"):
        Log(tmp_path, KEY, origin="log.example/other")
    with pytest.raises(ESignError):
        LogReader(in_folder(tmp_path), KEY.name, [stranger.verifier]).checkpoint()
    with pytest.raises(ESignError, match="cannot be read"):
        LogReader(in_folder(tmp_path / "no"), KEY.name, [KEY.verifier]).checkpoint()


def test_who_says_the_size_appends_once(tmp_path: Path) -> None:
    log = Log(tmp_path, KEY)
    added = digests(3)
    log.append(added, at=0)
    with pytest.raises(ESignError) as caught:
        log.append(added, at=0)
    assert caught.value.code == "LOG_MOVED"
    assert log.checkpoint().size == 3
    assert list(reader_of(tmp_path).entries(0, log.checkpoint())) == added


def test_only_digests_are_taken(tmp_path: Path) -> None:
    log = Log(tmp_path, KEY)
    with pytest.raises(ValueError, match="32 bytes"):
        log.append([b"Nguyen Van A"])
    _, digest = salted_digest(b"URN:UVCI:01:VN:1")
    assert log.append([digest]) == range(1)


class Died(Exception):
    """Stands for the moment the keeper dies."""


@pytest.mark.parametrize("start", [0, 100, 255, 256])
def test_a_keeper_that_dies_at_any_write_leaves_a_good_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, start: int
) -> None:
    step, finished = 0, False
    real_write, real_replace = Path.write_bytes, Path.replace
    while not finished:
        folder = tmp_path / str(step)
        log = Log(folder, KEY)
        entries = digests(start)
        log.append(entries)
        before = log.checkpoint()
        left = [step]

        def die_or(real: Any, *arguments: Any, left: list[int] = left) -> Any:
            if left[0] == 0:
                if real is real_write:  # half of the file is on disk
                    real(arguments[0], arguments[1][: len(arguments[1]) // 2])
                raise Died
            left[0] -= 1
            return real(*arguments)

        with monkeypatch.context() as patch:
            patch.setattr(Path, "write_bytes", lambda *a: die_or(real_write, *a))
            patch.setattr(Path, "replace", lambda *a: die_or(real_replace, *a))
            try:
                log.append(digests(200))
                finished = True
            except Died:
                pass
        reader = reader_of(folder)
        now = reader.checkpoint()
        assert finished or now == before
        reader.audit(now)
        # The next keeper goes on with other entries than the dead one had.
        again = Log(folder, KEY)
        again.append(digests(200))
        after = reader_of(folder)
        after.audit(after.checkpoint())
        after.consistency(before, after.checkpoint())
        step += 1
    assert step > 4


WRITER = """
import secrets, sys
from pathlib import Path
from lamsach.esign.transparency import Log, NoteKey
log = Log(Path(sys.argv[1]), NoteKey.read(sys.argv[2]))
print("ready", flush=True)
while True:
    log.append([secrets.token_bytes(32) for _ in range(400)])
"""


def test_a_killed_writer_never_corrupts_the_log(tmp_path: Path) -> None:
    secret = KEY.secret()
    draw = random.Random(3)
    Log(tmp_path, KEY)
    for _ in range(4):
        before = reader_of(tmp_path).checkpoint()
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path), secret], stdout=subprocess.PIPE
        ) as writer:
            assert writer.stdout is not None
            writer.stdout.readline()
            time.sleep(0.05 + draw.random() / 4)
            writer.send_signal(signal.SIGKILL)
        reader = reader_of(tmp_path)
        after = reader.checkpoint()
        reader.audit(after)
        reader.consistency(before, after)
        Log(tmp_path, KEY).append(digests(1))
    assert after.size > 0


def test_two_keepers_take_turns(tmp_path: Path) -> None:
    import threading

    def append() -> None:
        log = Log(tmp_path, KEY)
        for _ in range(10):
            log.append(digests(7))

    threads = [threading.Thread(target=append) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    reader = reader_of(tmp_path)
    assert reader.checkpoint().size == 210
    reader.audit(reader.checkpoint())


def test_the_log_is_read_over_http_from_any_web_server(tmp_path: Path) -> None:
    import functools
    import http.server
    import threading

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            """Say nothing on standard error."""

    log = Log(tmp_path, KEY)
    entries = digests(300)
    log.append(entries)
    handler = functools.partial(Quiet, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        source = at_address(f"http://127.0.0.1:{server.server_port}/")
        reader = LogReader(source, KEY.name, [KEY.verifier])
        reader.inclusion(entries[299], 299, reader.checkpoint())
        assert source("tile/9/000") is None
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("size", ["01", "-1", "x", "9" * 30, ""])
def test_a_checkpoint_with_another_size_is_refused(size: str) -> None:
    text = f"{KEY.name}\n{size}\n{'A' * 43}=\n"
    with pytest.raises(ESignError):
        Checkpoint.open(KEY.sign(text).encode(), KEY.name, [KEY.verifier])
