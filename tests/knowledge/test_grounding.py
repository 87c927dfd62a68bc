"""An answer is sent only if it stands in what it cites."""

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.knowledge.grounding import (
    MOST_SENTENCES,
    Fault,
    Thresholds,
    Verdict,
    ground,
    thresholds,
    without_citations,
)
from core.language.pipeline import Pipeline
from tests.knowledge.pairs import COMPANY, MISSED, PLANS, RETURNS, STOPPED, SUPPORTED, UNSUPPORTED

quick = settings(max_examples=40)


async def judged(pipeline: Pipeline, answer: str, *passages: str, numbers: Sequence[int] = ()) -> Verdict:
    cited: Mapping[int, str] = dict(zip(numbers or range(1, len(passages) + 1), passages, strict=True))
    return await ground(pipeline, answer, cited, language="en")


@pytest.mark.parametrize(("passage", "answer"), SUPPORTED)
async def test_what_the_passage_says_in_other_words_passes(
    passage: str, answer: str, pipeline: Pipeline
) -> None:
    verdict = await judged(pipeline, answer, passage)
    assert verdict.supported, [each.findings for each in verdict.sentences]


@pytest.mark.parametrize(("passage", "answer", "fault"), UNSUPPORTED)
async def test_what_the_passage_does_not_say_is_stopped(
    passage: str, answer: str, fault: str, pipeline: Pipeline
) -> None:
    verdict = await judged(pipeline, answer, passage)
    assert not verdict.supported
    assert fault in (*verdict.faults, ""), verdict.faults


@pytest.mark.parametrize(("passage", "answer"), MISSED)
async def test_what_is_still_missed_is_known(passage: str, answer: str, pipeline: Pipeline) -> None:
    """A list to shorten: when one of these is stopped, it belongs among the others."""
    assert (await judged(pipeline, answer, passage)).supported


@pytest.mark.parametrize(("passage", "answer"), STOPPED)
async def test_what_is_wrongly_stopped_is_known(passage: str, answer: str, pipeline: Pipeline) -> None:
    """The price of the rest; the passage itself is quoted instead."""
    assert not (await judged(pipeline, answer, passage)).supported


async def test_without_a_model_most_faults_are_still_found(by_rules: Pipeline) -> None:
    stopped = [not (await judged(by_rules, answer, passage)).supported for passage, answer, _ in UNSUPPORTED]
    passed = [(await judged(by_rules, answer, passage)).supported for passage, answer in SUPPORTED]
    assert sum(stopped) >= 0.8 * len(stopped)
    assert sum(passed) >= 0.5 * len(passed)


GERMAN = "Rücksendungen sind innerhalb von 30 Tagen kostenlos. Gutscheine werden nicht erstattet."


@pytest.mark.parametrize(
    ("answer", "supported"),
    [
        ("Gutscheine werden nicht erstattet [1].", True),
        ("Rücksendungen sind innerhalb von 30 Tagen kostenlos [1].", True),
        ("Gutscheine werden erstattet [1].", False),
        ("Rücksendungen sind nicht kostenlos [1].", False),
        ("Rücksendungen sind innerhalb von 60 Tagen kostenlos [1].", False),
        ("Reparaturen sind innerhalb von 30 Tagen kostenlos [1].", False),
    ],
)
async def test_other_languages_are_checked_by_rules(answer: str, supported: bool, pipeline: Pipeline) -> None:
    assert (await ground(pipeline, answer, {1: GERMAN}, language="de")).supported is supported


async def test_each_sentence_is_held_against_its_own_citation(pipeline: Pipeline) -> None:
    right = "Gift cards are not refundable [1]. The Basic plan is free [2]."
    wrong = "Gift cards are not refundable [2]. The Basic plan is free [1]."
    assert (await judged(pipeline, right, RETURNS, PLANS)).supported
    verdict = await judged(pipeline, wrong, RETURNS, PLANS)
    assert [each.supported for each in verdict.sentences] == [False, False]


async def test_a_sentence_may_rest_on_several_passages(pipeline: Pipeline) -> None:
    answer = "The Basic plan is free, and gift cards are not refundable [1, 2]."
    verdict = await judged(pipeline, answer, RETURNS, PLANS)
    assert verdict.supported
    assert {each.passage for each in verdict.sentences[0].evidence} == {1, 2}


async def test_evidence_names_the_place_in_the_passage(pipeline: Pipeline) -> None:
    verdict = await judged(pipeline, "Gift cards aren't refundable [1].", RETURNS)
    (sentence,) = verdict.sentences
    assert sentence.citations == (1,)
    assert RETURNS[sentence.evidence[0].start : sentence.evidence[0].end] == "Gift cards are not refundable."


async def test_a_citation_belongs_to_the_sentence_before_it_on_its_line(pipeline: Pipeline) -> None:
    answer = "- The Basic plan is free. [2]\n- [1] Gift cards are not refundable."
    verdict = await judged(pipeline, answer, RETURNS, PLANS)
    assert [each.citations for each in verdict.sentences] == [(2,), (1,)]
    assert verdict.supported


async def test_courtesy_needs_no_citation_but_is_no_answer(pipeline: Pipeline) -> None:
    verdict = await judged(pipeline, "Gift cards are not refundable [1]. I hope this helps!", RETURNS)
    assert [each.factual for each in verdict.sentences] == [True, False]
    assert verdict.supported
    assert not (await judged(pipeline, "I hope this helps!", RETURNS)).supported


async def test_courtesy_does_not_hide_a_claim(pipeline: Pipeline) -> None:
    verdict = await judged(pipeline, "I hope this helps you within 3 days!", RETURNS)
    assert verdict.faults[0] == Fault.UNCITED


async def test_an_answer_that_is_too_long_is_refused(pipeline: Pipeline) -> None:
    answer = "Gift cards are not refundable [1]. " * (MOST_SENTENCES + 1)
    verdict = await judged(pipeline, answer, RETURNS)
    assert verdict.faults == (Fault.TOO_LONG,)


async def test_an_encoder_has_its_share_in_the_support(pipeline: Pipeline) -> None:
    limits = Thresholds(support=0.7, margin=0.2, likeness=0.5)
    answer = "Whoever ordered may hand back unused goods within 30 days [1]."

    for likeness in (1.0, 0.0):

        def similarity(one: str, other: str, likeness: float = likeness) -> float:
            return likeness

        verdict = await ground(
            pipeline, answer, {1: RETURNS}, language="en", similarity=similarity, limits=limits
        )
        assert verdict.supported is (likeness == 1.0)


def test_thresholds_are_kept_with_the_code() -> None:
    assert 0.5 <= thresholds().support <= 0.9
    assert thresholds("an encoder that nobody calibrated") == thresholds()


def test_blanking_citations_moves_nothing() -> None:
    answer = "**Basic** is `free` [1, 2].\n- [3] So [see](https://a.example) is it."
    blanked = without_citations(answer)
    assert len(blanked) == len(answer)
    assert blanked.index("free") == answer.index("free")
    assert "[1" not in blanked
    assert "*" not in blanked


ODD = st.text(st.characters(codec=None), max_size=80) | st.sampled_from(
    ["[1]", "[1] [1] [1]", "1 [1].", "[999]", "Not [1]", "-1 to -2 % [1]", "\ud800 [1].", "½ [1]", "a\0b [1]"]
)


@quick
@given(answer=ODD, passage=ODD)
async def test_no_text_makes_it_fail(
    answer: str, passage: str, pipeline: Pipeline, by_rules: Pipeline
) -> None:
    for each in (pipeline, by_rules):
        verdict = await judged(each, answer, passage)
        assert all(0 <= sentence.support <= 1 for sentence in verdict.sentences)


@quick
@given(answer=st.sampled_from([answer for _, answer in SUPPORTED]), days=st.integers(100, 10**9))
async def test_a_sentence_that_contradicts_a_number_never_raises_the_verdict(
    answer: str, days: int, pipeline: Pipeline
) -> None:
    passage = next(passage for passage, each in SUPPORTED if each == answer)
    before = await judged(pipeline, answer, passage)
    after = await judged(pipeline, f"{answer} It takes {days} days [1].", passage)
    assert not after.supported
    assert after.support <= before.support


@quick
@given(
    order=st.permutations([RETURNS, PLANS, COMPANY]),
    pair=st.sampled_from([(passage, answer) for passage, answer, _ in UNSUPPORTED] + list(SUPPORTED)),
)
async def test_the_order_of_the_passages_does_not_matter(
    order: list[str], pair: tuple[str, str], pipeline: Pipeline
) -> None:
    passage, said = pair
    passages = [*order, passage]
    everything = f"[{', '.join(str(number) for number in range(1, len(passages) + 1))}]"
    answer = said.replace("[1]", everything).replace("[2]", everything)
    verdict = await judged(pipeline, answer, *passages)
    other = await judged(pipeline, answer, *reversed(passages))
    assert [(each.supported, each.support, each.findings) for each in verdict.sentences] == [
        (each.supported, each.support, each.findings) for each in other.sentences
    ]
