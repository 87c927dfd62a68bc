"""`frontdesk playground`: everything at once, or one emulator alone."""

import asyncio

import click

from bots.playground.scenario.command import replay
from bots.playground.slack.command import slack
from bots.playground.stage import perform
from bots.playground.telegram.command import telegram
from core import policy, settings


@click.group(invoke_without_command=True)
@click.option("--for-real", is_flag=True, help="Have done what flows ask for; else give samples.")
@click.pass_context
def playground(context: click.Context, for_real: bool) -> None:
    """Try Frontdesk without any token.

    Without a subcommand, both emulators, the assistant and a page start, where you chat as a person in Slack
    and as one in Telegram. Ends on SIGTERM or Ctrl-C.
    """
    if context.invoked_subcommand is None:
        asyncio.run(perform(settings.load(), policy.load(), for_real=for_real))


playground.add_command(slack)
playground.add_command(telegram)
playground.add_command(replay)
