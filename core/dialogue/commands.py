"""Commands a person would try. Each gives a notice; none needs the model."""

from collections.abc import Awaitable, Callable

from core import words
from core.dialogue.consenting import LEARNING
from core.dialogue.contributing import KB, Contributing
from core.dialogue.reading_aloud import VOICE
from core.message import Message, Platform
from core.policy import Policy
from core.store.ports import Store

NEW = "new"
SHORT = ("stop", "again", KB)
"""Commands whose answers offer nothing further."""
_MARK = {Platform.SLACK: "!", Platform.TELEGRAM: "/", Platform.WEB: "/", Platform.TERMINAL: "/"}


class Commands:
    """Answers commands."""

    def __init__(
        self,
        store: Store,
        *,
        with_people: bool = False,
        contributing: Contributing | None = None,
        with_learning: bool = False,
        with_voice: bool = False,
    ) -> None:
        """Put together.

        Args:
            with_people: there is a help desk, where people take over.
            contributing: answers `kb`, where documents can be brought.
            with_learning: people decide whether may be learnt from them, with `learning`.
            with_voice: answers are read aloud, with `voice`.
        """
        self._store = store
        self._has_people = with_people
        self._contributing = contributing
        self._has_learning = with_learning
        self._has_voice = with_voice
        self._table: dict[str, Callable[[Message, Policy], Awaitable[str]]] = {
            "start": self._start,
            NEW: self._new,
            "stop": self._stop,
            "again": self._again,
            KB: self._kb,
            LEARNING: self._learning,
        }

    async def answer(self, message: Message, policy: Policy) -> str:
        """The notice for `message.command`; anything unknown gets the list of what there is."""
        return await self._table.get(message.command, self._help)(message, policy)

    async def _start(self, message: Message, policy: Policy) -> str:
        return f"{policy.greeting or words.greeting()}\n\n{self._commands_for(message)}"

    async def _help(self, message: Message, policy: Policy) -> str:
        return f"{words.introduction(policy.name)}\n\n{self._commands_for(message)}"

    async def _kb(self, message: Message, policy: Policy) -> str:
        if self._contributing is None:
            return await self._help(message, policy)
        return await self._contributing.answer(message, policy)

    async def _learning(self, message: Message, policy: Policy) -> str:
        """Where nobody is asked; else it is answered before any command is."""
        return words.learning_off()

    async def _new(self, message: Message, policy: Policy) -> str:
        await self._store.history.begin_afresh(message.conversation.key)
        return words.afresh()

    async def _stop(self, message: Message, policy: Policy) -> str:
        return words.nothing_to_stop()

    async def _again(self, message: Message, policy: Policy) -> str:
        return words.nothing_to_repeat()

    def _commands_for(self, message: Message) -> str:
        mark = _MARK[message.conversation.platform]
        may = self._contributing is not None and self._contributing.may(message.sender)
        editors = [(KB, words.bring_documents())] if may else []
        learning = [(LEARNING, words.let_learn())] if self._has_learning else []
        voice = [(VOICE, words.let_read_aloud())] if self._has_voice else []
        listed = [*words.commands(with_people=self._has_people), *voice, *learning, *editors]
        return "\n".join(f"- `{mark}{name}`: {purpose}" for name, purpose in listed)
