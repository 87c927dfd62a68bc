"""A question of a conversation becomes a search that stands alone; one that stands alone is left as it is."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.language.analysis import Analysis
from core.language.context import Resolved, leans, resolve
from core.language.pipeline import Pipeline
from core.language.query import Exchange, search_query
from tests.language.dialogues import FILLED_IN, PRO, SHIP, UNCHANGED


def exchanges(said: Sequence[str]) -> list[Exchange]:
    return [
        Exchange(question=asked, answer=answer) for asked, answer in zip(said[::2], said[1::2], strict=True)
    ]


@pytest.mark.parametrize(("said", "question", "meaning"), FILLED_IN)
async def test_what_is_left_to_the_conversation_is_filled_in(
    said: Sequence[str], question: str, meaning: str, pipeline: Pipeline
) -> None:
    query = await search_query(pipeline, question, exchanges(said), "en")
    assert query.text == meaning
    assert query.reasons


@pytest.mark.parametrize(("said", "question"), UNCHANGED)
async def test_a_question_that_stands_alone_is_left_as_it_is(
    said: Sequence[str], question: str, pipeline: Pipeline
) -> None:
    query = await search_query(pipeline, question, exchanges(said), "en")
    assert query.text == question
    assert query.reasons == ()


async def test_the_words_to_search_for_are_lemmas_and_names(pipeline: Pipeline) -> None:
    query = await search_query(pipeline, "Which shops did Acme Ltd open in Berlin?", [], "en")
    assert query.terms == ("shop", "acme", "ltd", "open", "berlin")
    assert "Berlin" in query.names


async def test_the_words_are_those_of_the_whole_question(pipeline: Pipeline) -> None:
    query = await search_query(pipeline, "And Italy?", exchanges(SHIP), "en")
    assert query.terms == ("ship", "italy")
    assert query.reasons == ('"Italy" takes the place of "Austria" in the question before.',)


async def test_without_a_model_the_words_of_the_question_before_are_added(by_rules: Pipeline) -> None:
    query = await search_query(by_rules, "Does it include support?", exchanges(PRO), "en")
    assert query.text == "Does it include support? Pro plan cost"
    assert query.reasons
    alone = await search_query(by_rules, "How do I reset my password?", exchanges(PRO), "en")
    assert alone.text == "How do I reset my password?"
    german = await search_query(by_rules, "Wie setze ich mein Passwort zurück?", exchanges(PRO), "de")
    assert german.reasons == ()


class _Noting(Pipeline):
    """Remembers what it was asked to read."""

    def __init__(self) -> None:
        super().__init__(packages=dict)
        self.read: list[str] = []

    async def analyse(self, texts: Sequence[str], language: str = "") -> Sequence[Analysis]:
        self.read += texts
        return await super().analyse(texts, language)


async def test_what_was_said_before_is_read_only_for_a_question_that_leans_on_it() -> None:
    pipeline = _Noting()
    await search_query(pipeline, "How do I reset my password?", exchanges(PRO), "en")
    assert pipeline.read == ["How do I reset my password?"]
    await search_query(pipeline, "Does it include support?", exchanges(PRO), "en")
    assert pipeline.read[2:4] == list(PRO)
    await pipeline.close()


WORDS = ["it", "that", "what", "about", "and", "there", "Pro", "she", "?", "plan's", "its", "\n"]
ODD = st.text(st.characters(codec=None), max_size=60) | st.lists(st.sampled_from(WORDS), max_size=8).map(
    " ".join
)


@settings(max_examples=40)
@given(question=ODD, said=st.sampled_from([PRO, SHIP, ("", ""), ("?", "it")]))
async def test_no_text_makes_it_fail(
    question: str, said: Sequence[str], pipeline: Pipeline, by_rules: Pipeline
) -> None:
    for each in (pipeline, by_rules):
        query = await search_query(each, question, exchanges(said), "en")
        assert query == await search_query(each, question, exchanges(said), "en")


@settings(max_examples=100)
@given(question=ODD, said=st.sampled_from([PRO, SHIP]))
async def test_nothing_is_filled_into_a_question_that_does_not_lean(
    question: str, said: Sequence[str], pipeline: Pipeline, by_rules: Pipeline
) -> None:
    for asking, answering in ((pipeline, pipeline), (pipeline, by_rules), (by_rules, by_rules)):
        (asked,) = await asking.analyse([question], "en")
        before, answer = await answering.analyse(said, "en")
        if not leans(asked):
            assert resolve(asked, [(before, answer)]) == Resolved(text=asked.text)
