"""The command `kb`: bringing documents in a chat, by those who may."""

import re
from collections.abc import Awaitable, Callable, Sequence
from fnmatch import fnmatchcase

from core.errors import PlatformError, RateLimited, TooLarge, Unreachable, Unreadable
from core.knowledge.contributions import Contributions, check_name
from core.knowledge.files import LARGEST
from core.knowledge.ingestion import Report
from core.message import Attachment, Message, Person
from core.policy import Policy
from core.ports import Files
from core.privacy.audit import Action, Audit, AuditEntry

KB = "kb"
NOT_ALLOWED = "Only those whom the operator has named may change the documents (`knowledge: editors:`)."
USAGE = (
    "- `kb add` with a file attached, or `kb add ADDRESS`: I read it, and answer from it here\n"
    "- `kb list`: what was brought here\n"
    "- `kb remove NAME`: I forget it"
)
NOTHING = "Nothing was brought here so far."
_ADDRESS = re.compile(r"https?://[^\s<>()]+")
_CHANGES = {"add": Action.CHANGE, "remove": Action.ERASE}
"""What is accounted for."""
_SHOWN = 5
"""Pages of a sitemap whose trouble is told one by one."""


class Contributing:
    """Answers the command.

    Args:
        files: what people attached.
        editors: patterns of the keys of those who may use it.
        audit: where is kept who changed them.
    """

    def __init__(
        self, contributions: Contributions, files: Files, editors: Sequence[str], audit: Audit
    ) -> None:
        self._contributions = contributions
        self._audit = audit
        self._files = files
        self._editors = tuple(editors)
        self._verbs: dict[str, Callable[[Message, str, Policy], Awaitable[str]]] = {
            "add": self._add,
            "list": self._list,
            "remove": self._remove,
        }

    def may(self, person: Person) -> bool:
        """Whether a person may change the documents."""
        return any(fnmatchcase(person.key, pattern) for pattern in self._editors)

    async def answer(self, message: Message, policy: Policy) -> str:
        """What became of the command.

        Raises:
            StoreError: the library refused.
        """
        if not self.may(message.sender):
            return NOT_ALLOWED
        verb, _, rest = message.text.strip().partition(" ")
        act = self._verbs.get(verb.casefold())
        if act is None:
            return USAGE
        if verb.casefold() in _CHANGES:
            await self._audit.record(
                AuditEntry(
                    actor=message.sender.key,
                    action=_CHANGES[verb.casefold()],
                    subject=f"source:{message.conversation.channel_key}",
                    detail=f"kb {verb.casefold()}",
                )
            )
        return await act(message, rest.strip(), policy)

    async def _add(self, message: Message, text: str, policy: Policy) -> str:
        told = [await self._tried(each.name, self._file(each, message)) for each in message.attachments]
        told += [
            await self._tried(address, self._contributions.add_page(message.conversation, address))
            for address in dict.fromkeys(_ADDRESS.findall(text))
        ]
        if told and policy.sources is not None:
            told.append(_chosen(message))
        return "\n".join(told) or USAGE

    async def _file(self, attachment: Attachment, message: Message) -> Report:
        check_name(attachment.name)
        content = await self._files.fetch(attachment, message.conversation, limit=LARGEST)
        return await self._contributions.add(message.conversation, attachment.name, content)

    async def _tried(self, name: str, adding: Awaitable[Report]) -> str:
        shown = _shown(name)
        try:
            return _told(shown, await adding)
        except Unreadable as error:
            return f"{shown} {error}."
        except TooLarge:
            return f"{shown} is larger than what I can fetch here."
        except (RateLimited, Unreachable):
            return f"{shown} could not be fetched just now. Please try again in a minute."
        except PlatformError:
            return f"{shown} could not be fetched: it is not given out to me."

    async def _list(self, message: Message, text: str, policy: Policy) -> str:
        names = await self._contributions.names(message.conversation)
        return "\n".join(f"- {_shown(name)}" for name in names) or NOTHING

    async def _remove(self, message: Message, text: str, policy: Policy) -> str:
        address = _ADDRESS.search(text)
        name = address.group() if address else text
        if await self._contributions.remove(message.conversation, name):
            return f"{_shown(name)} is forgotten."
        return f"Nothing of that name was brought here. {await self._list(message, text, policy)}"


def _told(name: str, report: Report) -> str:
    """What was read, and what could not be."""
    if not report.read:
        return f"{name} is known here already." if not report.unreadable else f"{name}: nothing new."
    count = "1 passage" if report.passages == 1 else f"{report.passages} passages"
    lines = [f"{name} is read: {count}. I answer from it here from now on."]
    lines += [f"- {_shown(each.location)}: left out {each.reason}" for each in report.hidden[:_SHOWN]]
    lines += [f"- {_shown(each.location)} {each.reason}" for each in report.unreadable[:_SHOWN]]
    if (more := len(report.unreadable) - _SHOWN) > 0:
        lines.append(f"- and {more} more that could not be read")
    return "\n".join(lines)


def _shown(name: str) -> str:
    """As it is written, so that it can be written again; and as code, so that it does nothing else."""
    return f"`{name.replace('`', ' ')}`" if name.strip() else "The file"


def _chosen(message: Message) -> str:
    """Where a policy names the sources, what is brought is among them only if it is named, too."""
    return (
        f"Answers here come from chosen sources alone: `{message.conversation.channel_key}` must be among "
        "`sources` in the operator's settings."
    )
