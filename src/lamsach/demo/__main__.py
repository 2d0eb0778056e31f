"""Run a room of the demonstration with the site's settings: `python -m lamsach.demo ROOM …`."""

from __future__ import annotations

import sys
from importlib import import_module

import django

if __name__ == "__main__":
    django.setup()
    room = import_module(f"lamsach.demo.{sys.argv[1]}")
    sys.exit(room.main(sys.argv[2:]))
