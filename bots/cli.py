"""The `frontdesk` command."""

import gc
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module

import click

from core import log
from core.errors import FrontdeskError

_MODULES = {
    "backup": "bots.backup_commands",
    "chat": "bots.serving_commands",
    "delivery": "bots.delivery_commands",
    "desk": "bots.desk_commands",
    "doctor": "bots.doctor.command",
    "fairness": "bots.fairness_commands",
    "flow": "bots.flow_commands",
    "kb": "bots.knowledge_commands",
    "learn": "bots.learn.commands",
    "migrate-store": "bots.moving_commands",
    "model": "bots.model_commands",
    "playground": "bots.playground.command",
    "privacy": "bots.privacy_commands",
    "restore": "bots.backup_commands",
    "run": "bots.serving_commands",
    "slack": "bots.slack_commands",
    "worker": "bots.serving_commands",
}
"""Where each command is, under its own name."""


class _Commands(click.Group):
    """Loads a command when it is called for, and shows our own errors as sentences instead of tracebacks."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_MODULES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _MODULES:
            return None
        with _collecting_later():
            module = import_module(_MODULES[cmd_name])
        command: click.Command = getattr(module, cmd_name.replace("-", "_"))
        return command

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except FrontdeskError as error:
            raise click.ClickException(str(error)) from error


@contextmanager
def _collecting_later() -> Iterator[None]:
    """No looking for garbage while modules are loaded: there is none, and it takes a fifth of the time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@click.group(cls=_Commands)
@click.version_option(package_name="frontdesk", prog_name="frontdesk")
@click.option("--verbose", is_flag=True, help="Log every step; never what people write.")
def main(verbose: bool) -> None:
    """An assistant for Slack, Telegram and customer service that runs on your own machines."""
    log.setup(logging.DEBUG if verbose else logging.INFO)
