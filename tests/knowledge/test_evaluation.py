"""Measuring with questions of one's own: read, proposed, calibrated on, and counted."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from core.dialogue import evaluation
from core.dialogue.evaluation import Report
from core.dialogue.knowledge import KnowledgeRoute
from core.errors import ConfigurationError
from core.knowledge import proposing, questions
from core.knowledge.calibration import Rates, Sample, calibrated, rates
from core.knowledge.passages import Document, Found, Passage, Source
from core.knowledge.questions import Asked
from core.knowledge.relevance import Limits, keep, limits
from core.language.pipeline import Pipeline
from core.language.query import SearchQuery
from core.testing import MemoryKnowledge, ScriptedEngine

LEAVE = Passage(text="Everybody has 30 days of leave a year. Leave is taken by the end of March.")
LIMITS = Limits(answer=0.7, about=0.3)


async def _evaluated(pipeline: Pipeline, asked: Sequence[Asked], *script: str) -> Report:
    memory = MemoryKnowledge()
    await memory.add(Source(name="docs", location="/docs"))
    await memory.put("docs", Document(location="leave.md", title="Leave", digest=""), [LEAVE])
    route = KnowledgeRoute(
        library=memory, search=memory, pipeline=pipeline, engine=ScriptedEngine(*script), thresholds=LIMITS
    )
    found = await evaluation.find(pipeline, memory, asked)
    return evaluation.report(await evaluation.answer(route, found))


async def test_what_is_found_answered_and_left_alone_is_counted(pipeline: Pipeline) -> None:
    asked = [
        Asked(question="How many days of leave are there a year?", document="leave.md", expect="30 days"),
        Asked(question="How many days of leave does everybody have?", document="leave.md", expect="40 days"),
        Asked(question="How deep is the Mariana Trench?"),
    ]
    report = await _evaluated(pipeline, asked, "Everybody has 30 days of leave a year [1].", "no", "no")
    assert (report.answerable, report.unanswerable) == (2, 1)
    assert (report.recall, report.mrr, report.answered) == (0.5, 0.5, 1.0)
    assert (report.correct, report.right_document, report.wrong) == (0.5, 1.0, 0.0)
    assert (report.abstained, report.grounded, report.quoted) == (1.0, 0.5, 0.5)


def _sample(similarity: float, *, answerable: bool) -> Sample:
    found = Found(
        id=1,
        passage=Passage(text="nothing of it"),
        document=Document(location="x", title="x", digest=""),
        source="docs",
        score=1.0,
        similarity=similarity,
    )
    query = SearchQuery(text="bread?", terms=("bread",), names=(), reasons=())
    return Sample(query=query, found=[found], answerable=answerable)


def test_calibration_finds_what_tells_the_two_kinds_apart() -> None:
    samples = [_sample(0.5 + number / 100, answerable=True) for number in range(20)]
    samples += [_sample(0.3 + number / 100, answerable=False) for number in range(10)]
    found = calibrated(samples, Limits(answer=0.0, about=0.0))
    assert rates(samples, found) == Rates(answered=1.0, abstained=1.0)
    assert found.about <= found.answer


def test_too_few_questions_calibrate_nothing() -> None:
    with pytest.raises(ConfigurationError, match="1 approved questions with an answer and 0 without"):
        calibrated([_sample(0.5, answerable=True)], Limits(answer=0.0, about=0.0))


def test_ones_own_thresholds_win_over_those_that_come_along(tmp_path: Path) -> None:
    own = tmp_path / "relevance.json"
    assert limits("some-encoder", own) == limits()
    keep(LIMITS, "some-encoder", own)
    assert limits("some-encoder", own) == LIMITS
    assert limits("another", own) == limits()


async def test_proposals_await_approval_and_expect_the_passages_own_words(pipeline: Pipeline) -> None:
    documents = {
        "leave.md": [LEAVE],
        "faq.md": [Passage(text="Ask the office for a new key.", headings=("Where do I get a key?",))],
    }
    made = await proposing.propose(pipeline, documents, 10)
    assert {each.document for each in made} == {"leave.md", "faq.md"}
    assert not any(each.approved for each in made)
    texts = {location: " ".join(each.text for each in passages) for location, passages in documents.items()}
    assert all(each.expect in texts[each.document] for each in made)


def test_a_file_of_questions_is_read_as_it_was_written(tmp_path: Path) -> None:
    asked = [Asked(question="Größe?", document="a.md", expect="30"), Asked(question="Why?", approved=False)]
    questions.save(tmp_path / "q.yaml", asked)
    assert list(questions.load(tmp_path / "q.yaml")) == asked
    (tmp_path / "q.jsonl").write_text('{"question": "Why?"}\n\n')
    assert list(questions.load(tmp_path / "q.jsonl")) == [Asked(question="Why?")]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("- question: a\n- answer: b\n", "question 2"),
        ("[", "neither YAML nor JSON"),
        ("question: a", "valid"),
    ],
)
def test_a_wrong_file_of_questions_names_what_is_wrong(tmp_path: Path, text: str, complaint: str) -> None:
    (tmp_path / "q.yaml").write_text(text)
    with pytest.raises(ConfigurationError, match=complaint):
        questions.load(tmp_path / "q.yaml")


def test_an_absent_file_of_questions_says_how_to_begin(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="kb eval --make"):
        questions.load(tmp_path / "q.yaml")
