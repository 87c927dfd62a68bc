"""The grounding check against labelled pairs: how often it is wrong, in both directions.

The thresholds are calibrated on the pairs of every other passage and reported on the rest.
"""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

from rich.console import Console
from rich.table import Table

from core.knowledge.grounding import KEPT, Thresholds, check, thresholds, without_citations
from core.language.analysis import Analysis
from core.language.pipeline import Pipeline
from tests.benchmarks.kb import source
from tests.benchmarks.kb.pairs import Pair, make

PASSAGES = 900
MOST_WRONGLY_STOPPED = 0.05
"""What calibration may cost: the share of supported answers that are stopped."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """A pair, taken apart once."""

    pair: Pair
    said: Analysis
    passage: Analysis

    def passes(self, limits: Thresholds) -> bool:
        return check(self.pair.answer, self.said, {1: self.passage}, limits=limits).supported


async def cases() -> list[Case]:
    """All of them; takes a minute or two."""
    pipeline = Pipeline()
    texts = source.passages()[:PASSAGES]
    passages = await pipeline.analyse(texts, "en")
    pairs = make(texts, passages)
    said = await pipeline.analyse([without_citations(pair.answer) for pair in pairs], "en")
    await pipeline.close()
    return [
        Case(pair=pair, said=analysis, passage=passages[pair.passage])
        for pair, analysis in zip(pairs, said, strict=True)
    ]


def calibrated(known: Sequence[Case]) -> Thresholds:
    """Those that stop the most unsupported answers among those that stop few supported ones.

    Of several that do equally well, the strictest margin and the middle of its supports.
    """
    scored = []
    for margin in (0.0, 0.1, 0.15, 0.2, 0.3):
        for support in (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85):
            limits = Thresholds(support=support, margin=margin)
            right = [case.passes(limits) == case.pair.supported for case in known]
            passed = _share(right, known, supported=True)
            if passed >= 1 - MOST_WRONGLY_STOPPED:
                scored.append((_share(right, known, supported=False) + passed, limits))
    best = max(score for score, _ in scored)
    equal = [limits for score, limits in scored if score == best]
    equal = [limits for limits in equal if limits.margin == equal[0].margin]
    return equal[len(equal) // 2]


def _share(right: Sequence[bool], known: Sequence[Case], *, supported: bool) -> float:
    counted = [each for each, case in zip(right, known, strict=True) if case.pair.supported is supported]
    return sum(counted) / len(counted)


def keep(limits: Thresholds) -> None:
    """Store them beside the code."""
    kept = json.loads(KEPT.read_text(encoding="utf-8"))
    kept["thresholds"][""] = {name: value for name, value in asdict(limits).items() if name != "likeness"}
    KEPT.write_text(json.dumps(kept, indent=2) + "\n", encoding="utf-8")


def table(judged: Sequence[Case], limits: Thresholds) -> Table:
    """Errors by category, and both ways in all."""
    shown = Table("category", "pairs", "wrong", "error")
    wrong: dict[str, list[bool]] = {}
    for case in judged:
        wrong.setdefault(case.pair.category, []).append(case.passes(limits) != case.pair.supported)
    for category, errors in [*sorted(wrong.items()), *_totals(wrong)]:
        shown.add_row(category, str(len(errors)), str(sum(errors)), f"{sum(errors) / len(errors):.1%}")
    return shown


def _totals(wrong: Mapping[str, Sequence[bool]]) -> Iterator[tuple[str, list[bool]]]:
    for name, supported in (("ALL supported: stopped", True), ("ALL unsupported: passed", False)):
        kinds = [
            errors for category, errors in wrong.items() if category.startswith("supported") is supported
        ]
        yield name, [error for errors in kinds for error in errors]


async def summaries() -> Sequence[Case]:
    """What others spoilt, in another way than ours; no threshold was ever calibrated on it."""
    pipeline = Pipeline()
    texts = source.summaries()
    passages = await pipeline.analyse([text for text, _, _ in texts], "en")
    pairs = [
        Pair(
            category="supported, others' summaries" if right else "others' spoilt summaries",
            supported=right,
            answer=f"{text.rstrip(' .')} [1].",
            passage=place,
        )
        for place, (_, *both) in enumerate(texts)
        for right, text in zip((True, False), both, strict=True)
    ]
    said = await pipeline.analyse([without_citations(pair.answer) for pair in pairs], "en")
    await pipeline.close()
    return [
        Case(pair=pair, said=analysis, passage=passages[pair.passage])
        for pair, analysis in zip(pairs, said, strict=True)
    ]


async def main(*, calibrate: bool = False) -> None:
    """Print the table of the half that was held out."""
    every = await cases()
    if calibrate:
        keep(calibrated([case for case in every if not case.pair.held_out]))
        thresholds.cache_clear()
    held_out = [case for case in every if case.pair.held_out]
    started = time.perf_counter()
    shown = table(held_out, thresholds())
    shown.title = f"Grounding check, held-out half, {thresholds()}"
    shown.caption = f"{1000 * (time.perf_counter() - started) / len(held_out):.1f} ms a check"
    Console().print(shown)
    others = table(await summaries(), thresholds())
    others.title = "Grounding check, summaries by others"
    Console().print(others)
