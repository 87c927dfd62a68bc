"""What is taken out comes back as it was, whatever it was, and parts of answers fit with names in them."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from core.clock import SystemClock
from core.delivery.perception import MaskedPerception
from core.language.pipeline import Pipeline
from core.message import Addressing, Attachment, Conversation, Message, Person, Platform, Recognised
from core.policy import Policy
from core.privacy.masking import (
    LONGEST,
    Masking,
    finished,
    masked_again,
    mentions,
    narrowed,
    unmasked,
    widened,
)
from core.store.sqlite.store import open_store

NAMES = {"<PERSON_1>": "Ottoline Quarrington", "<PERSON_2>": "Ottoline", "<EMAIL_1>": "o_q@example.org"}
HERE = Conversation(platform=Platform.TELEGRAM, tenant="1", channel="2", direct=True)
ANNA = Person(platform=Platform.TELEGRAM, tenant="1", id="3", name="Anna")
PICTURE = Attachment(id="f", kind="image")


def test_a_model_that_forgets_the_brackets_is_understood() -> None:
    assert unmasked("Dear PERSON_1, <PERSON_2>!", NAMES) == "Dear Ottoline Quarrington, Ottoline!"
    assert unmasked("PERSON_7 is nobody", NAMES) == "PERSON_7 is nobody"


def test_marks_in_a_name_are_no_markdown() -> None:
    assert unmasked("<EMAIL_1>", NAMES) == r"o\_q@example.org"
    assert unmasked("<EMAIL_1>", NAMES, markdown=False) == "o_q@example.org"


def test_what_is_masked_again_is_as_it_was_and_the_longer_name_comes_first() -> None:
    text = "<PERSON_1> and <PERSON_2> wrote to <EMAIL_1>"
    assert masked_again(unmasked(text, NAMES, markdown=False), NAMES) == text


@given(st.text(max_size=80), st.integers(1, 999))
def test_a_pseudonym_is_as_long_as_the_longest_name_while_answers_are_cut(text: str, number: int) -> None:
    label = f"<PERSON_{number}>"
    whole = f"{text} {label}"
    assert len(widened(whole)) >= len(whole) + LONGEST - 3
    assert narrowed(widened(label)) == label
    assert mentions(whole)


def test_a_pseudonym_that_is_still_being_written_is_not_shown() -> None:
    grown = ["Dear <", "Dear <PERS", "Dear <PERSON_", "Dear <PERSON_1"]
    assert {finished(each) for each in grown} == {"Dear "}
    assert finished("1 < 2 and more") == "1 < 2 and more"


class Camera:
    """Reads the same in every picture."""

    async def recognise(self, *_: object) -> Recognised:
        return Recognised(text="Frau Özdemir, Karte 4111 1111 1111 1111")

    async def close(self) -> None:
        """Nothing is held."""


async def test_what_is_read_in_a_picture_is_masked_like_what_is_written(tmp_path: Path) -> None:
    pipeline = Pipeline(packages=dict)
    message = Message(
        id="1",
        conversation=HERE,
        sender=ANNA,
        text="",
        addressed=Addressing.DIRECT,
        sent_at=SystemClock().now(),
        attachments=(PICTURE,),
    )
    async with open_store(tmp_path / "db", SystemClock()) as store:
        perception = MaskedPerception(Camera(), Masking(store.history, pipeline))
        found = await perception.recognise(PICTURE, message, Policy(personal_data="mask"), print)
        kept = await perception.recognise(PICTURE, message, Policy(), print)
        names = await store.history.names(HERE.key)
    await pipeline.close()
    assert found is not None and found.text == "Frau <PERSON_1>, Karte [card number]"
    assert kept is not None and "Özdemir" in kept.text
    assert names == {"<PERSON_1>": "Özdemir"}
