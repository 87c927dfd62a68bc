"""Answers as reviewers see them, without names and addresses, and what reviewers make of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from core.errors import FrontdeskError
from core.language.analysis import LanguagePipeline
from core.learning.gathering import texts_of
from core.privacy.detection.detector import Detector
from core.privacy.redaction import anonymous
from core.store.ports import Lessons
from core.store.records import Judgement, Lesson, Review


@dataclass(frozen=True, kw_only=True)
class Shown:
    """An answer with its texts fit to be shown."""

    lesson: Lesson
    earlier: tuple[tuple[str, str], ...]
    """Questions and answers just before."""
    replaced: str
    """The answer in whose place another was asked for; empty where it is the first."""
    question: str
    answer: str
    correction: str

    @property
    def good(self) -> int:
        """People who found it good."""
        return sum(each.verdict == "good" for each in self.lesson.verdicts)

    @property
    def bad(self) -> int:
        """People who found it bad."""
        return sum(each.verdict == "bad" for each in self.lesson.verdicts)

    @property
    def reasons(self) -> list[str]:
        """Why they did."""
        return sorted({each.reason for each in self.lesson.verdicts if each.reason})


async def shown(lessons: Sequence[Lesson], pipeline: LanguagePipeline) -> list[Shown]:
    """The answers as they may be shown."""
    texts = [text for each in lessons for text in texts_of(each)]
    read = iter([anonymous(each) for each in await Detector(pipeline).read(texts)] if texts else [])
    return [
        Shown(
            lesson=lesson,
            earlier=tuple((next(read), next(read)) for _ in lesson.earlier),
            replaced=next(read),
            question=next(read),
            answer=next(read),
            correction=next(read),
        )
        for lesson in lessons
    ]


async def judge(
    lessons: Lessons,
    answers: Sequence[str],
    judgement: Judgement,
    *,
    reviewer: str,
    at: datetime,
    correction: str = "",
) -> None:
    """Keep a reviewer's judgement of each answer.

    Args:
        answers: ids of their turns.
        correction: what the answer should have been, where it is corrected.

    Raises:
        FrontdeskError: a correction has no words, or an answer is none from which may be learnt.
    """
    if judgement is Judgement.CORRECT and not correction.strip():
        raise FrontdeskError("There is no correction: say what the answer should have been.")
    for answer in answers:
        made = Review(
            turn_id=answer, judgement=judgement, correction=correction.strip(), reviewer=reviewer, at=at
        )
        if await lessons.lesson(answer) is None or not await lessons.review(made):
            raise FrontdeskError(
                f"'{answer}' is no answer to review: `frontdesk learn review list` shows them."
            )
