"""What of an answer is seen while it is written, where something in it insults its reader."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext

import pytest

from core.delivery.responder import Answer, Seat
from core.dialogue.safeguard import WITHHELD, Safeguard
from core.message import Conversation
from core.policy import Policy
from core.store.records import Turn
from tests.samples import HERE, message

TURN = Turn(id="t", conversation=HERE, attempt=1, messages=(message("hello"),), posts=())


class Writing:
    """Fills `core.delivery.responder.Responder`: shows texts one after another, and answers with the last."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = texts

    async def respond(self, turn: Turn, policy: Policy, show: Callable[[Answer], None], seat: Seat) -> Answer:
        for text in self._texts:
            show(Answer(text=text, route="chat"))
        return Answer(text=self._texts[-1], route="chat")

    async def reflect(self, conversation: Conversation, policy: Policy) -> Sequence[Conversation]:
        return ()


def _seat() -> AbstractAsyncContextManager[None]:
    return nullcontext()


async def _seen(texts: Sequence[str]) -> tuple[list[str], Answer]:
    shown = list[str]()
    answer = await Safeguard(Writing(texts)).respond(
        TURN, Policy(), lambda so_far: shown.append(so_far.text), _seat
    )
    return shown, answer


def growing(text: str) -> list[str]:
    """Word by word."""
    words = text.split(" ")
    return [" ".join(words[: count + 1]) for count in range(len(words))]


@pytest.mark.parametrize(
    "text",
    [
        "Good morning. Your parcel is at the post office! Shall I call them?",
        "No eres idiota. No, no eres idiota, y te lo explico otra vez",
        "An idiot-proof manual is attached.\nYou can read it at home.",
    ],
)
async def test_an_ordinary_answer_is_seen_word_by_word(text: str) -> None:
    shown, answer = await _seen(growing(text))
    assert shown == growing(text)
    assert answer.text == text


@pytest.mark.parametrize("rude", ["you are an idiot", "Idiot, read it yourself", "I will kill you"])
async def test_nothing_is_seen_from_an_insult_on(rude: str) -> None:
    text = f"Your parcel is here. {rude} and then ask again. Have a nice day."
    shown, answer = await _seen(growing(text))
    assert shown
    assert not any(rude.split(" ")[-1] in each for each in shown)
    assert answer.route == WITHHELD


async def test_an_answer_that_is_written_anew_is_seen_again() -> None:
    shown, answer = await _seen(["Fine. You are an idiot", "Fine. You are", "Fine. You are right."])
    assert shown == ["Fine. You are", "Fine. You are right."]
    assert answer.text == "Fine. You are right."
