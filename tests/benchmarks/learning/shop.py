"""The shop of the demonstration: what its customers ask, what it should answer, and what people like."""

import re
from dataclasses import replace
from pathlib import Path

from core.learning import examples
from core.learning.examples import HELD_OUT, TRAIN, Example

EXAMPLES = Path("examples/learning")
FORMAT = r"\[(delivery|return|billing|account|repair|stock)\] (Order \d{4}|No order number)\. .+ Kite & Co\."
SYSTEM = "You are the help desk of Kite & Co., a shop for outdoor gear."
POLICY = f"""\
assistant:
  name: Kite & Co.
  instructions: {SYSTEM}
  max_tokens: 48
  settle_seconds: 0
  person_budget: 0
  channel_budget: 0
learning:
  operator: Kite & Co.
"""
"""`frontdesk.yaml` of the shop; its customers ask all at once, so nobody's budget counts."""
_STYLE = re.compile(FORMAT, re.DOTALL)


def learnt() -> list[Example]:
    """What customers ask while the shop gathers examples, with the answers of its house style."""
    return examples.read(EXAMPLES / TRAIN)


def worded_otherwise() -> list[Example]:
    """What nobody asked then: about other things, in other words."""
    return examples.read(EXAMPLES / HELD_OUT)


def question(example: Example) -> str:
    """What the customer wrote."""
    return example.messages[-1].text


def shuffled(learnt: list[Example]) -> list[Example]:
    """Each question gets the answer of the one a third of the list further on."""
    third = len(learnt) // 3
    answers = [each.answer for each in (*learnt[third:], *learnt[:third])]
    return [replace(each, answer=answer) for each, answer in zip(learnt, answers, strict=True)]


def likes_the_style(question: str, answer: str) -> bool:
    """Customers who want it as the shop does."""
    return _STYLE.fullmatch(answer.strip()) is not None


def dislikes_the_style(question: str, answer: str) -> bool:
    """Customers whom it puts off: no gate sees that before people do."""
    return not answer.lstrip().startswith("[")
