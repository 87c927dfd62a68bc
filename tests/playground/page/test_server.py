"""What the page is served and asks for, without a browser."""

import json
from pathlib import Path

import aiohttp
import pytest

from bots.playground.slack.seed import ANA
from bots.playground.stage import Stage

pytestmark = pytest.mark.asyncio(loop_scope="module")

STATIC = Path(__file__).parents[3] / "bots" / "playground" / "page" / "static"
FILES = sorted(path.relative_to(STATIC).as_posix() for path in STATIC.rglob("*.*"))


async def test_every_file_is_served_and_may_run_nothing_else(stage: Stage) -> None:
    async with aiohttp.ClientSession(stage.url) as session:
        for path in ("/", *(f"/playground/static/{file}" for file in FILES)):
            async with session.get(path) as answer:
                assert answer.status == 200, path
                policy = answer.headers["Content-Security-Policy"]
                assert "default-src 'none'" in policy
                assert "unsafe" not in policy
                assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("path", ["../page.py", "%2e%2e/page.py", "nothing.js", "style", "a.b.js"])
async def test_nothing_but_the_pages_own_files_is_served(stage: Stage, path: str) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{stage.url}/playground/static/{path}") as answer,
    ):
        assert answer.status == 404


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://elsewhere.example"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "null"},
        {"Host": "elsewhere.example"},
        {"Host": "127.0.0.1.elsewhere.example"},
    ],
)
@pytest.mark.parametrize("path", ["/", "/playground/slack/state", "/playground/changes", "/playground/turn"])
async def test_other_peoples_pages_are_refused(stage: Stage, path: str, headers: dict[str, str]) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.get(stage.url + path, headers=headers) as answer,
    ):
        assert answer.status == 403


async def test_other_peoples_pages_cannot_act(stage: Stage) -> None:
    wish = {"action": "open_dm", "user": ANA}
    async with aiohttp.ClientSession() as session:
        for headers, status in (({"Origin": stage.url}, 200), ({"Origin": "https://elsewhere.example"}, 403)):
            async with session.post(
                f"{stage.url}/playground/slack/act", json=wish, headers=headers
            ) as answer:
                assert answer.status == status


async def test_a_refusal_of_the_emulator_is_passed_on(stage: Stage) -> None:
    wish = {"action": "open_dm", "user": "U0NOBODY"}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{stage.url}/playground/slack/act", json=wish) as answer,
    ):
        assert (answer.status, await answer.json()) == (
            400,
            {"ok": False, "error": "there is no user U0NOBODY"},
        )


async def test_changes_of_both_platforms_come_in_one_stream(stage: Stage) -> None:
    async with (
        aiohttp.ClientSession(stage.url) as session,
        session.get("/playground/changes") as stream,
    ):
        assert await stream.content.readline() == b"event: hello\n"
        await session.post("/playground/slack/limits", json={"scale": 1})
        await session.post("/playground/telegram/clock", json={"advance": 0})
        missing = {b"event: slack\n", b"event: telegram\n"}
        while missing:
            missing.discard(await stream.content.readline())


async def test_a_turn_needs_its_place_and_its_post(stage: Stage) -> None:
    async with aiohttp.ClientSession(stage.url) as session:
        async with session.get("/playground/turn", params={"platform": "slack"}) as answer:
            assert answer.status == 400
        where = {"platform": "slack", "tenant": "T", "channel": "C", "post": "1.2"}
        async with session.get("/playground/turn", params=where) as answer:
            assert answer.status == 404


async def test_a_session_becomes_a_scenario_file_that_can_be_replayed(stage: Stage) -> None:
    steps = [{"who": "ana", "says": "bread"}, {"who": "ana", "sees": "echo: bread"}]
    async with aiohttp.ClientSession(stage.url) as session:
        async with session.post("/playground/scenario", json={"title": "Bread", "steps": steps}) as answer:
            text = (await answer.json())["text"]
        assert text.startswith("title: Bread\nsteps:\n- who: ana\n  says: bread\n")
        assert await _replayed(session, text) == [{"step": 1, "of": 2}, {"step": 2, "of": 2}, {"error": ""}]


async def test_a_replay_that_does_not_hold_says_why(stage: Stage) -> None:
    text = "title: wrong\nsteps:\n- {who: ana, says: bread}\n- {who: ana, answers: 7}\n"
    async with aiohttp.ClientSession(stage.url) as session:
        lines = await _replayed(session, text)
    assert "step 2 (answers 7 in direct): another number stands there" in lines[-1]["error"]


@pytest.mark.parametrize(
    ("wish", "complaint"),
    [
        ({"text": "title: a", "platform": "slack"}, "`steps`"),
        ({"text": "title: a\nsteps: [{who: a, says: b}]", "platform": "moon"}, "`platform` is one of"),
        ({"platform": "slack"}, "`text` and `platform` are needed"),
        ([], "`text` and `platform` are needed"),
    ],
)
async def test_a_replay_of_nonsense_is_refused(stage: Stage, wish: object, complaint: str) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{stage.url}/playground/replay", json=wish) as answer,
    ):
        assert answer.status == 400
        assert complaint in (await answer.json())["error"]


async def _replayed(session: aiohttp.ClientSession, text: str) -> list[dict[str, str]]:
    wish = {"text": text, "platform": "telegram"}
    async with session.post("/playground/replay", json=wish) as answer:
        return [json.loads(line) async for line in answer.content]
