"""`frontdesk playground replay`: scenario files as tests."""

import asyncio
import json
import logging
from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape

from bots.playground.scenario.scenes import PLATFORMS, platforms_of
from bots.playground.scenario.script import Script, load
from bots.playground.stage import rehearse
from bots.run import opened_engine
from core import log, policy, settings


@click.command()
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False)
)
@click.option(
    "--on",
    "platforms",
    multiple=True,
    type=click.Choice(PLATFORMS),
    help="Default: all that have its places.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the results as JSON.")
def replay(files: Sequence[Path], platforms: Sequence[str], as_json: bool) -> None:
    """Play scenario FILES in a fresh playground.

    The configured model answers. Fails when one of them does not hold.
    """
    log.setup(logging.WARNING)
    scripts = [(path, load(path)) for path in files]
    results = asyncio.run(_replay(scripts, platforms, Console(quiet=as_json)))
    if as_json:
        click.echo(json.dumps(results, indent=2))
    if any(result["error"] for result in results):
        raise SystemExit(1)


async def _replay(
    scripts: Sequence[tuple[Path, Script]], platforms: Sequence[str], console: Console
) -> list[dict[str, str]]:
    configured, policies = settings.load(), policy.load()
    results = []
    async with opened_engine(configured, borrowed=True) as engine:
        for path, script in scripts:
            for platform in platforms_of(script) if script.cast else platforms or platforms_of(script):
                with console.status(f"{escape(script.title)} on {platform}"):
                    error = await rehearse(configured, policies, engine, script, platform, folder=path.parent)
                _tell(console, script, platform, error)
                results.append({"file": str(path), "platform": platform, "error": error})
    return results


def _tell(console: Console, script: Script, platform: str, error: str) -> None:
    title = f"{escape(script.title)} on {platform}"
    console.print(
        f"[red]failed[/]  {title}\n        {escape(error)}" if error else f"[green]passed[/]  {title}"
    )
