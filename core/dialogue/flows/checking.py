"""What is wrong with a flow although it can be read: ways that lead nowhere, and slots for nothing."""

from collections.abc import Iterator
from dataclasses import dataclass

from core import yaml_file
from core.dialogue.flows import conditions, texts
from core.dialogue.flows.definition import (
    Ask,
    Branch,
    Call,
    Choose,
    End,
    Flow,
    HandOver,
    Onward,
    Remember,
    asked_by,
)
from core.dialogue.flows.library import Version

Location = tuple[int | str, ...]


@dataclass(frozen=True, kw_only=True)
class Fault:
    """Something to mend."""

    file: str
    line: int
    message: str


def check(version: Version) -> list[Fault]:
    """Every fault of a flow, in the order of its file."""
    found = [
        Fault(file=version.path, line=yaml_file.line_of(version.text, location), message=message)
        for location, message in _faults(version.flow)
    ]
    return sorted(found, key=lambda fault: fault.line)


def ways(flow: Flow, at: int) -> set[int]:
    """Where a step can lead; the number of steps stands for the end."""
    step = flow.steps[at]
    if isinstance(step, End | HandOver):
        return set()
    onward = {flow.place(each, at) for each in step.targets()}
    if isinstance(step, Onward):
        return onward | {flow.place(step.then, at)}
    if isinstance(step, Branch):
        return onward | {flow.place(step.otherwise, at)}
    slot = flow.slots[step.choose]
    answers = {each.value for each in slot.options} or {"yes", "no"}
    return onward if answers <= {*step.then} and not slot.optional else onward | {at + 1}


def _faults(flow: Flow) -> Iterator[tuple[Location, str]]:
    graph = {at: ways(flow, at) for at in range(len(flow.steps))}
    reached = _from(graph, 0)
    for at in graph.keys() - reached:
        yield ("steps", at), "no way leads to this step"
    for at in sorted(graph.keys() & reached):
        if not _ends(flow, graph, at):
            yield ("steps", at), "from this step on the flow never ends"
        elif (
            len(flow.steps) in graph[at]
            and not isinstance(flow.steps[at], Branch)
            and not _said_last(flow, at)
        ):
            yield (
                ("steps", at),
                "the flow ends after this step without a word: let it say something, or `end`",
            )
    for component in _silent_loops(flow, graph, reached):
        yield ("steps", min(component)), "these steps go round without asking anything"
    asked = {asked_by(step) for step in flow.steps} - {""}
    used = _used(flow)
    for name in flow.slots:
        if name not in asked:
            yield ("slots", name), f"nothing asks for {name!r}"
        elif name not in used:
            yield ("slots", name), f"nothing uses {name!r}"


def _said_last(flow: Flow, at: int) -> bool:
    return not isinstance(flow.steps[at], Ask | Choose | Call | Remember)


def _from(graph: dict[int, set[int]], start: int) -> set[int]:
    reached: set[int] = set()
    open_steps = [start]
    while open_steps:
        at = open_steps.pop()
        if at not in reached:
            reached.add(at)
            open_steps += graph.get(at, ())
    return reached


def _ends(flow: Flow, graph: dict[int, set[int]], at: int) -> bool:
    return any(each >= len(flow.steps) or not graph[each] for each in _from(graph, at))


def _silent_loops(flow: Flow, graph: dict[int, set[int]], reached: set[int]) -> list[set[int]]:
    """Steps from which one comes back to them without a question that is asked anew."""
    silent = {at for at in reached if at < len(flow.steps) and not _stops(flow, at)}
    within = {at: graph[at] & silent for at in silent}
    loops: list[set[int]] = []
    for at in sorted(silent):
        if any(at in _from(within, each) for each in within[at]) and not any(at in loop for loop in loops):
            loops.append({each for each in _from(within, at) if at in _from(within, each)})
    return loops


def _stops(flow: Flow, at: int) -> bool:
    step = flow.steps[at]
    return isinstance(step, Choose) or (isinstance(step, Ask) and step.again)


def _used(flow: Flow) -> set[str]:
    used: set[str] = set()
    for step in flow.steps:
        used |= {name for each in step.expressions() for name in conditions.names(each)}
        used |= {name for each in step.said() for name in texts.names(each)}
        if isinstance(step, Choose) and step.then:
            used.add(step.choose)
    for name, slot in flow.slots.items():
        used |= texts.names(slot.ask) | texts.names(slot.hint)
        used |= conditions.names(slot.check) - {name} if slot.check else set()
    return used
