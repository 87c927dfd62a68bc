"""The index of one document in one piece, as it can be sealed: which terms stand in which of its passages."""

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
import numpy.typing as npt

_POSTING = np.dtype([("at", "<u4"), ("count", "u1")])


@dataclass(frozen=True, kw_only=True)
class Index:
    """The index of a document, opened."""

    passages: npt.NDArray[np.int64]
    """Their ids."""
    terms: Mapping[str, slice]
    """Which postings are those of a term."""
    at: npt.NDArray[np.uint32]
    """Of each posting, the passage by its place in `passages`,"""
    counts: npt.NDArray[np.uint8]
    """and how often the term stands there, in halves."""


def packed(passages: Mapping[int, Mapping[str, int]]) -> bytes:
    """Make an index.

    Args:
        passages: by id the terms of each, and how often each stands there, in halves, 255 at most.
    """
    postings: dict[str, bytearray] = defaultdict(bytearray)
    for at, counts in enumerate(passages.values()):
        for term, count in counts.items():
            postings[term] += at.to_bytes(4, "little") + count.to_bytes(1)
    ends = accumulate(len(each) // _POSTING.itemsize for each in postings.values())
    head = json.dumps([list(passages), list(postings), list(ends)])
    return head.encode() + b"\n" + b"".join(postings.values())


def unpacked(content: bytes) -> Index:
    """What `packed` made."""
    head, _, body = content.partition(b"\n")
    passages, terms, ends = json.loads(head)
    postings = np.frombuffer(body, _POSTING)
    return Index(
        passages=np.array(passages, np.int64),
        terms={term: slice(*at) for term, at in zip(terms, zip([0, *ends], ends, strict=False), strict=True)},
        at=postings["at"],
        counts=postings["count"],
    )
