"""Examples from what people's answers were judged to be, without what tells of whom they are."""

import hashlib
import hmac
from collections.abc import Sequence

from core.engine.types import ChatMessage, Role
from core.language.analysis import LanguagePipeline
from core.learning.examples import Example, identity
from core.privacy.detection.detector import Detector
from core.privacy.redaction import anonymous
from core.store.records import Judgement, Lesson

FEEDBACK = "feedback"
"""The source of what people's judgements gave."""


async def gather(
    lessons: Sequence[Lesson], system: str, pipeline: LanguagePipeline, salt: bytes
) -> list[Example]:
    """An example of every answer that a reviewer kept or corrected; kept together by the first of its people.

    Args:
        lessons: as the store has them: all their people consent.
        system: the system prompt that the assistant answers with.
        pipeline: finds what is to be left out.
        salt: with which people are hashed; kept by the installation, so that a hash names nobody elsewhere.
    """
    return [await _example(lesson, system, pipeline, salt) for lesson in lessons if is_taught(lesson)]


def is_taught(lesson: Lesson) -> bool:
    """Whether a reviewer let it be learnt from."""
    return lesson.review is not None and lesson.review.judgement is not Judgement.DISCARD


def hashed(person: str, salt: bytes) -> str:
    """What a person is called in a dataset."""
    return hmac.new(salt, person.encode(), hashlib.sha256).hexdigest()[:24]


def texts_of(lesson: Lesson) -> list[str]:
    """All that was said in it: earlier questions and answers, the answer that did not please, the question,
    the answer, the correction."""
    earlier = [text for each in lesson.earlier for text in (each.question, each.reply)]
    correction = lesson.review.correction if lesson.review else ""
    return [*earlier, lesson.replaced, lesson.question, lesson.answer, correction]


async def _example(lesson: Lesson, system: str, pipeline: LanguagePipeline, salt: bytes) -> Example:
    read = await Detector(pipeline).read(texts_of(lesson))
    *before, replaced, question, answer, corrected = [anonymous(each) for each in read]
    roles = [Role.USER, Role.ASSISTANT] * len(lesson.earlier)
    messages = (
        ChatMessage(role=Role.SYSTEM, text=system),
        *(ChatMessage(role=role, text=text) for role, text in zip(roles, before, strict=True)),
        ChatMessage(role=Role.USER, text=question),
    )
    right, wrong = (corrected, answer) if corrected else (answer, replaced if replaced != answer else "")
    return Example(
        id=identity(messages, right, wrong),
        messages=messages,
        answer=right,
        rejected=wrong,
        language=read[-3].analysis.language,
        source=FEEDBACK,
        group=hashed(lesson.people[0], salt),
    )
