"""The control API: what people do, what the page sees, what goes wrong."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from aiohttp import web

from bots.playground.telegram.forms import chat_form, user_form
from bots.playground.telegram.methods import Methods
from bots.playground.telegram.platform import Platform
from bots.playground.telegram.state import Chat, Message, Payload, seed


@dataclass
class Watchers:
    """Who waits for the next change."""

    number: int = 0
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def notify(self) -> None:
        """Something changed."""
        self.number += 1
        self._changed.set()
        self._changed = asyncio.Event()

    async def after(self, number: int) -> int:
        """Wait until there is a change later than `number`; returns the newest."""
        while self.number <= number:
            await self._changed.wait()
        return self.number


class Control:
    """Serves `/_control/`."""

    def __init__(self, methods: Methods, watchers: Watchers) -> None:
        self._methods = methods
        self._watchers = watchers
        self._actions: dict[str, Callable[[Platform, Payload], Any]] = {
            "send": _send,
            "edit": lambda play, wish: play.edit(
                wish["person"], wish["chat"], wish["message_id"], wish["text"]
            ),
            "delete": lambda play, wish: play.delete(wish["chat"], wish["message_id"]),
            "react": lambda play, wish: play.react(
                wish["person"], wish["chat"], wish["message_id"], wish.get("emoji", [])
            ),
            "click": lambda play, wish: play.click(
                wish["person"], wish["chat"], wish["message_id"], wish["data"]
            ),
            "stop": lambda play, wish: play.stop(wish["chat"], wish.get("topic")),
            "block": lambda play, wish: play.block(wish["person"], blocked=True),
            "unblock": lambda play, wish: play.block(wish["person"], blocked=False),
            "add_bot": lambda play, wish: play.membership(wish["chat"], wish["person"], member=True),
            "remove_bot": lambda play, wish: play.membership(wish["chat"], wish["person"], member=False),
            "migrate": lambda play, wish: play.migrate(wish["chat"]),
            "deliver": lambda play, wish: play.updates.enqueue(wish["update"]),
        }

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/_control/state", self._state),
            web.get("/_control/stream", self._stream),
            web.post("/_control/act", self._act),
            web.post("/_control/faults", self._add_fault),
            web.delete("/_control/faults", self._clear_faults),
            web.delete("/_control/faults/{id}", self._remove_fault),
            web.get("/_control/journal", self._journal),
            web.delete("/_control/journal", self._clear_journal),
            web.post("/_control/clock", self._clock),
            web.post("/_control/limits", self._limits),
            web.post("/_control/reset", self._reset),
        ]

    async def _state(self, _: web.Request) -> web.Response:
        return web.json_response(self._snapshot())

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(
            headers={
                "Content-Type": "text/event-stream",
                "Cache-Control": "no-store",
                "X-Accel-Buffering": "no",
            }
        )
        await response.prepare(request)
        seen = int(request.query.get("after", "0"))
        while True:
            seen = await self._watchers.after(seen)
            await response.write(f"data: {json.dumps({'seq': seen})}\n\n".encode())

    async def _act(self, request: web.Request) -> web.Response:
        try:
            wish = await request.json()
            result = self._actions[wish["action"]](self._methods.platform, wish)
        except (LookupError, TypeError, ValueError) as error:
            return web.json_response({"ok": False, "error": f"{type(error).__name__}: {error}"}, status=400)
        return web.json_response(
            {"ok": True, "result": asdict(result) if isinstance(result, Message) else result}
        )

    async def _add_fault(self, request: web.Request) -> web.Response:
        try:
            fault = self._methods.faults.add(await request.json())
        except ValueError as error:
            return web.json_response({"ok": False, "error": str(error)}, status=400)
        self._watchers.notify()
        return web.json_response({"ok": True, "id": fault.id})

    async def _clear_faults(self, _: web.Request) -> web.Response:
        self._methods.faults.clear()
        self._watchers.notify()
        return web.json_response({"ok": True})

    async def _remove_fault(self, request: web.Request) -> web.Response:
        gone = self._methods.faults.remove(int(request.match_info["id"]))
        self._watchers.notify()
        return web.json_response({"ok": gone})

    async def _journal(self, request: web.Request) -> web.Response:
        query = request.query
        found = self._methods.platform.updates.journal.find(
            direction=query.get("direction", ""),
            method=query.get("method", ""),
            place=query.get("place", ""),
            after=int(query.get("after", "0")),
        )
        return web.json_response(found)

    async def _clear_journal(self, _: web.Request) -> web.Response:
        self._methods.platform.updates.journal.clear()
        return web.json_response({"ok": True})

    async def _clock(self, request: web.Request) -> web.Response:
        self._methods.platform.clock.advance(float((await request.json())["advance"]))
        self._methods.platform.updates.wake()
        self._watchers.notify()
        return web.json_response({"ok": True, "now": self._methods.platform.clock.now()})

    async def _limits(self, request: web.Request) -> web.Response:
        self._methods.limiter.scale = float((await request.json())["scale"])
        self._methods.limiter.clear()
        return web.json_response({"ok": True})

    async def _reset(self, _: web.Request) -> web.Response:
        self._methods.platform.world = seed(self._methods.world.token)
        self._methods.faults.clear()
        self._watchers.notify()
        return web.json_response({"ok": True})

    def _snapshot(self) -> Payload:
        play, world = self._methods.platform, self._methods.world
        drafts = [play.live_draft(*key) for key in list(world.drafts)]
        return {
            "seq": self._watchers.number,
            "bot": user_form(world.bot),
            "people": [user_form(each) for each in world.users.values() if not each.is_bot],
            "chats": [self._chat(each) for each in world.chats.values() if each.migrated_to is None],
            "drafts": [asdict(each) for each in drafts if each is not None],
            "commands": world.commands,
            "faults": self._methods.faults.listing(),
            "polled": play.updates.polled,
            "webhook": play.updates.webhook,
            "pending": play.updates.pending,
        }

    def _chat(self, chat: Chat) -> Payload:
        return chat_form(self._methods.world, chat) | {
            "topics": [{"id": number, "name": name} for number, name in chat.topics.items()],
            "members": chat.members,
            "blocked": chat.blocked,
            "typing": chat.typing_until > self._methods.platform.clock.now(),
            "messages": [asdict(each) for each in chat.messages.values()],
        }


def _send(play: Platform, wish: Payload) -> Message:
    media = None
    if "file" in wish:
        name = str(wish["file"]["name"])
        file = play.keep_file(name, str(wish["file"].get("text", "")).encode())
        media = {"document": {"file_id": file.id, "file_unique_id": file.id, "file_name": name}}
    return play.send(
        int(wish["person"]),
        int(wish["chat"]),
        str(wish.get("text", "")),
        topic=wish.get("topic"),
        reply_to=wish.get("reply_to"),
        media=media,
        album=str(wish.get("album", "")),
    )
