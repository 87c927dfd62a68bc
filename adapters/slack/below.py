"""What stands under an answer: where it comes from, how to read on, and what people think of it."""

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    ContextActionsBlock,
    ContextBlock,
    FeedbackButtonObject,
    FeedbackButtonsElement,
    MarkdownTextObject,
    PlainTextObject,
    SectionBlock,
)

from adapters import citations
from adapters.slack.ingress import CHOICE, FEEDBACK, FURTHER, PASSAGE, REGENERATE
from adapters.slack.render import to_mrkdwn
from core import words
from core.message import Action, Citation, Post, Reply

_READ = 4
"""Buttons for passages; Slack takes 25 elements, people fewer."""
_LABEL = 75
"""Characters on a button (docs.slack.dev/reference/block-kit/block-elements/button-element)."""


def below_answer(post: Post, reply: Reply) -> list[Block]:
    """The blocks below the last part of an answer; a notice has nothing but buttons of its own."""
    if not post.last:
        return []
    choices = _choices(post.turn_id, reply)
    if post.quiet:
        judgement = _judgement(post.turn_id) if reply.judged else []
        called = _called(reply.mentions)
        return [*_sources(reply.citations), *called, *choices, *judgement, *_actions(reply.actions)]
    ways_on = _ways_on(post.turn_id, reply.citations)
    return [*_sources(reply.citations), *choices, *_judgement(post.turn_id), ways_on]


def _choices(turn: str, reply: Reply) -> list[Block]:
    """A button each; once one was pressed, what it said."""
    if reply.chosen:
        return [ContextBlock(elements=[PlainTextObject(text=f"✓ {_label(reply.chosen)}")])]
    if not reply.choices:
        return []
    buttons = [
        ButtonElement(action_id=f"{CHOICE}:{number}", text=_label(each.label), value=f"{turn}:{each.id}")
        for number, each in enumerate(reply.choices, 1)
    ]
    return [ActionsBlock(elements=[*buttons])]


def _label(text: str) -> str:
    return citations.shortened(text, _LABEL) or "…"


def _called(ids: tuple[str, ...]) -> list[Block]:
    """People and user groups, who are told (docs.slack.dev/messaging/formatting-message-text)."""
    named = [f"<!subteam^{each}>" if each.startswith("S") else f"<@{each}>" for each in ids]
    return [SectionBlock(text=MarkdownTextObject(text=" ".join(named)))] if named else []


def _actions(actions: tuple[Action, ...]) -> list[Block]:
    buttons = [ButtonElement(action_id=each.name, text=each.label, value=each.name) for each in actions]
    return [ActionsBlock(elements=buttons)] if buttons else []


def _sources(cited: tuple[Citation, ...]) -> list[Block]:
    """Numbered, each with a link where its document has an address."""
    lines = "\n".join(_source(each) for each in cited[: citations.MOST])
    return [ContextBlock(elements=[MarkdownTextObject(text=lines)])] if lines else []


def _source(citation: Citation) -> str:
    name = _without_marks(to_mrkdwn(citations.name(citation)))
    link = citations.address(citation).replace("|", "%7C").replace(">", "%3E").replace("&", "&amp;")
    return f"[{citation.number}] <{link}|{name}>" if link else f"[{citation.number}] {name}"


def _without_marks(text: str) -> str:
    """A title is no emphasis, no code, and cannot end the link that it names."""
    return "".join(" " if mark in "*_~`|\n" else mark for mark in text)


def _judgement(turn: str) -> list[Block]:
    buttons = FeedbackButtonsElement(
        action_id=FEEDBACK,
        positive_button=FeedbackButtonObject(
            text=words.good_answer(), accessibility_label=words.this_is_good(), value=f"good:{turn}"
        ),
        negative_button=FeedbackButtonObject(
            text=words.bad_answer(), accessibility_label=words.this_is_bad(), value=f"bad:{turn}"
        ),
    )
    return [ContextActionsBlock(elements=[buttons])]


def _ways_on(turn: str, cited: tuple[Citation, ...]) -> Block:
    """To the passages in full, to others, and to another answer."""
    passages = [
        ButtonElement(
            action_id=f"{PASSAGE}:{each.number}",
            text=words.read_passage(each.number),
            value=str(each.passage),
        )
        for each in cited[:_READ]
    ]
    further = [ButtonElement(action_id=FURTHER, text=words.did_not_help(), value=turn)] if cited else []
    again = ButtonElement(action_id=REGENERATE, text=words.answer_again(), value=turn)
    return ActionsBlock(elements=[*passages, *further, again])
