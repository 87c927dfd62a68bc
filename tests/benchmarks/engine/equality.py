"""Are answers written in a batch those that the model writes alone, under greedy decoding, and if not, why?

`python -m tests.benchmarks.engine.equality [MODEL]` asks 150 questions alone and in batches of equal length
(no blanks go in), and where an answer differs says how far apart the two tokens' scores were; then how far
scores of the same prompt are apart, alone and in a batch. Takes some minutes; a busy machine changes nothing.
"""

import random
import sys
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np

from core import settings
from core.engine.device import cpu_types, load
from core.engine.shelf import ACTIVE, Shelf, ShelvedModel
from core.engine.template import ChatTemplate
from core.engine.tokens import Vocabulary
from core.engine.types import ChatMessage, Role
from core.policy import Policy

OPENINGS = (
    *("What is", "Tell me about", "Why do people like", "How does one find", "Who invented", "Describe"),
    *("Give me three facts about", "What is the history of", "Explain to a child", "Write a poem about"),
)
TOPICS = (
    *("rain", "bread", "the moon", "chess", "a parcel", "gold", "the sea", "tea", "a refund", "music"),
    *("winter", "glass", "a lighthouse", "bees", "paper"),
)
TOKENS = 40
BATCH = 16

Ids = list[str]


class Greedy:
    """A model that always writes the likeliest token."""

    def __init__(self, model: ShelvedModel, compute_type: str) -> None:
        self._end = list(model.manifest.facts.end_ids)
        self._generator: Any = load(model, "cpu", replicas=1, threads=1, compute_type=compute_type)

    def write(self, prompts: Sequence[Ids]) -> list[Ids]:
        """All in one batch."""
        results = self._generator.generate_batch(
            prompts, max_length=TOKENS, end_token=self._end, sampling_topk=1, include_prompt_in_result=False
        )
        return [list(result.sequences[0]) for result in results]

    def scores(self, prompts: Sequence[Ids]) -> Any:
        """Of every token after each prompt."""
        return np.array(self._generator.forward_batch(prompts))[:, -1]


def questions(model: ShelvedModel, vocabulary: Vocabulary) -> list[Ids]:
    """The questions as prompts."""
    facts = model.manifest.facts
    template = ChatTemplate(facts.chat_template, special=vocabulary.special, bos=facts.bos, eos=facts.eos)
    texts = [f"{opening} {topic}?" for opening in OPENINGS for topic in TOPICS]
    system = ChatMessage(role=Role.SYSTEM, text=Policy().system_prompt)
    rendered = [template.render([system, ChatMessage(role=Role.USER, text=text)]) for text in texts]
    return [[vocabulary.tokens[number] for number in vocabulary.encode_marked(each)[0]] for each in rendered]


def main() -> None:
    """Compare and print."""
    model = Shelf(settings.load().home).find(sys.argv[1] if len(sys.argv) > 1 else ACTIVE)
    vocabulary = Vocabulary.load(model.folder)
    numbers = {token: number for number, token in enumerate(vocabulary.tokens)}
    lengths: dict[int, list[Ids]] = defaultdict(list)
    for prompt in questions(model, vocabulary):
        lengths[len(prompt)].append(prompt)
    for group in lengths.values():
        random.Random(1).shuffle(group)
    batches = [group[at : at + BATCH] for group in lengths.values() for at in range(0, len(group), BATCH)]
    for compute_type in cpu_types():
        greedy = Greedy(model, compute_type)
        asked, margins, apart = 0, list[float](), list[float]()
        for batch in (batch for batch in batches if len(batch) > 1):
            together = greedy.write(batch)
            alone = [greedy.write([prompt])[0] for prompt in batch]
            asked += len(batch)
            for prompt, one, other in zip(batch, alone, together, strict=True):
                if one != other:
                    margins.append(_margin(greedy, numbers, prompt, one, other))
            scores = greedy.scores(batch)
            apart += [
                float(np.abs(greedy.scores([prompt])[0] - row).max())
                for prompt, row in zip(batch, scores, strict=True)
            ]
        print(f"{compute_type}: {asked - len(margins)} of {asked} answers are equal")
        if margins:
            print(f"  scores of the two tokens: {np.median(margins):.3f} apart, at most {max(margins):.3f}")
        print(f"  scores of one prompt: {np.median(apart):.5f} apart, at most {max(apart):.5f}", flush=True)


def _margin(greedy: Greedy, numbers: dict[str, int], prompt: Ids, one: Ids, other: Ids) -> float:
    """How much better the token that is written alone is than the one in the batch, where they part."""
    pairs = zip([*one, ""], [*other, ""], strict=False)
    at = next(at for at, (left, right) in enumerate(pairs) if left != right)
    if at >= min(len(one), len(other)):
        return 0.0
    scores = greedy.scores([[*prompt, *one[:at]]])[0]
    return abs(float(scores[numbers[one[at]]] - scores[numbers[other[at]]]))


if __name__ == "__main__":
    main()
