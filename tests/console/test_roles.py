"""Who may do what in the console: every page and every deed with every role, and nothing for anybody else."""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest
from aiohttp.test_utils import TestServer

from bots.console import console, rights
from bots.service import open_core, serving
from core.policy import Policies
from core.privacy.audit import Action, End
from core.rights import GRANTED, Right, Role, granted
from core.settings import Settings
from core.testing import FakeClock, ScriptedEngine
from tests.console.conftest import PASSWORD, START, Caller, Office
from tests.console.provider import CLIENT, SECRET, Provider, person
from tests.console.samples import Sample
from tests.trust.page import Note

API_KEY = "k" * 24
ROLES = {str(role): [f"console:{role}@example.org"] for role in Role}
NOBODY = "nobody"


@dataclass(frozen=True, kw_only=True)
class House:
    """A service whose people sign in elsewhere."""

    office: Office
    provider: Provider

    @asynccontextmanager
    async def visitor(self, mail: str = "") -> AsyncIterator[Caller]:
        """Somebody, signed in where there is a mail address."""
        jar = aiohttp.CookieJar(unsafe=True)
        async with aiohttp.ClientSession(self.office.url, cookie_jar=jar) as session:
            caller = Caller(session, self.office.url)
            if mail:
                self.provider.claims = person(mail)
                assert "You are signed in" in await caller.look("/sign-in/service")
            yield caller


@asynccontextmanager
async def house(home: Path, **more: object) -> AsyncIterator[House]:
    provider = Provider()
    server: TestServer = await provider.start()
    clock = FakeClock(START)
    settings = Settings.model_validate(
        {
            "FRONTDESK_PORT": 0,
            "FRONTDESK_HOME": home,
            "FRONTDESK_OIDC_ISSUER": provider.issuer,
            "FRONTDESK_OIDC_CLIENT_ID": CLIENT,
            "FRONTDESK_OIDC_CLIENT_SECRET": SECRET,
            "FRONTDESK_API_KEYS": API_KEY,
            **more,
        }
    )
    policies = Policies.model_validate({"roles": ROLES})
    async with open_core(settings, policies, ScriptedEngine(), clock=clock) as core:
        sample = Sample(core.store, clock)
        await sample.week()
        async with serving(core, [], await console.routes(core)) as url:
            office = Office(url=url, core=core, clock=clock, sample=sample, home=home)
            yield House(office=office, provider=provider)
    await server.close()


@pytest.fixture
async def inside(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path) as found:
        yield found


def _pages() -> set[str]:
    return {section.path + below for section in console.SECTIONS for below in section.looks}


def _deeds() -> set[str]:
    return {section.path + below for section in console.SECTIONS for below in section.deeds}


def test_every_page_and_every_deed_takes_a_right() -> None:
    """One that is not named is shown to nobody."""
    assert set(rights.LOOKS) == _pages() and set(rights.DEEDS) == _deeds()


def test_the_matrix_names_every_role_and_every_right_is_somebodys() -> None:
    assert set(GRANTED) == set(Role)
    assert granted(Role) == frozenset(Right) and granted([]) == frozenset()


@pytest.mark.parametrize("who", [*map(str, Role), NOBODY])
async def test_every_cell_of_the_matrix(inside: House, who: str, record_property: Note) -> None:
    """Pages and deeds of the console, for every role and for who has none."""
    holds = granted([Role(who)]) if who != NOBODY else frozenset()
    cells = refusals = 0
    async with inside.visitor(f"{who}@example.org") as visitor:
        for path, right in rights.LOOKS.items():
            text = await visitor.look(_filled(path))
            refused = visitor.status == 403 and "Your role does not allow this" in text
            assert refused == (right not in holds), path
            cells, refusals = cells + 1, refusals + refused
        token = (await _token(visitor)) or ""
        for path, right in rights.DEEDS.items():
            text = await visitor.send(_filled(path), token=token)
            refused = visitor.status == 403 and "Your role does not allow this" in text
            assert refused == (right not in holds), path
            cells, refusals = cells + 1, refusals + refused
    assert cells == len(_pages()) + len(_deeds())
    record_property("S3", f"{who}: {cells} pages and deeds of the console, {refusals} refused")


def _filled(path: str) -> str:
    return re.sub(r"{\w+(:.+?)?}", "none", path)


async def _token(visitor: Caller) -> str | None:
    found = re.search(r'name="token" value="([0-9a-f]+)"', await visitor.look("/audit"))
    return found[1] if found else None


async def test_the_menu_shows_what_may_be_seen(inside: House) -> None:
    async with inside.visitor("auditor@example.org") as auditor:
        text = await auditor.look()
    assert "/console/audit" in text and "/console/models" in text
    assert "/console/conversations" not in text and "/console/review" not in text


async def test_what_was_refused_is_in_the_trail(inside: House) -> None:
    async with inside.visitor("auditor@example.org") as auditor:
        await auditor.look("/conversations")
        assert "auditor@example.org" in await auditor.look("/audit")
    (refused, *_) = await inside.office.core.store.audit.records(9, action=Action.READ)
    assert (refused.entry.actor, refused.entry.subject, refused.entry.end) == (
        "auditor@example.org",
        "console/conversations",
        End.REFUSED,
    )


async def test_a_key_of_the_api_opens_the_api_alone_and_a_session_does_not_open_it(inside: House) -> None:
    async with inside.visitor() as stranger:
        await stranger.look("/conversations", Authorization=f"Bearer {API_KEY}")
        assert stranger.path == "/console/sign-in"
    async with inside.visitor("operator@example.org") as operator:
        await operator.look("/../v1/models")
        assert operator.status == 401


async def test_the_password_is_the_operators(tmp_path: Path) -> None:
    async with house(tmp_path, FRONTDESK_CONSOLE_PASSWORD=PASSWORD) as found, found.visitor() as caller:
        await caller.sign_in()
        for path in sorted(section.path for section in console.SECTIONS):
            await caller.look(path)
            assert caller.status == 200


async def test_without_a_password_none_opens(inside: House) -> None:
    async with inside.visitor() as stranger:
        text = await stranger.look()
        assert "organisation" in text and 'type="password"' not in text
        await stranger.send("/sign-in", password="", name="Rita")
        assert stranger.status == 403


async def test_the_account_is_who_did_it(inside: House) -> None:
    async with inside.visitor("operator@example.org") as operator:
        assert "operator" in await operator.look()
    (entry,) = await inside.office.core.store.audit.records(9, action=Action.SIGN_IN)
    assert (entry.entry.actor, entry.entry.end) == ("operator@example.org", End.DONE)


async def test_what_is_read_is_the_accounts_whatever_its_owner_calls_themselves(inside: House) -> None:
    async with inside.visitor("reviewer@example.org") as reviewer:
        await reviewer.look("/conversations")
    (read, *_) = await inside.office.core.store.audit.records(9, action=Action.READ)
    assert read.entry.actor == "reviewer@example.org"


WRONG: Mapping[str, Mapping[str, object]] = {
    "another nonce": {"nonce": "x"},
    "for another client": {"aud": "somebody else"},
    "by another issuer": {"iss": "https://evil.example"},
    "too old": {"exp": 1_000_000},
    "without an end": {"exp": None},
    "without a person": {"sub": None},
    "a discovery of another": {"issuer": "https://evil.example"},
}


@pytest.mark.parametrize("wrong", WRONG)
async def test_a_token_that_is_not_for_us_opens_nothing(inside: House, wrong: str) -> None:
    inside.provider.wrong = WRONG[wrong]
    await _nobody_comes_in(inside)


@pytest.mark.parametrize("algorithm", ["none", "HS256"])
async def test_a_token_that_anybody_could_sign_opens_nothing(inside: House, algorithm: str) -> None:
    inside.provider.algorithm = algorithm
    await _nobody_comes_in(inside)


async def test_a_token_signed_with_another_key_opens_nothing(inside: House) -> None:
    inside.provider.keys_changed = True
    await _nobody_comes_in(inside)


async def _nobody_comes_in(inside: House) -> None:
    inside.provider.claims = person("operator@example.org")
    async with inside.visitor() as stranger:
        assert "You are signed in" not in await stranger.look("/sign-in/service")
        await stranger.look()
        assert stranger.path == "/console/sign-in"


async def test_an_address_that_was_not_verified_is_nobodys(inside: House) -> None:
    async with inside.visitor() as stranger:
        inside.provider.claims = person("operator@example.org", verified=False)
        assert "You are signed in" in await stranger.look("/sign-in/service")
        await stranger.look()
        assert stranger.status == 403


async def test_what_was_begun_in_another_browser_ends_in_none(inside: House) -> None:
    """Nobody is signed in as somebody else by following a link."""
    async with inside.visitor() as victim:
        await victim.look("/sign-in/back?code=code-0&state=x")
        assert victim.status == 403
        for _ in range(11):
            assert "begun elsewhere" in await victim.look("/sign-in/back?code=code-0&state=x")
    assert not await inside.office.core.store.audit.records(9), "anybody may do this without end"


async def test_a_cookie_of_an_attempt_is_good_for_one_time(inside: House) -> None:
    async with inside.visitor("operator@example.org") as operator:
        assert all(each.key != "frontdesk_sign_in" or not each.value for each in operator.cookies())


async def test_who_tries_too_often_waits(inside: House) -> None:
    async with inside.visitor() as stranger:
        for _ in range(10):
            await stranger.look("/sign-in/service")
    async with inside.visitor() as another:
        assert "Too many attempts" in await another.look("/sign-in/service")
        assert another.status == 429
