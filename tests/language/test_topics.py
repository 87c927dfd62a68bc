"""A topic says what is asked about, and never who asks."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.language.pipeline import Pipeline
from core.language.topics import OTHER, topic

TOPICS = (
    ("How do I reset my password?", "password"),
    ("how can i reset the password", "password"),
    ("I forgot my password", "password"),
    ("Can I get a refund for a gift card?", "refund"),
    ("The battery does not charge any more.", "battery"),
    ("Where can I download my monthly invoices?", "monthly invoice"),
    ("Thanks!", OTHER),
    ("", OTHER),
)
PERSONAL = (
    "My name is Maria Lindqvist, where is my parcel?",
    "my name is maria and i want a refund",
    "I am Tomas Berg and I forgot my password",
    "Please call +43 1 234 5678 about my parcel",
    "Send the invoice to maria.lindqvist@acme.example",
    "Did Maria pay order 4711-22?",
    "Card 4111 1111 1111 1111 was declined",
    "What is Maria Lindqvist's phone number?",
    "Maria",
    "https://acme.example/users/maria is broken",
)
SECRETS = ("maria", "lindqvist", "tomas", "berg", "4711", "4111", "1234", "234", "5678", "@", "acme.example")


async def label(pipeline: Pipeline, text: str, *names: str) -> str:
    (analysis,) = await pipeline.analyse([text], "en")
    return topic(analysis, names)


@pytest.mark.parametrize(("question", "about"), TOPICS)
async def test_a_question_has_a_topic(question: str, about: str, pipeline: Pipeline) -> None:
    assert await label(pipeline, question) == about


@pytest.mark.parametrize("question", PERSONAL)
async def test_nothing_personal_is_in_a_topic(question: str, pipeline: Pipeline) -> None:
    found = await label(pipeline, question)
    assert not any(secret in found for secret in SECRETS), found


async def test_names_of_the_documents_may_stand_in_a_topic(pipeline: Pipeline) -> None:
    question = "How much does the Pro plan cost per month?"
    assert await label(pipeline, question) == "plan"
    assert await label(pipeline, question, "pro") == "pro plan"


async def test_without_a_model_nobody_can_be_recognised(by_rules: Pipeline) -> None:
    assert await label(by_rules, "Where is the parcel of Maria Lindqvist?") == OTHER


@settings(max_examples=40)
@given(text=st.text(st.characters(codec=None), max_size=100))
async def test_no_text_makes_it_fail(text: str, pipeline: Pipeline) -> None:
    found = await label(pipeline, text)
    assert found == await label(pipeline, text)
    assert not any(character.isdigit() for character in found)
