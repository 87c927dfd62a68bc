"""What people write is encrypted where it lies, and the bot works on it all the same."""

from pathlib import Path

import pytest

from bots.playground.telegram.seed import GROUP, MINA
from core.errors import ConfigurationError
from tests.delivery.stories.bot import Bot, Side, until
from tests.trust.page import Note

SECRET = "a secret of more than thirty-two characters"
CANARY = "canary-of-the-story"


def files(home: Path) -> bytes:
    """Everything that lies in the data folder."""
    return b"".join(each.read_bytes() for each in sorted(home.rglob("*")) if each.is_file())


async def test_nothing_that_was_said_lies_there_in_clear(bot: Bot, side: Side, record_property: Note) -> None:
    await bot.start(f"You said {CANARY}.", FRONTDESK_SECRET_KEY=SECRET)
    await side.say(f"remember {CANARY}")
    await side.sees(f"You said {CANARY}.")
    await bot.quiet()
    assert CANARY.encode() not in files(bot.home)
    await bot.stop()
    lying = files(bot.home)
    assert CANARY.encode() not in lying
    with pytest.raises(ConfigurationError, match="FRONTDESK_SECRET_KEY is missing"):
        await bot.start()
    await bot.stop()
    record_property(
        "P7",
        f"{side.name}: 0 words in clear in {len(lying):,} bytes of the data folder, and no start without the "
        "secret",
    )
    await bot.start("And this is another answer.", FRONTDESK_SECRET_KEY=SECRET)
    await side.say("again?")
    await side.sees(f"You said {CANARY}.", "And this is another answer.")
    assert CANARY in bot.engine.prompts[-1]


async def test_a_group_that_becomes_another_keeps_its_memory(bot: Bot, telegram: Side) -> None:
    await bot.start(held=True, FRONTDESK_SECRET_KEY=SECRET)
    await bot.telegram.send(MINA, GROUP, f"@frontdesk_bot remember {CANARY}")
    await until(lambda: bot.engine.prompts)
    new = await bot.telegram.migrate(GROUP)
    bot.engine.hold.set()
    async with bot.hurrying():
        await bot.telegram.wait_for_text(new, f"remember {CANARY}")
        await bot.telegram.send(MINA, new, "@frontdesk_bot and now?")
        await until(lambda: len(bot.engine.prompts) == 2)
    assert f"remember {CANARY}" in bot.engine.prompts[-1]
    assert CANARY.encode() not in files(bot.home)
