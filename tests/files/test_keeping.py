"""Files are kept encrypted, once, before their rows; what no row names goes, nothing else."""

from __future__ import annotations

import os
import time
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from lamsach.clock import now
from lamsach.files import sealing
from lamsach.files.actions import content_of, forget_file, keep_file, sweep_files
from lamsach.files.models import StoredFile
from lamsach.files.sealing import SealBrokenError, address_of, opened, sealed
from lamsach.files.serving import file_response

KEY = bytes(range(32))


@pytest.fixture
def folder(tmp_path: Path, settings: Any) -> Path:
    settings.DATA_FOLDER = tmp_path
    return tmp_path / "files"


def on_disk(folder: Path) -> list[Path]:
    return [path for path in folder.glob("*/*") if path.is_file()]


@given(content=st.binary(max_size=100), size=st.sampled_from([8, 16, 1 << 20]))
def test_what_is_sealed_opens_again_in_pieces_of_any_size(content: bytes, size: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sealing, "_PIECE", size)
        where = address_of(content, KEY)
        text = b"".join(sealed(content, where, KEY))
        assert b"".join(opened(BytesIO(text), where, KEY)) == content


@pytest.mark.parametrize("harm", ["flip", "cut", "cut a piece", "swap", "other key", "grow"])
def test_harm_to_a_sealed_file_is_found(harm: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "_PIECE", 64)
    content = os.urandom(64 * 4)
    where = address_of(content, KEY)
    head, *pieces = list(sealed(content, where, KEY))
    key = KEY
    match harm:
        case "flip":
            pieces[2] = pieces[2][:10] + bytes([pieces[2][10] ^ 1]) + pieces[2][11:]
        case "cut":
            pieces[-1] = pieces[-1][:-1]
        case "cut a piece":
            pieces.pop()
        case "swap":
            pieces[0], pieces[1] = pieces[1], pieces[0]
        case "other key":
            key = bytes(32)
        case "grow":
            pieces.append(pieces[-1])
    with pytest.raises(SealBrokenError):
        list(opened(BytesIO(head + b"".join(pieces)), where, key))


@pytest.mark.db
@pytest.mark.django_db
def test_a_file_lies_encrypted_for_its_owner_alone_and_once(folder: Path) -> None:
    content = "Nguyễn Văn Bảo".encode() * 1000
    stored = keep_file(content=content)
    assert keep_file(content=content) == stored
    (path,) = on_disk(folder)
    assert "Nguyễn".encode() not in path.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert content_of(stored) == content
    assert stored.size == len(content)


@pytest.mark.db
@pytest.mark.django_db
def test_a_sweep_takes_what_no_row_names_once_it_is_old(folder: Path) -> None:
    kept, forgotten = keep_file(content=b"kept"), keep_file(content=b"forgotten")
    forget_file(stored=forgotten)
    assert sweep_files() == 0  # it may belong to a transaction that is under way
    old = (now() - timedelta(hours=25)).timestamp()
    for path in on_disk(folder):
        os.utime(path, (old, old))
    assert sweep_files() == 1
    assert [path.name for path in on_disk(folder)] == [kept.address]
    assert content_of(kept) == b"kept"


@pytest.mark.db
@pytest.mark.django_db
def test_a_file_that_is_sent_again_is_young_again(folder: Path) -> None:
    forget_file(stored=keep_file(content=b"twice"))
    (path,) = on_disk(folder)
    os.utime(path, (0, 0))
    keep_file(content=b"twice")
    assert time.time() - path.stat().st_mtime < 3600


@pytest.mark.db
@pytest.mark.django_db
def test_a_failed_write_leaves_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("lamsach.files.actions.os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        keep_file(content=b"too much")
    assert on_disk(folder) == []
    assert not StoredFile.objects.exists()


@pytest.mark.db
@pytest.mark.django_db
def test_a_lost_file_is_said_to_be_lost(folder: Path) -> None:
    stored = keep_file(content=b"here")
    on_disk(folder)[0].unlink()
    with pytest.raises(SealBrokenError):
        content_of(stored)


@pytest.mark.db
@pytest.mark.django_db
def test_a_file_leaves_only_as_a_download(folder: Path) -> None:
    stored = keep_file(content=b"<script>")
    response = file_response(stored, name='tra "về".xlsx')
    assert b"".join(response.streaming_content) == b"<script>"  # type: ignore[arg-type]
    assert response.headers["Content-Disposition"].startswith("attachment")
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Cache-Control"] == "no-store"


def test_the_tests_have_a_folder_of_their_own() -> None:
    assert "lamsach-test" in str(settings.DATA_FOLDER)
