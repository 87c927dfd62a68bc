"""The page where a person chats as a Slack user and as a Telegram user."""

from collections.abc import Sequence

import aiohttp
from aiohttp import web


def routes(slack_url: str, telegram_url: str, session: aiohttp.ClientSession) -> Sequence[web.RouteDef]:
    """The page, and the emulators' control APIs under its own address."""

    async def index(_: web.Request) -> web.Response:
        return web.Response(
            text=f"Slack: {slack_url}/_control/state, Telegram: {telegram_url}/_control/state"
        )

    return [web.get("/", index)]
