"""Who gets into the console."""

from pathlib import Path

import aiohttp
import pytest

from bots.console import console
from bots.console.session import COOKIE, LASTS
from bots.playground import stage
from core import settings
from core.errors import ConfigurationError
from core.policy import Policies
from core.settings import Settings
from core.testing import ScriptedEngine
from tests.console.conftest import PASSWORD, Caller, Office, opened

PAGES = ("", *(section.path for section in console.SECTIONS if section.path))


async def test_without_a_password_there_is_no_console(tmp_path: Path) -> None:
    async with opened(tmp_path, password="") as office, aiohttp.ClientSession(office.url) as session:
        for path in ("/console", "/console/sign-in", "/console/static/console.css"):
            async with session.get(path) as answer:
                assert answer.status == 404


def test_a_short_password_is_refused_with_the_mend(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("FRONTDESK_CONSOLE_PASSWORD=too-short\n")
    with pytest.raises(ConfigurationError, match=r"FRONTDESK_CONSOLE_PASSWORD has fewer than 16.*openssl"):
        settings.load(file)


@pytest.mark.parametrize("path", PAGES)
async def test_a_stranger_sees_the_door_alone(stranger: Caller, path: str) -> None:
    text = await stranger.look(path)
    assert stranger.path == "/console/sign-in"
    assert "Sign in to the console" in text
    assert "Overview" not in text


async def test_the_playground_has_its_console_too(tmp_path: Path) -> None:
    settings = Settings.model_validate(
        {"FRONTDESK_PORT": 0, "FRONTDESK_HOME": tmp_path, "FRONTDESK_CONSOLE_PASSWORD": PASSWORD}
    )
    async with stage.opened(settings, Policies(), ScriptedEngine()) as played:
        jar = aiohttp.CookieJar(unsafe=True)
        async with aiohttp.ClientSession(played.url, cookie_jar=jar) as session:
            assert "Overview" in await Caller(session, played.url).sign_in()


async def test_the_right_password_opens(stranger: Caller) -> None:
    text = await stranger.sign_in(name="  Rita   Reviewer ")
    assert stranger.path == "/console"
    assert "Rita Reviewer" in text


async def test_two_windows_at_the_door_do_not_lock_each_other_out(stranger: Caller) -> None:
    first = await stranger.token()
    assert await stranger.token() == first
    await stranger.sign_in()
    assert stranger.path == "/console"


async def test_a_wrong_password_does_not(stranger: Caller) -> None:
    text = await stranger.sign_in("wrong horse battery staple")
    assert stranger.status == 403
    assert "The password is wrong." in text
    await stranger.look()
    assert stranger.path == "/console/sign-in"


async def test_nobody_signs_in_without_a_name(stranger: Caller) -> None:
    assert "Say who you are" in await stranger.sign_in(name="  ")
    await stranger.look()
    assert stranger.path == "/console/sign-in"


async def test_who_tries_too_often_waits_even_with_the_right_password(
    stranger: Caller, office: Office
) -> None:
    for _ in range(10):
        await stranger.sign_in("wrong horse battery staple")
        assert stranger.status == 403
    assert "Too many attempts" in await stranger.sign_in()
    assert stranger.status == 429
    await office.clock.advance(601)
    await stranger.sign_in()
    assert stranger.path == "/console"


@pytest.mark.parametrize("path", ["/sign-in", "/sign-out"])
async def test_a_form_of_another_site_does_nothing(caller: Caller, path: str) -> None:
    await caller.send(path, token="0" * 64, password=PASSWORD, name="Mallory")
    assert "Rita" in await caller.look()


async def test_a_session_ends_by_itself(caller: Caller, office: Office) -> None:
    office.clock.set(office.clock.now() + LASTS)
    await caller.look()
    assert caller.path == "/console/sign-in"


async def test_after_signing_out_a_copy_of_the_cookie_is_worth_nothing(
    office: Office, caller: Caller
) -> None:
    (copied,) = [each.value for each in caller.cookies() if each.key == COOKIE]
    await caller.send("/sign-out")
    assert caller.path == "/console/sign-in"
    async with (
        aiohttp.ClientSession(office.url, cookies={COOKIE: copied}) as thief,
        thief.get("/console") as answer,
    ):
        assert answer.url.path == "/console/sign-in"


async def test_a_made_up_cookie_opens_nothing(office: Office) -> None:
    forged = "eyJhbGciOiJub25lIn0.eyJqdGkiOiJhIiwic3ViIjoiYSIsImV4cCI6OTk5OTk5OTk5OX0."
    async with (
        aiohttp.ClientSession(office.url, cookies={COOKIE: forged}) as session,
        session.get("/console") as got,
    ):
        assert got.url.path == "/console/sign-in"


@pytest.mark.parametrize("proxied", [False, True])
async def test_the_cookie_is_for_our_pages_alone(office: Office, proxied: bool) -> None:
    headers = {"X-Forwarded-Proto": "https"} if proxied else {}
    async with (
        aiohttp.ClientSession(office.url) as session,
        session.get("/console/sign-in", headers=headers) as got,
    ):
        cookie = got.cookies[COOKIE]
    assert cookie["httponly"] and cookie["samesite"] == "Strict" and cookie["path"] == "/console"
    assert bool(cookie["secure"]) is proxied


@pytest.mark.parametrize("path", PAGES)
async def test_pages_may_load_and_run_nothing_but_ours(caller: Caller, path: str) -> None:
    text = await caller.look(path)
    assert caller.status == 200
    policy = caller.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy and "frame-ancestors 'none'" in policy
    assert caller.headers["Cache-Control"] == "no-store"
    assert " style=" not in text and "<style" not in text and "javascript:" not in text


async def test_what_there_is_not_says_so(caller: Caller) -> None:
    assert "There is no such page." in await caller.look("/nowhere")
    assert caller.status == 404
