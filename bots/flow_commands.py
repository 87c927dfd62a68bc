"""`frontdesk flow`: checking, testing and drawing flows."""

import asyncio
import json
import logging
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import asdict
from pathlib import Path

import click

from bots import flows
from bots.run import opened_encoder, opened_engine
from core import log, policy, settings
from core.delivery.responder import Answer
from core.dialogue.flows import checking, drawing, library, rehearsal
from core.dialogue.flows.actions import SampleActions
from core.dialogue.flows.library import Version
from core.dialogue.flows.rehearsal import Played
from core.dialogue.flows.route import FlowRoute
from core.dialogue.flows.sorting import ModelSorter, NoSorter
from core.dialogue.flows.starting import Starter
from core.engine.structured import Judge
from core.engine.types import ChatMessage, Engine, Options, Role
from core.errors import ConfigurationError
from core.knowledge.ports import Encoder
from core.language.pipeline import Pipeline
from core.policy import Policies
from core.ports import Clock
from core.settings import Settings
from core.store.ports import Flows
from core.testing import ScriptedEngine

ASIDE_TOKENS = 40
"""Tokens of an answer beside a flow, which a test does not judge."""
_FOLDER = click.argument(
    "folder", type=click.Path(path_type=Path, exists=True, file_okay=False), required=False
)


@click.group()
def flow() -> None:
    """Flows: tasks through which the assistant leads people."""


@flow.command("check")
@_FOLDER
@click.option("--json", "as_json", is_flag=True, help="Report as JSON.")
def check(folder: Path | None, as_json: bool) -> None:
    """Find dead ends, unreachable steps, unused slots and loops.

    FOLDER is the one that frontdesk.yaml names, unless another is given.
    """
    versions = _versions(folder)
    faults = [fault for version in versions.values() for fault in checking.check(version)]
    if as_json:
        click.echo(
            json.dumps({"flows": sorted(versions), "faults": [asdict(each) for each in faults]}, indent=2)
        )
    else:
        for fault in faults:
            click.echo(f"{fault.file}, line {fault.line}: {fault.message}")
        click.echo(f"{len(versions)} flows, {len(faults)} faults.")
    if faults:
        raise click.exceptions.Exit(1)


@flow.command("test")
@_FOLDER
@click.option(
    "--scripted", is_flag=True, help="Without model and encoder: what they would decide stays open."
)
@click.option("--json", "as_json", is_flag=True, help="Report as JSON.")
def test(folder: Path | None, scripted: bool, as_json: bool) -> None:
    """Play the dialogues beside the flows (*.test.yaml) and compare.

    Nothing is done for real: actions give back their samples.
    """
    log.setup(logging.WARNING)
    policies = policy.load()
    versions = _versions(folder)
    where = folder or Path(policies.flows.folder)
    played = asyncio.run(_played(settings.load(), policies, versions, where, scripted=scripted))
    failed = [each for each in played if each.faults]
    if as_json:
        click.echo(json.dumps([asdict(each) for each in played], indent=2))
    else:
        for each in failed:
            click.echo(f"{each.file}: {each.name}\n" + "\n".join(f"  {fault}" for fault in each.faults))
        click.echo(f"{len(played) - len(failed)} of {len(played)} dialogues went as they should.")
    if failed:
        raise click.exceptions.Exit(1)


@flow.command("draw")
@click.argument("name")
@_FOLDER
def draw(name: str, folder: Path | None) -> None:
    """Draw the flow NAME as a Mermaid flowchart."""
    versions = _versions(folder)
    if name not in versions:
        raise ConfigurationError(f"There is no flow {name!r}; there are: {', '.join(versions) or 'none'}.")
    click.echo(drawing.mermaid(versions[name].flow))


@flow.command("schema")
def schema() -> None:
    """Print the JSON schema of a flow's file, for editors."""
    click.echo(json.dumps(library.schema(), indent=2))


def _versions(folder: Path | None) -> Mapping[str, Version]:
    versions = library.load(folder) if folder else flows.load(policy.load())
    if not versions:
        raise ConfigurationError("There is no flow here: `flows:` of frontdesk.yaml names their folder.")
    return versions


async def _played(
    configured: Settings, policies: Policies, versions: Mapping[str, Version], folder: Path, *, scripted: bool
) -> list[Played]:
    pipeline = Pipeline()
    async with AsyncExitStack() as opened:
        opened.push_async_callback(pipeline.close)
        engine: Engine = ScriptedEngine()
        encoder: Encoder | None = None
        if not scripted:
            engine = await opened.enter_async_context(opened_engine(configured))
            encoder = await opened.enter_async_context(opened_encoder(configured, engine))

        judge = None if scripted else Judge(engine)

        def make_route(store: Flows, actions: SampleActions, clock: Clock) -> FlowRoute:
            return FlowRoute(
                versions=versions,
                store=store,
                pipeline=pipeline,
                starter=Starter(versions, encoder, judge),
                sorter=ModelSorter(judge, encoder) if judge else NoSorter(),
                actions=actions,
                clock=clock,
            )

        async def aside(text: str) -> Answer:
            return await _aside(engine, policies, text)

        played: list[Played] = []
        for path in rehearsal.files(folder):
            played += await rehearsal.play(path, make_route, policies.flows, policies.assistant, aside)
        return played


async def _aside(engine: Engine, policies: Policies, text: str) -> Answer:
    """What the model says to a question beside the flow."""
    system = ChatMessage(role=Role.SYSTEM, text=policies.assistant.system_prompt)
    prompt = await engine.prepare([system, ChatMessage(role=Role.USER, text=text)])
    said = [delta.text async for delta in engine.stream(prompt, Options(max_tokens=ASIDE_TOKENS))]
    return Answer(text="".join(said).strip(), route="chat")
