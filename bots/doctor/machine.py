"""The machine: processor, SQLite, the data folder, its disk and database, the port."""

import errno
import platform
import shutil
import socket
import sqlite3
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import aiohttp
import ctranslate2

from bots.doctor.finding import Finding, broken, doubtful, fine
from bots.store import DATABASE, examined, opened_keys
from core.errors import ConfigurationError, StoreError
from core.privacy.vaults import FILE
from core.settings import Settings
from core.store.examination import Examination

MEGABYTE = 1_000_000
LEAST_DISK = 500 * MEGABYTE
"""For the database and its log to grow in."""
LEAST_SQLITE = (3, 37, 0)
"""The first with STRICT tables (sqlite.org/stricttables.html)."""
VECTORS = {"x86_64": "avx2", "amd64": "avx2", "aarch64": "asimd", "arm64": "asimd"}
"""The instructions without which int8 crawls, as /proc/cpuinfo calls them; asimd is NEON."""
ANSWER_SECONDS = 5.0


def processor(settings: Settings) -> Sequence[Finding]:
    """Whether the engine can compute here, and not only crawl."""
    if settings.device == "cuda" and not ctranslate2.get_cuda_device_count():
        return [broken("FRONTDESK_DEVICE is cuda, but there is no CUDA device.", "Set it to auto or cpu.")]
    if "int8" not in ctranslate2.get_supported_compute_types("cpu"):
        return [broken("This processor cannot compute in int8.", "Use another machine.")]
    wanted, flags = VECTORS.get(platform.machine().lower()), _flags()
    if wanted and flags and wanted not in flags:
        return [
            doubtful(
                f"This processor has no {wanted.upper()} instructions: answers will be slow.",
                "Use a newer processor, or have the virtual machine show the host's own.",
            )
        ]
    return [fine("The processor computes in int8.")]


def _flags() -> set[str]:
    """Empty where the system does not tell."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return set()
    listed = (line.partition(":")[2] for line in lines if line.lower().startswith(("flags", "features")))
    return set(next(listed, "").split())


def sqlite(_: Settings) -> Sequence[Finding]:
    """Whether this Python's SQLite knows what the store uses."""
    if sqlite3.sqlite_version_info < LEAST_SQLITE:
        least = ".".join(map(str, LEAST_SQLITE))
        return [broken(f"SQLite is {sqlite3.sqlite_version}, {least} is needed.", "Use a newer Python.")]
    return [fine(f"SQLite is {sqlite3.sqlite_version}.")]


def home(settings: Settings) -> Sequence[Finding]:
    """Whether FRONTDESK_HOME can be written, and has room."""
    place = _nearest(settings.home)
    try:
        with tempfile.TemporaryFile(dir=place):
            pass
    except OSError as error:
        return [
            broken(
                f"FRONTDESK_HOME ({settings.home}) cannot be written: {error.strerror}.",
                "Give this user the folder, or set FRONTDESK_HOME to one that it may write.",
            )
        ]
    free = shutil.disk_usage(place).free
    if free < LEAST_DISK:
        return [
            doubtful(
                f"The disk of FRONTDESK_HOME has {free // MEGABYTE} MB left.",
                f"Make room: the database needs {LEAST_DISK // MEGABYTE} MB to grow in.",
            )
        ]
    return [fine(f"FRONTDESK_HOME ({settings.home}) can be written; {free // MEGABYTE} MB are free.")]


def _nearest(path: Path) -> Path:
    """The path, or what there is of it."""
    path = path.absolute()
    while not path.exists() and path != path.parent:
        path = path.parent
    return path


def encryption(settings: Settings) -> Sequence[Finding]:
    """Whether what people write is encrypted at rest, with a secret that fits."""
    if settings.secret_key and not settings.keys_url and not (settings.home / FILE).exists():
        return [fine("What people write will be encrypted: the first start makes the file of keys.")]
    try:
        keys = opened_keys(settings)
    except (ConfigurationError, StoreError) as error:
        return [broken(str(error), "See docs/privacy.md.")]
    if keys is None:
        return [
            doubtful(
                "What people write is kept in clear, protected by the permissions of its file alone.",
                "Set FRONTDESK_SECRET_KEY, see docs/privacy.md.",
            )
        ]
    keys.close()
    return [fine("What people write is encrypted, with a key for each conversation.")]


def database(settings: Settings) -> Sequence[Finding]:
    """Whether the database is whole, or answers."""
    examination = examined(settings)
    if settings.database_url:
        return [_postgres(examination)]
    path = settings.home / DATABASE
    if examination is None:
        return [fine("There is no database yet: the first start makes it.")]
    if examination.damage:
        return [
            broken(
                f"The database {path} is damaged: {examination.damage}.",
                "Stop the service and restore a backup; keep the damaged file, `sqlite3 FILE .recover` "
                "may still read it.",
            )
        ]
    return [fine(f"The database is whole ({path.stat().st_size // 1000} kB).")]


def _postgres(examination: Examination | None) -> Finding:
    if examination is None or examination.damage:
        why = examination.damage if examination else "it is not there"
        return broken(
            f"The Postgres database cannot be used: {why}.",
            "Compare FRONTDESK_DATABASE_URL, and see docs/scaling.md.",
        )
    return fine("The Postgres database answers.")


async def port(settings: Settings) -> Sequence[Finding]:
    """Whether the port is free, or our own service has it; then also what that says of itself."""
    problem = _bind(settings.host, settings.port)
    if problem is None:
        return [fine(f"Port {settings.port} on {settings.host} is free.")]
    if problem.errno != errno.EADDRINUSE:
        return [
            broken(
                f"Port {settings.port} on {settings.host} cannot be used: {problem.strerror}.",
                "Set FRONTDESK_HOST to an address of this machine, and FRONTDESK_PORT to 1024 or above.",
            )
        ]
    state = await _state(settings)
    if state is None:
        return [
            broken(
                f"Port {settings.port} on {settings.host} is in use by another program.",
                "Stop that program, or set FRONTDESK_PORT to another port.",
            )
        ]
    return [fine(f"Frontdesk itself is running on port {settings.port}."), *_parts(state)]


def _bind(host: str, number: int) -> OSError | None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.create_server((host, number), family=family):
            return None
    except OSError as error:
        return error


async def _state(settings: Settings) -> dict[str, Any] | None:
    """What `/readyz` says, where it is ours."""
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(settings.host, settings.host)  # noqa: S104  # compared only
    timeout = aiohttp.ClientTimeout(total=ANSWER_SECONDS)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.get(f"http://{host}:{settings.port}/readyz", allow_redirects=False) as answer,
        ):
            state = await answer.json()
    except (aiohttp.ClientError, TimeoutError, ValueError):
        return None
    return state if isinstance(state, dict) and isinstance(state.get("parts"), dict) else None


def _parts(state: dict[str, Any]) -> Sequence[Finding]:
    return [
        fine(f"{name}: {part['detail']}")
        if part["ok"]
        else broken(f"{name}: {part['detail']}", "The log of the service says more.")
        for name, part in state["parts"].items()
    ]
