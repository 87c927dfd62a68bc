"""Presidio's recognisers on what our own pipeline read. No other module knows Presidio.

It gets the words and lemmas that the pipeline found, so that no text is taken apart twice and nothing is
downloaded. Its recognisers for mailboxes and web addresses, which fetch a list of domains, are not used, nor
those that did worse than `patterns` in measurements.
"""

import importlib
import logging
import threading
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from types import SimpleNamespace
from typing import Any

from core.language.analysis import Analysis
from core.language.blocks import blocks
from core.privacy.detection.finding import Finding, Kind

LANGUAGES = ("en", "de", "es")
LEAST_SCORE = 0.4
"""Presidio's own certainty, of 1, below which a finding does not count: a word such as "passport" before a
number gives 0.4, a check digit 1, a mere form 0.01 to 0.3."""
_ANYWHERE = ("CreditCardRecognizer", "CryptoRecognizer", "IbanRecognizer")
_OF_LANGUAGE = {
    "en": (
        "NhsRecognizer",
        "UkNinoRecognizer",
        "UkPassportRecognizer",
        "UsItinRecognizer",
        "UsLicenseRecognizer",
        "UsPassportRecognizer",
        "UsSsnRecognizer",
    ),
    "de": (
        "DeHealthInsuranceRecognizer",
        "DeIdCardRecognizer",
        "DePassportRecognizer",
        "DeSocialSecurityRecognizer",
        "DeTaxIdRecognizer",
    ),
    "es": ("EsNieRecognizer", "EsNifRecognizer", "EsPassportRecognizer"),
}
_KINDS = {"CREDIT_CARD": Kind.CARD, "CRYPTO": Kind.IBAN, "IBAN_CODE": Kind.IBAN}
"""What its entities are called here; all others are of its recognisers of national ids."""

_ONE_AT_A_TIME = threading.Lock()


def is_installed() -> bool:
    """True where the extra `privacy` is there."""
    return find_spec("presidio_analyzer") is not None


class Presidio:
    """Finds what Presidio finds; nothing where it is not installed.

    It is imported at the first text, which takes seconds.
    """

    def __init__(self) -> None:
        self._is_usable = is_installed()

    def find(self, text: Analysis) -> Iterator[Finding]:
        """Numbers that tell of a person, in the languages whose recognisers we use."""
        if not self._is_usable or text.language not in LANGUAGES:
            return
        engine = _engine()
        for offset, piece in blocks(text.text):
            if any(map(str.isdigit, piece)):
                yield from _in(engine, piece, offset, text)


def _in(engine: Any, piece: str, offset: int, text: Analysis) -> Iterator[Finding]:
    tokens = [each for each in text.tokens if offset <= each.start < offset + len(piece)]
    artifacts = _artifacts(tokens, offset, text.language, engine.nlp_engine)
    with _ONE_AT_A_TIME:
        results = engine.analyze(piece, text.language, nlp_artifacts=artifacts, score_threshold=LEAST_SCORE)
    for each in results:
        kind = _KINDS.get(each.entity_type, Kind.NATIONAL_ID)
        yield Finding(start=offset + each.start, end=offset + each.end, kind=kind)


@cache
def _engine() -> Any:
    presidio: Any = importlib.import_module("presidio_analyzer")
    recognizers: Any = importlib.import_module("presidio_analyzer.predefined_recognizers")
    logging.getLogger("presidio-analyzer").setLevel(logging.ERROR)
    registry = presidio.RecognizerRegistry(recognizers=[], supported_languages=list(LANGUAGES))
    for language, own in _OF_LANGUAGE.items():
        for name in (*_ANYWHERE, *own):
            registry.add_recognizer(getattr(recognizers, name)(supported_language=language))
    return presidio.AnalyzerEngine(
        registry=registry, nlp_engine=_reader(), supported_languages=list(LANGUAGES)
    )


def _reader() -> Any:
    """Stands where Presidio would load models of its own."""
    return SimpleNamespace(
        is_loaded=lambda: True,
        is_stopword=lambda word, language: False,
        is_punct=lambda word, language: not any(map(str.isalnum, word)),
        get_supported_languages=lambda: list(LANGUAGES),
        get_supported_entities=list,
    )


def _artifacts(tokens: Any, offset: int, language: str, reader: Any) -> Any:
    module: Any = importlib.import_module("presidio_analyzer.nlp_engine")
    return module.NlpArtifacts(
        entities=[],
        tokens=[each.text for each in tokens],
        tokens_indices=[each.start - offset for each in tokens],
        lemmas=[each.lemma for each in tokens],
        nlp_engine=reader,
        language=language,
    )
