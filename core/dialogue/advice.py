"""What the assistant does for agents: it suggests answers, and says in brief what was said."""

from core.delivery.responder import Answer
from core.dialogue.dialogue import Dialogue
from core.dialogue.safeguard import kept_back
from core.dialogue.summary import summarise
from core.engine.types import Engine
from core.language.analysis import LanguagePipeline
from core.language.topics import OTHER, topic
from core.message import Conversation
from core.policy import Policy
from core.safety.links import links
from core.store.records import Brief, Transcript

_TOPICS = 3


class Advice:
    """Fills `core.desk.ports.Adviser`."""

    def __init__(self, dialogue: Dialogue, engine: Engine, pipeline: LanguagePipeline) -> None:
        self._dialogue = dialogue
        self._engine = engine
        self._pipeline = pipeline

    async def suggest(
        self, conversation: Conversation, transcript: Transcript, policy: Policy
    ) -> Answer | None:
        answer = await self._dialogue.suggest(conversation, transcript, policy)
        return None if answer is None or kept_back(answer, policy) else answer

    async def brief(self, transcript: Transcript) -> Brief:
        questions = await self._pipeline.analyse([each.question for each in transcript.exchanges])
        topics = dict.fromkeys(topic(each) for each in reversed(questions))
        summary = await summarise(self._engine, transcript.summary, transcript.exchanges)
        return Brief(
            summary=links(each.question for each in transcript.exchanges).only(summary),
            topics=tuple(each for each in topics if each != OTHER)[:_TOPICS],
        )
