"""Talking to the assistant in the terminal: the same core, without a platform."""

import asyncio
import getpass
import os
import sys
import uuid
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime

from rich.console import Console
from rich.live import Live
from rich.markdown import Markdown
from rich.text import Text

from adapters.errands import Errands
from bots.service import Core
from core.message import (
    Addressing,
    Arrival,
    Citation,
    Conversation,
    Message,
    Person,
    Platform,
    Post,
    Reply,
    Stop,
)

_HINT = "Write a message and press Enter. /help lists commands, Ctrl-C stops an answer, Ctrl-D ends the chat."


class TerminalChannel:
    """Fills `core.ports.Channel` with a terminal that shows one answer at a time."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live: Live | None = None
        self.settled = asyncio.Event()

    def split(self, reply: Reply) -> Sequence[Reply]:
        return [reply]

    async def place(self, post: Post, reply: Reply | None = None) -> str:
        return post.id

    async def settle(self, post: Post, reply: Reply) -> None:
        self._take_down()
        self._console.print(Markdown(reply.text), "")
        for each in reply.citations:
            self._console.print(Text(f"[{each.number}] {_where(each)}", style="dim"))
        for number, choice in enumerate(reply.choices, 1):
            self._console.print(Text(f"{number}. {choice.label}"))
        self.settled.set()

    async def find(self, post: Post, reply: Reply | None = None) -> str | None:
        return None

    async def withdraw(self, post: Post) -> None:
        self._take_down()
        self.settled.set()

    def drafts(self, conversation: Conversation) -> bool:
        return True

    def cadence(self, conversation: Conversation) -> float:
        return 0.1

    async def working(self, post: Post, doing: str = "") -> None:
        if self._live is None:
            self._live = Live(console=self._console, transient=True, auto_refresh=False)
            self._live.start()
        self._live.update(Text(f"{doing}…", style="dim"), refresh=True)

    async def hold(self, post: Post, notice: str) -> bool:
        await self.show(post, notice)
        return True

    async def show(self, post: Post, text: str) -> None:
        if self._live is not None:
            self._live.update(Markdown(text), refresh=True)

    async def rest(self, post: Post) -> None:
        self._take_down()

    def _take_down(self) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None


class Chat:
    """One person at one terminal."""

    def __init__(self, core: Core, console: Console) -> None:
        self._core = core
        self._console = console
        self._channel = TerminalChannel(console)
        name = _user()
        self._person = Person(platform=Platform.TERMINAL, tenant="local", id=name, name=name)
        self._where = Conversation(platform=Platform.TERMINAL, tenant="local", channel=name, direct=True)
        self._errands = Errands()
        core.dispatcher.connect(Platform.TERMINAL, self._channel)

    async def run(self) -> None:
        """Read lines and answer them until the input ends."""
        if sys.stdin.isatty():
            self._console.print(f"[dim]{_HINT}[/dim]")
        try:
            while (line := await self._read()) is not None:
                if line.strip():
                    await self._say(line)
        finally:
            await self._errands.close()

    def interrupt(self) -> None:
        """Ctrl-C: stop the answer that is being written."""
        self._errands.run(self._stop())

    async def _stop(self) -> None:
        event = Stop(conversation=self._where, person=self._person)
        await self._core.intake.accept(Arrival(key=f"terminal:{uuid.uuid4().hex}", event=event))

    async def _read(self) -> str | None:
        with suppress(EOFError):
            line = await asyncio.to_thread(input, "> " if sys.stdin.isatty() else "")
            return line.encode("utf-8", "replace").decode()  # bytes that are no text come as lone surrogates
        return None

    async def _say(self, line: str) -> None:
        command, text = _command(line)
        identity = uuid.uuid4().hex
        message = Message(
            id=identity,
            conversation=self._where,
            sender=self._person,
            text=text,
            command=command,
            addressed=Addressing.COMMAND if command else Addressing.DIRECT,
            sent_at=datetime.now(UTC),
        )
        self._channel.settled.clear()
        await self._core.intake.accept(Arrival(key=f"terminal:{identity}", event=message))
        await self._channel.settled.wait()


def _where(citation: Citation) -> str:
    return ", ".join(part for part in (citation.title, citation.place, citation.link) if part)


def _user() -> str:
    """Who sits at the terminal; in a container it may be a number without a name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # OSError from Python 3.13 on
        return str(os.getuid())


def _command(line: str) -> tuple[str, str]:
    """`/help me` is the command `help` with the argument `me`; anything else is text."""
    if not line.startswith("/") or line.startswith("//"):
        return "", line
    name, _, argument = line[1:].partition(" ")
    return name, argument
