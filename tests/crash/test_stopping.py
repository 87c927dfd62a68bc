"""SIGTERM while an answer is written that takes too long to wait for."""

import asyncio
import signal
from dataclasses import replace
from pathlib import Path

from bots.playground.telegram.seed import MINA
from tests.crash.round import Plan, open_stage
from tests.crash.service import Setup, question
from tests.crash.supervisor import Life

ENDLESS = 600.0
PLAN = Plan(seed=1, messages=1, kills=(), over_http=False)


def log_of(setup: Setup) -> str:
    return (setup.home / "service.log").read_text()


async def test_the_next_start_answers_what_was_handed_back_and_a_second_signal_ends_at_once(
    tmp_path: Path,
) -> None:
    async with open_stage(PLAN, tmp_path) as stage:

        async def begin(setup: Setup) -> Life:
            life = Life(setup)
            assert await life.ready()
            return life

        life = await begin(replace(stage.setup, word_seconds=ENDLESS))
        await stage.telegram.send(MINA, MINA, question(1))
        await stage.telegram.wait_for(lambda state: any(each["chat"] == MINA for each in state["drafts"]))
        life.signal(signal.SIGTERM)
        assert await life.end(60.0)
        assert life.exit_code == 0

        before = (await stage.telegram.journal())[-1]["number"]
        life = await begin(replace(stage.setup, word_seconds=ENDLESS))
        await stage.telegram.wait_for_journal(method="sendMessageDraft", after=before)
        stopping = log_of(stage.setup).count("stopping")
        life.signal(signal.SIGTERM)
        async with asyncio.timeout(60):
            while log_of(stage.setup).count("stopping") == stopping:
                await asyncio.sleep(0.01)
        life.signal(signal.SIGTERM)
        assert await life.end(60.0)
        assert life.exit_code == -signal.SIGTERM

        life = await begin(stage.setup)
        await stage.telegram.wait_for_text(MINA, "Answering 1 done")
        await life.kill()
