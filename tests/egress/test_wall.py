"""The wall around the process: every library is held to what is allowed, and nothing else can be reached."""

import asyncio
import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import aiohttp
import httpx
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from click.testing import CliRunner

from bots.cli import main
from bots.egress import allowances
from bots.egress_commands import PROBES, WAYS, probed
from core.egress import wall
from core.egress.guard import Guard
from core.egress.wall import Allowed, Forbidden
from core.errors import Unreadable
from core.knowledge.pages import Pages
from core.policy import Policies
from core.settings import Settings
from tests.bots.test_run import models
from tests.trust.page import Note

__all__ = ["models"]
HERE = Allowed(host="127.0.0.1", why="the test")
UNSHARE = ["unshare", "--user", "--map-root-user", "--net"]


def _can_unshare() -> bool:
    if not (shutil.which("unshare") and shutil.which("ip")):
        return False
    return subprocess.run([*UNSHARE, "ip", "link", "set", "lo", "up"], capture_output=True).returncode == 0


@pytest.fixture
async def server() -> Any:
    async def answer(request: web.Request) -> web.Response:
        if request.path == "/away":
            raise web.HTTPFound("http://192.0.2.1:9/")
        return web.Response(text="here")

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    server = TestServer(app)
    await server.start_server()
    yield server
    await server.close()


def _names(monkeypatch: pytest.MonkeyPatch, **directory: str) -> None:
    """What names mean, instead of asking anybody."""

    def look_up(host: str, port: int, *args: Any, **kwargs: Any) -> list[Any]:
        address = directory[host.partition(".")[0]]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(wall, "_look_up", look_up)


async def test_nothing_gets_through_but_what_is_allowed(server: TestServer, record_property: Note) -> None:
    assert await probed([]) == []
    record_property("P5", f"{len(PROBES) * len(WAYS)} attempts with {len(WAYS)} libraries: 0 get through")
    with wall.raised([HERE]) as standing:
        async with aiohttp.ClientSession() as session, session.get(server.make_url("/")) as answer:
            assert await answer.text() == "here"
        async with httpx.AsyncClient() as client:
            assert (await client.get(str(server.make_url("/")))).text == "here"
        assert (standing.connected, standing.refused) == (2, 0)


async def test_the_probe_tells_what_gets_through(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wall that lets one through is not said to hold."""
    through = await probed([Allowed(host="127.0.0.1", why="a mistake")])
    assert len(through) == len(WAYS) and all("this machine" in each for each in through)
    assert len(PROBES) >= 7


async def test_a_redirect_leads_nowhere_else(server: TestServer) -> None:
    with wall.raised([HERE]) as standing:
        async with aiohttp.ClientSession() as session:
            with pytest.raises((aiohttp.ClientError, OSError)):
                await session.get(server.make_url("/away"))
        async with httpx.AsyncClient(follow_redirects=True) as client:
            with pytest.raises(httpx.HTTPError):
                await client.get(str(server.make_url("/away")))
        assert (standing.connected, standing.refused) == (2, 2)


@pytest.mark.parametrize(
    ("allowed", "host", "port", "is_through"),
    [
        (Allowed(host="api.example", port=443, why=""), "api.example", 443, True),
        (Allowed(host="api.example", port=443, why=""), "API.EXAMPLE.", 443, True),
        (Allowed(host="api.example", port=443, why=""), "api.example", 80, False),
        (Allowed(host="api.example", port=443, why=""), "evil.api.example", 443, False),
        (Allowed(host="api.example", port=443, why=""), "api.example.evil", 443, False),
        (Allowed(host="*.api.example", port=443, why=""), "files.api.example", 443, True),
        (Allowed(host="*.api.example", port=443, why=""), "evilapi.example", 443, False),
        (Allowed(host="inside.example", port=443, why=""), "inside.example", 443, False),
        (Allowed(host="inside.example", port=443, private=True, why=""), "inside.example", 443, True),
    ],
)
def test_names_are_taken_exactly_and_lead_inside_only_where_that_is_meant(
    allowed: Allowed, host: str, port: int, is_through: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    _names(
        monkeypatch, api="93.184.216.34", API="93.184.216.34", files="93.184.216.34", evil="93.184.216.34",
        evilapi="93.184.216.34", inside="10.0.0.1",
    )  # fmt: skip
    with wall.raised([allowed]) as standing:
        try:
            ((*_, address),) = socket.getaddrinfo(host, port)
            standing.check(*address)
        except Forbidden:
            assert not is_through
        else:
            assert is_through


def test_a_name_that_leads_elsewhere_a_moment_later_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The address that was looked at is connected to; a new look is a new check."""
    with wall.raised([Allowed(host="turning.example", why="")]) as standing:
        _names(monkeypatch, turning="93.184.216.34")
        socket.getaddrinfo("turning.example", 443)
        _names(monkeypatch, turning="169.254.169.254")
        with pytest.raises(Forbidden, match="private network"):
            socket.getaddrinfo("turning.example", 443)
        with pytest.raises(Forbidden), socket.socket() as client:
            client.connect(("169.254.169.254", 443))
        assert standing.connected == 0


def test_refusals_name_no_more_than_where(caplog: pytest.LogCaptureFixture) -> None:
    with wall.raised([]), pytest.raises(Forbidden):
        socket.create_connection(("example.com", 443))
    assert [each.message for each in caplog.records] == [
        "refused to connect to example.com: nothing in the configuration needs it"
    ]


def test_who_listens_is_not_hindered() -> None:
    with wall.raised([]):
        assert socket.getaddrinfo("localhost", 0, flags=socket.AI_PASSIVE)
        with socket.create_server(("127.0.0.1", 0)):
            pass


def test_after_the_block_everything_is_as_before(server: TestServer) -> None:
    before = socket.getaddrinfo
    with wall.raised([]):
        assert socket.getaddrinfo is not before
    assert socket.getaddrinfo is before and wall.standing() is None


async def test_pages_pass_where_their_own_guard_looked(server: TestServer) -> None:
    address = str(server.make_url("/"))
    with wall.raised([]):
        assert (await Pages(guard=Guard(["127.0.0.1"])).fetch(address)).content == b"here"
        with pytest.raises(Unreadable, match="private network"):
            await Pages(guard=Guard()).fetch(address)
        with pytest.raises(Unreadable, match="another site"):
            await Pages(guard=Guard(["127.0.0.1"])).fetch(str(server.make_url("/away")))


Make = Callable[..., Sequence[Allowed]]


def test_only_what_is_configured_is_allowed() -> None:
    def told(**configured: object) -> set[tuple[str, int | None]]:
        found = allowances(Settings.model_validate(configured), policies, proxies={})
        return {(each.host, each.port) for each in found}

    policies = Policies()
    slack = {"slack_bot_token": "xoxb-1", "slack_app_token": "xapp-1"}
    assert told() == set()
    assert told(**slack) == {("slack.com", 443), ("*.slack.com", 443)}
    assert told(**slack, slack_api_url="https://slack-gov.com/api/") == {
        ("slack-gov.com", 443),
        ("*.slack-gov.com", 443),
    }
    assert told(**slack, slack_api_url="http://127.0.0.1:9000/api/") == {("127.0.0.1", 9000)}
    assert told(telegram_bot_token="1:a") == {("api.telegram.org", 443)}
    assert told(telegram_bot_token="1:a", telegram_api_url="http://bots.internal:8081") == {
        ("bots.internal", 8081)
    }
    servers = "postgresql://a:pass%40word@one.internal,two.internal:5433/frontdesk"
    assert told(FRONTDESK_DATABASE_URL=servers) == {("one.internal", 5432), ("two.internal", 5433)}
    socket = "postgresql://a@/frontdesk?host=/run/postgresql"
    assert told(FRONTDESK_DATABASE_URL=socket) == set()
    keys = "postgresql://a@keys.internal/keys"
    assert told(FRONTDESK_DATABASE_URL=socket, FRONTDESK_KEYS_URL=keys) == {("keys.internal", 5432)}
    policies = Policies.model_validate(
        {
            "flows": {
                "hosts": ["shop.example"],
                "actions": [{"name": "order", "request": {"url": "https://shop.example/orders"}}],
            },
            "egress": {"hosts": ["db.internal:5432"]},
        }
    )
    assert told() == {("shop.example", 443), ("db.internal", 5432)}
    policies = Policies.model_validate(
        {"flows": {"dry_run": True}, "egress": {"hosts": ["*.internal.example:5432"]}}
    )
    assert told() == {("*.internal.example", 5432)}


def test_the_command_says_where_and_proves_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", "1:a")
    done = CliRunner().invoke(main, ["privacy", "egress", "--json"])
    report = json.loads(done.stdout)
    assert done.exit_code == 0 and report["holds"] and report["tried"] >= 28
    assert [each["host"] for each in report["allowed"]] == ["api.telegram.org"]
    shown = CliRunner().invoke(main, ["privacy", "egress"]).stdout
    assert "api.telegram.org" in shown and "all refused" in shown


@pytest.mark.model
@pytest.mark.skipif(not _can_unshare(), reason="this system gives no network namespaces to its users")
async def test_the_service_with_its_model_needs_no_network_at_all(
    models: Path, tmp_path: Path, record_property: Note
) -> None:
    """`frontdesk run` answers on both platforms, and no packet of any code looked for a way out."""
    (tmp_path / "models").symlink_to(models)
    plain = {k: v for k, v in os.environ.items() if not k.startswith(("SLACK_", "TELEGRAM_", "FRONTDESK_"))}
    process = await asyncio.create_subprocess_exec(
        *(*UNSHARE, sys.executable, "-m", "tests.egress.inside"),
        stdout=asyncio.subprocess.PIPE,
        env=plain | {"FRONTDESK_HOME": str(tmp_path)},
    )
    told, _ = await process.communicate()
    assert process.returncode == 0
    found = json.loads(told)
    assert found["control"] > 0
    assert (found["answered"], found["without_way_out"]) == (2, 0)
    record_property(
        "P5", f"{found['answered']} answers in a network that leads nowhere: 0 packets sought a way"
    )
