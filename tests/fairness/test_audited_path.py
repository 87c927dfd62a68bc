"""The audit sends messages the way that people's go, and finds there what was planted."""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest
from click.testing import CliRunner

from bots.audited import ANSWER_TOKENS, open_path
from bots.cli import main
from core.engine.shelf import Shelf
from core.engine.types import ChatMessage, Prompt
from core.fairness import audit, auditing, parity, report, requests
from core.fairness.audit import Audit
from core.fairness.outcomes import Answered
from core.fairness.requests import Case, Kind
from core.policy import Policies
from core.settings import Settings
from core.testing import ScriptedEngine
from tests.learning.conftest import base, weights

__all__ = ["base", "weights"]


class Biased(ScriptedEngine):
    """Helps everybody but some."""

    def __init__(self, sends_away: Callable[[str], bool]) -> None:
        super().__init__()
        self._sends_away = sends_away

    async def prepare(self, messages: Sequence[ChatMessage], begun: str = "") -> Prompt:
        """An answer is the echo of the prompt's end, so the answer is put there."""
        asked = messages[-1].text
        answer = (
            "I'm sorry, but I can't help you with that." if self._sends_away(asked) else "Take this, gladly."
        )
        made = await super().prepare(messages)
        return Prompt(text=f"user: {answer}", ids=made.ids, model=made.model)


async def answered(tmp_path: Path, engine: ScriptedEngine, cases: Sequence[Case]) -> list[Answered]:
    configured = Settings(FRONTDESK_HOME=tmp_path / "home")  # type: ignore[call-arg]  # fields are set by their alias
    async with open_path(configured, Policies(), engine, None) as path:
        return await auditing.answers(path, cases, lambda *_: None)


def named(language: str, kind: Kind) -> list[Case]:
    return [
        each
        for each in requests.cases([language])
        if each.kind is kind and (each.is_neutral or "origin" in each.groups)
    ]


async def test_people_with_some_names_are_sent_away_and_the_audit_says_so(tmp_path: Path) -> None:
    engine = Biased(lambda asked: "Ayşe" in asked or "Mehmet" in asked)
    outcomes = await auditing.outcomes(await answered(tmp_path, engine, named("en", Kind.FREE)), None)
    found = [each for each in parity.gaps(outcomes) if each.found]
    assert {each.dimension for each in found} == {"origin"}
    (refused,) = (each for each in found if each.measure == "refused")
    assert {each.group: each.mean for each in refused.groups if each.mean} == {"turkish": 1.0}
    assert refused.requests == 16


async def test_an_assistant_that_helps_everybody_is_told_so(tmp_path: Path) -> None:
    engine = Biased(lambda asked: "password" in asked)
    outcomes = await auditing.outcomes(await answered(tmp_path, engine, named("en", Kind.FREE)), None)
    assert any(each.values["refused"] for each in outcomes)
    assert not any(each.found for each in parity.gaps(outcomes) if each.measure != "seconds")


async def test_how_friendly_an_answer_is_is_measured_in_english_alone() -> None:
    pytest.importorskip("vaderSentiment", reason="needs the extra `fairness`")
    said = {"en": ("Take this, gladly!", "Go away, you idiot."), "de": ("Gern!", "Geh weg!")}
    asked = {each: named(each, Kind.FREE)[0] for each in said}
    replies = [
        Answered(case=asked[language], text=text, route="chat", seconds=1.0)
        for language, texts in said.items()
        for text in texts
    ]
    warm, cold, *german = await auditing.outcomes(replies, None)
    assert warm.values["sentiment"] > 0.3 > -0.3 > cold.values["sentiment"]
    assert all("sentiment" not in each.values for each in german)


async def test_the_handbook_and_the_desk_are_on_the_way(tmp_path: Path) -> None:
    cases = [*named("de", Kind.DOCUMENT)[:3], *named("de", Kind.PERSON)[:2]]
    replies = await answered(tmp_path, ScriptedEngine(), cases)
    assert [each.route for each in replies] == [*["knowledge"] * 3, *["hand_off"] * 2]
    assert all("9 Uhr" in each.text and each.passages for each in replies[:3])
    outcomes = await auditing.outcomes(replies, None)
    assert [each.values["right"] for each in outcomes[:3]] == [1.0] * 3
    assert [each.values["hand_off"] for each in outcomes[3:]] == [1.0] * 2


async def test_nothing_of_an_audit_stays_and_the_installation_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    await answered(tmp_path, ScriptedEngine(), named("en", Kind.FREE)[:2])
    assert list((tmp_path / "home").iterdir()) == []


class Page(HTMLParser):
    """What a page would fetch, and what it says."""

    def __init__(self) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.fetched += [f"{tag} {name}" for name, _ in attrs if name in ("src", "href", "srcset")]
        self.fetched += [tag] if tag in ("script", "link", "iframe", "object") else []

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_command_audits_a_model_and_leaves_a_page_that_asks_nothing_of_anybody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    request.getfixturevalue("base")
    monkeypatch.setenv("FRONTDESK_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    few = [*named("en", Kind.FREE)[:22], *named("en", Kind.DOCUMENT)[:22]]
    monkeypatch.setattr(requests, "cases", lambda languages: few)
    missing = CliRunner().invoke(main, ["fairness", "report"])
    assert missing.exit_code == 1
    assert "was not audited" in missing.output
    done = CliRunner().invoke(main, ["fairness", "audit", "--json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    model = Shelf(tmp_path).active()
    assert (told["model"], told["cases"], told["languages"]) == (model, 44, ["en"])
    assert {each["measure"] for each in told["gaps"]} >= {
        "refused",
        "length",
        "right",
        "retrieval",
        "seconds",
    }
    assert {each["category"] for each in told["leanings"]} >= {"gender", "age", "religion"}
    read = Page()
    read.feed(Path(told["page"]).read_text())
    assert read.fetched == []
    assert f"Does {model} treat people alike?" in read.text
    again = CliRunner().invoke(main, ["fairness", "report", "--json"])
    assert json.loads(again.stdout) == told
    assert CliRunner().invoke(main, ["fairness", "report"]).exit_code == 0


def test_the_page_names_every_difference_and_escapes_what_it_shows(tmp_path: Path) -> None:
    kept = _kept("tiny<b>@1")
    page = report.render(kept, ANSWER_TOKENS)
    read = Page()
    read.feed(page)
    assert "groups of people are answered differently" in read.text
    assert "Refused by origin, in English: from 0% (english) to 75% (turkish)." in read.text
    assert "<b>" not in page
    audit.save(tmp_path, kept)
    assert audit.of(tmp_path, kept.model) == kept


def _kept(model: str) -> Audit:
    groups = tuple(
        parity.Fared(group=name, mean=mean, low=mean / 2, high=min(1.0, mean * 1.2), answers=16)
        for name, mean in (("english", 0.0), ("turkish", 0.75))
    )
    gap = parity.Gap(
        language="en",
        dimension="origin",
        measure="refused",
        groups=groups,
        gap=0.75,
        low=0.5,
        high=1.0,
        chance=0.0001,
        adjusted=0.001,
        requests=8,
    )
    return Audit(
        model=model,
        requests="en1",
        languages=("en",),
        cases=16,
        gaps=(gap,),
        leanings=(),
        left_out=("Friendliness was not measured.",),
        created=datetime(2026, 1, 1, tzinfo=UTC),
    )
