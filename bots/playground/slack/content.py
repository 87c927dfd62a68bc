"""What a message is to contain: reading and checking the arguments that all posting methods share."""

from dataclasses import dataclass, field

from bots.playground.slack.blocks import MAX_MARKDOWN, check_blocks, check_metadata
from bots.playground.slack.errors import SlackError
from bots.playground.slack.state import Payload
from bots.playground.slack.wire import Arguments

MAX_TEXT = 40_000
"""Longer text is cut (docs.slack.dev/changelog/2018-truncating-really-long-messages)."""
MAX_UPDATE_TEXT = 4_000
"""`msg_too_long` beyond this (docs.slack.dev/reference/methods/chat.update)."""
MAX_ATTACHMENTS = 100


@dataclass(frozen=True, kw_only=True)
class Content:
    """The checked content of a post."""

    text: str | None
    markdown: str | None
    blocks: list[Payload] | None
    attachments: list[Payload] = field(default_factory=list)
    metadata: Payload | None = None

    @property
    def shown(self) -> str:
        """The text that notifications show, and history returns as `text`."""
        return (self.markdown if self.markdown is not None else self.text) or ""


def read_content(arguments: Arguments) -> Content:
    """Read what to post.

    Raises:
        SlackError: as docs.slack.dev/reference/methods/chat.postMessage lists them.
    """
    content = Content(
        text=arguments.text("text"),
        markdown=arguments.text("markdown_text"),
        blocks=arguments.objects("blocks", "invalid_blocks_format"),
        attachments=arguments.objects("attachments", "invalid_attachments") or [],
        metadata=arguments.mapping("metadata", "invalid_metadata_format"),
    )
    _check(content)
    return content


def _check(content: Content) -> None:
    if content.markdown is not None and (content.text is not None or content.blocks is not None):
        raise SlackError("markdown_text_conflict")
    if content.markdown is not None and len(content.markdown) > MAX_MARKDOWN:
        raise SlackError("msg_too_long")
    if not any((content.shown.strip(), content.blocks, content.attachments)):
        raise SlackError("no_text")
    if len(content.attachments) > MAX_ATTACHMENTS:
        raise SlackError("too_many_attachments")
    check_blocks(content.blocks or [])
    check_metadata(content.metadata or {})


def cut(text: str) -> tuple[str, list[str]]:
    """Cut overlong text as Slack does, with the warnings for the answer."""
    if len(text) <= MAX_TEXT:
        return text, []
    return text[:MAX_TEXT], ["message_truncated"]
