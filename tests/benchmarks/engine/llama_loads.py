"""The loads that both engines answer: the same prompts, the same lengths of answers, the same moments."""

import random
from collections.abc import Callable

from core.engine.types import ChatMessage, Engine, Role
from core.policy import Policy
from tests.benchmarks.engine.llama_clients import Ask, Load

SEED = 20
WORDS = (
    *("the", "order", "parcel", "street", "people", "would", "like", "to", "know", "whether", "it", "is"),
    *("change", "an", "address", "after", "payment", "was", "made", "because", "our", "office", "moved"),
    *("town", "last", "week", "and", "nobody", "told", "courier", "about", "this", "please", "also", "say"),
    *("long", "refund", "takes", "when", "item", "arrives", "broken", "or", "late", "at", "door", "another"),
)
"""What people write about, in no order: only lengths matter here."""

Length = Callable[[random.Random], int]


def fixed(tokens: int) -> Length:
    """Always so many."""
    return lambda _: tokens


def spread(least: int, most: int) -> Length:
    """Evenly spread on a logarithmic scale."""
    return lambda chance: round(least * (most / least) ** chance.random())


async def closed(engine: Engine, name: str, chats: int, turns: int, prompt: Length, answer: Length) -> Load:
    """Chats that all begin at once and ask again as soon as they are answered."""
    chance = random.Random(SEED)
    made = [
        tuple([await _ask(engine, chance, prompt, answer, at=None) for _ in range(turns)])
        for _ in range(chats)
    ]
    return Load(name=name, chats=tuple(made))


async def opened(
    engine: Engine, name: str, rate: float, seconds: float, prompt: Length, answer: Length
) -> Load:
    """Chats that begin at random moments and ask up to three times with pauses of eight seconds on average,
    whatever the answers take; `rate` questions come in a second."""
    chance = random.Random(SEED)
    made, begins = [], 0.0
    while (begins := begins + chance.expovariate(rate / 2)) < seconds:
        at, chat = begins, []
        for _ in range(chance.randint(1, 3)):
            chat.append(await _ask(engine, chance, prompt, answer, at=at))
            at += 1 + chance.expovariate(1 / 7)
        made.append(tuple(chat))
    return Load(name=name, chats=tuple(made))


async def _ask(
    engine: Engine, chance: random.Random, prompt: Length, answer: Length, at: float | None
) -> Ask:
    wanted, system = prompt(chance), Policy().system_prompt
    empty = await engine.prepare(messages(system, ""))
    user = " ".join(chance.choices(WORDS, k=max(1, wanted - empty.tokens)))
    (tokens,) = await engine.count([user])
    # A word is about a token: those that are more are paid for by leaving words out.
    user = " ".join(user.split(" ")[: max(1, len(user.split(" ")) - (tokens + empty.tokens - wanted))])
    read = await engine.prepare(messages(system, user))
    return Ask(system=system, user=user, ids=read.ids, answer=answer(chance), at=at)


def messages(system: str, user: str) -> list[ChatMessage]:
    """As the assistant asks: the system prompt is everybody's."""
    return [
        ChatMessage(role=Role.SYSTEM, text=system, shared=True),
        ChatMessage(role=Role.USER, text=user),
    ]
