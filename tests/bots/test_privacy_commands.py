"""`frontdesk privacy`: what was kept in clear is sealed, and the secret can be changed."""

import asyncio
import json
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner

from adapters.web.files import WebFiles
from bots.cli import main
from bots.knowledge import open_knowledge
from bots.store import DATABASE, opened_store
from core import settings
from core.clock import SystemClock
from core.errors import ConfigurationError, StoreError
from core.knowledge.passages import Document, Passage, Source
from core.store.sqlite.store import open_store
from tests.samples import HERE, arrival, message

SECRET, OTHER = "s" * 40, "t" * 40


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation that kept a message, a file and what somebody brought in clear."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FRONTDESK_HOME", str(tmp_path / "home"))

    async def begin() -> None:
        async with open_store(tmp_path / "home" / DATABASE, SystemClock()) as store:
            await store.inbox.accept(arrival(message("the canary sings")))
            files = WebFiles(tmp_path / "home" / "widget", store.sealer)
            await files.keep(HERE, "canary.txt", "text/plain", b"the canary flies")
        async with open_knowledge(settings.load()) as knowledge:
            brought = Source(name="here", location="https://canary.example/", owner="documents:here")
            await knowledge.library.add(brought)
            document = Document(location="canary.md", title="Canary", digest="canary")
            await knowledge.library.put("here", document, [Passage(text="the canary eats")])

    asyncio.run(begin())
    return tmp_path / "home"


def said() -> str:
    async def read() -> str:
        async with opened_store(settings.load()) as store:
            (entry,) = await store.inbox.waiting(HERE.key)
            return str(entry.event)

    return asyncio.run(read())


def eaten() -> list[str]:
    """What somebody brought."""

    async def read() -> list[str]:
        async with open_knowledge(settings.load()) as knowledge:
            return [each.text for each in await knowledge.library.passages("here", "canary.md")]

    return asyncio.run(read())


def kept(*, more: bytes = b"") -> dict[str, bytes]:
    """The files, after one more was kept, by what they are called."""

    async def read() -> dict[str, bytes]:
        async with opened_store(settings.load()) as store:
            files = WebFiles(settings.load().home / "widget", store.sealer)
            if more:
                await files.keep(HERE, "second-canary.txt", "text/plain", more)
            known = await files.all_of(HERE.key)
            assert [each.size for each in known] == [
                len(await files.fetch(each, HERE, limit=100)) for each in known
            ]
            return {each.name: await files.content(HERE.key, each.id) for each in known}

    return asyncio.run(read())


def test_sealing_and_changing_the_secret(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without = CliRunner().invoke(main, ["privacy", "seal"])
    assert without.exit_code == 1
    assert "set FRONTDESK_SECRET_KEY" in without.output
    monkeypatch.setenv("FRONTDESK_SECRET_KEY", SECRET)
    assert CliRunner().invoke(main, ["privacy", "seal"]).stdout == "3 rows and files encrypted.\n"
    assert kept(more=b"one more canary") == {
        "canary.txt": b"the canary flies",
        "second-canary.txt": b"one more canary",
    }
    assert CliRunner().invoke(main, ["privacy", "seal"]).stdout == "0 rows and files encrypted.\n"
    assert not any(b"canary" in each.read_bytes() for each in home.rglob("*") if each.is_file())
    assert "the canary sings" in said() and eaten() == ["the canary eats"]

    short = CliRunner().invoke(main, ["privacy", "rotate"], input="short\n")
    assert short.exit_code == 1
    assert "The new secret is shorter than 32" in short.output
    changed = CliRunner().invoke(main, ["privacy", "rotate"], input=f"{OTHER}\n")
    assert "keys are wrapped anew" in changed.output
    with pytest.raises(ConfigurationError, match="not the one"):
        said()
    monkeypatch.setenv("FRONTDESK_SECRET_KEY", OTHER)
    assert "the canary sings" in said() and eaten() == ["the canary eats"]
    monkeypatch.delenv("FRONTDESK_SECRET_KEY")
    with pytest.raises(ConfigurationError, match="FRONTDESK_SECRET_KEY is missing"):
        said()


def test_a_file_of_somebody_who_is_gone_cannot_be_read(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRONTDESK_SECRET_KEY", SECRET)
    kept(more=b"one more canary")

    async def forget() -> None:
        async with opened_store(settings.load()) as store:
            store.sealer.destroy({HERE.key: []})  # and the file is in a backup

    asyncio.run(forget())
    with pytest.raises(StoreError):
        kept()


def test_what_was_done_is_told_and_shown_to_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRONTDESK_SECRET_KEY", SECRET)
    run = partial(CliRunner().invoke, main)
    assert run(["privacy", "audit"]).stdout == "Nothing was done yet that is accounted for.\n"
    assert run(["privacy", "seal"]).exit_code == 0
    (entry,) = json.loads(run(["privacy", "audit", "--json"]).stdout)
    assert (entry["action"], entry["subject"], entry["detail"]) == ("change", "keys", "seal")
    assert "keys (seal)" in run(["privacy", "audit"], env={"COLUMNS": "200"}).stdout
    verified = json.loads(run(["privacy", "audit", "--verify", "--json"]).stdout)
    assert (verified["holds"], verified["entries"]) == (True, 1)
    for head in (verified["head"], verified["head"].replace(":", "-")):
        assert run(["privacy", "audit", "--head", head]).exit_code == 0
    elsewhere = run(["privacy", "audit", "--head", f"1:{'0' * 64}"])
    assert elsewhere.exit_code == 1 and "cut off" in elsewhere.output
