"""The documents that the assistant is to know, and the process that reads them."""

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path

from bots.doctor.configuration import POLICY_FILE
from bots.doctor.finding import Finding, broken, doubtful, fine
from bots.knowledge import configured_sources
from core import policy
from core.errors import ConfigurationError, Unreadable
from core.knowledge.pages import address_of
from core.knowledge.reading.kinds import Kind
from core.knowledge.reading.process import ReadingProcess
from core.settings import Settings

_SAMPLE = b"# Sample\n\nOne sentence.\n"


async def documents(_: Settings) -> Sequence[Finding]:
    """The sources of frontdesk.yaml, and whether documents can be read here."""
    return [*await asyncio.to_thread(_sources), await _reading()]


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
