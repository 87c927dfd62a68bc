"""The calls that put up, change and delete posts."""

from collections.abc import Sequence

from telegram import (
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    LinkPreviewOptions,
    MessageEntity,
    ReplyParameters,
)

from adapters import citations
from adapters.telegram import ids, limits
from adapters.telegram.api import Api
from adapters.telegram.errors import NoSuchPost, NotModified
from adapters.telegram.render import TelegramText
from core import words
from core.message import Action, Citation, Conversation, Post, Reply

PLACEHOLDER = TelegramText(text="…")
_READ = 4
"""Buttons for passages, on one row."""
_LABEL = 60
"""Characters on a button; narrow screens show no more."""
_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)


class Posts:
    """Posts by their ids."""

    def __init__(self, *, api: Api) -> None:
        self._api = api

    async def put_up(self, post: Post, text: TelegramText = PLACEHOLDER) -> str:
        """Send the placeholder, or what is known already; returns its id."""
        place, anchor = post.conversation, ids.number(post.anchor)
        answered = anchor is not None and not place.direct
        async with self._api.calling(rates=limits.posts(place), repeatable=False) as bot:
            message = await bot.send_message(
                int(place.channel),
                text.text,
                entities=entities(text) or None,
                message_thread_id=ids.number(place.thread),
                business_connection_id=ids.business_connection(place),
                reply_parameters=_reply_to(anchor) if anchor is not None and answered else None,
                reply_markup=None if place.direct or post.quiet else stop_button(),
                link_preview_options=_NO_PREVIEW,
            )
        return str(message.message_id)

    async def quote(self, place: Conversation, text: TelegramText, answer: int) -> None:
        """Send a passage that a person asked to read, below the answer that cites it."""
        async with self._api.calling(rates=limits.posts(place), repeatable=False) as bot:
            await bot.send_message(
                int(place.channel),
                text.text,
                message_thread_id=ids.number(place.thread),
                business_connection_id=ids.business_connection(place),
                reply_parameters=_reply_to(answer),
                entities=entities(text),
                link_preview_options=_NO_PREVIEW,
            )

    async def change(self, post: Post, text: TelegramText, buttons: InlineKeyboardMarkup | None) -> None:
        """Make the post show this; that it does already is success."""
        place = post.conversation
        try:
            async with self._api.calling(rates=limits.edits(place)) as bot:
                await bot.edit_message_text(
                    text.text,
                    chat_id=int(place.channel),
                    message_id=int(post.platform_id),
                    entities=entities(text),
                    reply_markup=buttons,
                    business_connection_id=ids.business_connection(place),
                    link_preview_options=_NO_PREVIEW,
                )
        except NotModified:
            return

    async def delete(self, post: Post) -> None:
        """Delete the post; that it is gone already is success."""
        place = post.conversation
        connection, message_id = ids.business_connection(place), int(post.platform_id)
        try:
            async with self._api.calling(rates=limits.signs(place)) as bot:
                if connection is None:
                    await bot.delete_message(int(place.channel), message_id)
                else:
                    await bot.delete_business_messages(connection, [message_id])
        except NoSuchPost:
            return


def entities(text: TelegramText) -> list[MessageEntity]:
    """The entities of a text, as the library wants them."""
    return [
        MessageEntity(
            each.type, each.offset, each.length, url=each.url or None, language=each.language or None
        )
        for each in text.entities
    ]


def stop_button() -> InlineKeyboardMarkup:
    """What stands under a growing answer."""
    return InlineKeyboardMarkup([[InlineKeyboardButton(words.stop(), callback_data=ids.STOP)]])


def answer_buttons(post: Post, reply: Reply) -> InlineKeyboardMarkup | None:
    """What stands under an answer: what there is to choose, its passages, two verdicts, and once more."""
    if not post.last:
        return None
    buttons = [_button(each) for each in reply.actions]
    rows = [*_choices(post.turn_id, reply), *(buttons[at : at + 2] for at in range(0, len(buttons), 2))]
    if not post.quiet:
        rows += _ways_on(post, reply.citations)
    elif reply.judged:
        rows.append(_verdicts(post.turn_id))
    return InlineKeyboardMarkup(rows) if rows else None


def _choices(turn: str, reply: Reply) -> list[list[InlineKeyboardButton]]:
    """One below the other; once one was pressed, what it said."""
    if reply.chosen:
        return [[InlineKeyboardButton(f"✓ {_label(reply.chosen)}", callback_data=ids.CHOSEN)]]
    return [
        [InlineKeyboardButton(_label(each.label), callback_data=ids.choice_data(turn, each.id))]
        for each in reply.choices
    ]


def _label(text: str) -> str:
    return citations.shortened(text, _LABEL) or "…"


def _ways_on(post: Post, cited: Sequence[Citation]) -> list[list[InlineKeyboardButton]]:
    read = [
        InlineKeyboardButton(words.read_passage(each.number), callback_data=ids.passage_data(each.passage))
        for each in cited[:_READ]
    ]
    further = [InlineKeyboardButton(words.did_not_help(), callback_data=ids.FURTHER)] if cited else []
    row = [*_verdicts(post.turn_id), InlineKeyboardButton("↻", callback_data=ids.AGAIN)]
    return [each for each in (read, further, row) if each]


def _verdicts(turn: str) -> list[InlineKeyboardButton]:
    return [
        InlineKeyboardButton("👍", callback_data=ids.verdict_data("good", turn)),
        InlineKeyboardButton("👎", callback_data=ids.verdict_data("bad", turn)),
    ]


def _button(action: Action) -> InlineKeyboardButton:
    return InlineKeyboardButton(action.label, callback_data=action.name)


def has_drafts(place: Conversation) -> bool:
    """Whether Telegram shows drafts there at all: in private chats, but not for businesses."""
    return place.direct and ids.business_connection(place) is None


def _reply_to(message_id: int) -> ReplyParameters:
    return ReplyParameters(message_id, allow_sending_without_reply=True)
