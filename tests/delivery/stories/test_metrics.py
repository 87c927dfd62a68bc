"""What Prometheus is told of answers on both platforms."""

import json
import re
from pathlib import Path

from prometheus_client import REGISTRY

from core.delivery import tally
from core.message import Platform
from core.store.records import Outcome, TurnState
from tests.delivery.stories.bot import Bot, Side, until

ANSWER = "The oven is off."
ROOT = Path(__file__).parents[3]


def value(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


async def test_answers_their_times_and_judgements_are_counted(bot: Bot, side: Side) -> None:
    def counts() -> list[float]:
        return [
            value("frontdesk_answers_total", platform=side.name, route="chat", state="answered"),
            value("frontdesk_first_word_seconds_count", platform=side.name),
            value("frontdesk_answer_seconds_count", platform=side.name),
            value("frontdesk_ratings_total", platform=side.name, verdict="good"),
        ]

    before = counts()
    await bot.start(ANSWER)
    await side.say("is the oven on?")
    await side.sees(ANSWER)
    await side.scene.rate(0, "direct", "good")
    await until(lambda: [after - earlier for after, earlier in zip(counts(), before, strict=True)] == [1] * 4)


def test_a_route_that_nobody_knows_makes_no_series_of_its_own() -> None:
    before = value("frontdesk_answers_total", platform="web", route="other", state="answered")
    for route in ("made-up", "of somebody"):
        tally.answered(Platform.WEB, Outcome(state=TurnState.ANSWERED, reply="", parts=(), route=route))
    assert value("frontdesk_answers_total", platform="web", route="other", state="answered") == before + 2


def test_the_dashboard_asks_for_metrics_that_there_are() -> None:
    text = (ROOT / "examples" / "grafana.json").read_text(encoding="utf-8")
    expressions = " ".join(
        target["expr"] for panel in json.loads(text)["panels"] for target in panel["targets"]
    )
    asked = set(re.findall(r"frontdesk_\w+", expressions))
    sources = [ROOT / "bots" / "metrics.py", *(ROOT / "core" / "delivery").glob("tally.py")]
    named = {name for source in sources for name in re.findall(r'"(frontdesk_\w+)"', source.read_text())}
    assert {re.sub(r"_(total|bucket)$", "", name) for name in asked} - named == set()
