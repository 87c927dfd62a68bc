"""What is written down of an answer from documents: ids, digests and figures, no words."""

import hashlib
from collections.abc import Mapping

from core.dialogue.drafting import Draft
from core.knowledge.grounding import Verdict
from core.knowledge.passages import Found


def passage(found: Found, relevance: float) -> dict[str, object]:
    """Enough to find a passage again, and to see that it has changed; of a person's picture its id alone.

    Of what people brought nothing is told by which it could be guessed.
    """
    if found.id < 0:
        return {"id": found.id, "relevance": round(relevance, 3)}
    return {
        "id": found.id,
        "source": found.source,
        **({} if found.is_brought else _named(found)),
        "relevance": round(relevance, 3),
        "score": round(found.score, 5),
        "bm25": None if found.bm25 is None else round(found.bm25, 3),
        "similarity": None if found.similarity is None else round(found.similarity, 3),
        "answers": None if found.answers is None else round(found.answers, 3),
    }


def _named(found: Found) -> dict[str, object]:
    return {
        "document": found.document.location,
        "place": found.passage.place,
        "digest": hashlib.sha256(found.passage.text.encode("utf-8", "replace")).hexdigest()[:16],
    }


def check(written: Draft, verdict: Verdict, *, rewritten: bool) -> dict[str, object]:
    """How a draft fared."""
    return {
        "check": {
            "supported": verdict.supported,
            "support": round(verdict.support, 3),
            "faults": [str(fault) for fault in verdict.faults],
            "rewritten": rewritten,
        },
        "usage": dict(written.usage) or None,
    }


def shown_passages(evidence: Mapping[str, object]) -> frozenset[int]:
    """The passages that an answer has put before a person, by its evidence."""
    kept = [evidence.get("cited", ()), evidence.get("seen", ())]
    return frozenset(each for ids in kept if isinstance(ids, list) for each in ids if isinstance(each, int))
