"""From what Telegram sends to `Arrival`s: pure functions (core.telegram.org/bots/api#update)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Literal

from adapters.telegram import ids, payload
from adapters.telegram.payload import BusinessConnection, Update
from adapters.telegram.wording import COMMANDS, Command, Us, command, mentions, readable
from core.delivery.exposure import TAKE_AWAY
from core.message import (
    Addressing,
    Arrival,
    Attachment,
    Conversation,
    Deletion,
    Departure,
    Edit,
    Event,
    Message,
    Person,
    Platform,
    Press,
    Rating,
    Relay,
    Stop,
)

QUOTE_LENGTH = 500
"""Characters of an answered message that come along; a person may quote any part of it themselves."""
_REACTIONS: dict[str, ids.Verdict] = {"👍": "good", "👎": "bad"}
_GONE = {"kicked": "blocked or removed", "left": "left"}
"""core.telegram.org/bots/api#chatmember: the states in which we can no longer speak."""
_KNOWN_COMMANDS = frozenset({"kb", "learning", "ticket", "voice", "export", "forget", "memory", *COMMANDS})
"""`kb` is for few, and not in the menu that everybody sees."""


def read(
    update: Update, raw: str, us: Us, *, now: datetime, business: BusinessConnection | None = None
) -> tuple[Arrival, ...]:
    """What an update means for us; nothing when it is not meant for us.

    Args:
        raw: its JSON.
        business: the connection through which a business message came.
    """
    key = ids.update_key(us.id, update.update_id)
    if update.deleted_business_messages is not None:
        return tuple(
            Arrival(key=f"{key}:{event.message_id}", event=event, raw=raw)
            for event in _deletions(update.deleted_business_messages, us)
        )
    if update.callback_query is not None and (press := ids.read_choice(update.callback_query.data)):
        chosen = _chosen(update.callback_query, press, us, now)
        return () if chosen is None else (Arrival(key=ids.press_key(chosen, press), event=chosen, raw=raw),)
    event = _business(update, us, business) if _is_business(update) else _event(update, us, now)
    return () if event is None else (Arrival(key=key, event=event, raw=raw),)


def _event(update: Update, us: Us, now: datetime) -> Event | None:
    if update.message is not None:
        return _left(update.message, us) or _message(update.message, us)
    if update.edited_message is not None:
        return _edit(_message(update.edited_message, us))
    if update.callback_query is not None:
        return _pressed(update.callback_query, us, now)
    if update.message_reaction is not None:
        return _reaction(update.message_reaction, us)
    if update.my_chat_member is not None:
        return _departure(update.my_chat_member, us)
    if update.stopped_message_generation is not None:
        return _stopped(update.stopped_message_generation, us)
    return None


def _is_business(update: Update) -> bool:
    return update.business_message is not None or update.edited_business_message is not None


def _business(update: Update, us: Us, connection: BusinessConnection | None) -> Event | None:
    """A customer's message to a business account; or its owner's, who is never answered."""
    source = update.business_message or update.edited_business_message
    if source is None or connection is None or not connection.may_reply or source.sender_business_bot:
        return None
    is_edit = update.business_message is None
    if source.author is not None and source.author.id != connection.user.id:
        message = _message(source, us)
        return _edit(message) if is_edit else message
    is_typed = source.author is not None and not source.is_from_offline and not source.is_service
    return _by_owner(source, us, is_edit=is_edit) if is_typed else None


def _by_owner(source: payload.Message, us: Us, *, is_edit: bool) -> Relay:
    return Relay(
        conversation=_place(source, us),
        source=str(source.message_id),
        kind="edit" if is_edit else "message",
        text=source.words[0].replace("\0", ""),
        heard=True,
    )


def _deletions(deleted: payload.DeletedBusinessMessages, us: Us) -> Sequence[Deletion]:
    place = ids.conversation(us.id, deleted.chat.id, direct=True, connection=deleted.business_connection_id)
    return [Deletion(conversation=place, message_id=str(each)) for each in deleted.message_ids]


def _message(source: payload.Message, us: Us) -> Message | None:
    sender, (text, entities) = _sender(source, us), source.words
    if sender is None or source.is_service:
        return None
    found = command(text, entities)
    if found is not None and not _is_ours(found, source, us):
        if not _is_at_desk(source, us):
            return None
        found = None  # an agent may begin with a path
    addressed = _addressing(source, us, found)
    if addressed is None:
        return None
    return Message(
        id=str(source.message_id),
        conversation=_place(source, us),
        sender=sender,
        text=found.argument if found else readable(text, entities, us) or _emoji(source),
        addressed=addressed,
        sent_at=datetime.fromtimestamp(source.date, UTC),
        command=found.name if found else "",
        attachments=_attachments(source),
        reply_to=str(source.reply_to_message.message_id) if source.reply_to_message else "",
        quote=_quote(source),
        group=source.media_group_id,
    )


def _edit(message: Message | None) -> Edit | None:
    return None if message is None else Edit(message=message)


def _place(source: payload.Message | payload.PressedPost, us: Us) -> Conversation:
    return ids.conversation(
        us.id,
        source.chat.id,
        thread=source.thread,
        direct=source.chat.is_private,
        connection=source.business_connection_id,
    )


def _sender(source: payload.Message, us: Us) -> Person | None:
    """Who wrote it; None for bots, ourselves and what channels post by themselves.

    Anonymous admins, and people who write as one of their channels, appear as that chat.
    """
    if source.is_automatic_forward:
        return None
    if source.sender_chat is not None:
        chat = source.sender_chat
        return Person(platform=Platform.TELEGRAM, tenant=str(us.id), id=str(chat.id), name=chat.title)
    if source.author is None or source.author.is_bot:
        return None
    return _person(source.author, us)


def _person(user: payload.User, us: Us) -> Person:
    return Person(
        platform=Platform.TELEGRAM,
        tenant=str(us.id),
        id=str(user.id),
        name=user.name,
        language=user.language_code,
    )


def _is_ours(found: Command, source: payload.Message, us: Us) -> bool:
    """Whether a command is for us: in a group, several bots may understand a bare one."""
    if found.bot:
        return found.bot.casefold() == us.username.casefold()
    return source.chat.is_private or found.name in _KNOWN_COMMANDS


def _addressing(source: payload.Message, us: Us, found: Command | None) -> Addressing | None:
    if found is not None:
        return Addressing.COMMAND
    if source.chat.is_private:
        return Addressing.DIRECT
    if mentions(*source.words, us):
        return Addressing.MENTION
    if _is_at_desk(source, us):
        return Addressing.THREAD
    return Addressing.REPLY if _answers_us(source, us) else None


def _is_at_desk(source: payload.Message, us: Us) -> bool:
    """Whether it stands in a topic of the agents' group, which may be a ticket's."""
    return source.thread is not None and str(source.chat.id) == us.desk


def _answers_us(source: payload.Message, us: Us) -> bool:
    """In a topic, what answers nothing appears as an answer to the note that opened the topic."""
    original = source.reply_to_message
    if original is None or original.author is None or original.message_id == source.thread:
        return False
    return original.author.id == us.id


def _quote(source: payload.Message) -> str:
    if source.quote is not None:
        return source.quote.text
    original = source.reply_to_message
    return "" if original is None else _shortened(original.words[0].replace("\0", ""))


def _shortened(text: str) -> str:
    return text if len(text) <= QUOTE_LENGTH else f"{text[:QUOTE_LENGTH]}…"


def _emoji(source: payload.Message) -> str:
    return source.sticker.emoji if source.sticker is not None else ""


def _kind(document: payload.File | None) -> Literal["image", "audio", "document"]:
    """People send pictures and sound as files, too."""
    match document.mime_type.partition("/")[0] if document else "":
        case "image":
            return "image"
        case "audio":
            return "audio"
    return "document"


def _attachments(source: payload.Message) -> tuple[Attachment, ...]:
    kinds: list[tuple[Literal["image", "audio", "video", "document"], payload.File | None]] = [
        ("image", source.photo[-1] if source.photo else None),
        ("audio", source.voice or source.audio),
        ("video", source.video or source.video_note or source.animation),
        (_kind(source.document), None if source.animation else source.document),
    ]
    return tuple(
        Attachment(
            id=file.file_id, kind=kind, name=file.file_name, media_type=file.mime_type, size=file.file_size
        )
        for kind, file in kinds
        if file is not None
    )


def place_of(query: payload.CallbackQuery, us: Us) -> Conversation | None:
    """Where the pressed button stands; None where Telegram does not say."""
    return None if query.message is None else _place(query.message, us)


def _pressed(query: payload.CallbackQuery, us: Us, now: datetime) -> Event | None:
    if query.message is None:
        return None
    place, person, post = _place(query.message, us), _person(query.author, us), str(query.message.message_id)
    if query.data == ids.EDIT:
        return None  # the answer to the query says how
    if query.data == ids.STOP:
        return Stop(conversation=place, person=person)
    if query.data in (ids.AGAIN, ids.FURTHER, TAKE_AWAY) or query.data.startswith(ids.DESK):
        return _command(query, place, person, now)
    if judged := ids.read_verdict(query.data):
        verdict, turn = judged
        return Rating(conversation=place, person=person, turn_id=turn, post_id=post, verdict=verdict)
    return None


def _chosen(query: payload.CallbackQuery, press: Press, us: Us, now: datetime) -> Message | None:
    if query.message is None:
        return None
    place = _place(query.message, us)
    return Message(
        id=ids.pressed(query.id),
        conversation=place,
        sender=_person(query.author, us),
        text="",
        addressed=Addressing.DIRECT if place.direct else Addressing.REPLY,
        sent_at=now,
        reply_to=str(query.message.message_id),
        press=press,
    )


def _command(query: payload.CallbackQuery, place: Conversation, person: Person, now: datetime) -> Message:
    return Message(
        id=ids.pressed(query.id),
        conversation=place,
        sender=person,
        text="",
        addressed=Addressing.COMMAND,
        sent_at=now,
        command=query.data,
        reply_to=str(query.message.message_id) if query.message else "",
    )


def _reaction(reaction: payload.MessageReaction, us: Us) -> Rating | None:
    """A thumb is a judgement, and a thumb taken away takes it back; other reactions mean nothing to us."""
    if reaction.user is None or reaction.user.is_bot:
        return None
    before, after = _verdict(reaction.old_reaction), _verdict(reaction.new_reaction)
    if before == after:
        return None
    rating = Rating(
        conversation=ids.conversation(us.id, reaction.chat.id, direct=reaction.chat.is_private),
        person=_person(reaction.user, us),
        post_id=str(reaction.message_id),
        verdict="none",
    )
    return rating if after is None else replace(rating, verdict=after)


def _verdict(reactions: Sequence[payload.ReactionType]) -> ids.Verdict | None:
    return next((_REACTIONS[each.emoji] for each in reactions if each.emoji in _REACTIONS), None)


def _departure(change: payload.ChatMemberUpdated, us: Us) -> Departure | None:
    reason = _GONE.get(change.new_chat_member.status)
    if reason is None:
        return None
    place = ids.conversation(us.id, change.chat.id, direct=change.chat.is_private)
    return Departure(conversation=place, reason=reason)


def _left(note: payload.Message, us: Us) -> Departure | None:
    """A person left a group, or was taken out of it."""
    if note.left_chat_member is None or note.left_chat_member.is_bot:
        return None
    place = ids.conversation(us.id, note.chat.id, direct=False)
    person = _person(note.left_chat_member, us)
    return Departure(conversation=place, person=person, reason="the person left the group")


def _stopped(stopped: payload.StoppedGeneration, us: Us) -> Stop:
    """Drafts exist in private chats only, where chat and person have the same id."""
    place = ids.conversation(
        us.id, stopped.chat.id, thread=stopped.message_thread_id, direct=stopped.chat.is_private
    )
    person = Person(platform=Platform.TELEGRAM, tenant=str(us.id), id=str(stopped.chat.id))
    return Stop(conversation=place, person=person)
