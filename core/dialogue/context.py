"""What the model reads: the system prompt, what came before, and the question, within a budget of tokens."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.engine.types import ChatMessage, Engine, Role
from core.policy import Policy
from core.store.records import Exchange, Transcript

PROMPT_VERSION = "2"
"""Raised whenever the same transcript would give another prompt."""
HISTORY_TOKENS = 1024
"""Tokens of earlier exchanges in a prompt: on a CPU each costs about a millisecond before the first word."""
OVERHEAD = 8
"""Tokens a chat template adds per message, generously."""
UNASKED = "…"
"""Stands for the question of what an agent said unasked: some chat templates want one before each answer."""


@dataclass(frozen=True)
class Context:
    """The messages for the chat template, and what did not fit."""

    messages: tuple[ChatMessage, ...]
    left_out: tuple[Exchange, ...]
    """Exchanges that no longer fit, oldest first: to be summarised."""


async def assemble(engine: Engine, policy: Policy, transcript: Transcript, question: str) -> Context:
    """Lay the prompt out so that what stays the same comes first.

    The system prompt, the summary and the question are always in; of the exchanges, the newest that fit into
    the budget. The same inputs give the same prompt.
    """
    exchanges, question = _open_question(transcript.exchanges, question)
    fixed = [policy.system_prompt, memory_text(transcript.summary), question]
    said = [text for each in exchanges for text in (each.question, each.reply)]
    counts = await engine.count([*fixed, *said])  # at once, as whoever counts may be on another machine
    room = engine.card().context_length - policy.max_tokens - sum(counts[: len(fixed)]) - 4 * OVERHEAD
    kept = _newest_within(_costs(counts[len(fixed) :]), max(0, min(HISTORY_TOKENS, room)))
    messages = [ChatMessage(role=Role.SYSTEM, text=policy.system_prompt, shared=True)]
    if transcript.summary:
        messages.append(ChatMessage(role=Role.SYSTEM, text=memory_text(transcript.summary)))
    for exchange in exchanges[len(exchanges) - kept :]:
        messages.append(ChatMessage(role=Role.USER, text=exchange.question or UNASKED))
        messages.append(ChatMessage(role=Role.ASSISTANT, text=exchange.reply))
    messages.append(ChatMessage(role=Role.USER, text=question))
    return Context(messages=tuple(messages), left_out=tuple(exchanges[: len(exchanges) - kept]))


def memory_text(summary: str) -> str:
    """What is remembered of older exchanges, in a message of its own: the persona before it is shared."""
    return f"Earlier in this conversation: {summary}" if summary else ""


def _open_question(exchanges: Sequence[Exchange], question: str) -> tuple[Sequence[Exchange], str]:
    """What agents left unanswered is asked together with what comes after."""
    if not exchanges or exchanges[-1].reply:
        return exchanges, question
    asked = (exchanges[-1].question, question)
    return exchanges[:-1], "\n".join(text for text in asked if text)


def _costs(counts: Sequence[int]) -> list[int]:
    """Of exchanges, by the tokens of each question and reply."""
    return [counts[i] + counts[i + 1] + 2 * OVERHEAD for i in range(0, len(counts), 2)]


def _newest_within(costs: Sequence[int], budget: int) -> int:
    """How many of the last costs fit together."""
    kept = 0
    for cost in reversed(costs):
        budget -= cost
        if budget < 0:
            break
        kept += 1
    return kept
