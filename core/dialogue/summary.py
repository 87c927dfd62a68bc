"""The running summary of what no longer fits into the prompt."""

from collections.abc import Sequence

from core.engine.rereading import read_anew
from core.engine.types import ChatMessage, Engine, Finish, Options, Role
from core.store.records import Exchange

SUMMARY_TOKENS = 120
EXCERPT = 600
"""Characters of a question or an answer that the summary is made from."""
_TASK = (
    "Summarise the conversation below in at most four short sentences. "
    "Keep names, numbers, wishes and decisions. Write only the summary."
)


@read_anew
async def summarise(engine: Engine, earlier: str, exchanges: Sequence[Exchange]) -> str:
    """One summary of the earlier one and of the exchanges that follow it.

    It is written while nobody waits for the model; empty when somebody did before it was finished.
    """
    lines = [f"Summary so far: {earlier}"] if earlier else []
    for exchange in exchanges:
        lines.append(f"User: {exchange.question[:EXCERPT]}")
        lines.append(f"Assistant: {exchange.reply[:EXCERPT]}")
    prompt = await engine.prepare(
        [
            ChatMessage(role=Role.SYSTEM, text=_TASK, shared=True),
            ChatMessage(role=Role.USER, text="\n".join(lines)),
        ]
    )
    text, finish = "", None
    async for delta in engine.stream(prompt, Options(max_tokens=SUMMARY_TOKENS, background=True)):
        text, finish = text + delta.text, delta.finish
    return "" if finish is Finish.CANCELLED else text.strip()
