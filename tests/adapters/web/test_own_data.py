"""A visitor of the widget takes a copy along, and is forgotten with all that they sent."""

import asyncio
import io
import zipfile
from pathlib import Path

from adapters.web import ids
from bots.playground.widget.driver import WidgetVisitor
from core import words
from core.store.ports import Store
from tests.adapters.web.conftest import Start

CANARY = "canary-of-the-visitor"
SECRET = "a secret of more than thirty-two characters"


def left(home: Path) -> list[str]:
    found = (each for each in home.rglob("*") if each.is_file())
    return [each.name for each in found if CANARY.encode() in each.read_bytes()]


def files(home: Path) -> list[Path]:
    return [each for each in (home / "widget").rglob("*") if each.is_file()]


async def test_a_copy_holds_what_was_said_and_sent(start: Start) -> None:
    async with start("Good day.") as service, service.visitor() as visitor:
        file = await visitor.upload("note.txt", "text/plain", f"the file says {CANARY}".encode())
        await visitor.say(f"remember {CANARY}", file["id"])
        await visitor.sees("Good day.")
        await visitor.say("/export")
        await visitor.sees("Good day.", plain(words.copy_comes()), "my-data.zip")
        (copy,) = visitor.messages[-1]["files"]
        with zipfile.ZipFile(io.BytesIO(await visitor.download(copy["id"]))) as archive:
            assert CANARY in archive.read("index.html").decode()
            (sent,) = (name for name in archive.namelist() if name.startswith("files/"))
            assert archive.read(sent).decode() == f"the file says {CANARY}"


async def test_who_is_forgotten_leaves_nothing_and_may_go_on_in_the_same_window(
    start: Start, tmp_path: Path
) -> None:
    async with start("Good day.", "Nice to meet you.", FRONTDESK_SECRET_KEY=SECRET) as service:
        async with service.visitor() as visitor:
            file = await visitor.upload("note.txt", "text/plain", f"the file says {CANARY}".encode())
            await visitor.say(f"remember {CANARY}", file["id"])
            await visitor.sees("Good day.")
            await visitor.say("/forget")
            await visitor.sees("Good day.", words.really_forget())
            assert files(tmp_path) and left(tmp_path) == []  # all is sealed
            await visitor.press(visitor.messages[-1], words.yes_forget_me())
            await visitor.sees("Good day.", words.really_forget(), words.forgetting())
            await forgotten(service.core.store, visitor)
            assert files(tmp_path) == [] and left(tmp_path) == []
            await visitor.say("hello")
            await visitor.wait_for(lambda: visitor.answers[-1:] == ["Nice to meet you."])
        async with service.visitor(token=visitor.token) as again:
            await again.sees("Nice to meet you.")


def plain(text: str) -> str:
    """As the widget says it to screen readers: without marks."""
    return text.replace("`", "")


async def forgotten(store: Store, visitor: WidgetVisitor) -> None:
    """Wait until nothing is kept of anybody."""
    person = f"web:www.example.org:{ids.anonymous(visitor.token)}"
    async with asyncio.timeout(60):
        while (await store.subjects.holdings(person)).rows or await store.subjects.asked():
            await asyncio.sleep(0.05)
