"""How likely each of several answers is, when no other answer is allowed.

The answers' tokens form a tree. Where only one token can follow, it follows for certain; where several can,
the model's probabilities of these are made to sum to one. So a long answer is at no disadvantage against a
short one, and the model is asked only where answers part: once, for answers that begin differently.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Path = tuple[int, ...]
"""Token ids from the beginning of the answer on."""
Logits = npt.NDArray[np.float32]
END = -1
"""Stands for whatever token ends an answer."""


@dataclass(frozen=True)
class Tree:
    """The answers' tokens, and where they part."""

    paths: tuple[Path, ...]
    """Of each answer, in the order asked for, `END` last."""
    forks: Mapping[Path, tuple[int, ...]]
    """The tokens that can follow, by what precedes them; only where there are several."""

    def rows(self) -> list[Path]:
        """What the model must read to be asked at every fork; those on the way to others come along."""
        return [
            fork
            for fork in self.forks
            if not any(other != fork and other[: len(fork)] == fork for other in self.forks)
        ]

    def probabilities(self, logits: Mapping[Path, Logits], end_ids: Sequence[int]) -> list[float]:
        """Of each answer; they sum to one.

        Args:
            logits: the model's scores of the whole vocabulary, by fork.
            end_ids: the tokens that end an answer.
        """
        shares = {fork: _shares(logits[fork], following, end_ids) for fork, following in self.forks.items()}
        return [_product(path, shares) for path in self.paths]


def tree(answers: Sequence[Sequence[int]]) -> Tree:
    """The tree of these answers' tokens.

    Raises:
        ValueError: there is none, one is empty, or two are the same.
    """
    paths = tuple((*answer, END) for answer in answers)
    if not paths or len(set(paths)) < len(paths) or (END,) in paths:
        raise ValueError("A choice needs answers, none empty and no two the same")
    following: dict[Path, dict[int, None]] = {}
    for path in paths:
        for at, token in enumerate(path):
            following.setdefault(path[:at], {})[token] = None
    return Tree(
        paths=paths, forks={prefix: tuple(tokens) for prefix, tokens in following.items() if len(tokens) > 1}
    )


def _shares(logits: Logits, following: Sequence[int], end_ids: Sequence[int]) -> dict[int, float]:
    """Softmax over the tokens that can follow; several that end the answer count together."""
    scores = np.array(
        [
            np.logaddexp.reduce(logits[list(end_ids)].astype(np.float64)) if token == END else logits[token]
            for token in following
        ],
        dtype=np.float64,
    )
    weights = np.exp(scores - scores.max())
    return dict(zip(following, (weights / weights.sum()).tolist(), strict=True))


def _product(path: Path, shares: Mapping[Path, Mapping[int, float]]) -> float:
    product = 1.0
    for at, token in enumerate(path):
        if path[:at] in shares:
            product *= shares[path[:at]][token]
    return product
