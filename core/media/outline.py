"""What a long recording says, in a few of its own sentences and when each begins; no word is made up.

Of each part the most central sentence: continuous LexRank (G. Erkan and D. Radev, "LexRank: Graph-based
Lexical Centrality as Salience in Text Summarization", JAIR 22, 2004), where sentences recommend each other by
the cosine of their TF-IDF vectors.
"""

import math
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from core import words
from core.language import rules
from core.language.words import each_word
from core.media.listener import Speech, Stretch

PART = 60.0
"""Seconds of which one sentence tells."""
LINES = 10
"""Sentences at most: beyond ten minutes the parts are longer."""
LENGTH = 120
"""Characters of a sentence that are shown."""
FEWEST = 4
"""Words of a sentence that says something: shorter ones ("Yes, of course.") are alike, and say little."""
LONGEST = 200
"""Characters from which words without a full stop are cut where the speaker paused."""
DAMPING, ROUNDS, CLOSE = 0.85, 100, 1e-6
"""The share of the rank that comes from other sentences, as in the paper; when the iteration ends."""


def outline(speech: Speech) -> str:
    """A line for each part in which a sentence begins: "1:05 We should move the meeting."

    Ten lines at most, together of 1,400 characters; empty where nothing was said.
    """
    sentences = list(_sentences(speech))
    ranks = _ranks([each.text for each in sentences])
    best = {}
    for part, members in _parts(sentences).items():
        telling = [at for at in members if _count(sentences[at].text) >= FEWEST] or members
        best[part] = sentences[max(telling, key=lambda at: (ranks[at], -at))]
    return "\n".join(
        f"{words.clock(each.start)} {words.one_line(each.text, LENGTH)}" for each in best.values()
    )


def _parts(sentences: Sequence[Stretch]) -> dict[int, list[int]]:
    """By part of the recording, in order, the sentences that begin in it."""
    parts: dict[int, list[int]] = {}
    length = max(PART, sentences[-1].end / LINES) if sentences else PART
    for at, each in enumerate(sentences):
        parts.setdefault(min(int(each.start / length), LINES - 1), []).append(at)
    return parts


def _sentences(speech: Speech) -> Iterator[Stretch]:
    """Whole sentences, whatever was said in one go."""
    open_one: Stretch | None = None
    for piece in _pieces(speech):
        if open_one is not None:
            piece = Stretch(start=open_one.start, end=piece.end, text=f"{open_one.text} {piece.text}")
        open_one = piece
        if piece.text.endswith((".", "!", "?", "…", "。")) or len(piece.text) >= LONGEST:
            yield piece
            open_one = None
    if open_one is not None:
        yield open_one


def _pieces(speech: Speech) -> Iterator[Stretch]:
    """What was said in one go, cut behind its sentences; its time is divided by their letters."""
    for each in speech.stretches:
        second = (each.end - each.start) / max(1, len(each.text))
        for span in rules.analyse(each.text, speech.language).sentences:
            begins, ends = each.start + second * span.start, each.start + second * span.end
            yield Stretch(start=begins, end=ends, text=span.text)


def _ranks(sentences: Sequence[str]) -> NDArray[np.float64]:
    """How central each sentence is; together they make 1."""
    count = len(sentences)
    likeness = _likeness(sentences)
    flow = likeness / likeness.sum(axis=1, keepdims=True) if count else likeness
    ranks = np.full(count, 1 / max(1, count))
    for _ in range(ROUNDS):
        before, ranks = ranks, (1 - DAMPING) / max(1, count) + DAMPING * flow.T @ ranks
        if np.abs(ranks - before).sum() < CLOSE:
            break
    return ranks


def _likeness(sentences: Sequence[str]) -> NDArray[np.float64]:
    """The cosine of each two sentences' TF-IDF vectors; of each with itself 1."""
    bags = [Counter(each_word(each)) for each in sentences]
    spread = Counter(word for bag in bags for word in bag)
    places = {word: at for at, word in enumerate(spread)}
    vectors = np.zeros((len(bags), len(places)))
    for row, bag in enumerate(bags):
        for word, times in bag.items():
            vectors[row, places[word]] = times * math.log(1 + len(bags) / spread[word])
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors = np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0)
    likeness: NDArray[np.float64] = vectors @ vectors.T
    np.fill_diagonal(likeness, 1.0)
    return likeness


def _count(text: str) -> int:
    return sum(1 for _ in each_word(text))
