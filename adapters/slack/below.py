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
)

from adapters import citations
from adapters.slack.ingress import FEEDBACK, FURTHER, PASSAGE, REGENERATE
from adapters.slack.render import to_mrkdwn
from core.message import Citation, Post, Reply

_READ = 4
"""Buttons for passages; Slack takes 25 elements, people fewer."""


def below_answer(post: Post, reply: Reply) -> list[Block]:
    """The blocks below the last part of an answer; a notice has none."""
    if post.quiet or not post.last:
        return []
    return [*_sources(reply.citations), *_judgement(post.turn_id), _ways_on(post.turn_id, reply.citations)]


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
            text="Good answer", accessibility_label="This answer is good", value=f"good:{turn}"
        ),
        negative_button=FeedbackButtonObject(
            text="Bad answer", accessibility_label="This answer is bad", value=f"bad:{turn}"
        ),
    )
    return [ContextActionsBlock(elements=[buttons])]


def _ways_on(turn: str, cited: tuple[Citation, ...]) -> Block:
    """To the passages in full, to others, and to another answer."""
    passages = [
        ButtonElement(
            action_id=f"{PASSAGE}:{each.number}", text=f"Read [{each.number}]", value=str(each.passage)
        )
        for each in cited[:_READ]
    ]
    further = [ButtonElement(action_id=FURTHER, text="This did not help", value=turn)] if cited else []
    again = ButtonElement(action_id=REGENERATE, text="Answer again", value=turn)
    return ActionsBlock(elements=[*passages, *further, again])
