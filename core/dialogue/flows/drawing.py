"""A flow as a Mermaid flowchart (mermaid.js.org/syntax/flowchart.html)."""

from collections.abc import Iterator

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
    Say,
    Step,
)

LONGEST = 60
"""Characters of a text in a box."""
_SHAPES = {"ask": ("[/", "/]"), "choose": ("[/", "/]"), "branch": ("{", "}"), "call": ("[[", "]]")}


def mermaid(flow: Flow) -> str:
    """The chart, as text."""
    lines = ["flowchart TD", f"  start([{_quoted(flow.title)}]) --> s0"]
    for at, step in enumerate(flow.steps):
        verb, text = _label(flow, step)
        left, right = _SHAPES.get(verb, ("(", ")"))
        lines.append(f"  s{at}{left}{_quoted(text)}{right}")
        lines += [
            f"  s{at} -->{f'|{_quoted(label)}|' if label else ''} s{to}" for label, to in _ways(flow, at)
        ]
    lines.append(f"  s{len(flow.steps)}((( )))")
    return "\n".join(lines)


def _label(flow: Flow, step: Step) -> tuple[str, str]:
    match step:
        case Say():
            return "say", step.say
        case Ask():
            return "ask", flow.slots[step.ask].ask
        case Choose():
            return "choose", step.text or flow.slots[step.choose].ask
        case Branch():
            return "branch", "?"
        case Call():
            return "call", step.call
        case Remember():
            return "remember", ", ".join(f"{name} = {each}" for name, each in step.remember.items())
        case HandOver():
            return "hand_over", f"to people: {step.hand_over.replace('_', ' ')}"
        case End():
            return "end", step.end or "end"
    raise TypeError(f"no step: {step!r}")


def _ways(flow: Flow, at: int) -> Iterator[tuple[str, int]]:
    step = flow.steps[at]
    match step:
        case Branch():
            yield from ((case.when, flow.place(case.then, at)) for case in step.branch)
            yield "otherwise", flow.place(step.otherwise, at)
        case Choose():
            yield from ((answer, flow.place(target, at)) for answer, target in step.then.items())
            yield ("otherwise" if step.then else ""), at + 1
        case Onward():
            yield "", flow.place(step.then, at)
        case End() | HandOver():
            yield "", len(flow.steps)
    if isinstance(step, Ask | Choose | Call) and step.failed:
        yield "failed", flow.place(step.failed, at)


def _quoted(text: str) -> str:
    """Within quotes Mermaid takes any text but quotes themselves."""
    flat = " ".join(text.split())
    short = flat if len(flat) <= LONGEST else f"{flat[: LONGEST - 1]}…"
    return '"' + short.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;") + '"'
