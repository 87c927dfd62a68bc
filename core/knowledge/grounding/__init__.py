"""Whether an answer stands in the passages that it cites."""

from core.knowledge.grounding.check import MOST_SENTENCES, check, ground
from core.knowledge.grounding.citing import cited_numbers, without_citations
from core.knowledge.grounding.support import Similarity
from core.knowledge.grounding.thresholds import KEPT, Thresholds, thresholds
from core.knowledge.grounding.verdict import Evidence, Fault, Finding, Judged, Verdict

__all__ = [
    "KEPT",
    "MOST_SENTENCES",
    "Evidence",
    "Fault",
    "Finding",
    "Judged",
    "Similarity",
    "Thresholds",
    "Verdict",
    "check",
    "cited_numbers",
    "ground",
    "thresholds",
    "without_citations",
]
