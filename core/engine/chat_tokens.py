"""Conversations and answers as the tokens that a model reads and writes."""

from collections.abc import Sequence

from core.engine.shelf import ShelvedModel
from core.engine.template import ChatTemplate
from core.engine.tokens import Vocabulary
from core.engine.types import ChatMessage


class ChatTokens:
    """A model's chat template and vocabulary, without its weights.

    Raises:
        ModelError: the model's files are damaged.
    """

    def __init__(self, model: ShelvedModel) -> None:
        facts = model.manifest.facts
        self._vocabulary = Vocabulary.load(model.folder)
        self._template = ChatTemplate(
            facts.chat_template, special=self._vocabulary.special, bos=facts.bos, eos=facts.eos
        )
        self._end = facts.end_ids[0]

    def prompt(self, messages: Sequence[ChatMessage]) -> list[int]:
        """Token ids up to where the answer begins, as the engine gives them to the model."""
        return self._vocabulary.encode_marked(self._template.render(messages))[0]

    def answer(self, text: str) -> list[int]:
        """Token ids of an answer, with the token that ends it."""
        return [*self._vocabulary.encode([text])[0], self._end]

    def strings(self, ids: Sequence[int]) -> list[str]:
        """Tokens as CTranslate2 takes them."""
        return [self._vocabulary.tokens[number] for number in ids]
