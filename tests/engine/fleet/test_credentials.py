"""Cores and workers that come in with a file of credentials: a JWT that an account signed, and a seed."""

import asyncio
import base64
import json
import os
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nkeys
import pytest

from bots.fleet import connected
from core.clock import SystemClock
from core.engine.fleet import broker
from core.engine.fleet.client import open_fleet
from core.engine.fleet.worker import Worker
from core.errors import ConfigurationError
from core.settings import Settings
from tests.engine.fleet.counting import CountingEngine, counted
from tests.engine.fleet.server import Server
from tests.engine.fleet.test_fleet import count, until

_UNLIMITED = ("subs", "data", "payload", "imports", "exports", "conn", "leaf")
_OF_JETSTREAM = ("mem_storage", "disk_storage", "streams", "consumer")


def _key(kind: int) -> nkeys.KeyPair:
    return nkeys.from_seed(nkeys.encode_seed(os.urandom(32), kind))


def _name(key: nkeys.KeyPair) -> str:
    return str(key.public_key.decode().rstrip("="))


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _signed(by: nkeys.KeyPair, of: nkeys.KeyPair, kind: str, lasts: float = 0.0, **claims: Any) -> str:
    """A JWT as NATS has it (github.com/nats-io/jwt, version 2), for some seconds or for ever."""
    body: dict[str, Any] = {"jti": os.urandom(8).hex(), "iat": int(time.time()), "iss": _name(by)}
    body |= {"name": kind, "sub": _name(of), "nats": {"type": kind, "version": 2, **claims}}
    if lasts:
        body["exp"] = int(time.time() + lasts)
    header = {"typ": "JWT", "alg": "ed25519-nkey"}
    said = ".".join(_encoded(json.dumps(each).encode()) for each in (header, body))
    return f"{said}.{_encoded(by.sign(said.encode()))}"


@dataclass
class Guild:
    """An operator and their accounts."""

    folder: Path
    operator: nkeys.KeyPair = field(default_factory=lambda: _key(nkeys.PREFIX_BYTE_OPERATOR))
    account: nkeys.KeyPair = field(default_factory=lambda: _key(nkeys.PREFIX_BYTE_ACCOUNT))
    system: nkeys.KeyPair = field(default_factory=lambda: _key(nkeys.PREFIX_BYTE_ACCOUNT))

    def configuration(self) -> Path:
        """Of a server that trusts this operator alone."""
        limits = dict.fromkeys(_UNLIMITED, -1) | {"wildcards": True}
        ours = limits | dict.fromkeys(_OF_JETSTREAM, -1)
        accounts = {
            _name(self.account): _signed(self.operator, self.account, "account", limits=ours),
            _name(self.system): _signed(self.operator, self.system, "account", limits=limits),
        }
        file = self.folder / "nats.conf"
        file.write_text(
            f"operator: {_signed(self.operator, self.operator, 'operator')}\n"
            f"system_account: {_name(self.system)}\nresolver: MEMORY\njetstream {{}}\n"
            f"resolver_preload: {json.dumps(accounts)}\n"
        )
        return file

    def let_in(self, role: str, lasts: float = 0.0) -> Path:
        """Write the credentials of a user."""
        user = _key(nkeys.PREFIX_BYTE_USER)
        jwt = _signed(self.account, user, "user", lasts, pub={}, sub={}, subs=-1, data=-1, payload=-1)
        file = self.folder / f"{role}.creds"
        file.write_text(
            f"-----BEGIN NATS USER JWT-----\n{jwt}\n------END NATS USER JWT------\n\n"
            f"-----BEGIN USER NKEY SEED-----\n{user.seed.decode()}\n------END USER NKEY SEED------\n"
        )
        return file


@pytest.fixture
def guild(tmp_path: Path) -> Guild:
    return Guild(tmp_path)


@pytest.fixture
async def guarded(guild: Guild, tmp_path: Path) -> AsyncIterator[Server]:
    server = Server(tmp_path / "nats", guild.configuration())
    await server.start()
    yield server
    await server.kill()


def settings(server: Server, credentials: Path | None) -> Settings:
    return Settings.model_validate(
        {"FRONTDESK_NATS_URL": server.url, "FRONTDESK_NATS_CREDENTIALS": credentials}
    )


async def test_who_has_credentials_comes_in_and_comes_back_with_new_ones(
    guild: Guild, guarded: Server
) -> None:
    leave = asyncio.Event()
    async with (
        connected(settings(guarded, guild.let_in("worker")), "worker") as theirs,
        connected(settings(guarded, guild.let_in("core", lasts=8.0)), "core") as ours,
    ):
        working = asyncio.create_task(Worker(theirs, CountingEngine()).run(leave, 10))
        engine = await open_fleet(ours, SystemClock())
        assert (await count(engine, 5))[0] == counted(5)
        await until(lambda: not ours.connected)  # the old ones have run out
        guild.let_in("core")
        await until(lambda: ours.connected)
        assert (await count(engine, 7))[0] == counted(7)
        leave.set()
        await working


async def test_who_has_none_does_not_come_in(guarded: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broker, "CONNECT_SECONDS", 3.0)
    with pytest.raises(ConfigurationError, match=r"lets us in .*FRONTDESK_NATS_CREDENTIALS"):
        async with connected(settings(guarded, None), "core"):
            pass


async def test_a_strangers_credentials_are_of_no_use(
    guarded: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broker, "CONNECT_SECONDS", 3.0)
    with pytest.raises(ConfigurationError, match="Authorization Violation"):
        async with connected(settings(guarded, Guild(tmp_path).let_in("core")), "core"):
            pass


async def test_a_file_that_is_none_of_credentials_is_said(guarded: Server, tmp_path: Path) -> None:
    file = tmp_path / "empty.creds"
    file.touch()
    with pytest.raises(ConfigurationError, match=r"FRONTDESK_NATS_CREDENTIALS: .*empty\.creds has no JWT"):
        async with connected(settings(guarded, file), "core"):
            pass
