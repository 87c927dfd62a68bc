"""The prompt: deterministic, within its budget, and never without the question."""

from hypothesis import given
from hypothesis import strategies as st

from core.dialogue.context import HISTORY_TOKENS, assemble
from core.engine.types import Role
from core.policy import Policy
from core.store.records import Exchange, Transcript
from core.testing import ScriptedEngine

POLICY = Policy(name="Ada", instructions="You are {name}.")
TEXTS = st.text(alphabet="ab ", min_size=1, max_size=40)


def _transcript(*pairs: tuple[str, str], summary: str = "") -> Transcript:
    exchanges = tuple(
        Exchange(seq=number, turn_id=f"t{number}", question=question, reply=reply)
        for number, (question, reply) in enumerate(pairs, 1)
    )
    return Transcript(exchanges=exchanges, summary=summary)


async def test_what_stays_the_same_comes_first() -> None:
    context = await assemble(
        ScriptedEngine(), POLICY, _transcript(("hi", "hello"), summary="they met"), "and now?"
    )
    assert [(each.role, each.text) for each in context.messages] == [
        (Role.SYSTEM, "You are Ada."),
        (Role.SYSTEM, "Earlier in this conversation: they met"),
        (Role.USER, "hi"),
        (Role.ASSISTANT, "hello"),
        (Role.USER, "and now?"),
    ]
    assert [each.shared for each in context.messages] == [True, False, False, False, False]


async def test_the_oldest_exchanges_are_left_out_first() -> None:
    long = "word " * (HISTORY_TOKENS // 3)
    context = await assemble(
        ScriptedEngine(), POLICY, _transcript(("one", long), ("two", long), ("three", long)), "now"
    )
    assert [each.question for each in context.left_out] == ["one"]
    assert [each.text for each in context.messages if each.role is Role.USER] == ["two", "three", "now"]


async def test_a_question_that_fills_the_context_leaves_no_room_for_history() -> None:
    question = "word " * 4000
    context = await assemble(ScriptedEngine(), POLICY, _transcript(("hi", "hello")), question)
    assert len(context.messages) == 2
    assert len(context.left_out) == 1


@given(st.lists(st.tuples(TEXTS, TEXTS), max_size=30), TEXTS)
async def test_the_same_transcript_gives_the_same_prompt(pairs: list[tuple[str, str]], question: str) -> None:
    engine = ScriptedEngine()
    one = await assemble(engine, POLICY, _transcript(*pairs), question)
    two = await assemble(engine, POLICY, _transcript(*pairs), question)
    assert one == two
    assert one.messages[-1].text == question
    kept = (len(one.messages) - 2) // 2
    assert kept + len(one.left_out) == len(pairs)


async def test_what_agents_left_unanswered_is_asked_with_the_question_and_what_they_said_unasked_stands() -> (
    None
):
    context = await assemble(
        ScriptedEngine(), POLICY, _transcript(("", "A colleague wrote: hi"), ("where?", "")), "and when?"
    )
    said = [(each.role, each.text) for each in context.messages[1:]]
    assert said == [
        (Role.USER, "…"),
        (Role.ASSISTANT, "A colleague wrote: hi"),
        (Role.USER, "where?\nand when?"),
    ]
