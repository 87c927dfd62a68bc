"""`frontdesk playground`: everything at once, or one emulator alone."""

import asyncio

import click

from bots.playground.scenario.command import replay
from bots.playground.slack.command import slack
from bots.playground.stage import perform
from bots.playground.telegram.command import telegram
from core import policy, settings


@click.group(invoke_without_command=True)
@click.pass_context
def playground(context: click.Context) -> None:
    """Try Frontdesk without any token.

    Without a subcommand, both emulators, the assistant and a page start, where you chat as a person in Slack
    and as one in Telegram. Ends on SIGTERM or Ctrl-C.
    """
    if context.invoked_subcommand is None:
        asyncio.run(perform(settings.load(), policy.load()))


playground.add_command(slack)
playground.add_command(telegram)
playground.add_command(replay)
