"""Answers read to people: the last one when they ask for it, every one where they want that.

Only what stands as an answer is read: nothing that was refused, withheld or stopped. An answer from documents
that did not pass the check is never shown, and so never read either.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace

from core import words
from core.delivery.responder import Answer, Responder, Seat
from core.dialogue.knowledge import CLARIFY, KNOWLEDGE
from core.dialogue.own_data import ON_OFF, consent_of
from core.fairness.outcomes import refuses
from core.language.identification import Identifier
from core.media.aloud import aloud
from core.media.voices import lying_voice
from core.message import Arrival, Conversation, Message, Relay
from core.policy import Policy
from core.store.ports import Store
from core.store.records import Purpose, Turn, TurnState
from core.translation import language

VOICE = "voice"
"""The command: alone it reads the last answer, with `on` or `off` it is about all to come."""
LONGEST = 3_000
"""Characters that are read: some three minutes."""
_READ = ("chat", KNOWLEDGE, CLARIFY)
"""Routes of answers that are read."""
_ASKED = (
    *("read it to me", "read that to me", "read this to me", "read it aloud", "read it out loud"),
    *("lies es mir vor", "lies mir das vor", "lies das vor", "lesen sie es mir vor", "lesen sie das vor"),
    *("léemelo", "leemelo", "léelo en voz alta", "léamelo", "leamelo", "léalo en voz alta"),
)
"""Words that ask for the last answer as the command does."""


class ReadingAloud:
    """Fills `core.delivery.responder.Responder` with another one, and lets its answers be read.

    Args:
        languages: there is a voice for; none where nothing reads here.
    """

    def __init__(self, responder: Responder, store: Store, languages: Sequence[str]) -> None:
        self._responder = responder
        self._store = store
        self._languages = languages
        self._identifier = Identifier()

    async def respond(self, turn: Turn, policy: Policy, show: Callable[[Answer], None], seat: Seat) -> Answer:
        newest = turn.messages[-1]
        if _is_wish(newest):
            wanted = _wanted(newest)
            return await (self._last(turn) if wanted is None else self._preferred(newest, wanted))
        answer = await self._responder.respond(turn, policy, show, seat)
        if not await self._prefers(newest, answer) or await self._obstacle(answer.text):
            return answer
        return replace(answer, relays=(*answer.relays, _note(turn, turn.id)))

    async def reflect(self, conversation: Conversation, policy: Policy) -> Sequence[Conversation]:
        return await self._responder.reflect(conversation, policy)

    async def _prefers(self, message: Message, answer: Answer) -> bool:
        if not message.conversation.direct or answer.quiet or not _is_readable(answer.route, answer.text):
            return False
        return await self._store.subjects.prefers_voice(message.sender.key)

    async def _last(self, turn: Turn) -> Answer:
        """The last answer, or the one below which it was asked for, read."""
        message = turn.messages[-1]
        place = message.conversation.key
        before = await self._store.history.answered(place, post_id=message.reply_to)
        said = await self._store.history.record(place, turn_id=before.id) if before else None
        if said is None or said.state is not TurnState.ANSWERED or not _is_readable(said.route, said.reply):
            return _notice(words.nothing_to_read_aloud())
        if obstacle := await self._obstacle(said.reply):
            return _notice(obstacle)
        return replace(_notice(words.reads_aloud()), relays=(_note(turn, said.id),))

    async def _preferred(self, message: Message, wanted: bool) -> Answer:
        """What a person wants from now on."""
        if not message.conversation.direct:
            return _notice(words.voice_in_private())
        if wanted and not self._languages:
            return _notice(words.no_voice())
        consent = consent_of(message, Purpose.VOICE, wanted, words.let_read_aloud())
        await self._store.subjects.prefer_voice(consent)
        return _notice(words.voice_on() if wanted else words.voice_off())

    async def _obstacle(self, text: str) -> str:
        """Why a text cannot be read; empty where it can."""
        if not self._languages:
            return words.no_voice()
        said = aloud(text)
        if not said:
            return words.nothing_to_read_aloud()
        if len(said) > LONGEST:
            return words.too_long_to_read_aloud()
        found = await asyncio.to_thread(self._identifier.language, said, language())
        return "" if found in self._languages else words.no_voice_for_language()


def _is_wish(message: Message) -> bool:
    """Whether it is about this: the command, or one of a few plain wordings."""
    if message.command or message.press or not all(each.is_recording for each in message.attachments):
        return message.command == VOICE
    return message.said.strip(" .!").casefold() in _ASKED


def _wanted(message: Message) -> bool | None:
    """Whether every answer is to be read from now on; None where only the last one is."""
    return ON_OFF.get(message.text.strip().casefold()) if message.command else None


def _is_readable(route: str, text: str) -> bool:
    return route in _READ and not refuses(text)


def _note(turn: Turn, answered: str) -> Arrival:
    """The answer of a turn comes as a file of its own, below; it is made when it is sent."""
    place = turn.conversation
    relay = Relay(conversation=place, source=f"voice:{turn.id}", files=(lying_voice(answered, place),))
    return Arrival(key=f"voice:{place.key}:{turn.id}", event=relay)


def _notice(text: str) -> Answer:
    return Answer(text=text, route="command", quiet=True)
