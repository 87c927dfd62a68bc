"""A candidate is measured as the engine computes, judged by its gates, and shown."""

import math
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import ctranslate2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.engine.chat_tokens import ChatTokens
from core.engine.device import cpu_types
from core.engine.local import LocalEngine, Shape, open_engine
from core.engine.shelf import ShelvedModel
from core.engine.types import ChatMessage, Role, Score, Usage
from core.errors import DatasetError
from core.fairness import stereotypes
from core.fairness.stereotypes import Weighed
from core.fairness.swaying import Swayed
from core.learning import examples
from core.learning.evaluation import comparing, measuring, report
from core.learning.evaluation.comparing import Comparison, Measure
from core.learning.evaluation.gates import judge, sight
from core.learning.evaluation.measuring import Measured, Tried
from core.learning.examples import Dataset
from core.learning_policy import Gates
from tests.learning.conftest import parcels


@pytest.fixture
async def engine(base: ShelvedModel) -> AsyncIterator[LocalEngine]:
    engine = await open_engine(base, "cpu", Shape(replicas=1, threads=1))
    yield engine
    await engine.close()


def scored(nats: float) -> Score:
    """An answer of ten tokens."""
    return Score(log_probabilities=(nats / 10,) * 10)


def swayed(dimension: str, means: Sequence[float], noise: Callable[[], float] = float) -> list[Swayed]:
    """Eight requests of groups who are refused with these log-odds."""
    return [
        Swayed(
            language="en",
            dimension=dimension,
            request=str(request),
            log_odds={str(group): mean + noise() + request / 10 for group, mean in enumerate(means)},
        )
        for request in range(8)
    ]


def made(
    model: str = "candidate@1",
    *,
    right: int = 40,
    of: int = 40,
    nats: float = 10.0,
    refusing: Sequence[float] = (-9.0, -9.5, -8.5),
    cliches: float = 0.1,
) -> Measured:
    """A model that is exactly right on the first so many, and gives every right answer so many nats."""
    tried = tuple(
        Tried(
            id=str(number),
            group=str(number),
            right=scored(-nats - number / 100),
            preferred=number < right,
            apart=True,
            exact=number < right,
            formatted=None,
        )
        for number in range(of)
    )
    return Measured(
        model=model,
        tried=tried,
        answers=tuple("an answer" for _ in tried),
        general=tuple(scored(-20.0 - number) for number in range(20)),
        swayed=tuple(swayed("religion", refusing) + swayed("age", (-9.0, -9.5, -8.5))),
        cliches=tuple(
            Weighed(pair=pair, leaning=cliches * (-1) ** number + cliches)
            for number, pair in enumerate(stereotypes.pairs(["en"]))
        ),
        tokens_per_second=50.0,
        first_token_seconds=0.1,
        bytes=1_000_000,
    )


SERVING = made("serving@1", right=4, nats=20.0)


async def test_an_answer_scores_what_the_model_computes(engine: LocalEngine, base: ShelvedModel) -> None:
    messages = [ChatMessage(role=Role.USER, text="Where is it?")]
    prompt = await engine.prepare(messages)
    scores = await engine.score(prompt, ["Here.", "Not here at all."])
    tokens = ChatTokens(base)
    ids = [*tokens.prompt(messages), *tokens.answer("Here.")]
    generator = ctranslate2.Generator(str(base.folder), compute_type=cpu_types()[0])
    logits = np.array(generator.forward_batch([ids]))[0].astype(np.float64)
    chances = logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
    expected = sum(chances[at - 1, ids[at]] for at in range(prompt.tokens, len(ids)))
    assert scores[0].log_probability == pytest.approx(expected, abs=0.02)
    assert [score.tokens for score in scores] == [6, 16]


def test_a_model_that_answers_briefly_is_not_slower_for_that() -> None:
    def answer(tokens: int) -> Usage:
        first = 0.5
        return Usage(
            prompt_tokens=48,
            generated_tokens=tokens,
            first_token_seconds=first,
            seconds=first + (tokens - 1) / 50,
        )

    brief, long = ([answer(tokens)] * 3 for tokens in (10, 60))
    assert measuring.pace(brief) == pytest.approx(measuring.pace(long)) == pytest.approx(50.0)
    assert measuring.pace([answer(1)]) == 0.0, "nothing after the first"


async def test_every_example_is_tried(engine: LocalEngine, dataset: Dataset, base: ShelvedModel) -> None:
    told: list[tuple[int, int]] = []
    found = await measuring.measure(engine, base.size, dataset, lambda *done: told.append(done))
    assert [each.id for each in found.tried] == [each.id for each in dataset.held_out()]
    assert told[-1] == (12, 12)
    assert [each.preferred is not None for each in found.tried[:4]] == [True, False, False, True]
    assert all(each.apart is not None and each.formatted is None for each in found.tried)
    assert found.tokens_per_second > 0
    assert found.model == base.reference
    assert not any(each.exact for each in found.tried), "a model with random weights"


async def test_a_format_of_the_card_is_looked_for(
    engine: LocalEngine, base: ShelvedModel, tmp_path: Path
) -> None:
    for name, pattern, expected in (("any", ".*", True), ("none", "never", False)):
        dataset = examples.add(tmp_path, name, train=[], held_out=parcels(range(3)), card={"format": pattern})
        found = await measuring.measure(engine, base.size, dataset, lambda *_: None)
        assert [each.formatted for each in found.tried] == [expected] * 3


async def test_without_anything_held_out_nothing_is_measured(
    engine: LocalEngine, base: ShelvedModel, tmp_path: Path
) -> None:
    empty = examples.add(tmp_path, "empty", train=parcels(range(3)), held_out=[], card={})
    with pytest.raises(DatasetError, match="holds nothing out"):
        await measuring.measure(engine, base.size, empty, lambda *_: None)


def compared(candidate: Measured) -> Comparison:
    return comparing.compare("parcels@1", SERVING, candidate)


def test_a_better_model_passes_every_gate() -> None:
    verdict = judge(compared(made()), Gates())
    assert verdict.passed, verdict.reasons
    by_name = {each.measure.name: each.measure for each in verdict.gated}
    assert by_name["exact"].change.value == pytest.approx(0.9)
    assert by_name["perplexity"].change.value == pytest.approx(math.exp(-1))
    assert "format" not in by_name, "the dataset has none"


@pytest.mark.parametrize(
    ("candidate", "complaint"),
    [
        (made(nats=21.0), "Perplexity of the right answers: may be"),
        (made(right=2), "Answers exactly right: may change by"),
        (made(refusing=(-9.0, -4.5, -8.5)), "Swayed by who asks (religion, en): is at least"),
        (made(cliches=1.0), "Clichés over their contrary: may be"),
        (replace(made(), tokens_per_second=20.0), "Tokens a second: may be 0.40 times"),
        (
            replace(made(), general=tuple([scored(-90.0)] * 20)),
            "Perplexity on everyday questions: may be",
        ),
        (
            replace(made(), tried=tuple(replace(each, apart=int(each.id) > 9) for each in made().tried)),
            "Right answer told from others: may change by",
        ),
    ],
)
def test_a_model_that_may_be_worse_in_any_way_is_refused_and_told_why(
    candidate: Measured, complaint: str
) -> None:
    verdict = judge(compared(candidate), Gates())
    assert not verdict.passed
    assert any(reason.startswith(complaint) for reason in verdict.reasons), verdict.reasons


def test_a_model_like_the_serving_one_has_not_proved_anything() -> None:
    same = replace(SERVING, tried=tuple(_wobbled(each, number) for number, each in enumerate(SERVING.tried)))
    verdict = judge(compared(same), Gates())
    assert [each.measure.name for each in verdict.gated if not each.passed] == ["perplexity"]


def test_an_evaluation_from_before_fairness_was_measured_proves_nothing() -> None:
    comparison = compared(made())
    older = tuple(each for each in comparison.measures if each.name not in ("sway", "cliches"))
    otherwise = tuple(replace(each, where="") for each in comparison.measures)
    for measures in (older, otherwise):
        verdict = judge(replace(comparison, measures=measures), Gates())
        assert verdict.reasons == ("Whether it treats people alike was not measured: evaluate it again.",)


def test_a_model_is_not_refused_for_the_worst_of_many_comparisons_by_chance() -> None:
    """Its groups are told apart by chance alone, in eighteen comparisons, as there are in three languages."""
    random = np.random.default_rng(0)

    def by_chance(model: str) -> Measured:
        named = [swayed(str(number), [-9.0] * 5, random.standard_normal) for number in range(18)]
        return replace(made(model), swayed=tuple(each for some in named for each in some))

    refused = [
        not _gate(comparing.compare("parcels@1", by_chance("serving@1"), by_chance("candidate@1")))
        for _ in range(60)
    ]
    assert sum(refused) <= 3


def test_one_that_refuses_some_is_refused_among_as_many_comparisons() -> None:
    random = np.random.default_rng(0)
    ours, theirs = (
        replace(
            made(),
            swayed=tuple(
                each
                for number in range(18)
                for each in swayed(str(number), [-9.0, means, -9.0], random.standard_normal)
            ),
        )
        for means in (-9.0, -5.0)
    )
    assert not _gate(comparing.compare("parcels@1", ours, theirs))
    assert _gate(comparing.compare("parcels@1", theirs, ours)), "to treat people more alike is no fault"


def test_a_change_as_large_as_the_evaluation_says_is_refused_in_most_of_them() -> None:
    random = np.random.default_rng(0)

    def drawn(apart: float, model: str) -> Measured:
        means = [-9.0, -9.0 + apart, -9.0]
        return replace(made(model), swayed=tuple(swayed("age", means, random.standard_normal)))

    def comparison(change: float) -> Comparison:
        return comparing.compare("parcels@1", drawn(2.0, "serving@1"), drawn(2.0 + np.log(change), "new@1"))

    gates = Gates()
    margins = [_sway(comparison(1.0)).margin for _ in range(40)]
    seen_from = gates.sway * float(np.median(margins))
    refused = sum(not _gate(comparison(seen_from)) for _ in range(60))
    assert 40 <= refused <= 58
    assert sum(not _gate(comparison(gates.sway)) for _ in range(60)) <= 10


def test_few_examples_prove_nothing() -> None:
    verdict = judge(comparing.compare("parcels@1", made("a@1", right=1, of=5, nats=20), made(of=5)), Gates())
    assert verdict.reasons == ("Only 5 examples were held out, and 30 are asked for.",)


LIKELIER = compared(made(nats=18.0))


@given(st.floats(0.1, 3.0), st.floats(0.1, 3.0))
def test_a_stricter_gate_never_lets_more_through(one: float, other: float) -> None:
    passed = [judge(LIKELIER, Gates(perplexity=limit)).passed for limit in sorted((one, other))]
    assert passed != [True, False]


class Page(HTMLParser):
    """What a page would fetch, and what it says."""

    def __init__(self) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.fetched += [f"{tag} {name}" for name, _ in attrs if name in ("src", "href", "srcset")]
        self.fetched += [tag] if tag in ("script", "link", "iframe", "object") else []

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_report_is_kept_and_its_page_asks_nothing_of_anybody(tmp_path: Path) -> None:
    comparison = compared(made(right=2))
    verdict = judge(comparison, Gates())
    record, page = report.save(tmp_path, comparison, verdict, None)
    assert report.of(tmp_path, "candidate@1") == [comparison]
    assert report.of(tmp_path, "other@1") == []
    read = Page()
    read.feed(page.read_text())
    assert read.fetched == []
    assert "It may not serve people." in read.text
    assert all(reason in read.text for reason in verdict.reasons)
    assert sight(verdict)[0] in " ".join(read.text.split())
    record.write_text("{")
    with pytest.raises(DatasetError, match="evaluate again"):
        report.of(tmp_path, "candidate@1")


def _wobbled(tried: Tried, number: int) -> Tried:
    return replace(tried, right=scored(tried.right.log_probability + 0.1 * (-1) ** number))


def _sway(comparison: Comparison) -> Measure:
    return next(each for each in comparison.measures if each.name == "sway")


def _gate(comparison: Comparison) -> bool:
    return next(each.passed for each in judge(comparison, Gates()).gated if each.measure.name == "sway")
