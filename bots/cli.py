"""The `frontdesk` command."""

import asyncio
import logging
import signal

import click
from rich.console import Console

from adapters.slack import manifest
from bots import run as running
from bots import worker as working
from bots.backup_commands import backup, restore
from bots.chat import Chat
from bots.delivery_commands import delivery
from bots.desk_commands import desk
from bots.doctor.command import doctor
from bots.fairness_commands import fairness
from bots.flow_commands import flow
from bots.knowledge import open_knowledge
from bots.knowledge_commands import kb
from bots.learn.commands import learn
from bots.model_commands import model
from bots.moving_commands import migrate_store
from bots.playground.command import playground
from bots.playground.stage import perform
from bots.privacy_commands import privacy
from bots.service import open_core
from core import log, policy, settings
from core.errors import FrontdeskError
from core.settings import Settings


class _Group(click.Group):
    """Shows our own errors as sentences instead of tracebacks."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except FrontdeskError as error:
            raise click.ClickException(str(error)) from error


@click.group(cls=_Group)
@click.version_option(package_name="frontdesk", prog_name="frontdesk")
@click.option("--verbose", is_flag=True, help="Log every step; never what people write.")
def main(verbose: bool) -> None:
    """An assistant for Slack, Telegram and customer service that runs on your own machines."""
    log.setup(logging.DEBUG if verbose else logging.INFO)


@main.command()
def run() -> None:
    """Serve what .env configures.

    With no token and no key there, that is the playground. Ends on SIGTERM or Ctrl-C; without a terminal,
    SIGHUP makes it read frontdesk.yaml and the flows anew.
    """
    configured, policies = _configured()
    if configured.serves_anything:
        asyncio.run(running.run(configured, policies))
    else:
        asyncio.run(perform(configured, policies))


@main.command()
def worker() -> None:
    """Write answers for other machines.

    Takes jobs from the NATS server of FRONTDESK_NATS_URL and serves them with the models that are here. Ends
    on SIGTERM or Ctrl-C, when what it writes is finished.
    """
    asyncio.run(working.work(*_configured()))


def _configured() -> tuple[Settings, policy.Policies]:
    """What a service is to do; from now on its log is written as it is to be."""
    configured, policies = settings.load(), policy.load()
    if configured.log_format == "json":
        log.as_json()
    return configured, policies


@main.command()
def chat() -> None:
    """Talk to the assistant in this terminal.

    /help lists commands, Ctrl-C stops an answer, Ctrl-D ends the chat.
    """
    log.setup(logging.WARNING)
    asyncio.run(_chat(settings.load(), policy.load()))


async def _chat(configured: Settings, policies: policy.Policies) -> None:
    async with (
        running.opened_engine(configured) as engine,
        running.opened_encoder(configured, engine) as encoder,
        running.opened_reranker(configured) as reranker,
        open_knowledge(configured, encoder, reranker) as knowledge,
        open_core(configured, policies, engine, encoder=encoder, knowledge=knowledge) as core,
    ):
        conversation = Chat(core, Console())
        asyncio.get_running_loop().add_signal_handler(signal.SIGINT, conversation.interrupt)
        await conversation.run()


@main.group()
def slack() -> None:
    """Setting up Slack."""


@slack.command(name="manifest")
@click.option("--url", help="Where Slack reaches this machine, for events over HTTP; else Socket Mode.")
def print_manifest(url: str | None) -> None:
    """Print the app manifest to paste into Slack."""
    click.echo(manifest.manifest(url), nl=False)


main.add_command(backup)
main.add_command(doctor)
main.add_command(delivery)
main.add_command(desk)
main.add_command(fairness)
main.add_command(flow)
main.add_command(kb)
main.add_command(learn)
main.add_command(migrate_store)
main.add_command(model)
main.add_command(playground)
main.add_command(privacy)
main.add_command(restore)
