"""What was said, without names and addresses, and how each answer came about."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bots.console.visit import Absent, Section, View, Visit
from core.language.analysis import LanguagePipeline
from core.message import Platform
from core.privacy.audit import Action
from core.privacy.detection.detector import Detector
from core.privacy.redaction import anonymous
from core.store.records import ArchivedTurn

PER_PAGE, TURNS = 50, 20


@dataclass(frozen=True, kw_only=True)
class Told:
    """A turn as it is shown."""

    turn: ArchivedTurn
    question: str
    reply: str
    usage: Mapping[str, object]
    passages: Sequence[Mapping[str, object]]

    @property
    def seconds(self) -> float | None:
        """From taking it up to the finished answer."""
        record = self.turn.record
        return (record.ended_at - record.began_at).total_seconds() if record.ended_at else None


async def look(visit: Visit) -> View:
    """List conversations, those where something was said last first."""
    platform = visit.asked("platform")
    platform = platform if platform in list(Platform) else ""
    talks = await visit.core.store.archive.talks(
        PER_PAGE + 1, before=visit.number("before"), platform=platform
    )
    return View(
        template="conversations.html",
        values={
            "platforms": list(Platform),
            "platform": platform,
            "talks": talks[:PER_PAGE],
            "older": talks[PER_PAGE - 1].newest if len(talks) > PER_PAGE else 0,
        },
    )


async def read(visit: Visit) -> View:
    """Show the turns of one conversation, the newest first."""
    key = visit.request.match_info["key"]
    turns = await visit.core.store.archive.turns(key, TURNS + 1, before=visit.number("before"))
    if not turns:
        raise Absent("There is no such conversation, or nothing was said there.")
    await visit.note(Action.READ, "conversation", whose=key)
    return View(
        template="conversation.html",
        values={
            "key": key,
            "turns": await _told(turns[:TURNS], visit.core.pipeline),
            "older": turns[TURNS - 1].number if len(turns) > TURNS else 0,
        },
    )


async def _told(turns: Sequence[ArchivedTurn], pipeline: LanguagePipeline) -> list[Told]:
    texts = [text for each in turns for text in (each.record.question, each.record.reply)]
    said = iter([anonymous(each) for each in await Detector(pipeline).read(texts)])
    return [
        Told(
            turn=each,
            question=next(said),
            reply=next(said),
            usage=_object(each.record.evidence.get("usage")),
            passages=_objects(each.record.evidence.get("passages")),
        )
        for each in turns
    ]


def _object(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _objects(value: object) -> list[Mapping[str, object]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


SECTION = Section(title="Conversations", path="/conversations", looks={"": look, "/{key:.+}": read}, deeds={})
