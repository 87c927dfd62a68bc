"""The web widget, put together: its pages, its sockets, its files and its channel."""

import asyncio
import logging
from contextlib import suppress

from aiohttp import web

from adapters import citations
from adapters.web import gate, limits, pages, payload, render
from adapters.web.audience import Audience
from adapters.web.egress import WebChannel
from adapters.web.files import TYPES, WebFiles
from adapters.web.gate import Gate, Unwelcome, Visitor
from adapters.web.receiver import Receiver
from adapters.web.session import HELLO_SECONDS, Services, Session
from adapters.web.transfer import Transfer
from core import words
from core.desk.ports import Desk
from core.errors import RateLimited, StoreError, UnreadableEvent
from core.health import Health
from core.knowledge.access import ReadingRoom
from core.message import Platform
from core.policy import Policies
from core.ports import Channel, Clock, Files, Intake
from core.settings import Settings
from core.store.ports import Feed
from core.store.sealing import Sealer
from core.translation import spoken

PATH = "/widget"
HEARTBEAT = 25.0
"""Seconds between two pings, which also keep proxies from taking a quiet socket for a dead one."""
SWEEP_SECONDS = 3600.0
"""Between two looks for files that nobody sent."""
_UNWELCOME, _BUSY = 4403, 4429

log = logging.getLogger(__name__)


class WebAdapter:
    """The assistant on the pages of a host site."""

    platform = Platform.WEB

    def __init__(
        self,
        *,
        settings: Settings,
        policies: Policies,
        intake: Intake,
        feed: Feed,
        clock: Clock,
        reading_room: ReadingRoom,
        files: Files,
        sealer: Sealer,
    ) -> None:
        """`files`: those of every platform, to be shown here; `sealer`: for those that come here."""
        self._policies = policies
        self._reading_room = reading_room
        self._gate = Gate(settings=settings, clock=clock)
        self._limiter = limits.Limiter(clock)
        self._audience = Audience()
        self._assets: dict[str, pages.Asset] = {}
        self._sweeping: asyncio.Task[None] | None = None
        self._kept = kept = WebFiles(settings.home / "widget", sealer)
        self._transfer = Transfer(gate=self._gate, files=kept, limiter=self._limiter)
        receiver = Receiver(intake=intake, feed=feed, files=kept, audience=self._audience, clock=clock)
        self._services = Services(
            receiver=receiver,
            feed=feed,
            audience=self._audience,
            limiter=self._limiter,
            clock=clock,
            read=self._passage,
        )
        self.channel: Channel = WebChannel(feed=feed, audience=self._audience, kept=kept, files=files)
        self.desk: Desk | None = None
        self.files: Files = kept

    def routes(self) -> list[web.RouteDef]:
        """What host pages and the chat load."""
        return [
            web.get(f"{PATH}/chat", self._chat),
            web.get(f"{PATH}/socket", self._socket),
            web.get(f"{PATH}/{{name:[a-z]+\\.(?:js|css)}}", self._file),
            web.post(f"{PATH}/files", self._transfer.up),
            web.get(f"{PATH}/files/{{id}}", self._transfer.down),
        ]

    async def start(self) -> None:
        """Read the pages; browsers come by themselves."""
        self._assets = await pages.load_off_the_loop()
        self._sweeping = asyncio.create_task(self._sweep(), name="widget files")

    async def stop(self) -> None:
        """Take nothing in any more; a window closes once no answer is being made in it."""
        self._services.stopping.set()
        self._audience.wake_all()
        if self._sweeping is not None:
            self._sweeping.cancel()
            with suppress(asyncio.CancelledError):
                await self._sweeping

    async def _sweep(self) -> None:
        """Delete files that were sent up and never became part of a message, now and again."""
        while True:
            try:
                if count := await self._kept.sweep(self._services.clock.now().timestamp() - limits.UNSENT):
                    log.info("%d files that nobody sent were deleted", count)
            except OSError as error:
                log.warning("files that nobody sent were not deleted: %s", error)
            await self._services.clock.sleep(SWEEP_SECONDS)

    def health(self) -> Health:
        """How many windows are open."""
        if not self._assets or self._services.stopping.is_set():
            return Health(part="web", ok=False, detail="The widget is not served.")
        return Health(part="web", ok=True, detail=f"The widget is served; {self._audience.size} windows.")

    async def _file(self, request: web.Request) -> web.Response:
        asset = self._assets.get(request.match_info["name"])
        if asset is None:
            raise web.HTTPNotFound
        return pages.serve(request, asset)

    async def _chat(self, request: web.Request) -> web.Response:
        """The chat, for the frame on a page of one of our sites."""
        site = request.query.get("site", "")
        if not self._gate.admits(site, request.host):
            raise web.HTTPForbidden(text="FRONTDESK_WIDGET_ORIGINS does not name this site.")
        return pages.serve(request, self._assets["chat.html"], pages.chat_headers(site, request.host))

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        """One window."""
        if not gate.is_own_page(request):
            raise web.HTTPForbidden
        if not self._assets or self._services.stopping.is_set():
            raise web.HTTPServiceUnavailable
        socket = web.WebSocketResponse(heartbeat=HEARTBEAT, max_msg_size=limits.FRAME)
        await socket.prepare(request)
        try:
            await self._serve(socket, request)
        except RateLimited:
            await socket.close(code=_BUSY)
        except Unwelcome as error:
            with suppress(ConnectionError):
                await socket.send_json({"type": "unwelcome", "reason": str(error)})
            await socket.close(code=_UNWELCOME)
        except (UnreadableEvent, TimeoutError):
            await socket.close(code=4400)
        except ConnectionError:
            log.debug("a window was closed in the middle of a word")
        except StoreError as error:
            log.warning("a window must connect again: %s", error)
            await socket.close(code=1011)
        return socket

    async def _serve(self, socket: web.WebSocketResponse, request: web.Request) -> None:
        address = gate.address_of(request)
        self._limiter.connection(address)
        async with asyncio.timeout(HELLO_SECONDS):
            message = await socket.receive()
        hello = payload.parse(message.data if isinstance(message.data, str) else "")
        if not isinstance(hello, payload.Hello):
            raise UnreadableEvent("A browser did not say hello.")
        visitor = self._gate.visitor(hello.token, hello.site, request.host, hello.language)
        with self._limiter.connected(visitor.place.key, address):
            await Session(socket, visitor, address, hello.after, self._services).run(self._welcome(visitor))

    def _welcome(self, visitor: Visitor) -> dict[str, object]:
        """What the chat begins with."""
        policy = self._policies.for_conversation(visitor.place)
        with spoken(visitor.person.language, policy.language):
            greeting = policy.greeting or words.greeting()
        return {
            "name": policy.name,
            "greeting": render.render(greeting),
            "suggestions": policy.suggestions,
            "people": self._policies.desk is not None,
            "limits": {"text": limits.TEXT, "files": limits.FILES_PER_MESSAGE, "bytes": limits.FILE},
            "types": list(TYPES),
        }

    async def _passage(self, passage: int, visitor: Visitor) -> dict[str, object]:
        """A passage in full, if it may be read here; else without its text."""
        found = await self._reading_room.passage(passage, visitor.place)
        if found is None:
            return {"type": "passage", "passage": passage, "title": "", "text": ""}
        where = " › ".join(dict.fromkeys((found.document.title, *found.passage.headings)))
        title = f"{where}, {found.passage.place}" if found.passage.place else where
        return {
            "type": "passage",
            "passage": passage,
            "title": citations.shortened(title, 200),
            "text": found.passage.text.strip(),
        }
