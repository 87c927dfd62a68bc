"""Telegram as the stage of a scenario."""

from collections.abc import Sequence
from contextlib import aclosing

from bots.playground.scenario.scene import Seen, SentFile
from bots.playground.scenario.script import Place
from bots.playground.telegram.driver import State, TelegramDriver, replies
from bots.playground.telegram.seed import AYA, FORUM, GROUP, JONAS, MINA, ORDERS
from bots.playground.telegram.state import Payload

_SEATS = (MINA, JONAS, AYA)
_THUMBS = {"good": "👍", "bad": "👎"}
_STOP = "Stop"
_BUTTON_SECONDS = 10.0
"""Buttons come with the last edit of an answer, after its last words."""


class TelegramScene:
    """Fills `bots.playground.scenario.scene.Scene`.

    `direct` is the private chat with the bot, `group` the group, `thread` a topic of the forum. There, who
    does not mention the bot replies to its last message: with privacy mode it hears nothing else.
    """

    def __init__(self, driver: TelegramDriver) -> None:
        self._driver = driver
        self._mine: dict[tuple[int, Place], int] = {}
        """The last message of a seat in a place."""
        self._files: dict[tuple[int, Place], int] = {}
        """The last message of a seat in a place that had a file."""
        self._seq = 0

    async def say(
        self, who: int, at: Place, text: str, *, to_the_assistant: bool, under_file: bool = False
    ) -> None:
        state = await self._driver.state()
        chat, topic = _spot(who, at)
        earlier = self._posts(state, who, at)
        replying = at == "thread" and bool(earlier) and to_the_assistant
        mention = at != "direct" and to_the_assistant and not replying
        self._mine[who, at] = await self._driver.send(
            _SEATS[who],
            chat,
            f"@{state['bot']['username']} {text}" if mention else text,
            topic=topic,
            reply_to=self._files[who, at] if under_file else earlier[-1]["id"] if replying else None,
        )

    async def send(self, who: int, at: Place, files: Sequence[SentFile], caption: str) -> None:
        chat, topic = _spot(who, at)
        sent: list[Payload] = [
            {"kind": _kind(each.media_type), "name": each.name, "data": each.data} for each in files
        ]
        self._files[who, at] = await self._driver.send(_SEATS[who], chat, caption, topic=topic, files=sent)

    async def edit(self, who: int, at: Place, text: str) -> None:
        words = f"@{(await self._driver.state())['bot']['username']} {text}" if at == "group" else text
        await self._driver.edit(_SEATS[who], _spot(who, at)[0], self._mine[who, at], words)

    async def delete(self, who: int, at: Place) -> None:
        await self._driver.delete(_spot(who, at)[0], self._mine[who, at])

    async def begun(self, who: int, at: Place) -> None:
        await self._driver.wait_for(lambda state: self._growing(state, who, at), timeout=60)

    async def stop(self, who: int, at: Place) -> None:
        growing = self._growing(
            await self._driver.wait_for(lambda state: self._growing(state, who, at), timeout=60), who, at
        )[-1]
        chat, topic = _spot(who, at)
        if at == "direct":
            await self._driver.stop(chat, topic)
        else:
            await self._driver.click(_SEATS[who], chat, growing["id"], _button(growing, _STOP))

    def _growing(self, state: State, who: int, at: Place) -> list[Payload]:
        """What shows of answers that are being written: drafts where there are any, else posts."""
        chat, _ = _spot(who, at)
        if at == "direct":
            drafts: list[Payload] = state["drafts"]
            return [each for each in drafts if each["chat"] == chat and each["can_stop"] and each["text"]]
        posts = self._posts(state, who, at)
        return [each for each in posts if _button(each, _STOP) and len(each["text"]) > 1]

    async def rate(self, who: int, at: Place, verdict: str) -> None:
        await self.press(who, at, _THUMBS[verdict])

    async def press(self, who: int, at: Place, label: str) -> None:
        def labelled(state: State) -> list[Payload]:
            return [each for each in self._posts(state, who, at)[-1:] if _button(each, label)]

        try:
            message = labelled(await self._driver.wait_for(labelled, timeout=_BUTTON_SECONDS))[-1]
        except TimeoutError:
            raise ValueError(f"the newest answer has no button {label!r}") from None
        await self._driver.click(_SEATS[who], _spot(who, at)[0], message["id"], _button(message, label))

    async def hours_pass(self, who: int, hours: float) -> None:
        await self._driver.advance(hours * 3600)

    async def seen(self, who: int, at: Place) -> Sequence[Seen]:
        state = await self._driver.state()
        self._seq = state["seq"]
        posts = self._posts(state, who, at)
        return [Seen(text=_whole(each), finished=not _button(each, _STOP)) for each in posts]

    async def changed(self) -> None:
        async with aclosing(self._driver.changes(self._seq)) as changes:
            async for change in changes:
                if change["seq"] > self._seq:
                    return

    def _posts(self, state: State, who: int, at: Place) -> list[Payload]:
        chat, topic = _spot(who, at)
        return [each for each in replies(state, chat) if topic is None or each["thread"] == topic]


def _kind(media_type: str) -> str:
    """As what the app sends a file."""
    return {"image": "photo", "audio": "voice", "video": "video"}.get(
        media_type.partition("/")[0], "document"
    )


def _spot(who: int, at: Place) -> tuple[int, int | None]:
    """A chat, and a topic there."""
    return {"direct": (_SEATS[who], None), "group": (GROUP, None), "thread": (FORUM, ORDERS)}[at]


def _whole(message: Payload) -> str:
    """A message with the name of its file, of which a voice note has none; sources stand in its text."""
    media = message["media"]
    name = "voice note" if "voice" in media else media.get("document", {}).get("file_name")
    return "\n".join([message["text"], *filter(None, [name])])


def _button(message: Payload, label: str) -> str:
    """The data of the button with this label."""
    buttons = (button for row in message["buttons"] for button in row)
    return next((str(each["callback_data"]) for each in buttons if each["text"] == label), "")
