"""From what a person said, in the light of where they stand in a flow, to a `Reading`: a pure function.

People do not talk in steps. So every slot is looked for, not only the one that was asked for; what fills a
slot that is filled already corrects it; and what is a question of their own is left to others to answer.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from core.dialogue.flows import speech, values
from core.dialogue.flows.conditions import Value
from core.dialogue.flows.definition import Flow, Slot, asked_by
from core.dialogue.flows.state import Command, Reading, State
from core.dialogue.flows.values import Found, Said

UNCLEAR, WRONG = "unclear", "wrong"
"""Why it is no answer: nothing in it is one; what is in it does not fit."""
LONGEST = 1000
"""Characters of a text that a slot keeps."""
SKIP = "skip"
_SENTENCE = re.compile(r"[^.!?\n]+[.!?\n]*")


def read(flow: Flow, state: State, said: Said, now: datetime) -> Reading:
    """What the message says; `problem` is set where the question stays open and nothing else is meant."""
    text = said.text.strip()
    name = asked_by(flow.steps[state.at]) if state.at < len(flow.steps) else ""
    if speech.GIVES_UP.fullmatch(text):
        return Reading(command=Command.CANCEL, read_at=now)
    if name and flow.slots[name].is_free:
        return _free(flow, state, said, name, now)
    answers, corrections = _sorted(flow, state, said, name)
    if name and flow.slots[name].optional and name not in answers and speech.SKIPS.fullmatch(text):
        answers[name] = None
    wrong = [each for each, value in answers.items() if not values.fits(flow.slots[each], value)]
    for each in wrong:
        answers.pop(each)
    asks = _own_question(text, said, flow, bool(answers or corrections))
    problem = "" if answers or corrections or asks else WRONG if wrong else UNCLEAR
    return Reading(answers=answers, corrections=corrections, asks=asks, problem=problem, read_at=now)


def opening(flow: Flow, state: State, said: Said, now: datetime) -> Reading:
    """What the message that began a flow says already: only what cannot be mistaken."""
    answers, _ = _sorted(flow, state, said, "")
    fitting = {name: value for name, value in answers.items() if values.fits(flow.slots[name], value)}
    return Reading(answers=fitting, read_at=now)


def pressed(flow: Flow, state: State, choice: str, now: datetime) -> Reading | None:
    """What a button says; None for one of another question."""
    run, _, what = choice.partition(".")
    at, _, answer = what.partition(".")
    if run != state.run[:8] or at != str(state.at):
        return None
    if state.returning:
        return Reading(command=Command.RESUME if answer == "on" else Command.CANCEL, read_at=now)
    name = asked_by(flow.steps[state.at])
    options = flow.slots[name].options
    value: Value = {"yes": True, "no": False, SKIP: None}.get(answer)
    if answer.isdigit() and int(answer) < len(options):
        value = options[int(answer)].value
    return Reading(answers={name: value}, read_at=now)


def whether_to_go_on(said: Said, now: datetime) -> Reading | None:
    """The answer to the question whether to go on; None where it is none."""
    slot = Slot(type="yes_no", ask="?")
    found = [each.value for each in values.find(slot, said, asked=True)]
    text = said.text.strip().casefold()
    if found == [True] or text.startswith(speech.GOES_ON):
        return Reading(command=Command.RESUME, read_at=now)
    if found == [False] or text.startswith(speech.DROPS) or speech.GIVES_UP.fullmatch(text):
        return Reading(command=Command.CANCEL, read_at=now)
    return None


def after_pause(said: Said, now: datetime) -> Reading:
    """The first words after a long silence: a question of theirs is answered, and then they are asked."""
    if speech.GIVES_UP.fullmatch(said.text.strip()):
        return Reading(command=Command.CANCEL, read_at=now)
    return Reading(command=Command.RETURN, asks=is_question(said.text), read_at=now)


def is_question(text: str) -> bool:
    """Whether somebody wants to know something."""
    return text.rstrip().endswith("?") or bool(speech.ASKS.match(text))


def _free(flow: Flow, state: State, said: Said, name: str, now: datetime) -> Reading:
    """Any words are an answer, but for a question of one's own and for what only corrects another slot."""
    text = said.text.strip()
    _, corrections = _sorted(flow, state, said, "")
    if corrections and speech.CORRECTS.search(text) and not _rest(text, flow, corrections, said):
        return Reading(corrections=corrections, read_at=now)
    if flow.slots[name].optional and speech.SKIPS.fullmatch(text):
        return Reading(answers={name: None}, read_at=now)
    if is_question(text):
        return Reading(asks=True, read_at=now)
    if not re.search(r"\w", text):
        return Reading(problem=UNCLEAR, read_at=now)
    return Reading(answers={name: text[:LONGEST]}, read_at=now)


def _sorted(flow: Flow, state: State, said: Said, asked: str) -> tuple[dict[str, Value], dict[str, Value]]:
    """What is found in the text, by the slots that it answers and by those that it corrects."""
    answers: dict[str, Value] = {}
    corrections: dict[str, Value] = {}
    corrects = bool(speech.CORRECTS.search(said.text))
    masked = values.taken(flow, said)
    asks = is_question(said.text)
    for names in _by_kind(flow, asked):
        slot = flow.slots[names[0]]
        if slot.type == "choice" and asked not in names and asks:
            continue  # "How long does a refund take?" chooses nothing
        found = _found(slot, said, asked in names, masked)
        pairs = _paired(flow, state, said, names, found, asked, corrects)
        for name, each in pairs.items():
            if name in state.slots and name != asked:
                if state.slots[name] != each.value:
                    corrections[name] = each.value
            else:
                answers[name] = each.value
    if corrections and asked and flow.slots[asked].type == "yes_no":
        answers.pop(asked, None)  # "no, Tuesday" says what is wrong
    return answers, corrections


def _by_kind(flow: Flow, asked: str) -> list[list[str]]:
    """Slots that the same words could fill, in the order in which they are asked; the one asked for first."""
    kinds: dict[object, list[str]] = {}
    for name in sorted(flow.slots, key=lambda each: (flow.asks(each) is None, flow.asks(each) or 0)):
        slot = flow.slots[name]
        if not slot.is_free:
            alone = slot.type in ("text", "choice", "yes_no")
            kinds.setdefault(name if alone else (slot.type, slot.unit), []).append(name)
    return sorted(kinds.values(), key=lambda names: asked not in names)


def _found(slot: Slot, said: Said, asked: bool, masked: Sequence[tuple[int, int]]) -> list[Found]:
    found = [
        each
        for each in values.find(slot, said, asked=asked)
        if not speech.EXCEPT.search(said.text[: each.start])
    ]
    if slot.type == "number":
        found = [
            each for each in found if not any(each.start < end and start < each.end for start, end in masked)
        ]
    return found


def _paired(
    flow: Flow, state: State, said: Said, names: list[str], found: list[Found], asked: str, corrects: bool
) -> dict[str, Found]:
    """Which slot of a kind each value is for."""
    pairs: dict[str, Found] = {}
    rest: list[Found] = []
    for each in found:
        cued = [name for name in names if name not in pairs and _has_cue(flow.slots[name], said.text, each)]
        if len(cued) == 1:
            pairs[cued[0]] = each
        else:
            rest.append(each)
    waiting = _waiting(flow, state, names, pairs, asked, corrects, len(rest))
    return {**pairs, **dict(zip(waiting, rest, strict=False))}


def _waiting(
    flow: Flow,
    state: State,
    names: list[str],
    pairs: Mapping[str, Found],
    asked: str,
    corrects: bool,
    count: int,
) -> list[str]:
    """The slots that values without a cue are for, in this order."""
    last_first = [
        name
        for name in reversed(state.order)
        if name in names and name not in pairs and _is_open(flow, state, name, asked, corrects)
    ]
    present = [name for name in names if name == asked and name not in pairs]
    coming = [
        name
        for name in names
        if name not in state.slots
        and name not in pairs
        and name != asked
        and _is_unmistakable(flow.slots[name])
    ]
    if corrects and last_first:
        return [*last_first, *present, *coming] if count == 1 else [*names]
    if present or coming:
        return [*present, *coming]
    return last_first if asked and not any(name == asked for name in pairs) else []


def _is_open(flow: Flow, state: State, name: str, asked: str, corrects: bool) -> bool:
    """Whether a value without a cue may correct it: a number only at once, where none is asked for."""
    if flow.slots[name].type != "number":
        return True
    asks_number = bool(asked) and flow.slots[asked].type == "number"
    return corrects and state.order[-1:] == (name,) and not asks_number


def _is_unmistakable(slot: Slot) -> bool:
    """Whether its values are told from others without a cue, before it is asked for."""
    return slot.type in ("date", "time", "email", "phone", "text", "choice")


def _has_cue(slot: Slot, text: str, found: Found) -> bool:
    """Whether a word beside the value names the slot: after a number, before anything else."""
    cues = {word.casefold() for word in slot.cues}
    before = re.findall(r"\w+", text[: found.start].casefold())[-2:]
    if slot.type != "number":
        return bool(cues & {*before})
    own = re.findall(r"[^\W\d]+", text[found.start : found.end].casefold())
    after = re.findall(r"\w+", text[found.end :].casefold())[:2]
    return found.is_cued or bool(cues & {*own, *after})


def _own_question(text: str, said: Said, flow: Flow, answered: bool) -> bool:
    """Whether the person asks something; what holds an answer is no question, only what follows it may be."""
    if not answered:
        return is_question(text)
    last = _SENTENCE.findall(text)[-1:] if len(_SENTENCE.findall(text)) > 1 else []
    return any(is_question(each) and not _holds_value(each, said, flow) for each in last)


def _holds_value(sentence: str, said: Said, flow: Flow) -> bool:
    alone = Said(text=sentence, today=said.today)
    return any(values.find(slot, alone, asked=False) for slot in flow.slots.values())


def _rest(text: str, flow: Flow, corrections: Iterable[str], said: Said) -> list[str]:
    """The words of a text that say more than its corrections."""
    for name in corrections:
        for each in reversed(values.find(flow.slots[name], said, asked=False)):
            text = f"{text[: each.start]} {text[each.end :]}"
    cues = {word.casefold() for name in corrections for word in flow.slots[name].cues}
    return [each for each in re.findall(r"[\w'’]+", text.casefold()) if each not in speech.FILLERS | cues]
