"""The knowledge route: a question is searched for, answered from passages, and checked before it is shown.

In order: the question is made self-contained; searched; judged by how well the best passages fit. Where they
do, the model phrases an answer if it is one whose drafts pass the check, and the check decides; else the
passages are quoted. Where they do not, the assistant says that it does not know, or asks back once, or leaves
the question to the chat, if it is none for the documents.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field

from core import words
from core.delivery.responder import Answer
from core.dialogue import drafting, evidence
from core.dialogue.drafting import Draft, Record
from core.dialogue.gaps import GapNotes
from core.dialogue.pictures import Picture, Span
from core.engine.types import Engine
from core.errors import ModelError
from core.knowledge.grounding import Verdict, cited_numbers, ground
from core.knowledge.pages import address_of
from core.knowledge.passages import Found
from core.knowledge.ports import Library, Search
from core.knowledge.quoting import quote
from core.knowledge.relevance import Limits, coverage, limits, relevance
from core.language.analysis import LanguagePipeline
from core.language.query import Exchange, SearchQuery, search_query
from core.language.words import each_word
from core.message import Citation, Conversation
from core.policy import Policy
from core.safety.links import links

KNOWLEDGE, UNKNOWN, CLARIFY = "knowledge", "unknown", "clarify"
"""Routes of what it answers."""
SEARCH_SECONDS = 15.0
"""For understanding the question and searching; loading the language model the first time is among it."""
PASSAGES = 5
"""Looked for, and read by the model as far as they fit."""
QUOTED = 2
"""Passages that are quoted at most."""
PICTURED = 0.75
"""Share of what a question asks about that stands in a picture from which it is answered: less may as well be
about what the picture shows."""
_CLOSE = 0.1
"""How near the best passages of two documents are for the question to be open between them."""
_SHORT = 1
"""Words asked about with which a question is too short to be sure."""

_log = logging.getLogger(__name__)
Show = Callable[[Answer], None]


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is asked, and where."""

    turn_id: str = ""
    """Under which it is kept where it has no answer; empty: it is not kept."""
    text: str
    conversation: Conversation | None
    """None for an operator who evaluates: everything is open."""
    before: Sequence[Exchange] = ()
    language: str = ""
    asked_back: bool = False
    """The assistant's last word was a question: it does not ask twice in a row."""
    seen: frozenset[int] = frozenset()
    """Passages that were shown already and did not help."""


@dataclass(frozen=True, kw_only=True)
class Judged:
    """A passage, and how well it fits."""

    found: Found
    relevance: float


@dataclass(kw_only=True)
class _Looked:
    """What a search brought, and what is written down of it."""

    query: SearchQuery
    judged: Sequence[Judged]
    limits: Limits
    seconds: dict[str, float]
    """That each step took."""
    more: dict[str, object]
    """Further evidence."""
    pictures: Mapping[int, Picture] = field(default_factory=dict)
    """By the id of the passage, where it looked into pictures alone."""

    @property
    def evidence(self) -> dict[str, object]:
        passages = [evidence.passage(each.found, each.relevance) for each in self.judged]
        return {"passages": passages, "thresholds": asdict(self.limits), "seconds": self.seconds} | self.more

    @property
    def best(self) -> float:
        return max((each.relevance for each in self.judged), default=0.0)

    @property
    def fitting(self) -> Sequence[Judged]:
        return [each for each in self.judged if each.relevance >= self.limits.answer]


class KnowledgeRoute:
    """Answers from documents."""

    def __init__(
        self,
        *,
        library: Library,
        search: Search,
        pipeline: LanguagePipeline,
        engine: Engine,
        gaps: GapNotes | None = None,
        thresholds: Limits | None = None,
        past: Record | None = None,
    ) -> None:
        """Put together.

        Args:
            gaps: keeps the questions that have no answer.
            thresholds: of relevance; those of words alone by default.
            past: how the model's drafts did; what was measured by default.
        """
        self._library = library
        self._search = search
        self._pipeline = pipeline
        self._engine = engine
        self._gaps = gaps
        self._limits = thresholds or limits()
        self._past = past

    async def is_open(self, conversation: Conversation, policy: Policy) -> bool:
        """Whether any source may be used there."""
        if policy.sources is not None and not policy.sources:
            return False
        return any(
            source.open_to(conversation) and (policy.sources is None or source.name in policy.sources)
            for source in await self._library.sources()
        )

    async def answer(self, question: Question, policy: Policy, show: Show) -> Answer | None:
        """The answer; None where the question is none for the documents, and may be answered without them.

        Raises:
            StoreError, ModelError, TimeoutError: the search failed.
        """
        looked = await self._look(question, policy)
        if looked.fitting:
            return await self._from_passages(question, looked, policy, show)
        if not looked.query.terms or looked.best < looked.limits.about:
            return None if policy.answers == "free" else await self._unknown(question, looked, policy)
        if not question.asked_back and (asking := _asking_back(looked)):
            await self._note(question, looked, "not sure")
            return Answer(text=asking, route=CLARIFY, evidence=looked.evidence)
        return await self._unknown(question, looked, policy)

    async def from_pictures(
        self, question: Question, pictures: Sequence[Picture], policy: Policy, show: Show
    ) -> Answer | None:
        """The answer from what was read in pictures, where it holds what is asked about; else None.

        Where the documents alone may answer, and the question names nothing, it is about those pictures with
        which it came.

        Raises:
            ModelError, TimeoutError: the question could not be understood.
        """
        async with asyncio.timeout(SEARCH_SECONDS):
            query = await search_query(self._pipeline, question.text, question.before, question.language)
        is_bare = policy.answers == "cited" and not query.terms
        judged = [
            Judged(found=each.found, relevance=coverage(query, each.found.passage.text))
            for each in pictures
            if each.meant or not is_bare
        ]
        looked = _Looked(
            query=query,
            judged=sorted(judged, key=lambda each: -each.relevance),
            limits=Limits(answer=0.0 if is_bare else PICTURED, about=PICTURED),
            seconds={},
            more={},
            pictures={each.id: each for each in pictures},
        )
        return await self._from_passages(question, looked, policy, show) if looked.fitting else None

    async def further(self, question: Question, policy: Policy) -> Answer:
        """What else there is on a question whose first passages did not help: other documents first.

        Raises:
            StoreError, ModelError: the search failed.
        """
        looked = await self._look(question, policy)
        await self._note(question, looked, "did not help")
        rest = [each for each in looked.judged if each.relevance >= looked.limits.about]
        if not rest:
            return Answer(text=words.nothing_further(policy.human), route=UNKNOWN, evidence=looked.evidence)
        return await self._quoted(looked, rest, words.further())

    async def _look(self, question: Question, policy: Policy) -> _Looked:
        begun = time.perf_counter()
        async with asyncio.timeout(SEARCH_SECONDS):
            query = await search_query(self._pipeline, question.text, question.before, question.language)
            understood = time.perf_counter()
            found = await self._search.find(
                query,
                question.conversation,
                sources=policy.sources,
                limit=PASSAGES + len(question.seen),
            )
        searched = time.perf_counter()
        fresh = [each for each in found if each.id not in question.seen][:PASSAGES]
        judged = [Judged(found=each, relevance=relevance(query, each, self._limits)) for each in fresh]
        if not _are_reread(judged):
            judged.sort(key=lambda each: -each.relevance)  # stable: equals stay in the search's order
        return _Looked(
            query=query,
            judged=judged,
            limits=self._limits,
            seconds={"understanding": understood - begun, "searching": searched - understood},
            more={"filled_in": len(query.reasons), "seen": sorted(question.seen)},
        )

    async def _from_passages(self, question: Question, looked: _Looked, policy: Policy, show: Show) -> Answer:
        show(Answer(text="", route=KNOWLEDGE, doing=words.reading(len(looked.fitting))))
        past = self._past or drafting.record(self._engine.card().name)
        if past.drafts:
            try:
                if answer := await self._drafted(question, looked, policy, rewrite=past.rewrites):
                    return answer
            except ModelError as error:
                _log.warning("no draft: %s", error)
        if looked.pictures:
            return _quoted_from_pictures(looked)
        return await self._quoted(looked, looked.fitting, words.quoted())

    async def _drafted(
        self, question: Question, looked: _Looked, policy: Policy, *, rewrite: bool
    ) -> Answer | None:
        """What the model wrote, where it stands in what it cites; None where it does not."""
        fitting = await drafting.within_budget(self._engine, [each.found for each in looked.fitting])
        passages = dict(enumerate(fitting, 1))
        written = await self._draft(looked, passages, policy)
        if written.says_nothing:
            return None if looked.pictures else await self._unknown(question, looked, policy)
        verdict = await self._checked(written, passages)
        looked.more |= evidence.check(written, verdict, rewritten=False)
        if not _passes(written, verdict, passages) and rewrite:
            parts = _unsupported(written, verdict)
            written = await self._draft(looked, passages, policy, again=parts)
            verdict = await self._checked(written, passages)
            looked.more |= evidence.check(written, verdict, rewritten=True)
        if not _passes(written, verdict, passages):
            return None
        cited = cited_numbers(written.text)
        return Answer(
            text=written.text,
            route=KNOWLEDGE,
            citations=tuple(
                looked.pictures[each.id].citation(number, _spans(verdict, number))
                if each.id in looked.pictures
                else _citation(number, each)
                for number, each in passages.items()
                if number in cited
            ),
            model=written.prompt.model,
            prompt=written.prompt.text,
            links=links(_told(passages), policy.link_hosts),
            evidence=looked.evidence
            | {"outcome": "grounded", "cited": [passages[each].id for each in cited]},
        )

    async def _draft(
        self, looked: _Looked, passages: Mapping[int, Found], policy: Policy, again: Sequence[str] = ()
    ) -> Draft:
        return await drafting.draft(
            self._engine, looked.query.text, passages, max_tokens=policy.max_tokens, again=again
        )

    async def _checked(self, written: Draft, passages: Mapping[int, Found]) -> Verdict:
        texts = {number: _with_headings(each) for number, each in passages.items()}
        return await ground(self._pipeline, written.text, texts)

    async def _quoted(self, looked: _Looked, chosen: Sequence[Judged], lead: str) -> Answer:
        """The own words of the passages that say most of it, each under its number."""
        begun = time.perf_counter()
        quotes = await quote(self._pipeline, looked.query, [each.found for each in chosen])
        if not _are_reread(chosen):
            fit = {each.found.id: each.relevance for each in chosen}
            quotes = sorted(quotes, key=lambda each: -(fit[each.found.id] + each.worth / 2))
        quotes = quotes[:QUOTED]
        pieces = [f"{_quotation(each.text)}\n\n{words.numbers([at])}" for at, each in enumerate(quotes, 1)]
        looked.seconds["quoting"] = time.perf_counter() - begun
        return Answer(
            text="\n\n".join((lead, *pieces)),
            route=KNOWLEDGE,
            citations=tuple(_citation(number, each.found) for number, each in enumerate(quotes, 1)),
            evidence=looked.evidence | {"outcome": "quoted", "cited": [each.found.id for each in quotes]},
        )

    async def _unknown(self, question: Question, looked: _Looked, policy: Policy) -> Answer:
        if not looked.query.terms:
            return Answer(text=words.documents_only(), route="notice", quiet=True)
        await self._note(
            question, looked, "not sure" if looked.best >= looked.limits.about else "nothing found"
        )
        return Answer(text=words.unknown(policy.human), route=UNKNOWN, evidence=looked.evidence)

    async def _note(self, question: Question, looked: _Looked, reason: str) -> None:
        """Keep the question; of names, those that stand in the operator's documents."""
        if self._gaps and question.turn_id and looked.query.terms:
            found = [each.found for each in looked.judged if not each.found.is_brought]
            texts = [f"{each.document.title} {each.passage.text}" for each in found]
            known = frozenset(word for text in texts for word in each_word(text))
            await self._gaps.note(question.turn_id, question.text, reason, known)


def _are_reread(judged: Sequence[Judged]) -> bool:
    """Whether the reranker put them in their order, which is better than any of ours."""
    return all(each.found.answers is not None for each in judged)


def _asking_back(looked: _Looked) -> str:
    """The one question that would help; empty where none would."""
    near = [each for each in looked.judged if each.relevance >= looked.limits.about]
    titles = list(dict.fromkeys(words.one_line(each.found.document.title) for each in near))
    if len(titles) > 1 and near[0].relevance - _first_of(titles[1], near).relevance <= _CLOSE:
        return words.which_document(titles[0], titles[1])
    return words.tell_more() if len(looked.query.terms) <= _SHORT else ""


def _first_of(title: str, judged: Sequence[Judged]) -> Judged:
    return next(each for each in judged if words.one_line(each.found.document.title) == title)


def _passes(written: Draft, verdict: Verdict, passages: Mapping[int, Found]) -> bool:
    return verdict.supported and not drafting.foreign_links(written.text, passages)


def _unsupported(written: Draft, verdict: Verdict) -> Sequence[str]:
    return [written.text[each.start : each.end] for each in verdict.sentences if not each.supported]


def _quoted_from_pictures(looked: _Looked) -> Answer:
    """The rows that hold what is asked about, each picture's under its number."""
    chosen = [looked.pictures[each.found.id] for each in looked.fitting[:QUOTED]]
    told = {number: (each, each.telling(looked.query)) for number, each in enumerate(chosen, 1)}
    pieces = [
        f"{words.quotation(picture.words(spans))}\n\n{words.numbers([number])}"
        for number, (picture, spans) in told.items()
    ]
    return Answer(
        text="\n\n".join((words.quoted_from_picture(), *pieces)),
        route=KNOWLEDGE,
        citations=tuple(picture.citation(number, spans) for number, (picture, spans) in told.items()),
        evidence=looked.evidence | {"outcome": "quoted", "cited": [each.id for each in chosen]},
    )


def _citation(number: int, found: Found) -> Citation:
    return Citation(
        number=number,
        passage=found.id,
        title=found.document.title,
        place=found.passage.place,
        link=address_of(found.document.location),
    )


def _spans(verdict: Verdict, number: int) -> Sequence[Span]:
    """What of a passage stands behind an answer."""
    found = (each for sentence in verdict.sentences for each in sentence.evidence)
    return [(each.start, each.end) for each in found if each.passage == number]


def _quotation(text: str) -> str:
    return "\n".join(f"> {line}" for line in text.strip().split("\n"))


def _told(passages: Mapping[int, Found]) -> Sequence[str]:
    """What a draft may lead to: the documents that it was written from, and what stands in them."""
    return [
        text for each in passages.values() for text in (each.passage.text, address_of(each.document.location))
    ]


def _with_headings(found: Found) -> str:
    """What a citation speaks for: the passage under its headings."""
    return "\n\n".join((*found.passage.headings, found.passage.text))
