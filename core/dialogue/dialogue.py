"""One turn of dialogue: route the messages, assemble the context, let the model write."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace

from core import words
from core.delivery.exposure import TAKE_AWAY
from core.delivery.question import question_of
from core.delivery.responder import Answer, Seat
from core.dialogue import recognised
from core.dialogue.commands import NEW, SHORT, Commands
from core.dialogue.consenting import Consenting
from core.dialogue.context import PROMPT_VERSION, assemble
from core.dialogue.contributing import Contributing
from core.dialogue.documents import FURTHER, Documents, asks_for_facts
from core.dialogue.flows.route import FlowRoute
from core.dialogue.knowledge import KNOWLEDGE
from core.dialogue.own_data import OwnData
from core.dialogue.pictures import Pictures
from core.dialogue.plain_words import wished
from core.dialogue.reasking import Reasking
from core.dialogue.summary import summarise
from core.engine.asking import asking
from core.engine.rereading import read_anew
from core.engine.types import Delta, Engine, Finish, Options, Prompt, Role
from core.errors import ModelError
from core.fairness.guard import without_self
from core.fairness.outcomes import BEGINNING, refuses
from core.message import Conversation, Message
from core.policy import Policy
from core.privacy.masking import masked_again, unmasked
from core.privacy_policy import PrivacySection
from core.safety.links import links
from core.store.ports import Store
from core.store.records import EXCHANGES, Transcript, Turn
from core.tracing import span

REPEAT_TEMPERATURE = 0.7
"""A question asked again deserves another answer than the one that did not please."""


class Dialogue:
    """Fills `core.delivery.responder.Responder` with the store's memory and the engine's words."""

    def __init__(
        self,
        store: Store,
        engine: Engine,
        documents: Documents | None = None,
        flows: FlowRoute | None = None,
        *,
        with_people: bool = False,
        contributing: Contributing | None = None,
        consenting: Consenting | None = None,
        reasking: Reasking | None = None,
        privacy: PrivacySection = PrivacySection(),  # noqa: B008 - frozen
        with_voice: bool = False,
        pictures: Pictures | None = None,
    ) -> None:
        """Put together.

        Args:
            documents: what answers from documents, where there are any.
            with_people: there is a help desk, where people take over.
            flows: what leads people through tasks, where there are any.
            contributing: lets people bring some, where they can.
            consenting: lets people decide whether may be learnt from them, where that is wanted.
            reasking: notes who asks the same again, where may be learnt from it.
            privacy: who is responsible for what is kept.
            with_voice: answers can be read aloud.
            pictures: finds what answers say in what was read in people's pictures, where any are read.
        """
        self._store = store
        self._engine = engine
        self._documents = documents
        self._flows = flows
        self._consenting = consenting
        self._reasking = reasking
        self._pictures = pictures
        self._own_data = OwnData(store, privacy)
        self._commands = Commands(
            store,
            with_people=with_people,
            contributing=contributing,
            with_learning=consenting is not None,
            with_voice=with_voice,
        )

    async def respond(self, turn: Turn, policy: Policy, show: Callable[[Answer], None], seat: Seat) -> Answer:
        if answer := recognised.answer(turn):
            return answer
        lead, sure = recognised.lead(turn), recognised.certain(turn)

        def show_below(answer: Answer) -> None:
            show(replace(answer, lead=lead))

        if lead:
            show_below(Answer(text="", route=""))
        with asking(turn.conversation.key):
            answer = await self._answer(sure, policy, show_below, seat)
        corrections = recognised.corrections(turn, answer.choices)
        answer = replace(answer, lead=lead, choices=(*answer.choices, *corrections))
        if sure is not turn:
            answer = replace(answer, question=answer.question or question_of(sure))
        return await self._own_data.introduced(turn, policy, answer)

    async def _answer(self, turn: Turn, policy: Policy, show: Callable[[Answer], None], seat: Seat) -> Answer:
        newest = wished(turn.messages[-1])
        if newest is not turn.messages[-1]:
            if not newest.conversation.direct:
                return Answer(text=words.ask_in_private(newest.command), route="command", quiet=True)
            turn = replace(turn, messages=(*turn.messages[:-1], newest))
        if newest.command == FURTHER and self._documents:
            return await self._documents.further(turn, policy)
        if asked := await self._own_data.answer(turn):
            return asked
        if newest.command == TAKE_AWAY:
            return await self._taken_away(newest)
        if self._consenting and (decided := await self._consenting.answer(turn)):
            return decided
        if self._flows and (
            answer := await self._flows.answer(
                await self._in_clear(turn, policy), policy, lambda: self._alone(turn, policy, show, seat)
            )
        ):
            return await self._masked(turn, answer, policy)
        return await self._alone(turn, policy, show, seat)

    async def _in_clear(self, turn: Turn, policy: Policy) -> Turn:
        """The turn as people wrote it: what is done for them needs their own words."""
        if policy.personal_data == "keep":
            return turn
        names = await self._store.history.names(turn.conversation.key)
        return replace(turn, messages=tuple(_in_clear(each, names) for each in turn.messages))

    async def _masked(self, turn: Turn, answer: Answer, policy: Policy) -> Answer:
        """The answer as it may be kept."""
        if policy.personal_data == "keep":
            return answer
        names = await self._store.history.names(turn.conversation.key)
        return replace(answer, text=masked_again(answer.text, names))

    async def _taken_away(self, message: Message) -> Answer:
        """What becomes of a message that its author was warned of."""
        warned = await self._store.history.answered(message.conversation.key, post_id=message.reply_to)
        relay = warned.relay if warned else None
        if relay is None or relay.to is None:
            return Answer(text=words.lapsed(), route="command", quiet=True)
        if relay.to.key != message.sender.key:
            return Answer(text=words.not_theirs(), route="command", quiet=True)
        return Answer(text=words.taken_away(), route="command", quiet=True, removes=relay.answers)

    async def _alone(self, turn: Turn, policy: Policy, show: Callable[[Answer], None], seat: Seat) -> Answer:
        """The answer where no flow gives one."""
        newest = turn.messages[-1]
        if newest.command:
            return await self._command(turn, policy)
        if notice := _nothing_to_read(turn):
            return Answer(text=notice, route="notice", quiet=True)
        async with seat():
            return await self._written(turn, policy, show)

    async def _written(self, turn: Turn, policy: Policy, show: Callable[[Answer], None]) -> Answer:
        """The answer from the documents or the model."""
        transcript = await self._store.history.transcript(turn.conversation.key, EXCHANGES)
        pictures = await self._pictures.at_hand(turn) if self._pictures else ()
        lead = ""
        if (
            self._documents
            and pictures
            and (answer := await self._documents.from_pictures(turn, pictures, policy, show))
        ):
            return answer
        if self._documents and await self._documents.are_open(turn.conversation, policy):
            if answer := await self._documents.answer(turn, transcript, policy, show):
                return answer
            lead = words.not_from_documents() if asks_for_facts(turn) else ""
        options = _options(policy, is_repeat=turn.redone)
        answer = await self._chat(question_of(turn), transcript, policy, options, show, lead)
        return await self._pictures.cited(answer, pictures) if self._pictures else answer

    async def _command(self, turn: Turn, policy: Policy) -> Answer:
        newest = turn.messages[-1]
        answer = Answer(text=await self._commands.answer(newest, policy), route="command", quiet=True)
        if self._flows is None:
            return answer
        if newest.command == NEW:
            return replace(answer, flow=await self._flows.ended(turn))
        if newest.command in SHORT:
            return answer
        return replace(answer, choices=self._flows.offers(policy))

    async def suggest(
        self, conversation: Conversation, transcript: Transcript, policy: Policy
    ) -> Answer | None:
        """An answer to what the transcript leaves open; None where the documents are asked and have none."""
        if self._documents and await self._documents.are_open(conversation, policy):
            answer = await self._documents.suggest(transcript, conversation, policy)
            if answer is not None:
                return answer if answer.route == KNOWLEDGE else None
        return await self._chat("", transcript, policy, _options(policy), lambda _: None)

    async def reflect(self, conversation: Conversation, policy: Policy) -> Sequence[Conversation]:
        """Note who asked the same again; summarise what no longer fits, where everybody wants that."""
        if self._reasking:
            await self._reasking.note(conversation)
        if not await self._store.subjects.may_remember(conversation.key):
            return ()
        transcript = await self._store.history.transcript(conversation.key, EXCHANGES)
        context = await assemble(self._engine, policy, transcript, "")
        if not context.left_out:
            return ()
        summary = await summarise(self._engine, transcript.summary, context.left_out)
        if summary:
            await self._store.history.summarise(conversation.key, summary, context.left_out[-1].seq)
        return ()

    async def _chat(
        self,
        question: str,
        transcript: Transcript,
        policy: Policy,
        options: Options,
        show: Callable[[Answer], None],
        lead: str = "",
    ) -> Answer:
        """What the model says on its own, below the words that `lead` it in."""
        plain = without_self(question) if policy.second_look else question
        if plain == question:
            return await self._said(question, transcript, policy, options, show, lead)

        def unless_refused(answer: Answer) -> None:
            said = answer.text.removeprefix(lead).lstrip()
            if len(said) > BEGINNING and not refuses(said):
                show(answer)

        answer = await self._said(question, transcript, policy, options, unless_refused, lead)
        if not refuses(answer.text.removeprefix(lead).lstrip()):
            return answer
        again = await self._said(plain, transcript, policy, options, show, lead)
        return replace(again, evidence=again.evidence | {"second_look": True})

    @read_anew
    async def _said(
        self,
        question: str,
        transcript: Transcript,
        policy: Policy,
        options: Options,
        show: Callable[[Answer], None],
        lead: str,
    ) -> Answer:
        context = await assemble(self._engine, policy, transcript, question)
        prompt = await self._engine.prepare(context.messages)
        begun = Answer(
            text="",
            route="chat",
            model=prompt.model,
            prompt=prompt.text,
            links=links((question, *(each.question for each in transcript.exchanges)), policy.link_hosts),
            evidence={
                "prompt_version": PROMPT_VERSION,
                "prompt_sha256": hashlib.sha256(prompt.text.encode("utf-8", "replace")).hexdigest(),
                "exchanges_in_context": sum(each.role is Role.ASSISTANT for each in context.messages),
            },
        )
        return await self._write(begun, prompt, options, show, lead)

    async def _write(
        self, begun: Answer, prompt: Prompt, options: Options, show: Callable[[Answer], None], lead: str
    ) -> Answer:
        text, before = "", f"{lead}\n\n" if lead else ""
        last: Delta | None = None
        with span("generate", model=prompt.model) as generating:
            async for last in self._engine.stream(prompt, options):
                if last.text:
                    text += last.text
                    show(replace(begun, text=before + text))
            if last and last.usage:
                generating.note(prompt_tokens=last.usage.prompt_tokens, tokens=last.usage.generated_tokens)
        if last is None or last.finish is None:
            raise ModelError("The model broke off without finishing.")
        if not text.strip():
            raise ModelError("The model wrote nothing.")
        measured = {"usage": asdict(last.usage) if last.usage else None, "finish": str(last.finish)}
        whole = f"{text.rstrip()} …" if last.finish is Finish.LENGTH else text.strip()
        return replace(begun, text=before + whole, evidence=begun.evidence | measured)


def _in_clear(message: Message, names: Mapping[str, str]) -> Message:
    """What was written, and what was heard and read, with the names for their pseudonyms."""
    files = tuple(
        replace(
            each,
            recognised=each.recognised
            and replace(each.recognised, text=unmasked(each.recognised.text, names, markdown=False)),
        )
        for each in message.attachments
    )
    return replace(message, text=unmasked(message.text, names, markdown=False), attachments=files)


def _options(policy: Policy, *, is_repeat: bool = False) -> Options:
    warmth = max(policy.temperature, REPEAT_TEMPERATURE) if is_repeat else policy.temperature
    return Options(max_tokens=policy.max_tokens, temperature=warmth, top_p=0.9)


def _nothing_to_read(turn: Turn) -> str:
    if any(message.said for message in turn.messages):
        return ""
    if any(message.press for message in turn.messages):
        return words.lapsed()
    return words.no_words() if any(message.attachments for message in turn.messages) else words.empty()
