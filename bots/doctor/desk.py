"""The help desk: whether tickets can be put where its agents work, and whether they are heard there."""

import asyncio
from collections.abc import Iterator, Sequence

from slack_sdk.errors import SlackApiError
from telegram import ChatFullInfo, ChatMember, ChatMemberAdministrator

from adapters.slack.api import answer
from adapters.slack.payload import Payload
from bots.doctor import slack, telegram
from bots.doctor.configuration import POLICY_FILE
from bots.doctor.finding import Finding, broken, doubtful, fine
from bots.doctor.tokens import reveal
from bots.helpdesk import check
from core import policy
from core.desk_policy import DeskSection
from core.errors import ConfigurationError, Refused
from core.settings import Settings


async def desk(settings: Settings) -> Sequence[Finding]:
    """What keeps agents from working; a broken frontdesk.yaml is another check's business."""
    try:
        policies = await asyncio.to_thread(policy.load, POLICY_FILE)
    except ConfigurationError:
        return []
    if policies.desk is None:
        return []
    try:
        check(settings, policies)
    except ConfigurationError as error:
        return [broken(str(error), "See docs/helpdesk.md.")]
    look = {"slack": _in_slack, "telegram": _in_telegram}[policies.desk.platform]
    return await look(settings, policies.desk)


async def _in_slack(settings: Settings, section: DeskSection) -> Sequence[Finding]:
    async with slack.asking(settings, reveal(settings.slack_bot_token)) as (client, found):
        try:
            channel = answer(await client.conversations_info(channel=section.channel)).part("channel")
        except SlackApiError as error:
            found.append(_refused_by_slack(error, section))
        else:
            found.append(_channel(channel, section))
    return found


def _refused_by_slack(error: SlackApiError, section: DeskSection) -> Finding:
    code = slack.code_of(error)
    if code == "channel_not_found":
        return broken(
            f"The app sees no channel {section.channel}, the help desk's.",
            "Copy the id from the channel's details; if it is private, /invite the app there.",
        )
    return broken(
        f"Slack does not tell of the help desk's channel: {code}.", "See the check of the Slack bot."
    )


def _channel(channel: Payload, section: DeskSection) -> Finding:
    name = f"#{channel.text('name')}"
    if channel.flag("is_archived"):
        return broken(f"{name}, the help desk's channel, is archived.", "Choose another, or restore it.")
    if not channel.flag("is_member"):
        return broken(f"The app is no member of {name}, the help desk's channel.", "/invite it there.")
    if not channel.flag("is_private"):
        return doubtful(
            f"{name}, the help desk's channel, is open to everybody: what customers write stands there.",
            "Make it private, or choose a private one.",
        )
    return fine(f"Agents work in {name}.")


async def _in_telegram(settings: Settings, section: DeskSection) -> Sequence[Finding]:
    async with telegram.asking(settings) as (api, found):
        try:
            async with api.calling() as bot:
                group = await bot.get_chat(int(section.channel))
                us = await bot.get_chat_member(int(section.channel), int(api.bot_id))
        except Refused:
            found.append(
                broken(
                    f"The bot sees no group {section.channel}, the help desk's.",
                    "Add it to the group, and copy the id from a link to one of the group's messages.",
                )
            )
        else:
            found += list(_faults(group, us)) or [fine(f"Agents work in the group “{group.title}”.")]
    return found


def _faults(group: ChatFullInfo, us: ChatMember) -> Iterator[Finding]:
    if not group.is_forum:
        yield broken("The help desk's group has no topics.", "Switch them on in the group's settings.")
    if not isinstance(us, ChatMemberAdministrator):
        yield broken(
            "The bot is no administrator of the help desk's group: it hears little, and opens no topics.",
            "Make it one, who may manage topics and pin messages.",
        )
        return
    if not us.can_manage_topics:
        yield broken("The bot may not manage topics in the help desk's group.", "Allow it to.")
    if not us.can_pin_messages:
        yield doubtful("The bot may not pin the cards of tickets.", "Allow it to pin messages.")
