"""What was read in people's pictures, as passages: answers cite it with its place in the picture."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from core import words
from core.delivery.question import PICTURED
from core.delivery.responder import Answer
from core.knowledge.grounding import cited_numbers, ground
from core.knowledge.passages import Document, Found, Passage
from core.knowledge.quoting import LENGTH
from core.knowledge.relevance import coverage
from core.language.analysis import LanguagePipeline
from core.language.query import LOOKED_BACK, SearchQuery
from core.message import Box, Citation, Message
from core.store.ports import History
from core.store.records import Turn

PROSE = 40
"""Characters from which a line without cells and full stop goes on in the next one."""
MOST_SENTENCES = 12
"""Of an answer, that are looked for in pictures."""
_ENDS = ".!?:"
_CODE = "```"
Span = tuple[int, int]
"""Of the text of a passage."""


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A picture, and what was read in it."""

    id: int
    """Below 0, and the same for the same picture; says nothing of what stands there."""
    title: str
    lines: tuple[str, ...]
    rows: tuple[Box, ...]
    """Where the first lines stand."""
    meant: bool
    """It came with the question, or the question is said in reply to it."""

    @property
    def found(self) -> Found:
        """As a search would find it."""
        return Found(
            id=self.id,
            passage=Passage(text="".join(_parts(self.lines))),
            document=Document(location="", title=self.title, digest=""),
            source="",
            score=0.0,
        )

    def telling(self, query: SearchQuery) -> Sequence[Span]:
        """The fewest rows and paragraphs in which stands what of the question stands in the picture.

        Where nothing of it does, as many from the top as are quoted.
        """
        text = self.found.passage.text
        pieces = list(_pieces(text))
        chosen, covered = list[Span](), 0.0
        while len(chosen) < len(pieces):
            worths = [coverage(query, _words(text, [*chosen, each])) for each in pieces]
            if (worth := max(worths)) <= covered:
                break
            chosen.append(pieces[worths.index(worth)])
            covered = worth
        return sorted(chosen) or [each for each in pieces if each[1] <= LENGTH] or pieces[:1]

    def words(self, spans: Iterable[Span]) -> str:
        """What stands there, a line each."""
        return _words(self.found.passage.text, spans)

    def citation(self, number: int, spans: Iterable[Span]) -> Citation:
        """Of what stands in the picture at these places of its passage."""
        return Citation(
            number=number,
            passage=self.id,
            title=self.title,
            place=self._place(spans),
            text="\n".join(self.lines),
        )

    def _place(self, spans: Iterable[Span]) -> str:
        """In words: "line 3, bottom left"."""
        touched = sorted({at for span in spans for at in self._touched(span)})
        if not touched:
            return ""
        first, last = touched[0], touched[-1]
        boxes = self.rows[first : last + 1]
        is_table = all(" | " in self.lines[at] for at in touched)
        return words.place_in_picture(
            first + 1,
            last + 1,
            is_table=is_table,
            area=_area(boxes) if len(boxes) == last + 1 - first else None,
        )

    def _touched(self, span: Span) -> Iterator[int]:
        at = 0
        for number, part in enumerate(_parts(self.lines)):
            begin, at = at, at + len(part)
            if begin < span[1] and at > span[0] and part[max(0, span[0] - begin) : span[1] - begin].strip():
                yield number


class Pictures:
    """Finds the pictures that a question may be about, and what of an answer stands in them."""

    def __init__(self, history: History, pipeline: LanguagePipeline) -> None:
        self._history = history
        self._pipeline = pipeline

    async def at_hand(self, turn: Turn) -> Sequence[Picture]:
        """Those that came with the question, else the one it replies to, else those shown last before.

        Only pictures of who asks: others may not want to be quoted.
        """
        newest = turn.messages[-1]
        if own := _read(turn.messages, newest, meant=True):
            return list(own.values())
        key = turn.conversation.key
        if newest.reply_to and (before := await self._history.answered(key, message_id=newest.reply_to)):
            shown = _read(before.messages, newest, meant=True)
            if meant := [shown[place] for place in shown if place[0] == newest.reply_to]:
                return meant
        for said in await self._history.recent(key, LOOKED_BACK):
            if shown := _read(said, newest, meant=False):
                return list(shown.values())
        return ()

    async def cited(self, answer: Answer, pictures: Sequence[Picture]) -> Answer:
        """The answer, with the numbers of the pictures behind those sentences that stand in them.

        A sentence does where it passes the check that answers from documents have to pass: its numbers, names
        and words are among what was read. All others stay as they are.
        """
        if not pictures or _CODE in answer.text or cited_numbers(answer.text):
            return answer
        passages = {number: each.found.passage.text for number, each in enumerate(pictures, 1)}
        (said,) = await self._pipeline.analyse([answer.text])
        text, spans = answer.text, dict[int, list[Span]]()
        for sentence in reversed(said.sentences[:MOST_SENTENCES]):
            is_question = sentence.text.rstrip().endswith("?")  # which says nothing that could be wrong
            if is_question or not (stands := await self._stands(sentence.text, passages)):
                continue
            for number, each in stands.items():
                spans.setdefault(number, []).extend(each)
            end = sentence.start + len(sentence.text.rstrip().rstrip(_ENDS))
            text = f"{text[:end]} {words.numbers(stands)}{text[end:]}"
        citations = tuple(pictures[number - 1].citation(number, spans[number]) for number in sorted(spans))
        evidence = answer.evidence | {"cited": [each.passage for each in citations]} if citations else {}
        return replace(answer, text=text, citations=citations, evidence=answer.evidence | evidence)

    async def _stands(self, sentence: str, passages: Mapping[int, str]) -> Mapping[int, list[Span]]:
        """Where a sentence stands, by the number of the passage; empty where it does not."""
        verdict = await ground(self._pipeline, f"{sentence} {words.numbers(passages)}", passages)
        stands: dict[int, list[Span]] = {}
        if verdict.supported:
            for each in (evidence for judged in verdict.sentences for evidence in judged.evidence):
                stands.setdefault(each.passage, []).append((each.start, each.end))
        return stands


def _read(said: Sequence[Message], newest: Message, *, meant: bool) -> dict[tuple[str, str], Picture]:
    """The pictures in which something was read, by message and attachment, as they are told whoever asks now.

    Args:
        said: what one turn answered.
        newest: of what they ask.
    """
    shown = [
        (message, each)
        for message in said
        for each in message.attachments
        if message.sender.key == newest.sender.key and each.kind == "image"
    ]
    day = newest.sent_at.date()
    return {
        (message.id, each.id): Picture(
            id=_id(message, each.id),
            title=_title(message, each.name, number, len(shown), day),
            lines=tuple(each.recognised.text[:PICTURED].splitlines()),
            rows=each.recognised.rows,
            meant=meant,
        )
        for number, (message, each) in enumerate(shown, 1)
        if each.recognised and each.recognised.text.strip()
    }


def _id(message: Message, attachment: str) -> int:
    """40 bits, so that every platform carries it."""
    named = "\n".join((message.conversation.key, message.id, attachment))
    return -1 - int.from_bytes(hashlib.sha256(named.encode("utf-8", "replace")).digest()[:5])


def _title(message: Message, name: str, number: int, among: int, day: date) -> str:
    title = words.one_line(name) or words.picture(number, among)
    sent = message.sent_at.date()
    return title if sent == day else words.sent_on(title, sent)


def _parts(lines: Sequence[str]) -> Iterator[str]:
    """The lines of a passage, each with what parts it from the next: rows are sentences of their own."""
    for at, line in enumerate(lines):
        if at + 1 == len(lines):
            yield line
        else:
            yield line + ("\n" if _goes_on(line, lines[at + 1]) else "\n\n")


def _pieces(text: str) -> Iterator[Span]:
    """Rows and paragraphs of a passage."""
    at = 0
    for piece in text.split("\n\n"):
        yield at, at + len(piece)
        at += len(piece) + 2


def _words(text: str, spans: Iterable[Span]) -> str:
    return "\n".join(text[begin:end] for begin, end in spans)


def _goes_on(line: str, after: str) -> bool:
    has_cells = " | " in line or " | " in after
    return not has_cells and len(line) >= PROSE and not line.rstrip().endswith(tuple(_ENDS))


def _area(boxes: Sequence[Box]) -> tuple[int, int]:
    """The third of the picture's width and of its height in which the middle of the boxes lies, from 0."""
    across = (min(each.left for each in boxes) + max(each.right for each in boxes)) / 2
    down = (min(each.top for each in boxes) + max(each.bottom for each in boxes)) / 2
    return min(2, max(0, int(3 * across))), min(2, max(0, int(3 * down)))
