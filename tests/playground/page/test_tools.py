"""The tools beside the chats: inspector, faults and journal, recorded sessions."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Locator, Page, expect

from bots.playground.scenario.script import load
from bots.playground.slack.driver import SlackDriver
from bots.playground.stage import Stage
from tests.playground.page.people import answers, ask, become, go, say, slack, telegram, use
from tests.playground.storyteller import Storyteller

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module")
async def driver(stage: Stage) -> AsyncIterator[SlackDriver]:
    """What the emulator says of itself; it is left as it was found."""
    async with SlackDriver(stage.slack_url) as driver:
        yield driver
        await driver.clear_faults()
        await driver.set_limits(1)


async def _open(page: Page, tool: str) -> Locator:
    await page.get_by_role("group", name="Tools").get_by_role("button", name=tool).click()
    return page.get_by_role("complementary", name="Tools")


async def test_the_inspector_shows_the_turn_behind_the_newest_answer(page: Page) -> None:
    await ask(slack(page), "what is bread?")
    tool = await _open(page, "Inspector")
    for words in ("answered", "chat", "scripted@1", "From question to answer", "generated tokens"):
        await expect(tool).to_contain_text(words)
    await expect(tool).to_contain_text("system: You are a helpful AI assistant named Frontdesk.")
    await expect(tool).to_contain_text("None: the answer comes from the model alone.")
    await tool.get_by_text("Event 1 from the platform").click()
    await expect(tool.locator("pre", has_text='"client_msg_id"')).to_be_visible()
    await expect(tool.get_by_text(re.compile(r"chat\.(stopStream|postMessage) → ok"))).to_be_visible()
    await answers(slack(page)).last.get_by_role("button", name="This answer is bad").click()
    await expect(tool).to_contain_text("👎 bad")
    await ask(slack(page), "and what is cake?")
    await expect(tool.locator(".quote")).to_have_text("and what is cake?")


async def test_the_inspector_keeps_to_a_chosen_answer(page: Page) -> None:
    chat = telegram(page)
    await chat.get_by_role("button", name="Start").click()
    answer = await ask(chat, "first")
    await use(answer, "Inspect this answer")
    tool = page.get_by_role("complementary", name="Tools")
    await expect(tool.locator(".quote")).to_have_text("first")
    await ask(chat, "second")
    await expect(tool.locator(".quote")).to_have_text("first")
    await tool.get_by_role("button", name="Follow the newest").click()
    await expect(tool.locator(".quote")).to_have_text("second")


async def test_a_fault_is_switched_on_and_off(page: Page, driver: SlackDriver) -> None:
    tool = await _open(page, "Faults")
    await tool.get_by_label("Slow answers: where and how often").click()
    row = tool.locator(".fault", has_text="Slow answers")
    await row.get_by_label("only").fill("chat.*")
    await row.get_by_label("times").fill("50")
    await row.get_by_label("seconds").fill("0")
    switch = tool.get_by_role("switch", name="Slow answers")
    await switch.click()
    await expect(switch).to_have_attribute("aria-checked", "true")
    (fault,) = (await driver.state())["faults"]
    assert (fault["kind"], fault["method"], fault["remaining"]) == ("delay", "chat.*", 50)
    await ask(slack(page), "still there?")
    await expect(row).to_contain_text(re.compile(r"Strikes 4\d more times"))
    await switch.click()
    await expect(switch).to_have_attribute("aria-checked", "false")
    assert (await driver.state())["faults"] == []


async def test_the_bot_gets_through_a_fault_while_one_watches(page: Page) -> None:
    tool = await _open(page, "Faults")
    await tool.get_by_label("Server errors: where and how often").click()
    row = tool.locator(".fault", has_text="Server errors")
    await row.get_by_label("only").fill("chat.*")
    await row.get_by_label("times").fill("1")
    await tool.get_by_role("switch", name="Server errors").click()
    await ask(slack(page), "are you well?")
    await expect(tool.get_by_role("switch", name="Server errors")).to_have_attribute("aria-checked", "false")
    journal = tool.get_by_role("region", name="Journal")
    await expect(journal.locator(".outcome.bad").first).to_be_visible()
    await journal.get_by_label("Filter the journal").fill("chat.")
    await expect(journal.locator("details", has_text="auth.test")).to_have_count(0)
    await journal.locator("summary").first.click()
    await expect(journal.locator("pre").first).to_contain_text('"channel"')
    await journal.get_by_role("button", name="Clear").click()
    await expect(journal).to_contain_text("Nothing yet.")


async def test_limits_and_clock_are_moved(page: Page, driver: SlackDriver) -> None:
    tool = await _open(page, "Faults")
    off = tool.get_by_role("group", name="Rate limits").get_by_role("button", name="Off")
    await off.click()
    await expect(off).to_have_attribute("aria-pressed", "true")
    assert (await driver.state())["limits"] == 0
    await tool.get_by_role("button", name="+ 1 h").click()
    await expect(tool.locator(".clock")).to_contain_text("Ahead by 1 h 0 min")
    await driver.advance(-3600)


async def test_starting_over_asks_first(page: Page, driver: SlackDriver) -> None:
    await go(slack(page), "help")
    await say(slack(page), "nobody will read this")
    await expect(slack(page).locator("article", has_text="nobody will read this")).to_be_visible()
    tool = await _open(page, "Faults")
    await tool.get_by_role("button", name="Start over").click()
    await tool.get_by_role("button", name="Really start over?").click()
    await expect(slack(page).locator("article")).to_have_count(0)


async def test_a_session_is_saved_and_replayed(page: Page, tmp_path: Path) -> None:
    await become(slack(page), "Ben Okafor")
    await ask(slack(page), "What is rye?")
    field = slack(page).get_by_label("Message to Frontdesk")
    await field.press("ArrowUp")
    await slack(page).get_by_label("New wording").fill("What is spelt?")
    await slack(page).get_by_label("New wording").press("Enter")
    answer = answers(slack(page)).filter(has_text="What is spelt?")
    thumb = answer.get_by_role("button", name="This answer is bad")
    await thumb.click()
    await expect(thumb).to_have_attribute("aria-pressed", "true")
    await say(slack(page), "tell a story without an end")
    await expect(slack(page).locator("article.ours").last).to_contain_text("echo: tell")
    await expect(slack(page).get_by_role("button", name="Stop")).to_be_visible()
    await page.keyboard.press("Control+.")
    await expect(answers(slack(page)).last).to_contain_text("Stopped.")
    await ask(slack(page), "What comes after?")

    tool = await _open(page, "Session")
    after = re.compile("sees: Stopped\n.*\n  says: What comes after\\?\n.*\n  sees: ''")
    await expect(tool.get_by_label("The scenario file")).to_have_value(after)
    async with page.expect_download() as download:
        await tool.get_by_role("button", name="Save").click()
    saved = await download.value
    assert saved.suggested_filename == "ben-asks-what-is-rye.yaml"
    path = tmp_path / saved.suggested_filename
    await saved.save_as(path)
    steps = [step.model_dump(exclude_unset=True, by_alias=True) for step in load(path).steps]
    assert steps == [
        {"who": "ben", "says": "What is rye?"},
        {"who": "ben", "sees": "echo: What is rye?"},
        {"who": "ben", "edits": "What is spelt?"},
        {"who": "ben", "sees": "echo: What is spelt?"},
        {"who": "ben", "rates": "bad"},
        {"who": "ben", "says": "tell a story without an end"},
        {"who": "ben", "stops": True},
        {"who": "ben", "sees": "Stopped"},
        {"who": "ben", "says": "What comes after?"},
        {"who": "ben", "sees": ""},
    ]
    for platform in ("Slack", "Telegram"):
        await tool.get_by_role("button", name=f"Replay on {platform}").click()
        await expect(tool.locator(".result").first).to_have_text(f"{platform} passed")


async def test_an_answer_that_is_written_anew_is_recorded_once_it_is_whole(
    page: Page, driver: SlackDriver, engine: Storyteller
) -> None:
    chat = slack(page)
    await become(chat, "David Lindqvist")
    await ask(chat, "What is malt?")
    await chat.get_by_label("Message to Frontdesk").press("ArrowUp")
    await chat.get_by_label("New wording").fill("tell a story of malt and of barley")
    await chat.get_by_label("New wording").press("Enter")
    await expect(chat.locator("article.ours").last).to_contain_text("echo: tell")
    await driver.add_fault("delay", method="chat.update", seconds=1)  # the signs of work are gone before
    engine.hold.set()
    tool = await _open(page, "Session")
    await expect(tool.get_by_label("The scenario file")).to_have_value(
        re.compile("sees: 'echo: tell a story of malt and of barley'")
    )


async def test_groups_and_topics_are_recorded_where_scenarios_reach(page: Page) -> None:
    chat = telegram(page)
    await go(chat, "Lunch")
    await say(chat, "not for bots")
    await go(chat, "Orders")
    await say(chat, "@frontdesk_bot what is flour?")
    await expect(answers(chat).last).to_contain_text("what is flour?")
    await go(chat, "Returns")
    await say(chat, "where nobody records")
    await expect(chat.locator("article.own")).to_contain_text("where nobody records")
    tool = await _open(page, "Session")
    text = tool.get_by_label("The scenario file")
    await expect(text).to_have_value(re.compile("in: group\n  says: not for bots\n  to_the_assistant: false"))
    await expect(text).to_have_value(re.compile("in: thread\n  says: what is flour\\?\n.*sees:", re.DOTALL))
    await expect(text).not_to_have_value(re.compile("where nobody records"))
    await expect(tool).to_contain_text("1 action is not among them")


async def test_a_file_is_opened_and_what_is_wrong_with_it_is_said(page: Page, tmp_path: Path) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text("title: wrong\nsteps: [{who: ana, sings: a}]\n")
    tool = await _open(page, "Session")
    await tool.get_by_label("A scenario file", exact=True).set_input_files(path)
    await tool.get_by_role("button", name="Replay on Slack").click()
    await expect(tool.locator(".result")).to_contain_text("step 1, `sings`")
