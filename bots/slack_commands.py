"""`frontdesk slack`: setting up Slack."""

import click

from adapters.slack import manifest


@click.group()
def slack() -> None:
    """Setting up Slack."""


@slack.command(name="manifest")
@click.option("--url", help="Where Slack reaches this machine, for events over HTTP; else Socket Mode.")
def print_manifest(url: str | None) -> None:
    """Print the app manifest to paste into Slack."""
    click.echo(manifest.manifest(url), nl=False)
