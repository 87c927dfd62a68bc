"""Playing a visitor of a site in the widget, from tests and scenarios: a window with a connection."""

import asyncio
import io
import json
import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any

import aiohttp

from bots.playground.widget.window import Frame, Window

RETRY_SECONDS = 0.05
PATIENCE = 60.0
"""Seconds that a busy machine may take."""


class WidgetVisitor:
    """One window of one visitor; use it as an async context manager.

    Whenever its connection is lost, it makes another.
    """

    def __init__(
        self, url: str, *, token: str = "", site: str = "", language: str = "en", address: str = ""
    ) -> None:
        """`url` is the service's.

        Args:
            token: who it is; somebody new unless given.
            site: the host page's origin, the service itself unless given.
            address: whence a proxy would say that the visitor comes.
        """
        self.url = url.rstrip("/")
        self.window = Window(
            token=token or secrets.token_urlsafe(32), site=site or self.url, language=language
        )
        self.frames: list[Frame] = []
        """Everything that came."""
        self._headers = {"Origin": self.url} | ({"X-Forwarded-For": address} if address else {})
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
        deed = self.window.do(**frame)
        await self._pump()
        return deed

    async def read(self, passage: int) -> Frame:
        """A passage that an answer cites, in full."""
        await self.wait_for(lambda: self._socket)
        if self._socket is not None:
            await self._socket.send_json({"type": "read", "passage": passage})
        await self.wait_for(lambda: self._passages(passage))
        return self._passages(passage)[-1]

    async def upload(self, name: str, media_type: str, content: bytes) -> Frame:
        """Send a file up. Returns what the service calls it.

        Raises:
            ValueError: it is not taken, with the status.
        """
        async with self._session.post(
            f"{self.url}/widget/files",
            params={"name": name, "site": self.window.site},
            data=io.BytesIO(content),
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
        async with self._session.get(
            url, params={"site": self.window.site}, headers=self._credentials()
        ) as answer:
            if answer.status != 200:
                raise ValueError(f"HTTP {answer.status}")
            return await answer.read()

    async def drop(self) -> None:
        """Lose the connection; another is made at once."""
        if self._socket is not None:
            await self._socket.close()

    async def acknowledged(self) -> None:
        """Wait until nothing waits for its acknowledgement."""
        await self.wait_for(lambda: not self.window.outbox)

    @property
    def token(self) -> str:
        """Who it is."""
        return self.window.token

    @property
    def messages(self) -> list[Frame]:
        """What stands there, oldest first."""
        return self.window.messages

    @property
    def answers(self) -> list[str]:
        """The words of the assistant's finished answers."""
        return self.window.answers

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
        async with self._session.ws_connect(address, headers=self._headers) as socket:
            await socket.send_json(self.window.hello())
            async for message in socket:
                frame: Frame = json.loads(message.data)
                self.frames.append(frame)
                self.window.hear(frame)
                if frame["type"] == "welcome":
                    self._socket = socket
                if frame["type"] == "later":
                    self._patience = asyncio.create_task(self._pump_after(frame["seconds"]))
                await self._pump()
                self._changed.set()

    async def _pump_after(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        self.window.again()
        await self._pump()

    async def _pump(self) -> None:
        """Send the oldest deed; the next goes once it is acknowledged."""
        if self._socket is not None and (deed := self.window.next()):
            with suppress(ConnectionError, aiohttp.ClientError):
                await self._socket.send_json(deed)

    def _passages(self, passage: int) -> list[Frame]:
        return [each for each in self.frames if each["type"] == "passage" and each["passage"] == passage]

    def _credentials(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}
