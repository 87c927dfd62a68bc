"""What a dataset's card tells of its tone, and of whom it speaks."""

from pathlib import Path

from core.engine.types import ChatMessage, Role
from core.learning import building, examples
from core.learning.examples import Example, identity
from core.learning.profile import METHOD, profile


def example(question: str, answer: str) -> Example:
    messages = (ChatMessage(role=Role.USER, text=question),)
    found = identity(messages, answer)
    return Example(id=found, messages=messages, answer=answer, group=found)


def test_words_of_abuse_are_counted_apart_in_questions_and_answers() -> None:
    told = profile(
        [
            example("Where is my parcel, you IDIOTS?", "It comes today."),
            example("Wo bleibt mein Paket, ihr Deppen?", "Es kommt heute."),
            example("¿Dónde está, gilipollas?", "Llega hoy."),
            example("Does the idiom 'shitake' exist?", "You are a moron."),
        ]
    )
    assert told["toxicity"] == {"questions": 0.75, "answers": 0.25}
    assert told["method"] == METHOD


def test_ordinary_talk_has_none() -> None:
    ordinary = [
        example("Is the rope for a classic climb in stock?", "Assess the assistant's class: it is."),
        example("Hat die Jacke eine Kapuze?", "Ja, sie hat eine."),
        example("¿Puedo pagar con tarjeta?", "Sí."),
    ]
    assert profile(ordinary)["toxicity"] == {"questions": 0.0, "answers": 0.0}


def test_of_whom_it_speaks_is_counted_by_example_and_how_often_with_abuse() -> None:
    told = profile(
        [
            example("Do you have shoes for women?", "For women and men."),
            example("Stupid women drivers!", "Please stay polite."),
            example("Gibt es Rabatt für Rentner?", "Ja."),
            example("How much is it?", "Ten euros."),
        ]
    )
    assert told["mentions"] == {
        "women": {"examples": 2, "abusive": 1},
        "men": {"examples": 1, "abusive": 0},
        "old people": {"examples": 1, "abusive": 0},
    }


def test_the_card_tells_it_and_no_word_of_it() -> None:
    parts = building.part([example("Stupid women!", "Pardon?")], share=0)
    card = building.card(parts, people=(), licences=("our own",), withheld=0, made_at="2026-11-27")
    assert card["profile"] == profile(parts.train) and "tupid" not in str(card)


def test_the_shop_of_the_demonstration_is_polite() -> None:
    rows = examples.read(Path("examples/learning/train.jsonl"))
    assert profile(rows)["toxicity"] == {"questions": 0.0, "answers": 0.0}
