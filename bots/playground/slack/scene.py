"""Slack as the stage of a scenario."""

from collections.abc import Sequence
from contextlib import aclosing
from typing import Any

from bots.playground.scenario.scene import Seen, SentFile
from bots.playground.scenario.script import Place, is_ticket
from bots.playground.slack.driver import SlackDriver, State, replies, shown
from bots.playground.slack.seed import ANA, BEN, BOT_USER, CHIARA, GENERAL, HELP
from bots.playground.slack.state import Payload

_SEATS = (ANA, BEN, CHIARA)
_BUTTON_SECONDS = 10.0
"""Buttons come with the end of an answer, after its last words."""
_Spot = tuple[str, str | None]
"""A channel, and the root of a thread there."""


class SlackScene:
    """Fills `bots.playground.scenario.scene.Scene`.

    `direct` is one chat with the app; `group` is #general, where the assistant answers in a thread under
    each mention; `thread` is one thread in #help. Tickets have their threads in #help, too.
    """

    def __init__(self, driver: SlackDriver) -> None:
        self._driver = driver
        self._roots: dict[str, str] = {}
        """The thread of a place, once somebody has written there."""
        self._mine: dict[tuple[int, Place], str] = {}
        """The last message of a seat in a place."""
        self._seq = 0

    async def say(
        self, who: int, at: Place, text: str, *, to_the_assistant: bool, under_file: bool = False
    ) -> None:
        channel, root = await self._spot(who, at)
        mention = at == "group" or (at == "thread" and root is None)
        words = f"<@{BOT_USER}> {text}" if mention and to_the_assistant else text
        ts = await self._driver.send(_SEATS[who], channel, words, thread_ts=None if at == "group" else root)
        self._mine[who, at] = ts
        if root is None or at == "group":
            self._roots[_name(who, at)] = ts

    async def send(self, who: int, at: Place, files: Sequence[SentFile], caption: str) -> None:
        channel, root = await self._spot(who, at)
        sent: list[Payload] = [{"name": each.name, "data": each.data} for each in files]
        ts = await self._driver.send(_SEATS[who], channel, caption, thread_ts=root, files=sent)
        self._roots.setdefault(_name(who, at), ts)

    async def edit(self, who: int, at: Place, text: str) -> None:
        channel, _ = await self._spot(who, at)
        words = f"<@{BOT_USER}> {text}" if at == "group" else text
        await self._driver.edit(_SEATS[who], channel, self._mine[who, at], words)

    async def delete(self, who: int, at: Place) -> None:
        channel, _ = await self._spot(who, at)
        await self._driver.delete(_SEATS[who], channel, self._mine[who, at])

    async def begun(self, who: int, at: Place) -> None:
        channel, root = await self._spot(who, at)

        def stoppable(state: State) -> bool:
            there = [
                each for each in state["statuses"] if (each["channel"], each["thread_ts"]) == (channel, root)
            ]
            growing = [
                each for each in self._posts(state, channel, root) if each["streaming"] and shown(each)
            ]
            return bool(growing) and any(each["stoppable"] for each in there)

        await self._driver.wait_for(stoppable, timeout=60)

    async def stop(self, who: int, at: Place) -> None:
        await self.begun(who, at)
        channel, root = await self._spot(who, at)
        await self._driver.stop(_SEATS[who], channel, root)

    async def rate(self, who: int, at: Place, verdict: str) -> None:
        channel, root = await self._spot(who, at)

        def rateable(state: State) -> list[dict[str, Any]]:
            return [each for each in self._posts(state, channel, root)[-1:] if _feedback(each)]

        try:
            message = rateable(await self._driver.wait_for(rateable, timeout=_BUTTON_SECONDS))[-1]
        except TimeoutError:
            raise ValueError("the newest answer has no feedback buttons") from None
        button = _feedback(message)
        side = button["positive_button" if verdict == "good" else "negative_button"]
        await self._driver.click(_SEATS[who], channel, message["ts"], button["action_id"], side["value"])

    async def press(self, who: int, at: Place, label: str) -> None:
        channel, root = await self._spot(who, at)

        def labelled(state: State) -> list[dict[str, Any]]:
            posts = self._posts(state, channel, root)
            # agents press what stands under the card, with which the thread begins
            return [each for each in (posts if is_ticket(at) else posts[-1:]) if _button(each, label)]

        try:
            message = labelled(await self._driver.wait_for(labelled, timeout=_BUTTON_SECONDS))[-1]
        except TimeoutError:
            raise ValueError(f"the newest answer has no button {label!r}") from None
        button = _button(message, label)
        await self._driver.click(_SEATS[who], channel, message["ts"], button["action_id"], button["value"])

    async def hours_pass(self, who: int, hours: float) -> None:
        await self._driver.advance(hours * 3600)

    async def seen(self, who: int, at: Place) -> Sequence[Seen]:
        channel, root = await self._spot(who, at)
        state = await self._driver.state()
        self._seq = state["seq"]
        posts = [] if root is None else self._posts(state, channel, root)
        return [Seen(text=_whole(each), finished=not each["streaming"]) for each in posts]

    async def changed(self) -> None:
        async with aclosing(self._driver.changes(self._seq)) as changes:
            async for seq in changes:
                if seq > self._seq:
                    return

    async def _spot(self, who: int, at: Place) -> _Spot:
        if is_ticket(at):
            state = await self._driver.wait_for(lambda state: _card(state, at))
            return HELP, _card(state, at)
        channel = {"group": GENERAL, "thread": HELP}.get(at) or await self._driver.open_dm(_SEATS[who])
        return channel, self._roots.get(_name(who, at))

    def _posts(self, state: State, channel: str, root: str | None) -> list[dict[str, Any]]:
        return [each for each in replies(state, channel) if root in (each["thread_ts"], each["ts"])]


def _name(who: int, at: Place) -> str:
    """Direct conversations are one's own."""
    return f"direct {who}" if at == "direct" else at


def _card(state: State, ticket: Place) -> str | None:
    """The `ts` of a ticket's card."""
    begin = f"**{ticket.capitalize()} "
    return next((each["ts"] for each in replies(state, HELP) if shown(each).startswith(begin)), None)


def _whole(message: dict[str, Any]) -> str:
    """A message with its sources and files; what was chosen below it is no text of it."""
    below = [
        str(element["text"])
        for block in message["blocks"]
        if block["type"] == "context"
        for element in block["elements"]
        if "text" in element and not str(element["text"]).startswith("✓ ")
    ]
    return "\n".join([shown(message), *below, *(each["name"] for each in message["files"])])


def _button(message: dict[str, Any], label: str) -> dict[str, Any]:
    """The button with this label; empty where a message has none."""
    elements = (each for block in message["blocks"] for each in block.get("elements", []))
    buttons = (each for each in elements if isinstance(each, dict) and each.get("type") == "button")
    return next((each for each in buttons if each["text"]["text"] == label), {})


def _feedback(message: dict[str, Any]) -> dict[str, Any]:
    """The feedback buttons of a message; empty when it has none."""
    for block in message["blocks"]:
        for element in block.get("elements", []):
            if isinstance(element, dict) and element.get("type") == "feedback_buttons":
                return element
    return {}
