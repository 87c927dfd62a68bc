"""The documents that the assistant is to know, and the process that reads them."""

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path

from bots.doctor.configuration import POLICY_FILE
from bots.doctor.finding import Finding, broken, doubtful, fine
from bots.knowledge import KNOWLEDGE, configured_sources, open_knowledge
from core import policy
from core.errors import ConfigurationError, Unreadable
from core.knowledge.pages import address_of
from core.knowledge.reading.kinds import Kind
from core.knowledge.reading.process import ReadingProcess
from core.settings import Settings

_SAMPLE = b"# Sample\n\nOne sentence.\n"


async def documents(configured: Settings) -> Sequence[Finding]:
    """The sources, what was read of them, who chooses among them, and whether documents can be read here."""
    return [*await asyncio.to_thread(_sources), *await _known(configured), await _reading()]


async def _known(configured: Settings) -> list[Finding]:
    """What the assistant can answer from; nothing is made where there is nothing yet."""
    is_file = await asyncio.to_thread((configured.home / KNOWLEDGE).is_file)
    if configured.database_url is None and not is_file:
        return [fine("No documents were added yet: the model answers alone. `frontdesk kb add` adds some.")]
    try:
        async with open_knowledge(configured) as knowledge:
            sources = {each.name for each in await knowledge.library.sources()}
            kept = [
                await knowledge.library.passages(name, location)
                for name in sources
                for location in await knowledge.library.documents(name)
            ]
    except ConfigurationError as error:
        return [broken(f"What the documents say cannot be opened. {error}", "See docs/privacy.md.")]
    passages = sum(map(len, kept))
    found = [
        fine(f"{len(sources)} sources, {len(kept)} documents and {passages} passages can be answered from.")
    ]
    return found + [
        doubtful(
            f"frontdesk.yaml chooses the source '{name}', which there is not.",
            "Add it with `frontdesk kb add --name`, or correct `sources:`.",
        )
        for name in sorted(await asyncio.to_thread(_chosen) - sources)
    ]


def _chosen() -> set[str]:
    """The sources that channels name; those of a broken file are another check's business."""
    try:
        policies = policy.load(POLICY_FILE)
    except ConfigurationError:
        return set()
    every = [policies.assistant.sources, *(each.policy.get("sources") for each in policies.channels)]
    return {str(name) for names in every if isinstance(names, list | tuple) for name in names}


def _sources() -> list[Finding]:
    return list(_of_sources())


def _of_sources() -> Iterator[Finding]:
    try:
        sources = configured_sources(policy.load(POLICY_FILE).knowledge)
    except ConfigurationError as error:
        yield broken(f"A source of frontdesk.yaml is wrong. {error}", "See docs/knowledge-sources.md.")
        return
    for source in sources:
        if not address_of(source.location) and not Path(source.location).exists():
            yield doubtful(
                f"There is nothing at {source.location}, where the source '{source.name}' should be.",
                "Put it there, or change `location:` under `knowledge: sources:` in frontdesk.yaml.",
            )


async def _reading() -> Finding:
    process = ReadingProcess()
    try:
        await process.read(_SAMPLE, Kind.MARKDOWN, "sample.md")
    except Unreadable as error:
        return broken(f"A sample document {error}.", "Set Frontdesk up anew: `make run` does.")
    finally:
        await process.close()
    if process.confined:
        return fine("Documents are read in a process that can open no file and no connection.")
    return doubtful(
        "Documents are read in a process with limits, which could open files and connections all the same.",
        "Read only documents that you trust here, or run Frontdesk on Linux, on x86-64 or arm64.",
    )
