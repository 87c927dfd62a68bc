"""Proposing questions from a team's own documents, by rules, for a person to approve.

Three kinds of places are asked for: a heading that is a question, a sentence that says what something is, and
one that has a figure. The words that a right answer must have are the passage's own.
"""

import random
from collections.abc import Mapping, Sequence

from core.knowledge.passages import Passage
from core.knowledge.questions import Asked
from core.language.analysis import Analysis, Chunk, LanguagePipeline, Span
from core.language.figures import find_figures

_SEED = 7
"""The same documents give the same proposals."""
_WORDS = range(5, 41)
"""Of a sentence that is asked for."""
_EXPECTED = 5
"""Words that an answer must have, in a row."""
_COPULAS = ("is", "are", "was", "were")


async def propose(
    pipeline: LanguagePipeline, documents: Mapping[str, Sequence[Passage]], number: int
) -> list[Asked]:
    """So many questions at most, spread over the documents, none of them approved.

    Args:
        documents: passages, by the location of their document.
    """
    locations = sorted(documents)
    random.Random(_SEED).shuffle(locations)  # noqa: S311 - a choice among documents, no secret
    proposals: dict[str, Asked] = {}
    for turn in range(max((len(documents[each]) for each in locations), default=0)):
        for location in locations:
            if len(proposals) >= number:
                return list(proposals.values())
            if turn < len(documents[location]):
                passage = documents[location][turn]
                (read,) = await pipeline.analyse([passage.text])
                if asked := _proposal(passage, read, location):
                    proposals.setdefault(asked.question.casefold(), asked)
    return list(proposals.values())


def _proposal(passage: Passage, read: Analysis, location: str) -> Asked | None:
    """One question for a passage; None where no rule finds any."""
    sentences = [each for each in read.sentences if _is_plain(read, each)]
    heading = passage.headings[-1] if passage.headings else ""
    if heading.endswith("?") and sentences:
        return _asked(heading, location, _first_words(sentences[0].text))
    for sentence in sentences:
        subject = next((chunk for chunk in read.chunks if chunk.first == sentence.first), None)
        if subject is None or read.tokens[subject.head].part == "PRON":
            continue
        if asked := _about(read, sentence, subject, location):
            return asked
    return None


def _about(read: Analysis, sentence: Span, subject: Chunk, location: str) -> Asked | None:
    name = _lowered(read, subject)
    figures = find_figures(sentence.text)
    if figures and read.tokens[subject.head].relation in ("nsubj", "nsubjpass"):
        return _asked(f"Which figure is given for {name}?", location, figures[-1].text)
    verb = read.tokens[subject.last] if subject.last < sentence.last else None
    if verb is not None and verb.text in _COPULAS:
        said = sentence.text[verb.end - sentence.start :]
        return _asked(f"What {verb.text} {name}?", location, _first_words(said))
    return None


def _is_plain(read: Analysis, sentence: Span) -> bool:
    """One line of words, without code or markup within."""
    words = [token for token in read.within(sentence) if any(map(str.isalpha, token.text))]
    return len(words) in _WORDS and not any(mark in sentence.text for mark in "\n`|<>{}[]=*_#")


def _lowered(read: Analysis, subject: Chunk) -> str:
    """The subject as it stands within a sentence."""
    first = read.tokens[subject.first]
    is_name = first.part == "PROPN" or first.text[1:] != first.text[1:].lower()
    return subject.text if is_name else subject.text[:1].lower() + subject.text[1:]


def _first_words(text: str) -> str:
    return " ".join(text.split()[:_EXPECTED]).rstrip(".,;:")


def _asked(question: str, document: str, expect: str) -> Asked:
    return Asked(question=question, document=document, expect=expect, approved=False)
