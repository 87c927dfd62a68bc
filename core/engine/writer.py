"""The model at work: one call of CTranslate2 per batch."""

from collections.abc import Sequence
from typing import Any

from core.engine import memory
from core.engine.prefixes import Prefixes, half
from core.engine.scheduling.request import Put, Request
from core.engine.tokens import Vocabulary
from core.errors import ModelError

LONG_PROMPT = 256
"""Tokens from which on the memory a prompt took is worth giving back."""
BLANKS = ("    ", "  ", " ", "\n")
"""What prompts are filled up with, the first that is one token of the model. At the end of the system text, 8
of them shift the default model's choice of words less than half as much as int8 weights do, 32 as much."""


class Writer:
    """Fills `core.engine.scheduling.request.Generate`.

    Args:
        generator: `ctranslate2.Generator`, loaded.
        vocabulary: the model's.
    """

    def __init__(self, generator: Any, vocabulary: Vocabulary) -> None:
        self._generator = generator
        self._strings = vocabulary.tokens
        self._prefixes = Prefixes()
        singles = [ids[0] for ids in vocabulary.encode(BLANKS) if len(ids) == 1]
        self._blank = singles[0] if singles else None

    @property
    def fills(self) -> bool:
        """The model has a token to fill prompts up with."""
        return self._blank is not None

    def __call__(self, requests: Sequence[Request], length: int, put: Put) -> None:
        first = requests[0]
        options = first.options
        kept = self._prefixes.cut(first.ids[: first.shared])
        ahead = max(kept, half(length, len(requests)))
        prompts = [[self._strings[number] for number in self._filled(each, length)] for each in requests]
        try:
            self._generator.generate_batch(
                [prompt[ahead:] for prompt in prompts],
                static_prompt=prompts[0][:ahead] or None,
                cache_static_prompt=ahead == kept,
                max_length=max(request.max_tokens for request in requests),
                end_token=list(first.end_ids),
                include_prompt_in_result=False,
                repetition_penalty=options.repetition_penalty,
                sampling_topk=options.top_k if options.temperature > 0 else 1,
                sampling_topp=options.top_p,
                sampling_temperature=options.temperature or 1.0,
                callback=lambda step: put(step.step, step.batch_id, step.token_id),
            )
        except (RuntimeError, ValueError) as error:
            raise ModelError(f"The model failed: {error}") from error
        finally:
            if length * len(requests) >= LONG_PROMPT:
                memory.release()

    def _filled(self, request: Request, length: int) -> tuple[int, ...]:
        missing = length - len(request.ids)
        if not missing:
            return request.ids
        if request.fill_at is None or self._blank is None:
            raise ModelError("A prompt that cannot be filled up came into a batch with a longer one")
        return (
            *request.ids[: request.fill_at],
            *[self._blank] * missing,
            *request.ids[request.fill_at :],
        )
