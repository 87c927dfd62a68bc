"""Everything the page is served and asks for, put together."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import aiohttp
from aiohttp import web

from bots.playground.guard import this_page_only
from bots.playground.page import files
from bots.playground.page.emulators import Emulators
from bots.playground.page.records import Records
from bots.playground.page.scenarios import Rehearse, Scenarios
from core.store.ports import History


@dataclass(frozen=True, kw_only=True)
class Page:
    """The page and what it asks for, under `/` and `/playground/`; for this machine alone."""

    emulators: Mapping[str, str]
    """URLs, by the name of the platform."""
    session: aiohttp.ClientSession
    history: History
    rehearse: Rehearse
    _closing: asyncio.Event = field(default_factory=asyncio.Event)

    def routes(self) -> Sequence[web.RouteDef]:
        """What is served."""
        routes = [
            *files.routes(),
            *Emulators(urls=self.emulators, session=self.session, closing=self._closing).routes(),
            *Records(history=self.history).routes(),
            *Scenarios(rehearse=self.rehearse, closing=self._closing).routes(),
        ]
        return [
            web.RouteDef(each.method, each.path, this_page_only(each.handler), each.kwargs) for each in routes
        ]

    def close(self) -> None:
        """End what would otherwise go on for as long as a browser listens."""
        self._closing.set()
