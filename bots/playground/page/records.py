"""The turn behind an answer, for the inspector."""

from dataclasses import dataclass

from aiohttp import web
from pydantic import TypeAdapter

from bots.playground.page.emulators import HEADERS
from core.message import Conversation, Platform
from core.store.ports import History
from core.store.records import TurnRecord

_RECORD: TypeAdapter[TurnRecord] = TypeAdapter(TurnRecord)


@dataclass(frozen=True, kw_only=True)
class Records:
    """Serves `/playground/turn`."""

    history: History

    def routes(self) -> list[web.RouteDef]:
        """What is served."""
        return [web.get("/playground/turn", self._turn)]

    async def _turn(self, request: web.Request) -> web.Response:
        """The turn that a post shows; the query names the post and where it stands."""
        query = request.query
        try:
            place = Conversation(
                platform=Platform(query["platform"]),
                tenant=query["tenant"],
                channel=query["channel"],
                thread=query.get("thread", ""),
            )
            post = query["post"]
        except (LookupError, ValueError) as error:
            raise web.HTTPBadRequest(text="platform, tenant, channel and post are needed") from error
        record = await self.history.record(place.key, post)
        if record is None:
            raise web.HTTPNotFound(text="no turn shows this post")
        return web.json_response(_RECORD.dump_python(record, mode="json"), headers=HEADERS)
