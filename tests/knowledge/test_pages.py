"""Fetching pages: within limits, and never from a private network by mistake."""

import asyncio
import gzip
import ipaddress
import socket
from collections.abc import AsyncIterator, Sequence

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.test_utils import TestServer

from core.egress.addresses import is_public
from core.egress.guard import Guard
from core.errors import Missing, Unreadable
from core.knowledge import pages
from core.knowledge.ingestion import Ingestion
from core.knowledge.pages import Pages
from core.knowledge.passages import Source
from core.knowledge.reading.kinds import Kind
from core.knowledge.reading.process import ReadingProcess
from core.testing import MemoryKnowledge

PRIVATE = (
    *("127.0.0.1", "127.255.255.254", "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "172.16.0.1"),
    *("172.31.255.255", "192.168.0.1", "192.168.255.255", "169.254.169.254", "169.254.0.1", "100.64.0.1"),
    *("100.127.255.255", "192.0.0.1", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1"),
    *("239.255.255.255", "240.0.0.1", "255.255.255.255", "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1"),
    *(
        "fd00:ec2::254",
        "ff02::1",
        "2001:db8::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::ffff:169.254.169.254",
    ),
    *("::ffff:7f00:1", "::127.0.0.1", "::10.0.0.1", "2002:7f00:1::", "2002:a00:1::1", "2002:c0a8:1::"),
    *(
        "64:ff9b::127.0.0.1",
        "64:ff9b::10.0.0.1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::a00:1",
        "100::1",
        "2001::1",
    ),
)
PUBLIC = (
    "93.184.216.34",
    "1.1.1.1",
    "8.8.8.8",
    "2606:4700::1111",
    "2a00:1450:4001::200e",
    "64:ff9b::8.8.8.8",
)
WRITTEN_ODDLY = (
    *("2130706433", "0177.0.0.1", "127.1", "127.0.1", "0", "017700000001", "3232235521", "127.0.0.1."),
    *("[::1]", "[::ffff:127.0.0.1]", "[::]", "[fe80::1]", "[0:0:0:0:0:0:0:1]", "[64:ff9b::7f00:1]"),
    *(
        "１２７.0.0.1",
        "127。0。0。1",
        "①②⑦.0.0.1",
        "0x7f.1",
        "0x7f000001",
        "localhost",
        "LOCALHOST",
        "localhost.",
    ),
)


class Directory(AbstractResolver):
    """Names and where they lead; a list is gone through, one at each question."""

    def __init__(self, names: dict[str, list[str]]) -> None:
        self.names = names
        self.asked: list[str] = []

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        self.asked.append(host)
        if host not in self.names:
            return [self._found(host, "127.0.0.1", port)]
        addresses = self.names[host]
        return [self._found(host, addresses.pop(0) if len(addresses) > 1 else addresses[0], port)]

    def _found(self, host: str, address: str, port: int) -> ResolveResult:
        version = ipaddress.ip_address(address).version
        family = socket.AF_INET6 if version == 6 else socket.AF_INET
        return ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=0)

    async def close(self) -> None:
        """Nothing is open."""


class Site:
    """A server of ours, under the name `site.example` that is allowed to be here."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answers: dict[str, web.StreamResponse] = {}
        self.directory = Directory({"site.example": ["127.0.0.1"]})
        self.pages = self.fetcher()
        self._server = TestServer(self._app())

    def fetcher(self, intranet: Sequence[str] = ("site.example",), seconds: float = 30.0) -> Pages:
        return Pages(guard=Guard(intranet, self.directory), seconds=seconds)

    async def start(self) -> None:
        await self._server.start_server()

    async def stop(self) -> None:
        await self._server.close()

    def url(self, path: str, host: str = "site.example") -> str:
        return f"http://{host}:{self._server.port}{path}"

    def page(self, path: str, text: str | bytes, kind: str = "text/html", **headers: str) -> str:
        body = text.encode() if isinstance(text, str) else text
        self.answers[path] = web.Response(body=body, headers={"Content-Type": kind, **headers})
        return self.url(path)

    def _app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/{path:.*}", self._answer)
        return app

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request.path)
        if request.path == "/slow":
            await asyncio.sleep(60)
        if request.path.startswith("/to/"):
            raise web.HTTPFound(request.query["url"])
        found = self.answers.get(request.path)
        if not isinstance(found, web.Response):
            raise web.HTTPNotFound
        return web.Response(body=found.body, headers=found.headers, status=found.status)


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    site = Site()
    await site.start()
    yield site
    await site.stop()


@pytest.mark.parametrize("address", PRIVATE)
def test_addresses_of_private_networks_are_told(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_addresses_of_the_open_internet_are_told(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("host", [*PRIVATE, *WRITTEN_ODDLY])
async def test_no_way_of_writing_leads_into_a_private_network(site: Site, host: str) -> None:
    literal = f"[{host}]" if ":" in host and not host.startswith("[") else host
    for address in (site.url("/secret", literal), site.url(f"/to/?url={site.url('/secret', literal)}")):
        with pytest.raises(Unreadable):
            await site.pages.fetch(address)
    assert "/secret" not in site.asked


@pytest.mark.parametrize("address", PRIVATE)
async def test_no_name_leads_into_a_private_network(site: Site, address: str) -> None:
    site.directory.names["evil.example"] = [address.partition("%")[0]]
    with pytest.raises(Unreadable, match="knowledge: intranet:"):
        await site.pages.fetch(site.url("/secret", "evil.example"))
    assert site.asked == []


async def test_a_name_that_changes_its_mind_leads_nowhere_else(site: Site) -> None:
    """The connection is made to what was looked at: a name is asked once for each."""
    site.directory.names["turning.example"] = ["127.0.0.1", "93.184.216.34"]
    with pytest.raises(Unreadable):
        await site.pages.fetch(site.url("/secret", "turning.example"))
    assert (site.directory.asked, site.asked) == (["turning.example"], [])


@pytest.mark.parametrize(
    "address",
    [
        *("file:///etc/passwd", "ftp://site.example/x", "gopher://site.example/", "https://", "http:///x"),
        *("https://user:password@site.example/", "http://site.example@127.0.0.1/", "javascript:alert(1)", ""),
    ],
)
async def test_other_addresses_are_no_pages(site: Site, address: str) -> None:
    with pytest.raises(Unreadable):
        await site.pages.fetch(address)


async def test_a_host_of_ours_is_fetched_from_where_it_is_named(site: Site) -> None:
    address = site.page("/", "<p>Internal.</p>")
    assert (await site.pages.fetch(address)).content == b"<p>Internal.</p>"
    with pytest.raises(Unreadable, match="private network"):
        await site.fetcher(intranet=()).fetch(address)


async def test_redirects_are_followed_a_few_times(site: Site) -> None:
    site.page("/end", "<p>Here.</p>")
    assert (await site.pages.fetch(site.url("/to/a?url=/end"))).content == b"<p>Here.</p>"
    site.answers["/round"] = web.Response(status=302, headers={"Location": "/round"})
    with pytest.raises(Unreadable, match="leads on more than"):
        await site.pages.fetch(site.url("/round"))


@pytest.mark.parametrize(
    ("media", "path", "kind"),
    [
        ("text/html; charset=iso-8859-1", "/a", Kind.HTML),
        ("application/pdf", "/a", Kind.PDF),
        ("text/plain", "/a.md", Kind.MARKDOWN),
        ("text/plain", "/a", Kind.TEXT),
        ("application/octet-stream", "/a.docx", Kind.DOCX),
        ("text/csv", "/a", Kind.CSV),
        ("application/xml", "/sitemap.xml", Kind.SITEMAP),
    ],
)
async def test_a_page_is_what_its_server_says(site: Site, media: str, path: str, kind: Kind) -> None:
    page = await site.pages.fetch(site.page(path, "x", media))
    assert page.kind is kind
    assert page.charset == ("iso-8859-1" if "charset" in media else "")


async def test_other_media_are_refused(site: Site) -> None:
    with pytest.raises(Unreadable, match="image/png"):
        await site.pages.fetch(site.page("/a.png", b"x", "image/png"))


@pytest.mark.parametrize("packed", [False, True])
async def test_a_page_without_end_is_refused(
    site: Site, packed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "LARGEST", 100_000)
    body = b"x" * 50_000_000 if packed else b"x" * 200_000
    headers = {"Content-Encoding": "gzip"} if packed else {}
    address = site.page("/big", gzip.compress(body) if packed else body, **headers)
    with pytest.raises(Unreadable, match="the most that is read"):
        await site.pages.fetch(address)


async def test_a_server_that_does_not_answer_is_given_up(site: Site) -> None:
    with pytest.raises(Unreadable, match="did not come within"):
        await site.fetcher(seconds=0.2).fetch(site.url("/slow"))


async def test_what_is_gone_is_told_from_what_fails(site: Site) -> None:
    with pytest.raises(Missing):
        await site.pages.fetch(site.url("/nothing"))
    site.answers["/broken"] = web.Response(status=503)
    with pytest.raises(Unreadable, match="HTTP 503") as caught:
        await site.pages.fetch(site.url("/broken"))
    assert not isinstance(caught.value, Missing)


class Reading:
    """A page of the site as a source."""

    def __init__(self, site: Site, reader: ReadingProcess, path: str) -> None:
        self.library = MemoryKnowledge()
        self.source = Source(name="web", location=site.url(path))
        self.ingestion = Ingestion(self.library, reader, site.pages)


@pytest.fixture
async def reader() -> AsyncIterator[ReadingProcess]:
    reader = ReadingProcess()
    yield reader
    await reader.close()


async def test_a_page_is_read_again_when_it_changed_and_forgotten_when_it_went(
    site: Site, reader: ReadingProcess
) -> None:
    web_page = Reading(site, reader, "/prices")
    await web_page.library.add(web_page.source)
    address = site.page("/prices", "<title>Prices</title><p>Ten euros, in the café.</p>".encode("latin-1"),
                        "text/html; charset=latin-1")  # fmt: skip
    assert (await web_page.ingestion.refresh(web_page.source)).read == 1
    document = (await web_page.library.documents("web"))[address]
    assert document.title == "Prices"
    assert (await web_page.ingestion.refresh(web_page.source)).unchanged == 1
    site.page("/prices", "<p>Eleven euros.</p>")
    assert (await web_page.ingestion.refresh(web_page.source)).read == 1
    del site.answers["/prices"]
    assert (await web_page.ingestion.refresh(web_page.source)).forgotten == 1


async def test_a_server_that_is_down_loses_nothing(site: Site, reader: ReadingProcess) -> None:
    web_page = Reading(site, reader, "/prices")
    await web_page.library.add(web_page.source)
    site.page("/prices", "<p>Ten euros.</p>")
    await web_page.ingestion.refresh(web_page.source)
    site.answers["/prices"] = web.Response(status=503)
    with pytest.raises(Unreadable):
        await web_page.ingestion.refresh(web_page.source)
    assert len(await web_page.library.documents("web")) == 1


async def test_a_sitemap_brings_the_pages_of_its_host(site: Site, reader: ReadingProcess) -> None:
    places = [site.page(f"/{name}", f"<p>Page {name}.</p>") for name in ("one", "two")]
    entries = "".join(f"<url><loc>{each}</loc></url>" for each in [*places, "http://other.example/x"])
    site.page(
        "/sitemap.xml",
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{entries}</urlset>',
        "application/xml",
    )
    mapped = Reading(site, reader, "/sitemap.xml")
    await mapped.library.add(mapped.source)
    report = await mapped.ingestion.refresh(mapped.source)
    assert sorted(await mapped.library.documents("web")) == sorted(places)
    assert [(each.location, each.reason) for each in report.unreadable] == [
        ("http://other.example/x", "is on another host than the sitemap")
    ]


async def test_a_sitemap_of_laughs_is_refused(site: Site, reader: ReadingProcess) -> None:
    entities = "".join(f'<!ENTITY a{at} "{f"&a{at - 1};" * 10}">' for at in range(1, 12))
    laughs = f'<!DOCTYPE d [<!ENTITY a0 "ha">{entities}]><urlset><url><loc>&a11;</loc></url></urlset>'
    site.page("/sitemap.xml", laughs, "application/xml")
    mapped = Reading(site, reader, "/sitemap.xml")
    await mapped.library.add(mapped.source)
    try:
        report = await mapped.ingestion.refresh(mapped.source)
        assert report.read == 0
    except Unreadable:
        pass
    assert await mapped.library.documents("web") == {}
