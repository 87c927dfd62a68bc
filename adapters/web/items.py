"""What stands in a conversation, as the feed keeps it and the page shows it: JSON, one item a message."""

import json
from collections.abc import Sequence
from datetime import datetime

from adapters.web import render
from core.message import Attachment, Post, Reply
from core.store.records import Item


def said(text: str, attached: Sequence[Attachment], at: datetime) -> str:
    """What a visitor said."""
    return _json({"by": "visitor", "text": text, "files": list(map(file, attached)), "at": at.timestamp()})


def judged(turn: str, verdict: str) -> str:
    """What a visitor thinks of an answer."""
    return _json({"by": "verdict", "turn": turn, "verdict": verdict})


def answer(post: Post, reply: Reply, attached: Attachment | None = None) -> str:
    """A finished answer with what stands below it; the same reply gives the same text."""
    is_end = post.last
    return _json(
        {
            "by": "assistant",
            "turn": post.turn_id,
            "body": render.render(reply.text),
            "plain": render.plain(reply.text) or (attached.name if attached else ""),
            "files": [file(attached)] if attached else [],
            "sources": render.sources(reply.citations),
            "choices": render.choices(reply.choices) if is_end and not reply.chosen else [],
            "chosen": reply.chosen if is_end else "",
            "judgeable": is_end and (reply.judged or not post.quiet),
            "repeatable": is_end and not post.quiet,
            "at": post.created_at.timestamp() if post.created_at else 0,
        }
    )


def placeholder(post: Post) -> str:
    """An answer whose words are still to come."""
    return answer(post, Reply(text="…"))


GONE = '{"by":"assistant","gone":true}'
"""An answer that was taken away."""


def frame(item: Item) -> str:
    """An item as the socket carries it."""
    head = {"type": "item", "id": item.id, "position": item.position, "seq": item.seq}
    return f'{_json(head)[:-1]},"item":{item.body}}}'


def file(attachment: Attachment) -> dict[str, object]:
    """A file as the page names it."""
    return {
        "id": attachment.id,
        "kind": attachment.kind,
        "name": attachment.name,
        "type": attachment.media_type,
        "size": attachment.size,
    }


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
