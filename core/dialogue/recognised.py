"""What people hear of their own recordings and pictures: what was made of them, and what could not be."""

from collections.abc import Sequence
from dataclasses import replace

from core import words
from core.delivery.correcting import MISHEARD
from core.delivery.responder import Answer
from core.message import Attachment, Choice, Message
from core.store.records import ASKS_BACK, Turn

HEARD = "heard"
"""Id of a choice: that is what I said."""
PICTURE = "picture"
"""The route of an answer to a picture that came without a question."""
SHOWN = 600
"""Characters that are shown of what was heard or read."""


def lead(turn: Turn) -> str:
    """What stands above the answer: what was heard and read, and what could not be, each of it once."""
    shown = (_shown(each) for message in turn.messages for each in message.attachments)
    return "\n\n".join(dict.fromkeys(filter(None, shown)))


def answer(turn: Turn) -> Answer | None:
    """The answer to recordings and pictures that need no other; None where they can be answered."""
    newest = turn.messages[-1]
    if newest.press and newest.press.choice == MISHEARD and newest.text:
        return Answer(text=words.what_did_you_say(), route=ASKS_BACK, quiet=True)
    if (doubtful := _doubtful(turn)) and not _says_more(turn):
        return _asks_back(doubtful)
    if any(message.said or message.press or message.command for message in turn.messages):
        return None
    if any(message.pictured for message in turn.messages):
        return Answer(
            text=words.what_about_picture(), lead=lead(turn), route=PICTURE, quiet=True, remembered=True
        )
    shown = lead(turn)
    return Answer(text=shown, route="notice", quiet=True) if shown else None


def certain(turn: Turn) -> Turn:
    """The turn without what was heard badly, where something else in it can be answered."""
    if not _doubtful(turn) or not _says_more(turn):
        return turn
    return replace(turn, messages=_certain(turn))


def corrections(turn: Turn, others: Sequence[Choice]) -> tuple[Choice, ...]:
    """The buttons by which people say what they were misheard in, and what was heard well after all.

    Args:
        others: stand there as well: beside them nobody would know what a yes means.
    """
    if not any(_is_heard(each) for message in turn.messages for each in message.attachments):
        return ()
    doubtful = "" if others else _doubtful(turn)
    confirmed = (Choice(id=HEARD, label=words.yes(), value=doubtful),) if doubtful else ()
    return (*confirmed, Choice(id=MISHEARD, label=words.misheard()))


def _asks_back(text: str) -> Answer:
    """Pressing the button says what was heard."""
    return Answer(
        text=_asked(text),
        route=ASKS_BACK,
        quiet=True,
        choices=(Choice(id=HEARD, label=words.yes(), value=text), Choice(id=MISHEARD, label=words.no())),
    )


def _asked(text: str) -> str:
    return f"{words.heard_unsure()}\n\n{words.quotation(_cut(text))}\n\n{words.say_it_again()}"


def _doubtful(turn: Turn) -> str:
    """What was heard badly."""
    files = (each for message in turn.messages for each in message.attachments if _is_doubtful(each))
    return "\n".join(each.recognised.text for each in files if each.recognised)


def _says_more(turn: Turn) -> bool:
    """Whether something can be answered beside what was heard badly."""
    return any(message.said or message.command for message in _certain(turn))


def _certain(turn: Turn) -> tuple[Message, ...]:
    """The messages without what was heard badly; those are gone in which nothing else is."""
    return tuple(
        replace(each, attachments=tuple(file for file in each.attachments if not _is_doubtful(file)))
        for each in turn.messages
        if not any(map(_is_doubtful, each.attachments)) or _is_more_than_doubtful(each)
    )


def _is_more_than_doubtful(message: Message) -> bool:
    return bool(message.text.strip()) or not all(map(_is_doubtful, message.attachments))


def _is_heard(attachment: Attachment) -> bool:
    found = attachment.recognised
    return attachment.is_recording and found is not None and bool(found.text)


def _is_doubtful(attachment: Attachment) -> bool:
    return _is_heard(attachment) and not (attachment.recognised and attachment.recognised.sure)


def _shown(attachment: Attachment) -> str:
    found = attachment.recognised
    if found is None or found.taken_back:
        return ""
    if found.refused:
        return words.file_unusable(found.refused)
    if attachment.kind == "image":
        return (
            f"{words.read_in_picture()}\n\n{_copied(found.text)}" if found.text else words.nothing_to_read()
        )
    if not found.text:
        return words.heard_nothing()
    if not found.sure:
        return _asked(found.text)
    head = words.heard_in_video() if attachment.kind == "video" else words.heard()
    return f"{head}\n\n{words.quotation(found.outline or _cut(found.text))}"


def _copied(text: str) -> str:
    """Lines as they stand, in which nothing is a link or a mention."""
    return f"```\n{_cut(text).replace('`', chr(39))}\n```"


def _cut(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[:SHOWN].rstrip()} …"
