"""`frontdesk playground replay`: scenario files as tests."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import click
from rich.console import Console

from bots.playground.scenario.player import ScenarioFailed, play
from bots.playground.scenario.scene import Scene
from bots.playground.scenario.script import Script, load
from bots.playground.slack.driver import SlackDriver
from bots.playground.slack.scene import SlackScene
from bots.playground.stage import Stage, opened
from bots.playground.telegram.driver import TelegramDriver
from bots.playground.telegram.scene import TelegramScene
from bots.run import opened_engine
from core import log, policy, settings

PLATFORMS = ("slack", "telegram")


@click.command()
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False)
)
@click.option("--on", "platforms", multiple=True, type=click.Choice(PLATFORMS), help="Default: all.")
@click.option("--json", "as_json", is_flag=True, help="Print the results as JSON.")
def replay(files: Sequence[Path], platforms: Sequence[str], as_json: bool) -> None:
    """Play scenario FILES in a fresh playground with the configured model; fails when one does not hold."""
    log.setup(logging.WARNING)
    scripts = [(path, load(path)) for path in files]
    results = asyncio.run(_replay(scripts, platforms or PLATFORMS, Console(quiet=as_json)))
    if as_json:
        click.echo(json.dumps(results, indent=2))
    if any(result["error"] for result in results):
        raise SystemExit(1)


async def _replay(
    scripts: Sequence[tuple[Path, Script]], platforms: Sequence[str], console: Console
) -> list[dict[str, str]]:
    configured = settings.load().model_copy(update={"port": 0})
    results = []
    async with opened_engine(configured) as engine:
        for path, script in scripts:
            for platform in platforms:
                async with opened(configured, policy.load(), engine) as stage:
                    error = await _outcome(script, platform, stage, console)
                results.append({"file": str(path), "platform": platform, "error": error})
    return results


async def _outcome(script: Script, platform: str, stage: Stage, console: Console) -> str:
    """What went wrong; empty when nothing did."""
    try:
        async with scene_of(platform, stage) as scene:
            with console.status(f"{script.title} on {platform}"):
                await play(script, scene)
    except ScenarioFailed as failure:
        console.print(f"[red]failed[/]  {script.title} on {platform}\n        {failure}", markup=True)
        return str(failure)
    console.print(f"[green]passed[/]  {script.title} on {platform}")
    return ""


@asynccontextmanager
async def scene_of(platform: str, stage: Stage) -> AsyncIterator[Scene]:
    """The platform of this name, ready to be played on."""
    if platform == "slack":
        async with SlackDriver(stage.slack_url) as slack:
            yield SlackScene(slack)
    else:
        async with TelegramDriver(stage.telegram_url) as telegram:
            yield TelegramScene(telegram)
