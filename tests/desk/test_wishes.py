"""Who wants a person, and who only speaks of one."""

import pytest

from core.desk.wishes import asks_for_person, is_upset


@pytest.mark.parametrize(
    "text",
    [
        "can I talk to a human please",
        "I want to speak with someone",
        "Connect me with an agent.",
        "please put me through to a person",
        "I need a real person",
        "Human!",
        "agent, please",
        "Ich möchte mit einem Menschen sprechen",
        "Kann ich mit jemandem reden?",
        "Ich will einen Mitarbeiter",
        "Mitarbeiter bitte",
        "quiero hablar con una persona",
        "necesito un agente",
    ],
)
def test_a_wish_for_a_person_is_heard(text: str) -> None:
    assert asks_for_person(text)


@pytest.mark.parametrize(
    "text",
    [
        "How many people fit into the room?",
        "Who is the contact person for returns?",
        "What does a travel agent need to know?",
        "I talk to my dog",
        "Do you have a person field in the form?",
        "My operator charges me twice",
        "Wie viele Mitarbeiter haben Sie?",
        "cuántas personas trabajan aquí",
        "human rights in the supply chain",
        "",
        "talk to a human " * 40,
    ],
)
def test_who_speaks_of_people_does_not_get_one(text: str) -> None:
    assert not asks_for_person(text)


@pytest.mark.parametrize(
    "text", ["This is useless", "you are not helping", "Das hilft mir nicht!", "eres inútil"]
)
def test_who_has_had_enough_is_heard(text: str) -> None:
    assert is_upset(text)


@pytest.mark.parametrize("text", ["How useful is it?", "help me", "thank you for helping"])
def test_who_is_content_is_left_alone(text: str) -> None:
    assert not is_upset(text)
