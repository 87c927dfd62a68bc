"""The process in which documents are read."""

from collections.abc import AsyncIterator

import pytest

from core.knowledge.reading.process import ReadingProcess


@pytest.fixture
async def process() -> AsyncIterator[ReadingProcess]:
    """Reads documents as `frontdesk kb add` does."""
    process = ReadingProcess()
    yield process
    await process.close()
