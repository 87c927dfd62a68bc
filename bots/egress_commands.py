"""`frontdesk privacy egress`: where the service may connect to, and that it connects nowhere else."""

import asyncio
import json
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence

import aiohttp
import click
import httpx
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bots.egress import allowances
from core import policy, settings
from core.egress import wall
from core.egress.wall import Allowed, Wall
from core.policy import Policies
from core.settings import Settings

SECONDS = 5.0
PROBES = {
    "a name that nothing needs": "example.com",
    "an address on the internet": "192.0.2.1",
    "an IPv6 address on the internet": "2001:db8::1",
    "this machine": "127.0.0.1",
    "a private network": "10.0.0.1",
    "a cloud's metadata": "169.254.169.254",
    "the same, as IPv6": "::ffff:169.254.169.254",
}
"""Names and addresses of RFC 2606, 5737 and 3849, which nobody has, and those that are often attacked."""
PORT = 9
"""Discard (RFC 863): nobody listens there, and no platform uses it."""


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Report as JSON.")
def egress(as_json: bool) -> None:
    """Show where the service connects to, and that it is held to it.

    Tries to connect elsewhere with each library that the service uses, behind the wall that `frontdesk run`
    raises. Nothing is sent. Fails where anything gets through.
    """
    configured, policies = settings.load(), policy.load()
    allowed = allowances(configured, policies)
    through = asyncio.run(probed(allowed))
    report = {
        "allowed": [_described(each) for each in allowed],
        "pages": _pages(policies),
        "on_command": _on_command(configured),
        "tried": len(PROBES) * len(WAYS),
        "got_through": through,
        "holds": not through,
    }
    if as_json:
        click.echo(json.dumps(report, indent=2))
    else:
        _show(allowed, policies, configured, through)
    if through:
        raise SystemExit(1)


async def probed(allowed: Sequence[Allowed]) -> list[str]:
    """Where somebody got through the wall, and with which library."""
    with wall.raised(allowed) as standing:
        return [
            f"{what} ({host}) with {library}"
            for what, host in PROBES.items()
            for library, way in WAYS.items()
            if not await _is_refused(standing, way, host)
        ]


async def _is_refused(standing: Wall, way: Callable[[str], Awaitable[object]], host: str) -> bool:
    refused, connected = standing.refused, standing.connected
    try:
        async with asyncio.timeout(SECONDS):
            await way(host)
    except (OSError, aiohttp.ClientError, httpx.HTTPError, TimeoutError):
        return standing.refused > refused and standing.connected == connected
    return False


async def _by_socket(host: str) -> None:
    await asyncio.to_thread(lambda: socket.create_connection((host, PORT), timeout=SECONDS).close())


async def _by_datagram(host: str) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as sender:
        if host.replace(".", "").isalpha():
            host = str(socket.getaddrinfo(host, PORT)[0][4][0])
        sender.sendto(b"", (host, PORT))


async def _by_aiohttp(host: str) -> None:
    async with aiohttp.ClientSession() as session, session.get(_url(host)):
        pass


async def _by_httpx(host: str) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        await client.get(_url(host))


WAYS: Mapping[str, Callable[[str], Awaitable[object]]] = {
    "socket": _by_socket,
    "a datagram": _by_datagram,
    "aiohttp (Slack, pages, flows)": _by_aiohttp,
    "httpx (Telegram)": _by_httpx,
}


def _url(host: str) -> str:
    return f"http://[{host}]:{PORT}/" if ":" in host else f"http://{host}:{PORT}/"


def _pages(policies: Policies) -> list[str]:
    """From where pages are fetched into the knowledge base."""
    section = policies.knowledge
    told = [each.location for each in section.sources if each.location.startswith("http")]
    told += ["what `frontdesk kb add ADDRESS` names"]
    if section.editors:
        told += ["what an editor's `kb add ADDRESS` names"]
    return told


def _on_command(configured: Settings) -> dict[str, str]:
    return {
        "frontdesk model pull": "the package index that pip is set to; the model hub (HF_ENDPOINT)",
        "frontdesk doctor": "the platforms that are configured, to try them",
    }


def _described(each: Allowed) -> dict[str, object]:
    return {"host": each.host, "port": each.port, "private": each.private, "why": each.why}


def _show(
    allowed: Sequence[Allowed], policies: Policies, configured: Settings, through: Sequence[str]
) -> None:
    console = Console()
    table = Table("Host", "Port", "Why", title="frontdesk run connects to", title_justify="left")
    for each in allowed:
        table.add_row(escape(each.host), str(each.port or "any"), escape(each.why))
    console.print(table)
    console.print("Pages for documents are fetched in the open internet, and from `knowledge: intranet:`:")
    for place in _pages(policies):
        console.print(f"  {place}", markup=False)
    for command, places in _on_command(configured).items():
        console.print(f"{command}: {places}", markup=False)
    tried = len(PROBES) * len(WAYS)
    if through:
        console.print(f"Of {tried} attempts to connect elsewhere, these got through:")
        for place in through:
            console.print(f"  {place}", markup=False)
    else:
        console.print(f"{tried} attempts to connect elsewhere: all refused.")
