"""What Slack checks before it accepts blocks, chunks and metadata.

The shapes are validated with slack_sdk's own models, so that emulator and client agree.
"""

import json
import logging

from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import Block

from bots.playground.slack.errors import SlackError
from bots.playground.slack.state import Payload
from bots.playground.slack.wire import as_object

MAX_BLOCKS = 50
MAX_HOME_BLOCKS = 100
MAX_BLOCK_PAYLOAD = 13_200
"""Characters over all blocks; undocumented, measured in github.com/slackapi/bolt-js/issues/2509."""
MAX_MARKDOWN = 12_000
MAX_METADATA = 16 * 1024
MAX_TASK_TITLE = 256
MAX_FEEDBACK_TEXT = 75
MAX_VALUE = 2_000
TASK_STATUSES = {"pending", "in_progress", "complete", "error"}
logging.getLogger(Block.__module__).setLevel(logging.ERROR)


def check_blocks(blocks: list[Payload], *, limit: int = MAX_BLOCKS) -> None:
    """Refuse what Slack refuses.

    Raises:
        SlackError: `invalid_blocks`, with a sentence in `errors`, or `msg_blocks_too_long`.
    """
    if len(blocks) > limit:
        raise SlackError(
            "invalid_blocks", errors=[f"no more than {limit} items allowed [json-pointer:/blocks]"]
        )
    ids = [block["block_id"] for block in blocks if block.get("block_id")]
    if len(ids) != len(set(map(str, ids))):
        raise SlackError("invalid_blocks", errors=["`block_id` already exists [json-pointer:/blocks]"])
    for index, block in enumerate(blocks):
        _check_block(block, index)
    if sum(_visible_length(block) for block in blocks) > MAX_BLOCK_PAYLOAD:
        raise SlackError("msg_blocks_too_long")


def _check_block(block: Payload, index: int) -> None:
    try:
        parsed = Block.parse(block)
        if parsed is None:
            raise SlackObjectFormationError(f"unsupported type: {block.get('type')}")
        parsed.to_dict()
        _check_elements(block)
    except (SlackObjectFormationError, TypeError, AttributeError, ValueError, KeyError) as error:
        # slack_sdk's models raise whatever a wrong shape runs into
        pointer = f"{error} [json-pointer:/blocks/{index}]"
        raise SlackError(
            "invalid_blocks", errors=[pointer], response_metadata={"messages": [pointer]}
        ) from None


def _check_elements(block: Payload) -> None:
    """Limits of docs.slack.dev/reference/block-kit that the models leave out."""
    elements = block.get("elements")
    if not isinstance(elements, list):
        return
    action_ids = [each["action_id"] for each in elements if isinstance(each, dict) and each.get("action_id")]
    if len(action_ids) != len(set(action_ids)):
        raise SlackObjectFormationError("`action_id` already exists")
    for element in elements:
        _check_element(as_object(element, "invalid_blocks"))


def _check_element(element: Payload) -> None:
    if len(str(element.get("value", ""))) > MAX_VALUE:
        raise SlackObjectFormationError(f"value cannot exceed {MAX_VALUE} characters")
    for side in ("positive_button", "negative_button"):
        button = element.get(side)
        if isinstance(button, dict):
            _check_feedback(button)


def _check_feedback(button: Payload) -> None:
    text = as_object(button.get("text"), "invalid_blocks").get("text")
    if not text or len(str(text)) > MAX_FEEDBACK_TEXT:
        raise SlackObjectFormationError(f"text needs 1 to {MAX_FEEDBACK_TEXT} characters")
    if len(str(button.get("value", ""))) > MAX_VALUE:
        raise SlackObjectFormationError(f"value cannot exceed {MAX_VALUE} characters")


def _visible_length(value: object) -> int:
    if isinstance(value, dict):
        return sum(_visible_length(each) for key, each in value.items() if key not in ("type", "block_id"))
    if isinstance(value, list):
        return sum(map(_visible_length, value))
    return len(value) if isinstance(value, str) else 0


def check_chunks(chunks: list[Payload]) -> None:
    """Refuse malformed stream chunks (docs.slack.dev/reference/methods/chat.appendStream).

    Raises:
        SlackError: `invalid_chunks`, or `msg_too_long` for one chunk of text over 12,000 characters.
    """
    for chunk in chunks:
        kind = chunk.get("type")
        if kind == "markdown_text":
            _check_text_chunk(chunk)
        elif kind == "task_update":
            _check_task(chunk)
        elif kind == "plan_update":
            _require_title(chunk)
        elif kind == "blocks":
            check_blocks([as_object(each, "invalid_chunks") for each in _list(chunk.get("blocks"))])
        else:
            raise SlackError("invalid_chunks")


def _list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise SlackError("invalid_chunks")
    return value


def _check_text_chunk(chunk: Payload) -> None:
    text = chunk.get("text")
    if not isinstance(text, str):
        raise SlackError("invalid_chunks")
    if len(text) > MAX_MARKDOWN:
        raise SlackError("msg_too_long")


def _check_task(chunk: Payload) -> None:
    _require_title(chunk)
    if not chunk.get("id") or chunk.get("status") not in TASK_STATUSES:
        raise SlackError("invalid_chunks")


def _require_title(chunk: Payload) -> None:
    title = chunk.get("title")
    if not isinstance(title, str) or not 0 < len(title) <= MAX_TASK_TITLE:
        raise SlackError("invalid_chunks")


def check_metadata(metadata: Payload) -> None:
    """Refuse what is not an event type with a payload (docs.slack.dev/messaging/message-metadata).

    Raises:
        SlackError: `invalid_metadata_format` or `metadata_too_large`.
    """
    if not metadata:
        return
    if not isinstance(metadata.get("event_type"), str) or not isinstance(metadata.get("event_payload"), dict):
        raise SlackError("invalid_metadata_format")
    if len(json.dumps(metadata)) > MAX_METADATA:
        raise SlackError("metadata_too_large")
