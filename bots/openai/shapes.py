"""What the endpoint answers, in OpenAI's shapes."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from core.engine.types import Finish, ModelCard, Usage

FINISH = {Finish.STOP: "stop", Finish.LENGTH: "length"}
FILTERED = "content_filter"
"""Why an answer ends of which nobody is to see more."""

Json = Mapping[str, object]


def _now() -> int:
    return int(datetime.now(UTC).timestamp())


@dataclass(frozen=True, kw_only=True)
class Piece:
    """Of an answer; the last one has a reason to end, and usage."""

    text: str
    reason: str = ""
    """As OpenAI calls it."""
    usage: Usage | None = None


@dataclass(frozen=True, kw_only=True)
class Completion:
    """One answer's identity, the same in all of its chunks."""

    model: str
    """NAME@VERSION of the model that writes it."""
    key: str
    """Name of the key that asked, for the log and the metrics; the client is not sent it."""
    id: str = field(default_factory=lambda: f"chatcmpl-{uuid.uuid4().hex}")
    created: int = field(default_factory=_now)
    """Unix time in seconds."""

    def whole(self, text: str, reason: str, usage: Usage) -> Json:
        """The answer at once."""
        message = {"role": "assistant", "content": text, "refusal": None}
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": reason}
        return {**self._envelope("chat.completion"), "choices": [choice], "usage": _usage(usage)}

    def chunk(self, delta: Mapping[str, str], reason: str | None = None) -> Json:
        """A piece of the stream."""
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
        return {**self._envelope("chat.completion.chunk"), "choices": [choice]}

    def usage_chunk(self, usage: Usage) -> Json:
        """The last piece of a stream whose client asked for usage."""
        return {**self._envelope("chat.completion.chunk"), "choices": [], "usage": _usage(usage)}

    def _envelope(self, kind: str) -> dict[str, object]:
        return {
            "id": self.id,
            "object": kind,
            "created": self.created,
            "model": self.model,
            "system_fingerprint": self.model.partition("@")[2],
        }


def model(card: ModelCard, since: int) -> Json:
    """One entry of the list of models.

    Args:
        card: the model.
        since: Unix time in seconds.
    """
    return {"id": card.name, "object": "model", "created": since, "owned_by": "frontdesk"}


def _usage(usage: Usage) -> Json:
    return {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.generated_tokens,
        "total_tokens": usage.prompt_tokens + usage.generated_tokens,
    }
