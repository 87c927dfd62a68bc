"""A model on this machine as a judge of two others' answers."""

from collections.abc import Callable, Sequence

from core.engine.types import ChatMessage, Engine, Role
from core.learning.evaluation import pairs
from core.learning.evaluation.pairs import Judged, Pair, Side

TASK = (
    "You compare two answers to a customer's question. Say A if answer A is more helpful, correct and "
    "polite, and B if answer B is."
)
FIRST, SECOND = "A", "B"

Progress = Callable[[int, int], None]


async def judge(engine: Engine, found: Sequence[Pair], progress: Progress) -> Judged:
    """Let a model judge all pairs, each in both orders.

    Args:
        engine: of the judge.
        found: the pairs.
        progress: told how far it is.

    Raises:
        ModelError: it failed.
    """
    picks: list[tuple[Side, Side]] = []
    for pair in found:
        one: Side = (
            "serving"
            if await _first_wins(engine, pair.question, pair.serving, pair.candidate)
            else "candidate"
        )
        other: Side = (
            "candidate"
            if await _first_wins(engine, pair.question, pair.candidate, pair.serving)
            else "serving"
        )
        picks.append((one, other))
        progress(len(picks), len(found))
    return pairs.weigh(engine.card().reference, found, picks)


async def _first_wins(engine: Engine, question: str, first: str, second: str) -> bool:
    text = f"Question: {question}\n\nAnswer A: {first}\n\nAnswer B: {second}"
    messages = [ChatMessage(role=Role.SYSTEM, text=TASK), ChatMessage(role=Role.USER, text=text)]
    choice = await engine.choose(await engine.prepare(messages), [FIRST, SECOND])
    return choice.probabilities[0] >= choice.probabilities[1]
