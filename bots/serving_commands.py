"""`frontdesk run`, `frontdesk worker` and `frontdesk chat`: what answers people."""

import asyncio
import logging
import signal

import click
from rich.console import Console

from bots import run as running
from bots import worker as working
from bots.chat import Chat
from bots.knowledge import open_knowledge
from bots.service import open_core
from core import log, policy, settings
from core.settings import Settings


@click.command()
def run() -> None:
    """Serve what .env configures.

    With no token and no key there, that is the playground. Ends on SIGTERM or Ctrl-C; without a terminal,
    SIGHUP makes it read frontdesk.yaml and the flows anew.
    """
    configured, policies = _configured()
    if configured.serves_anything:
        asyncio.run(running.run(configured, policies))
        return
    from bots.playground.stage import perform  # noqa: PLC0415 - no service for people waits until it is loaded

    asyncio.run(perform(configured, policies))


@click.command()
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


@click.command()
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
