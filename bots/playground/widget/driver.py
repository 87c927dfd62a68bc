"""Playing a visitor of a site in the widget, from tests and scenarios: what the page does, without a page."""

import asyncio
import json
import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any

import aiohttp

Frame = dict[str, Any]
RETRY_SECONDS = 0.05
PATIENCE = 20.0


class WidgetVisitor:
    """One window of one visitor; use it as an async context manager.

    It keeps what it does until that is acknowledged, and resumes after what it saw last, as the page does.
    """

    def __init__(self, url: str, *, token: str = "", site: str = "", language: str = "en") -> None:
        """`url` is the service's; `site` is the host page's origin, the service itself unless given."""
        self.url = url.rstrip("/")
        self.token = token or secrets.token_urlsafe(32)
        self.site = site or self.url
        self.language = language
        self.items: dict[str, Frame] = {}
        """The newest version of each message that stands there, by its id."""
        self.sights: dict[str, Frame] = {}
        """Answers in the making, by the id of the post."""
        self.frames: list[Frame] = []
        """Everything that came."""
        self.welcome: Frame = {}
        self.after = 0
        self._outbox: dict[str, Frame] = {}
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None, sock_connect=10))
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._patience: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "WidgetVisitor":
        self._task = asyncio.create_task(self._run(), name="widget visitor")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in filter(None, (self._task, self._patience)):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        await self._session.close()

    async def say(self, text: str, *files: str) -> str:
        """Write, with the ids of files that were sent up. Returns the message's id."""
        return await self.do(type="say", text=text, files=list(files))

    async def stop(self) -> str:
        """Press Stop."""
        return await self.do(type="stop")

    async def rate(self, turn: str, verdict: str) -> str:
        """Press a thumb."""
        return await self.do(type="rate", turn=turn, verdict=verdict)

    async def press(self, answer: Frame, label: str) -> str:
        """Press a button to choose by.

        Raises:
            ValueError: there is none with this label under the answer.
        """
        choice = next((each for each in answer["choices"] if each["label"] == label), None)
        if choice is None:
            raise ValueError(f"there is no button {label!r}")
        return await self.do(
            type="press", post=answer["id"], turn=answer["turn"], choice=choice["id"], label=label
        )

    async def do(self, **frame: Any) -> str:
        """Anything that is to be acknowledged. Returns its id."""
        deed = {"id": secrets.token_hex(16), **frame}
        self._outbox[deed["id"]] = deed
        await self._pump()
        return str(deed["id"])

    async def upload(self, name: str, media_type: str, content: bytes) -> Frame:
        """Send a file up. Returns what the service calls it.

        Raises:
            ValueError: it is not taken, with the status.
        """
        async with self._session.post(
            f"{self.url}/widget/files",
            params={"name": name, "site": self.site},
            data=content,
            headers={**self._credentials(), "Content-Type": media_type, "Origin": self.url},
        ) as answer:
            if answer.status != 200:
                raise ValueError(f"HTTP {answer.status}")
            taken: Frame = await answer.json()
            return taken

    async def download(self, file_id: str) -> bytes:
        """Fetch a file.

        Raises:
            ValueError: it is not given out, with the status.
        """
        url = f"{self.url}/widget/files/{file_id}"
        async with self._session.get(url, params={"site": self.site}, headers=self._credentials()) as answer:
            if answer.status != 200:
                raise ValueError(f"HTTP {answer.status}")
            return await answer.read()

    async def drop(self) -> None:
        """Lose the connection; another is made at once."""
        if self._socket is not None:
            await self._socket.close()

    async def acknowledged(self) -> None:
        """Wait until nothing waits for its acknowledgement."""
        await self.wait_for(lambda: not self._outbox)

    @property
    def messages(self) -> list[Frame]:
        """What stands there, oldest first."""
        standing = [each for each in self.items.values() if each["by"] != "verdict" and not each.get("gone")]
        return sorted(standing, key=lambda each: int(each["position"]))

    @property
    def answers(self) -> list[str]:
        """The words of the assistant's finished answers."""
        return [each["plain"] for each in self.messages if each["by"] == "assistant"]

    async def wait_for(self, condition: Callable[[], object], timeout: float = PATIENCE) -> None:
        """Wait until a condition holds; it is looked at again whenever something comes.

        Raises:
            TimeoutError: it did not within `timeout` seconds.
        """
        async with asyncio.timeout(timeout):
            while not condition():
                await self.changed()

    async def changed(self) -> None:
        """Wait for anything to come, or for the connection to be lost."""
        self._changed.clear()
        await self._changed.wait()

    async def sees(self, *answers: str, timeout: float = PATIENCE) -> Sequence[Frame]:
        """Wait until exactly these answers stand there, in this order. Returns all messages."""
        await self.wait_for(lambda: self.answers == list(answers), timeout)
        return self.messages

    async def _run(self) -> None:
        while True:
            with suppress(aiohttp.ClientError, ConnectionError):
                await self._connect()
            self._socket = None
            self._changed.set()
            await asyncio.sleep(RETRY_SECONDS)

    async def _connect(self) -> None:
        address = f"{self.url}/widget/socket"
        async with self._session.ws_connect(address, headers={"Origin": self.url}) as socket:
            await socket.send_json(
                {
                    "type": "hello",
                    "token": self.token,
                    "site": self.site,
                    "language": self.language,
                    "after": self.after,
                }
            )
            async for message in socket:
                frame: Frame = json.loads(message.data)
                self.frames.append(frame)
                if frame["type"] == "welcome":
                    self._begin(frame, socket)
                await self._hear(frame)
                self._changed.set()

    def _begin(self, frame: Frame, socket: aiohttp.ClientWebSocketResponse) -> None:
        if frame["after"] != self.after:
            self.after = 0
            self.items.clear()
        self.sights.clear()
        self.welcome, self._socket = frame, socket

    async def _hear(self, frame: Frame) -> None:
        match frame["type"]:
            case "item" if frame["seq"] > self.after:
                self.after = frame["seq"]
                self.items[frame["id"]] = {**frame["item"], **frame}
                self.sights.pop(frame["id"], None)
            case "sight":
                self.sights[frame["post"]] = frame
            case "rest":
                self.sights.pop(frame["post"], None)
            case "ack" | "refused":
                self._outbox.pop(frame["id"], None)
                await self._pump()
            case "welcome":
                await self._pump()
            case "later":
                self._patience = asyncio.create_task(self._pump_after(frame["seconds"]))

    async def _pump_after(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        await self._pump()

    async def _pump(self) -> None:
        """Send the oldest deed; the next goes once it is acknowledged."""
        if self._socket is not None and self._outbox:
            with suppress(ConnectionError, aiohttp.ClientError):
                await self._socket.send_json(next(iter(self._outbox.values())))

    def _credentials(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}
