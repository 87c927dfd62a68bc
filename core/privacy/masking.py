"""What is taken out of a message before it is kept, and put back when it is answered.

Where a channel masks personal data, names become pseudonyms ("<PERSON_1>"): the model reads them and writes
them, and what people see has the name again. The names are sealed with the conversation and go with it. What
is dangerous to post where others read along is taken out of messages for good there, whatever the policy.
"""

import asyncio
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from core.language.analysis import LanguagePipeline
from core.message import Arrival, Conversation, Edit, Message
from core.policy import Policy
from core.privacy.detection.detector import Detector
from core.privacy.detection.finding import DANGEROUS, Finding, Kind, settled
from core.privacy.detection.patterns import find_patterns
from core.store.ports import History

IRREVERSIBLE = frozenset((Kind.CARD, Kind.SECRET))
"""Kinds that nobody needs to be told again."""
LONGEST = 56
"""Characters of the longest text that gets a pseudonym: so long a pseudonym counts where answers are cut."""
_LABEL = re.compile(rf"<?\b((?:{'|'.join(kind.name for kind in Kind if kind not in IRREVERSIBLE)})_\d+)\b>?")
_UNFINISHED = re.compile(r"<[A-Z_]{0,12}\d{0,60}$")
_MARKS = re.compile(r"([\\`*_\[\]()<>#|~])")


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A message as it may be kept."""

    arrival: Arrival
    exposed: frozenset[Kind] = frozenset()
    """Dangerous kinds that were in it, where others read along."""


class Masking:
    """Masks messages as they come in."""

    def __init__(self, history: History, pipeline: LanguagePipeline) -> None:
        self._history = history
        self._detector = Detector(pipeline)

    async def warm(self) -> None:
        """Load what takes seconds, so that the first message need not wait for it."""
        await self._detector.read(["Good morning, my number is 12."])

    async def kept(self, arrival: Arrival, policy: Policy) -> Kept:
        """What may be kept of an arrival in a channel with this policy.

        Raises:
            StoreError: its pseudonyms cannot be written down.
        """
        event, place = arrival.event, arrival.event.conversation
        masks = policy.personal_data == "mask"
        if place.is_desk or (place.direct and not masks):
            return Kept(arrival=arrival)
        # the platform's own JSON says everything once more, and what it answers to
        if masks or await asyncio.to_thread(lambda: bool(_dangerous(arrival.raw))):
            arrival = replace(arrival, raw="")
        message = event.message if isinstance(event, Edit) else event
        if not isinstance(message, Message):
            return Kept(arrival=arrival)
        masked, exposed = await self._masked(message, policy)
        changed = replace(event, message=masked) if isinstance(event, Edit) else masked
        return Kept(arrival=replace(arrival, event=changed), exposed=frozenset() if place.direct else exposed)

    async def words(self, texts: Sequence[str], place: Conversation, policy: Policy) -> Sequence[str]:
        """What may be kept of words that were not in the message itself: heard, or read in a picture.

        Raises:
            StoreError: their pseudonyms cannot be written down.
        """
        if place.is_desk or (place.direct and policy.personal_data == "keep"):
            return texts
        found = await self._found(texts, policy)
        labels = await self._labels(place, _named(texts, found, _for_good(place)))
        return [_replaced(text, each, labels) for text, each in zip(texts, found, strict=True)]

    async def _masked(self, message: Message, policy: Policy) -> tuple[Message, frozenset[Kind]]:
        """The message, and the dangerous kinds that were in its text."""
        place, texts = message.conversation, (message.text, message.quote)
        found = await self._found(texts, policy)
        named = _named(texts, found, _for_good(place))
        hides_sender = not place.direct and policy.personal_data == "mask" and message.sender.name
        if hides_sender:
            named.append((Kind.PERSON.name, message.sender.name))
        labels = await self._labels(place, named)
        text, quote = (_replaced(text, each, labels) for text, each in zip(texts, found, strict=True))
        person = message.sender
        if hides_sender:
            person = replace(person, name=labels[person.name])
        exposed = DANGEROUS.intersection(each.kind for each in found[0])
        return replace(message, text=text, quote=quote, sender=person), exposed

    async def _found(self, texts: Sequence[str], policy: Policy) -> Sequence[Sequence[Finding]]:
        if policy.personal_data == "mask":
            return [each.findings for each in await self._detector.read(texts)]
        return await asyncio.to_thread(lambda: [_dangerous(each) for each in texts])

    async def _labels(self, place: Conversation, named: Sequence[tuple[str, str]]) -> Mapping[str, str]:
        return await self._history.pseudonyms(place, named) if named else {}


def _for_good(place: Conversation) -> frozenset[Kind]:
    return IRREVERSIBLE if place.direct else IRREVERSIBLE | DANGEROUS


def _named(
    texts: Sequence[str], found: Sequence[Sequence[Finding]], for_good: frozenset[Kind]
) -> list[tuple[str, str]]:
    """Kinds and words of all that gets a pseudonym."""
    return [
        (one.kind.name, text[one.start : one.end])
        for text, findings in zip(texts, found, strict=True)
        for one in findings
        if one.kind not in for_good and one.end - one.start <= LONGEST
    ]


def _dangerous(text: str) -> Sequence[Finding]:
    return [each for each in settled(find_patterns(text)) if each.kind in DANGEROUS]


def unmasked(text: str, names: Mapping[str, str], *, markdown: bool = True) -> str:
    """The text with the names for their pseudonyms.

    Args:
        names: by pseudonym.
        markdown: whether marks in a name are to be taken literally.
    """

    def name(found: re.Match[str]) -> str:
        value = names.get(f"<{found[1]}>")
        return found[0] if value is None else _MARKS.sub(r"\\\1", value) if markdown else value

    return _LABEL.sub(name, text)


def masked_again(text: str, names: Mapping[str, str]) -> str:
    """The text with pseudonyms for the names that have one, the longest first."""
    for label, value in sorted(names.items(), key=lambda pair: -len(pair[1])):
        text = re.sub(rf"(?<!\w){re.escape(value)}(?!\w)", label, text)
    return text


def mentions(text: str) -> bool:
    """Whether there is a pseudonym in it."""
    return _LABEL.search(text) is not None


def finished(text: str) -> str:
    """A growing text without the beginning of a pseudonym at its end."""
    return _UNFINISHED.sub("", text)


def widened(text: str) -> str:
    """With pseudonyms as long as the longest name, so that parts cut from it fit with any name."""
    return re.sub(_LABEL, lambda found: _numbered(found[1], LONGEST), text)


def narrowed(text: str) -> str:
    """What `widened` made long, short again."""
    return re.sub(_LABEL, lambda found: _numbered(found[1], 0), text)


def _numbered(label: str, width: int) -> str:
    kind, _, number = label.rpartition("_")
    return f"<{kind}_{int(number):0{width}}>"


def _replaced(text: str, findings: Collection[Finding], labels: Mapping[str, str]) -> str:
    result, end = "", 0
    for each in findings:
        value = text[each.start : each.end]
        result += text[end : each.start] + labels.get(value, f"[{each.kind}]")
        end = each.end
    return result + text[end:]
