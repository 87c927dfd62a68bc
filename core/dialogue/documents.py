"""Between the turn and the knowledge route: what is asked, what went before, and what becomes of failures."""

import logging
import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from core import words
from core.delivery.question import in_brief
from core.delivery.responder import Answer
from core.dialogue.evidence import shown_passages
from core.dialogue.knowledge import CLARIFY, KNOWLEDGE, UNKNOWN, KnowledgeRoute, Question
from core.dialogue.pictures import Picture
from core.language.query import LOOKED_BACK, Exchange
from core.message import Conversation
from core.policy import Policy
from core.store import records
from core.store.ports import History
from core.store.records import Transcript, Turn

FURTHER = "further"
"""The command of the button "This did not help"."""
_SPEAKER = re.compile(r"^[^:\n]{1,40}: ", re.MULTILINE)
"""Before each message where several people can speak (`core.delivery.question`)."""
_ASKS = re.compile(
    r"\?|^\s*(?:who|what|when|where|which|how|why|is|are|was|were|do|does|did|can|tell me about|define)\b",
    re.IGNORECASE,
)
_SOCIAL = re.compile(r"\b(?:you|your|yours|yourself)\b", re.IGNORECASE)
_PICTURED = 300
"""Characters that are looked for of what a picture shows."""

_log = logging.getLogger(__name__)


class Documents:
    """Turns answered from documents."""

    def __init__(self, route: KnowledgeRoute, history: History) -> None:
        self._route = route
        self._history = history

    async def are_open(self, conversation: Conversation, policy: Policy) -> bool:
        """Whether any document may be answered from there; False while that cannot be read."""
        try:
            return await self._route.is_open(conversation, policy) or policy.answers == "cited"
        except Exception:  # noqa: BLE001 - as below
            _log.exception("the sources cannot be read")
            return policy.answers == "cited"

    async def answer(
        self, turn: Turn, transcript: Transcript, policy: Policy, show: Callable[[Answer], None]
    ) -> Answer | None:
        """The answer; None where the question is one for the chat.

        A search that fails costs an answer only where nothing but the documents may answer.
        """
        question = _question(turn, transcript)
        try:
            return await self._route.answer(question, policy, show)
        except Exception:  # noqa: BLE001 - whatever broke, the person hears something
            _log.exception("the documents could not be searched for turn %s", turn.id)
            failed = Answer(text=words.search_failed(), route=UNKNOWN)
            return failed if policy.answers == "cited" else None

    async def from_pictures(
        self,
        turn: Turn,
        pictures: Sequence[Picture],
        policy: Policy,
        show: Callable[[Answer], None],
    ) -> Answer | None:
        """The answer from what was read in pictures; None where it is none for them, or that failed."""
        # as it stands: filled in from what was read before it would be about any picture
        said = Question(turn_id=turn.id, text=_said(turn), conversation=turn.conversation)
        try:
            return await self._route.from_pictures(said, pictures, policy, show)
        except Exception:  # noqa: BLE001 - whatever broke, others may answer
            _log.exception("the pictures of turn %s could not be searched", turn.id)
            return None

    async def suggest(self, transcript: Transcript, where: Conversation, policy: Policy) -> Answer | None:
        """The answer to what the transcript leaves open, as in `answer`; that there is none is not noted.

        Several messages may be open, and only the last one be a question.

        Raises:
            ModelError, StoreError, TimeoutError: the search failed.
        """
        *before, last = transcript.exchanges
        whole = _without_speakers(last.question, where)
        answer = None
        for text in dict.fromkeys((whole, whole.rpartition("\n")[2])):
            question = Question(
                text=text,
                conversation=where,
                before=_before(before, where),
                asked_back=True,  # agents ask back themselves
            )
            answer = await self._route.answer(question, policy, lambda _: None)
            if answer is not None and answer.route == KNOWLEDGE:
                return answer
        return answer

    async def further(self, turn: Turn, policy: Policy) -> Answer:
        """Somebody was not helped by an answer: what else there is, and a note that it was missed."""
        where = turn.conversation
        record = await self._history.record(where.key, turn.messages[-1].reply_to)
        if record is None or not record.question:
            return Answer(text=words.no_earlier_answer(), route="notice", quiet=True)
        transcript = await self._history.transcript(where.key, LOOKED_BACK)
        question = Question(
            turn_id=record.id,
            text=_without_speakers(record.question, where),
            conversation=where,
            before=_before([each for each in transcript.exchanges if each.turn_id != record.id], where),
            seen=shown_passages(record.evidence),
        )
        try:
            answer = await self._route.further(question, policy)
        except Exception:  # noqa: BLE001 - as above
            _log.exception("the documents could not be searched for turn %s", turn.id)
            return Answer(text=words.search_failed(), route=UNKNOWN)
        return replace(answer, question=record.question)


def asks_for_facts(turn: Turn) -> bool:
    """Whether somebody wants to know something of the world, rather than to talk or to have a text made."""
    text = _asked(turn)
    return bool(_ASKS.search(text)) and not _SOCIAL.search(text)


def _question(turn: Turn, transcript: Transcript) -> Question:
    """Together with the question before, where the assistant has asked back what it meant."""
    exchanges = list(transcript.exchanges)
    text, asked_back = _asked(turn), bool(exchanges) and exchanges[-1].route == CLARIFY
    if asked_back:
        text = f"{_without_speakers(exchanges.pop().question, turn.conversation)} {text}"
    quotes = [Exchange(question="", answer=message.quote) for message in turn.messages if message.quote]
    return Question(
        turn_id=turn.id,
        text=text,
        conversation=turn.conversation,
        before=[*_before(exchanges, turn.conversation), *quotes],
        asked_back=asked_back,
    )


def _asked(turn: Turn) -> str:
    """What was said, and what stands in the pictures beside it: an error message, most often."""
    pictured = " ".join(message.pictured[:_PICTURED] for message in turn.messages if message.pictured)
    return f"{_said(turn)}\n{pictured}".strip()


def _said(turn: Turn) -> str:
    return "\n".join(filter(None, (in_brief(each, with_marks=False) for each in turn.messages)))


def _before(exchanges: Sequence[records.Exchange], where: Conversation) -> list[Exchange]:
    return [
        Exchange(question=_without_speakers(each.question, where), answer=each.reply) for each in exchanges
    ]


def _without_speakers(question: str, where: Conversation) -> str:
    return question if where.direct else _SPEAKER.sub("", question)
