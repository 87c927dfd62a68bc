"""`response_url`, and what comes with an acknowledgement (docs.slack.dev/interactivity).

A URL serves five messages within half an hour; they are seen by one person unless the app says otherwise.
"""

from bots.playground.slack.content import Content, read_content
from bots.playground.slack.errors import SlackError
from bots.playground.slack.forms import message_form
from bots.playground.slack.ids import secret
from bots.playground.slack.methods.chat import with_ids
from bots.playground.slack.platform import Platform
from bots.playground.slack.state import Channel, Message, Payload, ResponseUrl
from bots.playground.slack.wire import Arguments

MAX_USES = 5
LIFETIME = 1_800.0
"""Seconds."""


def new_url(platform: Platform, channel: str, user: str, message_ts: str | None) -> str:
    """A new response URL for an interaction of `user` in `channel`."""
    key = secret("")
    platform.world.response_urls[key] = ResponseUrl(
        channel=channel, user=user, opened_at=platform.now(), message_ts=message_ts
    )
    return f"{platform.world.url}/response/{key}"


def respond(platform: Platform, key: str, body: Payload) -> None:
    """Do what was posted to a response URL.

    Raises:
        SlackError: `used_url`, `expired_url`, or what is wrong with the message.
    """
    target = platform.world.response_urls.get(key)
    if target is None or target.uses >= MAX_USES:
        raise SlackError("used_url")
    if platform.now() - target.opened_at > LIFETIME:
        raise SlackError("expired_url")
    target.uses += 1
    answer(platform, target, body)


def answer(platform: Platform, target: ResponseUrl, body: Payload) -> None:
    """Post, replace or delete, as the body of a response says.

    Raises:
        SlackError: what is wrong with the message.
    """
    arguments = Arguments(body)
    channel = platform.world.channels[target.channel]
    source = channel.messages.get(target.message_ts or "")
    if arguments.flag("delete_original") and source is not None:
        platform.remove(source)
        return
    content = read_content(arguments)
    if arguments.flag("replace_original") and source is not None:
        _replace(platform, source, content)
        return
    message = _message(platform, channel, content, arguments.text("thread_ts"))
    if arguments.text("response_type") == "in_channel":
        platform.post(message)
    else:
        _whisper(platform, channel, message, target.user)


def _replace(platform: Platform, source: Message, content: Content) -> None:
    before = message_form(platform.world, source)
    source.text, source.markdown = content.shown, content.markdown
    source.blocks = with_ids(content.blocks or [])
    platform.change(source, before)


def _whisper(platform: Platform, channel: Channel, message: Message, reader: str) -> None:
    message.visible_to = reader
    channel.ephemeral[message.ts] = message
    platform.changes.publish("ephemeral", {"channel": channel.id, "ts": message.ts})


def _message(platform: Platform, channel: Channel, content: Content, thread_ts: str | None) -> Message:
    installation = platform.world.installations[channel.team_id]
    return Message(
        ts=platform.next_ts(),
        channel=channel.id,
        user=installation.bot_user,
        team_id=installation.team_id,
        text=content.shown,
        markdown=content.markdown,
        blocks=with_ids(content.blocks or []),
        attachments=content.attachments,
        thread_ts=thread_ts,
        bot_id=installation.bot_id,
        app_id=platform.world.app.id,
    )
