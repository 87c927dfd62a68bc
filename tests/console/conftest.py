"""The service with the console, a week of use in its store, and a browser or a client before it."""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http.cookies import Morsel
from pathlib import Path

import aiohttp
import pytest

from bots.console import console
from bots.service import Core, open_core, serving
from core.engine.types import Engine
from core.policy import Policies
from core.settings import Settings
from core.testing import FakeClock, ScriptedEngine
from tests.console.samples import Sample

PASSWORD = "correct horse battery staple"
START = datetime(2026, 11, 20, 12, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Office:
    """A running service."""

    url: str
    core: Core
    clock: FakeClock
    sample: Sample
    home: Path


@asynccontextmanager
async def opened(home: Path, password: str = PASSWORD, engine: Engine | None = None) -> AsyncIterator[Office]:
    """The service, its console where there is a password, a scripted engine unless another is given."""
    clock = FakeClock(START)
    settings = Settings.model_validate(
        {"FRONTDESK_PORT": 0, "FRONTDESK_HOME": home, "FRONTDESK_CONSOLE_PASSWORD": password or None}
    )
    async with open_core(settings, Policies(), engine or ScriptedEngine(), clock=clock) as core:
        sample = Sample(core.store, clock)
        await sample.week()
        async with serving(core, [], await console.routes(core)) as url:
            yield Office(url=url, core=core, clock=clock, sample=sample, home=home)


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    async with opened(tmp_path) as office:
        yield office


class Caller:
    """A browser without a screen."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = url
        self.status = 0
        self.path = ""
        self.headers: Mapping[str, str] = {}

    async def look(self, path: str = "", **headers: str) -> str:
        """A page's HTML, wherever it leads."""
        async with self._session.get(f"/console{path}", headers=headers) as answer:
            self.status, self.headers, self.path = answer.status, answer.headers, answer.url.path
            return await answer.text()

    async def send(self, path: str, token: str | None = None, **fields: str) -> str:
        """Send a form, with the token of the page that is open unless another is given."""
        given = token if token is not None else await self.token()
        return await self.submit(path, aiohttp.FormData({"token": given, **fields}))

    async def submit(self, path: str, form: aiohttp.FormData) -> str:
        """Send a form as it is."""
        headers = {"Origin": self._url}
        async with self._session.post(f"/console{path}", data=form, headers=headers) as answer:
            self.status, self.path = answer.status, answer.url.path
            return await answer.text()

    async def token(self) -> str:
        """Of the door, or of the page after it."""
        found = re.search(r'name="token" value="([0-9a-f]+)"', await self.look())
        assert found is not None
        return found[1]

    def cookies(self) -> list[Morsel[str]]:
        """What the browser keeps."""
        return list(self._session.cookie_jar)

    async def sign_in(self, password: str = PASSWORD, name: str = "Rita") -> str:
        return await self.send("/sign-in", password=password, name=name)


@pytest.fixture
async def stranger(office: Office) -> AsyncIterator[Caller]:
    """Somebody who has not signed in."""
    async with aiohttp.ClientSession(office.url, cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        yield Caller(session, office.url)


@pytest.fixture
async def caller(stranger: Caller) -> Caller:
    """Somebody who has."""
    await stranger.sign_in()
    return stranger
