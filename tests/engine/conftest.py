"""A shelf with tiny models, and the default ones where a test asks for them."""

from collections.abc import AsyncIterator

import pytest

from core import settings
from core.engine.catalogue import DEFAULT, DEFAULT_ENCODER
from core.engine.encoder import LocalEncoder, open_encoder
from core.engine.local import LocalEngine, Shape, open_engine
from core.engine.provision import convert
from core.engine.shelf import Shelf, ShelvedModel
from core.errors import ModelError
from tests.engine.tiny import LLAMA, make_weights, write_gguf
from tests.engine.tiny_bert import make_bert, write_bert


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
def tiny_encoder(tmp_path_factory: pytest.TempPathFactory) -> ShelvedModel:
    folder = tmp_path_factory.mktemp("tiny-encoder")
    return convert(write_bert(folder / "bert", make_bert()), Shelf(folder), name="tiny-encoder")


@pytest.fixture(scope="session")
def default_model() -> ShelvedModel:
    return _on_the_shelf(DEFAULT)


@pytest.fixture
async def default_encoder() -> AsyncIterator[LocalEncoder]:
    encoder = await open_encoder(_on_the_shelf(DEFAULT_ENCODER), "cpu")
    yield encoder
    await encoder.close()


def _on_the_shelf(name: str) -> ShelvedModel:
    try:
        return Shelf(settings.load().home.absolute()).find(name)
    except ModelError as error:
        pytest.fail(f"{error}. These tests need it: `make test` brings it.", pytrace=False)


@pytest.fixture
async def default_engine(default_model: ShelvedModel) -> AsyncIterator[LocalEngine]:
    engine = await open_engine(default_model, "cpu")
    yield engine
    await engine.close()
