"""How well questions are answered from documents: found, answered, right, and left alone when unknown."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from core.delivery.responder import Answer
from core.dialogue.knowledge import KNOWLEDGE, KnowledgeRoute, Question
from core.knowledge.passages import Found
from core.knowledge.ports import Search
from core.knowledge.questions import Asked
from core.language.analysis import LanguagePipeline
from core.language.query import SearchQuery, search_query
from core.policy import Policy

DEPTH = 10
"""Passages among which the right one is looked for."""
TOP = 5
"""Passages that recall counts: as many as are answered from."""
POLICY = Policy(answers="cited")


@dataclass(frozen=True, kw_only=True)
class Tried:
    """One question, what was found for it and what was answered."""

    asked: Asked
    query: SearchQuery
    found: Sequence[Found]
    answer: Answer | None = None

    @property
    def rank(self) -> int:
        """The place of the first passage that answers, from 1; 0 where none was found."""
        return next((place for place, each in enumerate(self.found, 1) if self.asked.is_in(each)), 0)

    @property
    def answered(self) -> bool:
        return self.answer is not None and self.answer.route == KNOWLEDGE

    @property
    def says_it(self) -> bool:
        """The answer has the expected words; where none are expected, cites the right document."""
        return self.answered and (self.asked.is_said(self._text) if self.asked.expect else self.cites_it)

    @property
    def cites_it(self) -> bool:
        """The right document is among its sources."""
        ids = {citation.passage for citation in self.answer.citations} if self.answer else set[int]()
        return self.answered and any(
            each.document.location == self.asked.document for each in self.found if each.id in ids
        )

    @property
    def grounded(self) -> bool:
        """Phrased by the model and checked, rather than quoted."""
        return self.answered and self.answer is not None and self.answer.evidence.get("outcome") == "grounded"

    @property
    def _text(self) -> str:
        return self.answer.text if self.answer else ""


@dataclass(frozen=True, kw_only=True)
class Report:
    """Shares, each of what its name says; 0 where there was nothing to count."""

    answerable: int
    unanswerable: int
    recall_at_1: float
    recall: float
    """Of answerable questions: a passage that answers is among the best five."""
    mrr: float
    """Mean reciprocal rank of the first passage that answers, among the best ten."""
    answered: float
    """Of answerable questions."""
    correct: float
    """Of those answered: the answer has the expected words."""
    right_document: float
    """Of those answered: the right document is cited."""
    wrong: float
    """Of all answerable questions: answered with neither."""
    abstained: float
    """Of unanswerable questions."""
    grounded: float
    """Of all answers: phrased and checked."""
    quoted: float
    """Of all answers: the passages' own words. Together with `grounded` this is 1: nothing else is sent."""


async def find(pipeline: LanguagePipeline, search: Search, questions: Sequence[Asked]) -> list[Tried]:
    """Search for every question, without answering."""
    tried = []
    for asked in questions:
        query = await search_query(pipeline, asked.question, ())
        tried.append(Tried(asked=asked, query=query, found=await search.find(query, None, limit=DEPTH)))
    return tried


async def answer(
    route: KnowledgeRoute, tried: Sequence[Tried], progress: Callable[[], None] = lambda: None
) -> list[Tried]:
    """Answer every question, where only documents may answer."""
    done = []
    for each in tried:
        question = Question(text=each.asked.question, conversation=None)
        answered = await route.answer(question, POLICY, lambda _: None)
        done.append(Tried(asked=each.asked, query=each.query, found=each.found, answer=answered))
        progress()
    return done


def report(tried: Sequence[Tried]) -> Report:
    """The figures of questions that were answered."""
    real = [each for each in tried if each.asked.answerable]
    none = [each for each in tried if not each.asked.answerable]
    answered = [each for each in real if each.answered]
    every = [each for each in tried if each.answered]
    return Report(
        answerable=len(real),
        unanswerable=len(none),
        recall_at_1=_share([each.rank == 1 for each in real]),
        recall=_share([0 < each.rank <= TOP for each in real]),
        mrr=sum(1 / each.rank for each in real if each.rank) / len(real) if real else 0.0,
        answered=_share([each.answered for each in real]),
        correct=_share([each.says_it for each in answered]),
        right_document=_share([each.cites_it for each in answered]),
        wrong=_share([each.answered and not each.says_it and not each.cites_it for each in real]),
        abstained=_share([not each.answered for each in none]),
        grounded=_share([each.grounded for each in every]),
        quoted=_share([not each.grounded for each in every]),
    )


def _share(held: Sequence[bool]) -> float:
    return sum(held) / len(held) if held else 0.0
