"""A shelf with a tiny model, and the default model where a test asks for it."""

from collections.abc import AsyncIterator

import pytest

from core import settings
from core.engine.catalogue import DEFAULT
from core.engine.local import LocalEngine, Shape, open_engine
from core.engine.provision import convert
from core.engine.shelf import Shelf, ShelvedModel
from core.errors import ModelError
from tests.engine.tiny import LLAMA, make_weights, write_gguf


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> ShelvedModel:
    folder = tmp_path_factory.mktemp("tiny")
    path = write_gguf(folder / "tiny.gguf", make_weights(LLAMA))
    return convert(path, Shelf(folder), name="tiny")


@pytest.fixture
async def tiny_engine(tiny_model: ShelvedModel) -> AsyncIterator[LocalEngine]:
    engine = await open_engine(tiny_model, "cpu", Shape(replicas=2, threads=1))
    yield engine
    await engine.close()


@pytest.fixture(scope="session")
def default_model() -> ShelvedModel:
    try:
        return Shelf(settings.load().home.absolute()).find(DEFAULT)
    except ModelError as error:
        pytest.fail(f"{error}. These tests need it: `make test` brings it.", pytrace=False)


@pytest.fixture
async def default_engine(default_model: ShelvedModel) -> AsyncIterator[LocalEngine]:
    engine = await open_engine(default_model, "cpu")
    yield engine
    await engine.close()
