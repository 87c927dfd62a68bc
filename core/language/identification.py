"""Which language a text is in."""

import importlib
from importlib.util import find_spec
from typing import Any

LEAST_LETTERS = 16
"""Shorter texts tell too little ("ok thx"): they keep the language that the chat is in."""
LEAST_PROBABILITY = 0.8
"""Sixteen questions in nine languages, none longer than a line: right ones had 0.69 to 1, none was wrong."""
SAMPLE = 1_000
"""Characters that are looked at."""


def is_installed() -> bool:
    """True where languages can be told apart."""
    return find_spec("py3langid") is not None


class Identifier:
    """Tells languages apart; without the extra `language` it believes what it is told.

    py3langid carries its model and fetches nothing. Loading takes seconds: use it off the event loop.
    """

    def __init__(self) -> None:
        self._model: Any = None

    def language(self, text: str, usual: str) -> str:
        """ISO 639-1 code; `usual` where the text is too short, the guess unsure, or nobody can tell."""
        sample = text[:SAMPLE]
        if sum(map(str.isalpha, sample)) < LEAST_LETTERS or not is_installed():
            return usual
        if self._model is None:
            langid: Any = importlib.import_module("py3langid.langid")
            self._model = langid.LanguageIdentifier.from_model_file(langid.MODEL_FILE, norm_probs=True)
        code, probability = self._model.classify(sample)
        return str(code) if probability >= LEAST_PROBABILITY else usual
