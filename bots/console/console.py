"""The console put together: its pages under `/console`, for those who have signed in."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from aiohttp import web
from jinja2 import Environment

from bots.console import (
    audit,
    compare,
    conversations,
    datasets,
    gaps,
    letters,
    models,
    overview,
    rendering,
    review,
    rights,
    runs,
)
from bots.console.door import SIGN_IN, Door
from bots.console.oidc import SignInService
from bots.console.session import PASSWORD, Session, open_sessions
from bots.console.visit import PATH, Absent, Page, Section, Visit, go
from bots.service import Core
from core.errors import FrontdeskError, StoreError
from core.privacy.audit import Action, AuditEntry, End
from core.rights import Right, Role, granted
from core.settings import Settings

SECTIONS: Sequence[Section] = (
    overview.SECTION,
    conversations.SECTION,
    review.SECTION,
    datasets.SECTION,
    runs.SECTION,
    models.SECTION,
    compare.SECTION,
    gaps.SECTION,
    letters.SECTION,
    audit.SECTION,
)
"""As the menu has them."""
_STATUSES = ((Absent, 404), (StoreError, 503), (FrontdeskError, 422))
_FOREIGN = "This form was not yours, or was open for too long. Nothing was done: go back and try again."
_NOT_ALLOWED = "Your role does not allow this. Who may do what stands under `roles` in frontdesk.yaml."
_TOO_LARGE = "That is more than 1 MB. The commands take larger files."

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


async def routes(core: Core) -> list[web.RouteDef]:
    """What the console serves; nothing where nobody could sign in."""
    if not core.settings.console_configured:
        return []
    password = core.settings.console_password
    sessions = await open_sessions(password.get_secret_value() if password else "", core.cabinet, core.clock)
    templates = rendering.environment()
    door = Door(sessions, templates, core.store.audit, _service(core.settings))
    return [
        web.get(f"{PATH}/static/{{name}}", rendering.static_files()),
        *door.routes(),
        *_Console(core, door, templates).routes(),
    ]


def _service(settings: Settings) -> SignInService | None:
    issuer, client, secret = settings.oidc_issuer, settings.oidc_client_id, settings.oidc_client_secret
    if issuer is None or client is None or secret is None:
        return None
    return SignInService(issuer, client, secret.get_secret_value())


class _Console:
    """Serves the sections to those who have signed in."""

    def __init__(self, core: Core, door: Door, templates: Environment) -> None:
        self._core = core
        self._door = door
        self._templates = templates

    def routes(self) -> list[web.RouteDef]:
        found = []
        for section in SECTIONS:
            for below, page in section.looks.items():
                path = section.path + below
                found.append(web.get(PATH + path, self._look(section, page, path)))
            for below, page in section.deeds.items():
                path = section.path + below
                found.append(web.post(PATH + path, self._deed(section, page, path)))
        return [*found, web.get(f"{PATH}/{{rest:.*}}", self._elsewhere)]

    def _look(self, section: Section, page: Page, path: str) -> Handler:
        right = rights.LOOKS.get(path)

        async def handler(request: web.Request) -> web.StreamResponse:
            session = self._door.visitor(request)
            if session is None:
                return go(SIGN_IN)
            if not self._may(session, right):
                return await self._refused(session, path)
            return await self._answer(request, session, section, page, {})

        return handler

    def _may(self, session: Session, right: Right | None) -> bool:
        """Whether whoever signed in has a right; nobody has that to a page that no right is named for."""
        by_password = session.account == PASSWORD
        roles = {Role.OPERATOR} if by_password else self._core.policies.roles.of(f"console:{session.account}")
        return right in granted(roles)

    async def _refused(self, session: Session, path: str) -> web.Response:
        entry = AuditEntry(actor=session.actor, action=Action.READ, subject=f"console{path}", end=End.REFUSED)
        await self._core.store.audit.record(entry)
        return self._message(session, _NOT_ALLOWED, 403)

    def _deed(self, section: Section, page: Page, path: str) -> Handler:
        right = rights.DEEDS.get(path)

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
            if not self._may(session, right):
                return await self._refused(session, path)
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
            view = await page(Visit(request=request, core=self._core, name=session.actor, form=form))
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
            "menu": [
                (each.title, f"{PATH}{each.path}", each is here)
                for each in SECTIONS
                if self._may(session, rights.LOOKS.get(each.path))
            ],
            "name": session.name,
            "token": self._door.token(session),
        }
