"""Scenario files: read, refused, played on both platforms, and found out when they do not hold."""

import asyncio
import importlib
import json
import pydoc
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from bots.cli import main
from bots.playground.scenario import script
from bots.playground.scenario.player import ScenarioFailed, play
from bots.playground.scenario.scenes import PLATFORMS, TOGETHER, platforms_of, scene_of, stage_of
from bots.playground.stage import Stage, opened
from core.errors import ConfigurationError
from core.policy import Policies, Policy
from core.settings import Settings
from tests.benchmarks.kb import corpus
from tests.playground.shop import SCENARIO, shop
from tests.playground.storyteller import Storyteller

DOCUMENTS = Path(__file__).parents[1] / "scenarios/documents/packages.yaml"
MEDIA = Path(__file__).parents[1] / "scenarios/media/media.yaml"
ALOUD = MEDIA.with_name("aloud.yaml")
PERCEIVED = (MEDIA, MEDIA.with_name("yesterday.yaml"), MEDIA.with_name("misheard.yaml"))
MODELS = Path(__file__).parents[2] / ".frontdesk/models"
MODULES = ("argparse", "calendar", "csv", "fractions", "sched", "shelve", "statistics", "textwrap", "zipfile")
FILES = sorted((Path(__file__).parents[1] / "scenarios").glob("*.yaml"))


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    settings = Settings(FRONTDESK_PORT=0, FRONTDESK_HOME=tmp_path)  # type: ignore[call-arg]  # fields are set by their alias
    async with opened(settings, Policies(), Storyteller()) as stage:
        yield stage


@pytest.mark.parametrize(
    ("path", "platform"),
    [(path, platform) for path in FILES for platform in platforms_of(script.load(path))],
    ids=lambda each: each.stem if isinstance(each, Path) else each,
)
async def test_the_same_file_holds_on_every_platform(path: Path, platform: str, stage: Stage) -> None:
    async with scene_of(platform, stage.emulator(platform)) as scene:
        await play(script.load(path), scene, folder=path.parent)


@pytest.fixture
async def well_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stage]:
    """A playground whose operator added more than 200 documents of others; it answers from them alone."""
    monkeypatch.setenv("FRONTDESK_HOME", str(tmp_path))
    monkeypatch.setenv("FRONTDESK_ENCODER", "none")
    folder = tmp_path / "documents"
    pages = {f"pages/{name}.html": _page(name) for name in MODULES}
    for location, text in {**corpus.texts(), **pages}.items():
        path = folder / location
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    added = await asyncio.to_thread(CliRunner().invoke, main, ["kb", "add", str(folder), "--json"])
    (report,) = json.loads(added.stdout)
    unreadable = {each["reason"] for each in report["unreadable"]}
    assert report["read"] > 200 and unreadable <= {"holds no text"}, added.stdout
    settings = Settings(FRONTDESK_PORT=0, FRONTDESK_HOME=tmp_path)  # type: ignore[call-arg]  # as above
    policies = Policies(assistant=Policy(answers="cited"))
    async with opened(settings, policies, Storyteller()) as stage:
        yield stage


def _page(module: str) -> str:
    """What Python itself shows of a module in a browser."""
    return pydoc.html.page(module, pydoc.html.document(importlib.import_module(module)))


@pytest.mark.parametrize("platform", platforms_of(script.load(DOCUMENTS)))
async def test_real_documents_are_questioned_on_every_platform(platform: str, well_read: Stage) -> None:
    async with scene_of(platform, well_read.emulator(platform)) as scene:
        await play(script.load(DOCUMENTS), scene)


@pytest.mark.model
@pytest.mark.parametrize(
    ("path", "platform"),
    [(path, platform) for path in PERCEIVED for platform in platforms_of(script.load(path))],
    ids=lambda each: each.stem if isinstance(each, Path) else each,
)
async def test_recordings_and_pictures_are_understood_on_every_platform(
    path: Path, platform: str, tmp_path: Path
) -> None:
    (tmp_path / "models").symlink_to(MODELS)
    settings = Settings(FRONTDESK_PORT=0, FRONTDESK_HOME=tmp_path, FRONTDESK_SPEECH="whisper-tiny.en")  # type: ignore[call-arg]  # as above
    async with (
        opened(settings, Policies(), Storyteller()) as stage,
        scene_of(platform, stage.emulator(platform)) as scene,
    ):
        await play(script.load(path), scene, patience=200.0, folder=path.parent)


@pytest.mark.parametrize("platform", platforms_of(script.load(ALOUD)))
async def test_answers_are_read_aloud_on_every_platform(platform: str, stage: Stage) -> None:
    async with scene_of(platform, stage.emulator(platform)) as scene:
        await play(script.load(ALOUD), scene, folder=ALOUD.parent)


async def test_customers_and_an_agent_on_three_platforms_play_together(tmp_path: Path) -> None:
    played = script.load(SCENARIO)
    async with shop(tmp_path) as stage, stage_of(played, TOGETHER, stage.emulator) as scene:
        await play(played, scene)


@pytest.mark.parametrize("platform", PLATFORMS)
async def test_a_scenario_that_does_not_hold_names_the_step_and_what_was_seen(
    platform: str, stage: Stage, tmp_path: Path
) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text("title: wrong\nsteps:\n- {who: ana, says: bread}\n- {who: ana, sees: cake}\n")
    async with scene_of(platform, stage.emulator(platform)) as scene:
        with pytest.raises(ScenarioFailed, match=r"(?s)step 2 \(sees 'cake' in direct\).*'echo: bread'"):
            await play(script.load(path), scene, patience=3.0)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("title: empty\nsteps: []", "`steps`|file"),
        ("title: none\nsteps: [{who: ana}]", "step 1: a step has exactly one of"),
        ("title: two\nsteps: [{who: ana, says: a, sees: b}]", "step 1: a step has exactly one of"),
        ("title: nobody\nsteps: [{in: group, says: a}]", "step 1: `who` is missing"),
        ("title: place\nsteps: [{who: ana, in: moon, says: a}]", "step 1, `in`"),
        ("title: cast\ncast: {ana: web}\nsteps: [{who: ben, says: a}]", "does not say where ben is"),
        ("title: agent\nsteps: [{who: ana, in: ticket 1, says: a}]", "agents are in Slack"),
        ("title: extra\nsteps: [{who: ana, sings: a}]", "step 1, `sings`"),
        ("{", "not YAML"),
    ],
)
def test_a_wrong_file_is_refused_with_the_step_and_the_reason(
    text: str, complaint: str, tmp_path: Path
) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text(text)
    with pytest.raises(ConfigurationError, match=complaint):
        script.load(path)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_writing_a_scenario_and_reading_it_gives_the_same(path: Path, tmp_path: Path) -> None:
    loaded = script.load(path)
    copy = tmp_path / "copy.yaml"
    copy.write_text(script.dump(loaded))
    assert script.load(copy) == loaded
