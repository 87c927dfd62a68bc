"""What flows ask for is not done where they are only tried, and that is said."""

from pathlib import Path

import aiohttp
import pytest

from bots.playground.stage import opened
from bots.playground.telegram.driver import TelegramDriver
from bots.playground.telegram.seed import MINA
from core.policy import FlowsSection, Policies
from core.settings import Settings
from tests.playground.storyteller import Storyteller

FLOW = """
flow: lunch
title: Order lunch
start: {commands: [lunch], examples: [I want to order lunch]}
slots:
  dish: {type: text, ask: "What would you like?"}
  number: {type: number, ask: "Which number?", optional: true}
steps:
  - ask: dish
  - call: order_lunch
    with: {dish: "{dish}"}
    into: {number: number}
  - end: "Ordered as number {number}."
"""
ACTION = """
from pathlib import Path

def order(dish):
    Path("ordered.txt").write_text(dish)
    return {"number": 2}
"""
PATIENCE = 60.0


@pytest.mark.parametrize(
    ("for_real", "number", "said"), [(False, 1, "give back samples"), (True, 2, "done for real")]
)
async def test_what_a_flow_asks_for_is_done_only_where_that_is_wanted(
    for_real: bool, number: int, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "lunch.yaml").write_text(FLOW, encoding="utf-8")
    (tmp_path / "kitchen.py").write_text(ACTION, encoding="utf-8")
    action = {"name": "order_lunch", "function": "kitchen.py:order", "sample": {"number": 1}}
    policies = Policies(flows=FlowsSection.model_validate({"actions": [action]}))
    settings = Settings.model_validate(
        {"FRONTDESK_HOME": tmp_path / "home", "FRONTDESK_PORT": 0, "FRONTDESK_ENCODER": "none"}
    )
    async with (
        opened(settings, policies, Storyteller(), for_real=for_real) as stage,
        TelegramDriver(stage.telegram_url) as people,
        aiohttp.ClientSession() as session,
    ):
        await people.send(MINA, MINA, "/lunch")
        await people.wait_for_text(MINA, "What would you like?", PATIENCE)
        await people.send(MINA, MINA, "soup")
        await people.wait_for_text(MINA, f"Ordered as number {number}.", PATIENCE)
        async with session.get(f"{stage.url}/readyz") as answer:
            assert said in (await answer.json())["parts"]["flows"]["detail"]
    assert (tmp_path / "ordered.txt").exists() is for_real
