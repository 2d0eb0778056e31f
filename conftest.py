"""Before anything is imported: tests have a data folder, databases and keys of their own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import django
import pytest


def _prepare() -> None:
    """Point the settings to a place of this process; nothing of the machine's is read."""
    folder = Path(tempfile.mkdtemp(prefix="lamsach-test-"))
    folder.chmod(0o711)  # the database's user passes through when root runs the tests
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL"):
        os.environ.pop(name, None)
        os.environ.pop(f"REGISTER_{name}", None)
    os.environ["LAMSACH_DATA"] = str(folder)
    os.environ["LAMSACH_AS_OWNER"] = "0"
    os.environ["DJANGO_SETTINGS_MODULE"] = "lamsach.site.settings"
    compiler = Path(__file__).parent / "tools" / "compile_messages.py"
    subprocess.run([sys.executable, compiler], check=True)  # noqa: S603 - our own program
    django.setup()
    # A worker of the tests must not set the framework up before it has a folder of its own.
    del os.environ["DJANGO_SETTINGS_MODULE"]


_prepare()  # the framework is set up before any hook of ours could run


def pytest_unconfigure() -> None:
    """Leave nothing behind."""
    shutil.rmtree(os.environ["LAMSACH_DATA"], ignore_errors=True)


@pytest.fixture(scope="session")
def lamsach_data() -> Path:
    """The data folder of this process's tests."""
    return Path(os.environ["LAMSACH_DATA"])
