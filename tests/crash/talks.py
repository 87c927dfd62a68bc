"""Where people talk to the assistant, and how a question is put there so that it is heard."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Protocol

from bots.playground.slack import seed as slack_seed
from bots.playground.slack.driver import SlackDriver, State, channel_of, shown
from bots.playground.telegram import seed as telegram_seed
from bots.playground.telegram.driver import TelegramDriver
from bots.playground.widget.driver import WidgetVisitor
from tests.crash.service import question

THREAD_LENGTH = 8
"""Questions in one Slack thread before the next begins."""


@dataclass(frozen=True)
class Place:
    """Where a question stands, and where its answer must stand."""

    platform: str
    channel: str
    thread: str = ""


class Talk(Protocol):
    """One person, or several, talking to the assistant in one conversation after another."""

    async def ask(self, number: int) -> Place:
        """Put a question; returns where."""

    def may_go_on(self) -> bool:
        """Whether another question may follow before this one is answered."""

    def begin_anew(self) -> None:
        """Give up where nobody answers."""


class SlackTalk:
    """Threads in one channel, one after the other."""

    def __init__(self, driver: SlackDriver, random: Random, user: str, channel: str) -> None:
        self._driver = driver
        self._random = random
        self._user = user
        self._channel = channel
        self._thread: str | None = None
        self._asked = 0

    async def ask(self, number: int) -> Place:
        if self._asked == THREAD_LENGTH:
            self.begin_anew()
        text = question(number)
        if not self._channel.startswith("D") and (self._thread is None or self._random.random() < 0.5):
            text = f"<@{slack_seed.BOT_USER}> {text}"
        ts = await self._driver.send(self._user, self._channel, text, thread_ts=self._thread)
        self._thread = self._thread or ts
        self._asked += 1
        return Place("slack", self._channel, self._thread)

    def may_go_on(self) -> bool:
        """A thread must be known to the assistant before it hears what mentions nobody."""
        return 1 < self._asked < THREAD_LENGTH

    def begin_anew(self) -> None:
        self._thread, self._asked = None, 0


class TelegramTalk:
    """A chat, or a topic of a forum."""

    def __init__(
        self,
        driver: TelegramDriver,
        random: Random,
        people: Sequence[int],
        chat: int,
        topic: int | None = None,
    ) -> None:
        self._driver = driver
        self._random = random
        self._people = people
        self._chat = chat
        self._topic = topic

    async def ask(self, number: int) -> Place:
        text = question(number)
        if self._chat < 0:
            text = f"@frontdesk_bot {text}"
        await self._driver.send(self._random.choice(self._people), self._chat, text, topic=self._topic)
        return Place("telegram", str(self._chat), str(self._topic or ""))

    def may_go_on(self) -> bool:
        return True

    def begin_anew(self) -> None:
        pass


class WidgetTalk:
    """A visitor of a site, in one window."""

    def __init__(self, visitor: WidgetVisitor) -> None:
        self._visitor = visitor

    async def ask(self, number: int) -> Place:
        await self._visitor.say(question(number))
        return Place("web", self._visitor.token)

    def may_go_on(self) -> bool:
        return True

    def begin_anew(self) -> None:
        pass


class CustomerTalk:
    """A customer whom people look after: what they write must stand in their own thread."""

    def __init__(self, talk: Talk, thread: str) -> None:
        self._talk = talk
        self._there = Place("slack", slack_seed.HELP, thread)

    async def ask(self, number: int) -> Place:
        await self._talk.ask(number)
        return self._there

    def may_go_on(self) -> bool:
        return True

    def begin_anew(self) -> None:
        pass


class AgentTalk:
    """An agent in a customer's thread: what they write must stand in that customer's chat."""

    def __init__(self, driver: SlackDriver, user: str, thread: str, customer: Place) -> None:
        self._driver = driver
        self._user = user
        self._thread = thread
        self._there = customer

    async def ask(self, number: int) -> Place:
        await self._driver.send(self._user, slack_seed.HELP, question(number), thread_ts=self._thread)
        return self._there

    def may_go_on(self) -> bool:
        return True

    def begin_anew(self) -> None:
        pass


async def desk_talks(
    slack: SlackDriver, telegram: TelegramDriver, visitors: Sequence[WidgetVisitor]
) -> list[Talk]:
    """Customers who have asked for a person, each with two agents in their thread. The service must be up."""
    talks: list[Talk] = []
    async for talk, place in _customers(telegram, visitors):
        thread = await _newest_thread(slack, 1 + len(talks) // 3)
        talks.append(CustomerTalk(talk, thread))
        talks += [AgentTalk(slack, user, thread, place) for user in (slack_seed.ANA, slack_seed.BEN)]
    return talks


async def _customers(
    telegram: TelegramDriver, visitors: Sequence[WidgetVisitor]
) -> AsyncGenerator[tuple[Talk, Place], None]:
    """Customers, each of whom has just asked for a person, and where each is answered."""
    people = [telegram_seed.MINA, telegram_seed.JONAS, telegram_seed.AYA]
    people += [int((await telegram.act("create_person", name=f"Guest {n}"))["id"]) for n in range(3)]
    for person in people:
        await telegram.send(person, person, "/human")
        alone = TelegramTalk(telegram, Random(), [person], person)
        yield alone, Place("telegram", str(person))
    for visitor in visitors:
        await visitor.say("/human")
        yield WidgetTalk(visitor), Place("web", visitor.token)


async def _newest_thread(slack: SlackDriver, count: int) -> str:
    """The newest of so many tickets' threads."""

    def cards(state: State) -> list[str]:
        return [
            str(each["ts"])
            for each in channel_of(state, slack_seed.HELP)["messages"]
            if "Ticket" in shown(each) and each["thread_ts"] in (None, each["ts"])
        ]

    return cards(await slack.wait_for(lambda state: len(cards(state)) == count))[-1]


async def slack_talks(driver: SlackDriver, random: Random) -> list[Talk]:
    """Direct messages, public, private and shared channels, each with several threads side by side."""
    await driver.invite(slack_seed.PRIVATE, slack_seed.BOT_USER)
    people = (slack_seed.ANA, slack_seed.BEN, slack_seed.CHIARA, slack_seed.DAVID)
    seats = [(user, await driver.open_dm(user)) for user in people]
    seats += [(user, channel) for user in people for channel in (slack_seed.GENERAL, slack_seed.HELP)]
    seats += [(slack_seed.BEN, slack_seed.PRIVATE), (slack_seed.NORA, slack_seed.SHARED)]
    return [SlackTalk(driver, random, user, channel) for user, channel in seats]


def widget_talks(visitors: Sequence[WidgetVisitor]) -> list[Talk]:
    """Visitors of a site."""
    return [WidgetTalk(visitor) for visitor in visitors]


async def telegram_talks(driver: TelegramDriver, random: Random) -> list[Talk]:
    """Private chats, groups, and the topics of a forum."""
    everybody = [telegram_seed.MINA, telegram_seed.JONAS, telegram_seed.AYA]
    newcomers = [int((await driver.act("create_person", name=f"Guest {n}"))["id"]) for n in range(5)]
    groups = [
        int((await driver.act("create_group", person=everybody[0], title=f"Team {n}"))["id"])
        for n in range(2)
    ]
    talks: list[Talk] = [TelegramTalk(driver, random, [who], who) for who in [*everybody, *newcomers]]
    talks += [TelegramTalk(driver, random, everybody[:1], group) for group in groups]
    talks.append(TelegramTalk(driver, random, everybody, telegram_seed.GROUP))
    talks += [
        TelegramTalk(driver, random, everybody, telegram_seed.FORUM, topic)
        for topic in (telegram_seed.ORDERS, telegram_seed.RETURNS)
    ]
    return talks
