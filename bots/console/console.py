"""The console put together: its pages under `/console`, behind a password."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from aiohttp import web
from jinja2 import Environment

from bots.console import conversations, datasets, gaps, letters, models, overview, rendering, review, runs
from bots.console.door import SIGN_IN, Door
from bots.console.session import Session, open_sessions
from bots.console.visit import PATH, Absent, Page, Section, Visit, go
from bots.service import Core
from core.errors import FrontdeskError, StoreError

SECTIONS: Sequence[Section] = (
    overview.SECTION,
    conversations.SECTION,
    review.SECTION,
    datasets.SECTION,
    runs.SECTION,
    models.SECTION,
    gaps.SECTION,
    letters.SECTION,
)
"""As the menu has them."""
_STATUSES = ((Absent, 404), (StoreError, 503), (FrontdeskError, 422))
_FOREIGN = "This form was not yours, or was open for too long. Nothing was done: go back and try again."
_TOO_LARGE = "That is more than 1 MB. The commands take larger files."

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


async def routes(core: Core) -> list[web.RouteDef]:
    """What the console serves; nothing without a password."""
    password = core.settings.console_password
    if password is None:
        return []
    sessions = await open_sessions(password.get_secret_value(), core.cabinet, core.clock)
    templates = rendering.environment()
    door = Door(sessions, templates, core.store.audit)
    return [
        web.get(f"{PATH}/static/{{name}}", rendering.static_files()),
        *door.routes(),
        *_Console(core, door, templates).routes(),
    ]


class _Console:
    """Serves the sections to those who have signed in."""

    def __init__(self, core: Core, door: Door, templates: Environment) -> None:
        self._core = core
        self._door = door
        self._templates = templates

    def routes(self) -> list[web.RouteDef]:
        found = []
        for section in SECTIONS:
            path = f"{PATH}{section.path}"
            found += [
                web.get(path + below, self._look(section, page)) for below, page in section.looks.items()
            ]
            found += [
                web.post(path + below, self._deed(section, page)) for below, page in section.deeds.items()
            ]
        return [*found, web.get(f"{PATH}/{{rest:.*}}", self._elsewhere)]

    def _look(self, section: Section, page: Page) -> Handler:
        async def handler(request: web.Request) -> web.StreamResponse:
            session = self._door.visitor(request)
            return await self._answer(request, session, section, page, {}) if session else go(SIGN_IN)

        return handler

    def _deed(self, section: Section, page: Page) -> Handler:
        async def handler(request: web.Request) -> web.StreamResponse:
            session = self._door.visitor(request)
            if session is None:
                return go(SIGN_IN)
            try:
                form = await request.post()
            except web.HTTPRequestEntityTooLarge:
                return self._message(session, _TOO_LARGE, 413)
            if not self._door.gave(request, session, form):
                return self._message(session, _FOREIGN, 403)
            return await self._answer(request, session, section, page, form)

        return handler

    async def _elsewhere(self, request: web.Request) -> web.StreamResponse:
        session = self._door.visitor(request)
        if session is None:
            return go(SIGN_IN)
        return go("") if not request.match_info["rest"] else self._message(session, Absent.__doc__ or "", 404)

    async def _answer(
        self,
        request: web.Request,
        session: Session,
        section: Section,
        page: Page,
        form: Mapping[str, object],
    ) -> web.StreamResponse:
        try:
            view = await page(Visit(request=request, core=self._core, name=session.name, form=form))
        except FrontdeskError as error:
            status = next(status for kind, status in _STATUSES if isinstance(error, kind))
            return self._message(session, str(error), status)
        if isinstance(view, web.StreamResponse):
            return view
        frame = self._frame(session, section)
        return rendering.page(self._templates, view.template, {**frame, **view.values})

    def _message(self, session: Session, text: str, status: int) -> web.Response:
        return rendering.page(self._templates, "message.html", {**self._frame(session), "text": text}, status)

    def _frame(self, session: Session, here: Section | None = None) -> dict[str, object]:
        return {
            "menu": [(each.title, f"{PATH}{each.path}", each is here) for each in SECTIONS],
            "name": session.name,
            "token": self._door.token(session),
        }
