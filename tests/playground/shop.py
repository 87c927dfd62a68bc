"""The bicycle shop of tests/scenarios/shop, open in a playground."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bots.knowledge import open_ingestion, open_knowledge
from bots.playground.stage import Stage, opened
from core.engine.types import Engine
from core.knowledge.sources import make_source
from core.policy import load
from core.settings import Settings
from tests.playground.storyteller import Storyteller

SHOP = Path(__file__).parents[1] / "scenarios/shop"
SCENARIO = SHOP / "shop.yaml"


@asynccontextmanager
async def shop(home: Path, engine: Engine | None = None) -> AsyncIterator[Stage]:
    """The shop, with what it has written down, its task and its agents; `home` is to be empty.

    Args:
        engine: a storyteller unless another is given.
    """
    settings = Settings.model_validate({"FRONTDESK_PORT": 0, "FRONTDESK_HOME": home})
    policies = load(SHOP / "frontdesk.yaml")
    flows = policies.flows.model_copy(update={"folder": str(SHOP / policies.flows.folder)})
    policies = policies.model_copy(update={"flows": flows})
    async with (
        open_knowledge(settings) as knowledge,
        open_ingestion(knowledge.library, policies) as reading,
    ):
        source = make_source(str(SHOP / "documents"), name="shop")
        await knowledge.library.add(source)
        await reading.refresh(source)
    async with opened(settings, policies, engine or Storyteller()) as stage:
        yield stage
