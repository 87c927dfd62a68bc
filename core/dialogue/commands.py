"""Commands a person would try. Each gives a notice; none needs the model."""

from collections.abc import Awaitable, Callable

from core import words
from core.dialogue.contributing import KB, Contributing
from core.message import Message, Platform
from core.policy import Policy
from core.store.ports import Store

NEW = "new"
SHORT = ("stop", "again", "me", KB)
"""Commands whose answers offer nothing further."""
_MARK = {Platform.SLACK: "!", Platform.TELEGRAM: "/", Platform.WEB: "/", Platform.TERMINAL: "/"}
_HELP = (
    ("help", "this list"),
    ("new", "start afresh: forget what was said here"),
    ("stop", "stop the answer that is being written"),
    ("again", "answer the last question once more"),
    ("me", "what I know about you"),
)
_PEOPLE = (("human", "talk to a person"),)
"""Where there is a help desk."""
_FOR_EDITORS = ((KB, "bring documents that I answer from here, list them, remove them"),)


class Commands:
    """Answers commands."""

    def __init__(
        self, store: Store, *, with_people: bool = False, contributing: Contributing | None = None
    ) -> None:
        """Put together.

        Args:
            with_people: there is a help desk, where people take over.
            contributing: answers `kb`, where documents can be brought.
        """
        self._store = store
        self._list = (*_HELP, *_PEOPLE) if with_people else _HELP
        self._contributing = contributing
        self._table: dict[str, Callable[[Message, Policy], Awaitable[str]]] = {
            "start": self._start,
            NEW: self._new,
            "stop": self._stop,
            "again": self._again,
            "me": self._me,
            KB: self._kb,
        }

    async def answer(self, message: Message, policy: Policy) -> str:
        """The notice for `message.command`; anything unknown gets the list of what there is."""
        return await self._table.get(message.command, self._help)(message, policy)

    async def _start(self, message: Message, policy: Policy) -> str:
        return f"{policy.greeting}\n\n{self._commands_for(message)}"

    async def _help(self, message: Message, policy: Policy) -> str:
        commands = self._commands_for(message)
        return f"I am {policy.name}. Write to me as you would to a colleague.\n\n{commands}"

    async def _kb(self, message: Message, policy: Policy) -> str:
        if self._contributing is None:
            return await self._help(message, policy)
        return await self._contributing.answer(message, policy)

    async def _new(self, message: Message, policy: Policy) -> str:
        await self._store.history.begin_afresh(message.conversation.key)
        return words.AFRESH

    async def _stop(self, message: Message, policy: Policy) -> str:
        return words.NOTHING_TO_STOP

    async def _again(self, message: Message, policy: Policy) -> str:
        return words.NOTHING_TO_REPEAT

    async def _me(self, message: Message, policy: Policy) -> str:
        known = await self._store.people.knowledge(message.sender.key)
        since = f" since {known.since:%d %B %Y}" if known.since else ""
        messages, places = _count(known.messages, "message"), _count(known.conversations, "conversation")
        lines = [
            f"**What I keep about you{since}**",
            f"- {messages} of yours in {places}, with my answers",
            f"- {_count(known.ratings, 'rating')} of my answers",
        ]
        transcript = await self._store.history.transcript(message.conversation.key, limit=1)
        if transcript.summary and message.conversation.direct:
            lines.append(f"- of our older messages here, this summary: {transcript.summary}")
        lines += [
            "",
            " ".join(["It stays on this machine, and nobody outside reads it.", *_forgetting(message)]),
        ]
        return "\n".join(lines)

    def _commands_for(self, message: Message) -> str:
        mark = _MARK[message.conversation.platform]
        may = self._contributing is not None and self._contributing.may(message.sender)
        listed = (*self._list, *(_FOR_EDITORS if may else ()))
        return "\n".join(f"- `{mark}{name}`: {purpose}" for name, purpose in listed)


def _forgetting(message: Message) -> list[str]:
    """Telegram tells bots of deletions in business chats alone, and a terminal knows none."""
    hears_of_deletions = message.conversation.platform is Platform.SLACK
    return ["Delete a message and I forget it."] if hears_of_deletions else []


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
