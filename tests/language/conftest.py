"""One pipeline with the English model for all tests of a run, and one without any model."""

import asyncio
from collections.abc import Iterator

import pytest

from core.language.pipeline import Pipeline


@pytest.fixture(scope="session")
def pipeline() -> Iterator[Pipeline]:
    """With the model that the extra `language` brings; it takes seconds to load."""
    pipeline = Pipeline()
    yield pipeline
    asyncio.run(pipeline.close())


@pytest.fixture(scope="session")
def by_rules() -> Iterator[Pipeline]:
    """As it is without the extra `language`."""
    pipeline = Pipeline(packages=dict)
    yield pipeline
    asyncio.run(pipeline.close())
