"""What people may ask for in the chat: what is kept, a copy, to be forgotten, to be remembered."""

import asyncio
import io
import zipfile

import pytest

from bots.playground.telegram.seed import AYA, JONAS, MINA
from core import words
from core.dialogue.own_data import lying_copy
from core.privacy_policy import PrivacySection
from core.translation import spoken
from tests.delivery.stories.bot import PATIENCE, Bot, Side, until

CANARY = "canary-of-the-story"
SECRET = "a secret of more than thirty-two characters"


def mark(side: Side) -> str:
    return "!" if side.name == "slack" else "/"


def plain(side: Side, text: str) -> str:
    """As it stands there: Telegram marks code apart from the text."""
    return text.replace("`", "") if side.name == "telegram" else text


async def newest(side: Side, part: str) -> str:
    """Wait until the newest answer says this."""
    async with asyncio.timeout(PATIENCE):
        while not (texts := await side.answers()) or part not in texts[-1]:
            await side.scene.changed()
    return texts[-1]


def left(bot: Bot) -> list[str]:
    """Files in which the canary stands."""
    return [
        each.name for each in bot.home.rglob("*") if each.is_file() and CANARY.encode() in each.read_bytes()
    ]


@pytest.mark.parametrize("secret", ["", SECRET])
async def test_who_asks_to_be_forgotten_and_means_it_is_nowhere_any_more(
    bot: Bot, side: Side, secret: str
) -> None:
    await bot.start(f"You said {CANARY}.", FRONTDESK_SECRET_KEY=secret or None)
    await side.say(f"remember {CANARY}")
    await side.sees(f"You said {CANARY}.")
    await side.say(f"{mark(side)}forget")
    await side.sees(f"You said {CANARY}.", words.really_forget())
    await side.scene.press(0, "direct", words.yes_forget_me())
    await side.sees(f"You said {CANARY}.", words.really_forget(), words.forgetting())
    await until(lambda: bot.ask("SELECT 1 FROM erasures WHERE erased_at IS NOT NULL AND person IS NULL"))
    assert left(bot) == []
    assert bot.ask("SELECT count(*) FROM inbox UNION SELECT count(*) FROM turns") == [(0,)]
    await side.say("who am I?")
    await until(lambda: len(bot.engine.prompts) == 2)
    assert CANARY not in bot.engine.prompts[-1]


async def test_who_thinks_better_of_it_keeps_everything(bot: Bot, side: Side) -> None:
    await bot.start("Good day.")
    await side.say("hello")
    await side.say(f"{mark(side)}forget")
    await side.sees("Good day.", words.really_forget())
    await side.scene.press(0, "direct", words.no_keep())
    await side.sees("Good day.", words.really_forget(), words.nothing_forgotten())
    assert bot.ask("SELECT count(*) FROM erasures") == [(0,)]


async def test_a_copy_comes_as_a_file_into_the_private_chat(bot: Bot, side: Side) -> None:
    await bot.start(f"You said {CANARY}.")
    await side.say(f"remember {CANARY}")
    await newest(side, CANARY)
    await side.say(f"{mark(side)}me")
    await newest(side, words.memory_is(False))
    await side.scene.press(0, "direct", words.send_copy())
    await newest(side, "my-data.zip")
    assert (await side.answers())[-2] == plain(side, words.copy_comes())
    assert bot.core is not None
    (row,) = bot.ask("SELECT DISTINCT sender FROM inbox WHERE sender != ''")
    attachment, lies = lying_copy(row[0])
    content = await bot.core.files.fetch(attachment, lies, limit=10**7)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert CANARY in archive.read("index.html").decode()


async def test_in_a_group_nothing_is_handed_out_or_erased(bot: Bot, telegram: Side) -> None:
    await bot.start("Good day.")
    for command in ("export", "forget", "memory on"):
        await telegram.say(f"/{command}", at="group", to_the_assistant=False)
    await telegram.sees(*[words.ask_me_alone()] * 3, at="group")
    assert bot.ask("SELECT count(*) FROM erasures UNION SELECT count(*) FROM preferences") == [(0,)]


async def test_memory_is_off_until_somebody_wants_it_and_goes_with_their_wish(bot: Bot, side: Side) -> None:
    await bot.start("Good day.")
    await side.say("hello")
    await side.say(f"{mark(side)}memory")
    await side.sees("Good day.", plain(side, words.memory_means(False)))
    await side.scene.press(0, "direct", words.remember_me())
    on = plain(side, words.remembers_now())
    await side.sees("Good day.", plain(side, words.memory_means(False)), on)
    assert bot.ask("SELECT remembered FROM preferences") == [(1,)]
    bot.write("UPDATE conversations SET summary = ?", words.greeting().encode())
    await side.say(f"{mark(side)}memory off")
    await side.sees("Good day.", plain(side, words.memory_means(False)), on, words.remembers_no_more())
    assert bot.ask("SELECT remembered FROM preferences") == [(0,)]
    assert bot.ask("SELECT summary FROM conversations") == [(None,)]


async def test_at_first_contact_people_are_told_once_who_is_responsible_and_can_say_no(
    bot: Bot, side: Side
) -> None:
    await bot.start(
        "Good day.", "And again.", privacy=PrivacySection(controller="Acme", contact="dpo@acme.org")
    )
    notice = plain(side, words.first_notice("Acme", "dpo@acme.org", 365))
    await side.say("hello")
    await side.sees("Good day.", notice)
    await side.say("hello again")
    await side.sees("Good day.", notice, "And again.")
    assert "Acme" in notice and "365 days" in notice


async def test_who_says_no_at_first_contact_is_asked_whether_to_erase_it(bot: Bot, side: Side) -> None:
    await bot.start("Good day.", privacy=PrivacySection(controller="Acme"))
    notice = plain(side, words.first_notice("Acme", "", 365))
    await side.say("hello")
    await side.sees("Good day.", notice)
    await side.scene.press(0, "direct", words.no_forget_me())
    await side.sees("Good day.", notice, words.really_forget())


@pytest.mark.parametrize(("person", "language"), [(JONAS, "de"), (AYA, "es"), (MINA, "en")])
async def test_people_are_asked_in_their_language(bot: Bot, person: int, language: str) -> None:
    await bot.start()
    await bot.telegram.send(person, person, "/forget")
    with spoken(language):
        await bot.telegram.wait_for_text(person, words.really_forget())
