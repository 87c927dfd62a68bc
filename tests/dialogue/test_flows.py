"""Flows: their files, what is read out of answers, and the machine, whatever is said to it."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.dialogue.flows import checking, conditions, drawing, library, machine, moments, reading
from core.dialogue.flows.conditions import Value
from core.dialogue.flows.library import Version
from core.dialogue.flows.state import Close, Command, Move, Reading, Result, State, begun
from core.dialogue.flows.values import Said
from core.errors import ConfigurationError

EXAMPLES = Path(__file__).parents[2] / "examples/flows"
NOW = datetime(2026, 11, 30, 9, tzinfo=UTC)
MONDAY = NOW.date()
RETURN = """
flow: give_back
title: Give back
slots:
  order: {type: text, pattern: '[A-Z]{2}\\d+', ask: "Which order?", examples: [AB1]}
  size:
    type: choice
    ask: "Which size?"
    options: [{value: small, label: Small}, {value: large, label: Large}]
  sure: {type: yes_no, ask: "Sure?"}
steps:
  - ask: order
  - ask: size
  - branch: [{when: size == "large", then: large}]
  - say: A small one.
  - id: large
    choose: sure
    then: {no: stopped}
  - call: send
    with: {order: "{order}"}
    into: {number: number}
  - end: Sent as {number}.
  - id: stopped
    end: Not sent.
"""


def version(text: str = RETURN) -> Version:
    return library.parse(text, "give_back.yaml")


@pytest.mark.parametrize(
    ("before", "after", "line", "complaint"),
    [
        ("ask: order\n", "ask: ordr\n", 12, "no slot 'ordr'"),
        ("type: yes_no", "type: maybe", 10, "slots.sure.type"),
        ("{no: stopped}", "{no: stoped}", 17, "no step 'stoped'"),
        ("{no: stopped}", "{never: stopped}", 18, "'never' is no answer"),
        ('size == "large"', "size.upper()", 14, "conditions compare slots"),
        ('size == "large"', "siez == 1", 14, "no slot 'siez'"),
        ("examples: [AB1]", "examples: [AB]", 5, "does not match the pattern"),
        ("Sent as {number}.", "Sent as {nummer}.", 22, "no slot 'nummer'"),
        ("  - say: A small one.", "  - sag: A small one.", 15, "a step has one of"),
        ("flow: give_back", "flow: Give Back", 2, "flow"),
        ("title: Give back", "title: [", 4, ""),
    ],
)
def test_a_wrong_file_is_refused_with_the_line_and_the_reason(
    before: str, after: str, line: int, complaint: str
) -> None:
    assert before in RETURN
    with pytest.raises(ConfigurationError, match=rf"give_back\.yaml, line \d+.*{complaint}") as caught:
        version(RETURN.replace(before, after, 1))
    told = int(str(caught.value).partition("line ")[2].partition(":")[0])
    assert abs(told - line) <= 1


def test_two_flows_cannot_share_a_command(tmp_path: Path) -> None:
    for name in ("one", "two"):
        text = RETURN.replace("flow: give_back", f"flow: {name}\nstart: {{commands: [back]}}")
        (tmp_path / f"{name}.yaml").write_text(text)
    with pytest.raises(ConfigurationError, match="'back' begins 'one' already"):
        library.load(tmp_path)


def test_a_flow_cannot_call_what_the_operator_does_not_name(tmp_path: Path) -> None:
    (tmp_path / "one.yaml").write_text(RETURN)
    with pytest.raises(ConfigurationError, match=r"line 19.*no action 'send'"):
        library.load(tmp_path, actions=())
    assert set(library.load(tmp_path, actions=("send",))) == {"give_back"}


@pytest.mark.parametrize(
    ("before", "after", "complaint"),
    [
        ("{no: stopped}", "{no: large}", "no way leads to this step"),
        ("  - ask: size\n", "", "nothing asks for 'size'"),
        ("    end: Not sent.", "    say: Not sent.\n    then: stopped", "never ends"),
        ("  - end: Sent as {number}.", "  - say: Sent\n    then: large", "no fault"),
    ],
)
def test_check_finds_what_leads_nowhere(before: str, after: str, complaint: str) -> None:
    messages = [fault.message for fault in checking.check(version(RETURN.replace(before, after, 1)))]
    if complaint == "no fault":
        assert messages == []
    else:
        assert any(complaint in each for each in messages), messages


def test_check_finds_loops_that_ask_nothing() -> None:
    text = "flow: f\ntitle: F\nsteps:\n- {id: a, say: A}\n- branch: [{when: today == tomorrow, then: b}]\n"
    text += "  otherwise: a\n- {id: b, end: B}\n"
    assert [fault.message for fault in checking.check(version(text))] == [
        "these steps go round without asking anything"
    ]


@pytest.mark.parametrize("name", sorted(library.load(EXAMPLES)))
def test_the_examples_have_no_fault_and_can_be_drawn(name: str) -> None:
    example = library.load(EXAMPLES)[name]
    assert checking.check(example) == []
    chart = drawing.mermaid(example.flow)
    assert chart.startswith("flowchart TD") and chart.count("\n") > len(example.flow.steps)


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("people > 3 and room in ['a', 'b']", True),
        ("not people > 3", False),
        ("day >= today", True),
        ("missing > 3", False),
        ("missing == 1 or people == 4", True),
        ("'a' * 10000000000 == room", False),
        ("people / 0 > 1", False),
    ],
)
def test_conditions(condition: str, holds: bool) -> None:
    slots: dict[str, Value] = {"people": 4, "room": "a", "day": "2026-12-01"}
    assert conditions.holds(condition, slots, MONDAY) is holds


@pytest.mark.parametrize(
    "condition",
    [
        "open('x')",
        "().__class__",
        "[x for x in y]",
        "people[0]",
        "lambda: 1",
        "9 ** 9 ** 9",
        "x := 1",
        "",
        "f'{x}'",
    ],
)
def test_conditions_can_do_nothing_but_compare(condition: str) -> None:
    with pytest.raises(ValueError, match="condition"):
        conditions.checked(condition)


@given(st.text(max_size=60))
def test_no_text_is_a_condition_that_raises_something_else(text: str) -> None:
    try:
        conditions.checked(text)
    except ValueError:
        return
    conditions.value(text, {}, MONDAY)


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("today", ["2026-11-30"]),
        ("tomorrow or the day after tomorrow", ["2026-12-01", "2026-12-02"]),
        ("on Friday", ["2026-12-04"]),
        ("next Friday", ["2026-12-11"]),
        ("next Monday", ["2026-12-07"]),
        ("last Friday", ["2026-11-27"]),
        ("in two weeks", ["2026-12-14"]),
        ("12 May", ["2027-05-12"]),
        ("2026-12-24 to 2026-12-27", ["2026-12-24", "2026-12-27"]),
        ("the 5th", ["2026-12-05"]),
        ("3.12.", ["2026-12-03"]),
        ("am Dienstag", ["2026-12-01"]),
        ("el miércoles", ["2026-12-02"]),
        ("am nächsten Freitag", ["2026-12-04"]),
        ("letzten Freitag", ["2026-11-27"]),
        ("el viernes pasado", ["2026-11-27"]),
        ("in drei Tagen oder in zwei Wochen", ["2026-12-03", "2026-12-14"]),
        ("dentro de una semana", ["2026-12-07"]),
        ("vom 3. Dezember bis zum 5. Januar 2027", ["2026-12-03", "2027-01-05"]),
        ("el 24 de diciembre de 2026", ["2026-12-24"]),
        ("übermorgen, nicht morgen", ["2026-12-02", "2026-12-01"]),
        ("mañana por la mañana", ["2026-12-01"]),
        ("am Morgen", []),
        ("guten Morgen", []),
        ("31 February", []),
        ("I may come", []),
    ],
)
def test_days(text: str, days: list[str]) -> None:
    assert [each.value for each in moments.find_days(text, MONDAY)] == days


@pytest.mark.parametrize(
    ("text", "times"),
    [
        ("14:30", ["14:30"]),
        ("3 pm", ["15:00"]),
        ("at 3", ["15:00"]),
        ("at 9", ["09:00"]),
        ("from 9 to 11:15", ["09:00", "11:15"]),
        ("half past two", ["14:30"]),
        ("quarter to 10", ["09:45"]),
        ("noon", ["12:00"]),
        ("um 15 Uhr", ["15:00"]),
        ("um 9", ["09:00"]),
        ("von 9:30 bis 11 Uhr", ["09:30", "11:00"]),
        ("halb drei", ["14:30"]),
        ("Viertel vor zehn", ["09:45"]),
        ("a las 3", ["15:00"]),
        ("a las diez y media", ["10:30"]),
        ("a la una menos cuarto", ["12:45"]),
        ("mittags, mediodía", ["12:00", "12:00"]),
        ("am 3. Dezember", []),
        ("bis 5. Januar", []),
        ("las dos cajas", []),
        ("at 25", []),
        ("for 3 people", []),
    ],
)
def test_times(text: str, times: list[str]) -> None:
    assert [each.value for each in moments.find_times(text)] == times


@given(st.text(max_size=120), st.dates(date(2000, 1, 1), date(2100, 1, 1)))
def test_any_text_can_be_searched_for_days_and_times(text: str, today: date) -> None:
    for each in (*moments.find_days(text, today), *moments.find_times(text)):
        assert 0 <= each.start < each.end <= len(text)


def state(flow: Version, slots: Mapping[str, Value], at: int = 0) -> State:
    fresh = begun(flow.flow.flow, flow.digest, "0123456789", NOW)
    return fresh.model_copy(update={"slots": slots, "order": tuple(slots), "at": at})


@pytest.mark.parametrize(
    ("text", "at", "slots", "answers", "corrections"),
    [
        ("it is AB12, the large one", 0, {}, {"order": "AB12", "size": "large"}, {}),
        ("small", 1, {"order": "AB1"}, {"size": "small"}, {}),
        ("2", 1, {"order": "AB1"}, {"size": "large"}, {}),
        ("the first one", 1, {"order": "AB1"}, {"size": "small"}, {}),
        ("no, AB2", 1, {"order": "AB1"}, {}, {"order": "AB2"}),
        ("no, the large one", 4, {"order": "AB1", "size": "small"}, {}, {"size": "large"}),
        ("not large but small", 1, {"order": "AB1"}, {"size": "small"}, {}),
        ("go ahead", 4, {"order": "AB1", "size": "small"}, {"sure": True}, {}),
        ("don't send it", 4, {"order": "AB1", "size": "small"}, {"sure": False}, {}),
        ("nein, AB2", 1, {"order": "AB1"}, {}, {"order": "AB2"}),
        ("perdón, quise decir AB2", 1, {"order": "AB1"}, {}, {"order": "AB2"}),
        ("die zweite", 1, {"order": "AB1"}, {"size": "large"}, {}),
        ("la primera", 1, {"order": "AB1"}, {"size": "small"}, {}),
        ("Ja, gern", 4, {"order": "AB1", "size": "small"}, {"sure": True}, {}),
        ("lieber nicht", 4, {"order": "AB1", "size": "small"}, {"sure": False}, {}),
        ("de acuerdo", 4, {"order": "AB1", "size": "small"}, {"sure": True}, {}),
    ],
)
def test_what_is_read(
    text: str, at: int, slots: dict[str, Value], answers: dict[str, Value], corrections: dict[str, Value]
) -> None:
    flow = version()
    read = reading.read(flow.flow, state(flow, slots, at), Said(text=text, today=MONDAY), NOW)
    assert (dict(read.answers), dict(read.corrections), read.asks) == (answers, corrections, False)


@pytest.mark.parametrize(
    "text",
    [
        "cancel",
        "Please cancel the return",
        "never mind",
        "I changed my mind.",
        "stop it",
        "Bitte abbrechen",
        "Ach, vergessen Sie es",
        "Ich möchte das doch nicht mehr",
        "Ich habe es mir anders überlegt.",
        "cancelar, por favor",
        "He cambiado de opinión",
        "Ya no lo quiero",
        "déjelo",
    ],
)
def test_giving_up(text: str) -> None:
    flow = version()
    read = reading.read(flow.flow, state(flow, {}), Said(text=text, today=MONDAY), NOW)
    assert read.command is Command.CANCEL


def test_a_button_of_another_question_says_nothing() -> None:
    flow = version()
    there = state(flow, {"order": "AB1"}, 1)
    assert reading.pressed(flow.flow, there, "01234567.1.1", NOW) == Reading(
        answers={"size": "large"}, read_at=NOW
    )
    assert reading.pressed(flow.flow, there, "01234567.0.1", NOW) is None
    assert reading.pressed(flow.flow, there, "7654321.1.1", NOW) is None


def test_a_correction_goes_back_over_what_was_said_and_done_without_repeating_it() -> None:
    flow = version(
        RETURN.replace("  - ask: size\n", "  - {call: find, with: {order: '{order}'}}\n  - ask: size\n")
    )
    move = machine.step(flow.flow, state(flow, {}), Reading(answers={"order": "AB1"}, read_at=NOW))
    assert move.pending is not None
    move = machine.resume(
        flow.flow, move.state, move.pending, Result(given=move.pending.digest, ok=True), NOW
    )
    move = machine.step(flow.flow, move.state, Reading(answers={"size": "small"}, read_at=NOW))
    assert move.says == ("A small one.",)
    move = machine.step(flow.flow, move.state, Reading(corrections={"size": "large"}, read_at=NOW))
    assert (move.pending, move.says) == (None, ("Noted: size is Large.",))
    move = machine.step(flow.flow, move.state, Reading(corrections={"order": "AB2"}, read_at=NOW))
    assert move.pending is not None and move.pending.given == {"order": "AB2"}


_TALK = st.lists(
    st.sampled_from(
        [
            "AB1",
            "no, AB2",
            "small",
            "the large one",
            "yes",
            "no",
            "why?",
            "hm",
            "cancel",
            "AB3 small",
            "7",
            "",
        ]
    )
    | st.text(max_size=20),
    max_size=12,
)


@settings(max_examples=300)
@given(_TALK, st.booleans())
def test_whatever_is_said_the_flow_stays_whole(talk: list[str], works: bool) -> None:
    """It always asks, acts or ends; never acts unconfirmed; and the same talk leads to the same place."""
    moves = [_talked(talk, works) for _ in range(2)]
    assert moves[0] == moves[1]


def _talked(talk: list[str], works: bool) -> list[Move]:
    flow = version()
    move = machine.begin(flow.flow, state(flow, {}), Reading(read_at=NOW))
    moves = [move]
    for text in talk:
        read = reading.read(flow.flow, move.state, Said(text=text, today=MONDAY), NOW)
        before = move.state
        move = machine.step(flow.flow, before, read)
        if move.pending is not None:
            assert read.answers.get("sure") is True
            assert {"order", "size"} <= set(move.state.slots)
            result = Result(given=move.pending.digest, ok=works, back={"number": 7})
            move = machine.resume(flow.flow, move.state, move.pending, result, NOW)
            assert move.close is (Close.DONE if works else Close.HANDED_OVER)
        assert (move.question is None) == (move.close is not None)
        assert State.model_validate_json(move.state.model_dump_json()) == move.state
        moves.append(move)
        if move.close is not None:
            break
    return moves


def test_after_a_long_silence_it_is_overdue() -> None:
    flow = version()
    hours = timedelta(hours=flow.flow.resume_hours)
    assert not machine.is_overdue(flow.flow, state(flow, {}), NOW + hours)
    assert machine.is_overdue(flow.flow, state(flow, {}), NOW + hours + timedelta(seconds=1))
