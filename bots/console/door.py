"""Signing in and out."""

import hmac
from collections.abc import Mapping
from urllib.parse import urlsplit

from aiohttp import web
from jinja2 import Environment

from bots.console import rendering
from bots.console.oidc import NotSignedIn, SignInService
from bots.console.session import NAME, Session, Sessions, is_https
from bots.console.visit import PATH, go, text_of
from core.errors import RateLimited
from core.privacy.audit import Action, Audit, AuditEntry, End

SIGN_IN = "/sign-in"
_AWAY, _BACK = f"{SIGN_IN}/service", f"{SIGN_IN}/back"


class Door:
    """Lets in who knows the password or comes from the sign-in service, and reads whose forms are whose."""

    def __init__(
        self, sessions: Sessions, templates: Environment, audit: Audit, service: SignInService | None
    ) -> None:
        self._sessions = sessions
        self._service = service
        self._audit = audit
        self._templates = templates

    def routes(self) -> list[web.RouteDef]:
        """What everybody may ask for."""
        return [
            web.get(f"{PATH}{SIGN_IN}", self._look),
            web.post(f"{PATH}{SIGN_IN}", self._sign_in),
            web.post(f"{PATH}/sign-out", self._sign_out),
            *(
                [web.get(f"{PATH}{_AWAY}", self._go_away), web.get(f"{PATH}{_BACK}", self._come_back)]
                if self._service
                else []
            ),
        ]

    def visitor(self, request: web.Request) -> Session | None:
        """Who has signed in; None for everybody else."""
        session = self._sessions.read(request)
        return session if session and session.name else None

    def token(self, session: Session) -> str:
        """What each form of this session brings along."""
        return self._sessions.token(session)

    def gave(self, request: web.Request, session: Session, form: Mapping[str, object]) -> bool:
        """Whether this session was given the form, and it comes from a page of ours."""
        given = text_of(form, "token").encode("utf-8", "surrogateescape")
        return _is_own(request) and hmac.compare_digest(given, self.token(session).encode())

    async def _look(self, request: web.Request) -> web.Response:
        return go("") if self.visitor(request) else self._closed(request)

    def _closed(
        self, request: web.Request, problem: str = "", name: str = "", status: int = 200
    ) -> web.Response:
        known = self._sessions.read(request)  # another window may stand at the door, too
        session = known or self._sessions.begin()
        values = {
            "token": self.token(session),
            "problem": problem,
            "name": name,
            "away": f"{PATH}{_AWAY}" if self._service else "",
            "by_password": self._sessions.takes_passwords,
        }
        response = rendering.page(self._templates, "sign_in.html", values, status)
        if known is None:
            self._sessions.give(session, request, response)
        return response

    async def _sign_in(self, request: web.Request) -> web.Response:
        if self.visitor(request):
            return go("")
        if not _is_own(request):
            raise web.HTTPForbidden  # and no cookie: it would take the place of that of who is signed in
        form, session = await request.post(), self._sessions.read(request)
        name = " ".join(text_of(form, "name").split())[:NAME]
        if session is None or not self.gave(request, session, form):
            return self._closed(request, "This page was open for too long. Please try again.", name, 403)
        try:
            is_right = self._sessions.opens(text_of(form, "password"), request)
        except RateLimited as error:
            return self._too_often(request, error, name)
        await self._note(name, is_done=is_right and bool(name))
        if not is_right:
            return self._closed(request, "The password is wrong.", name, 403)
        if not name:
            return self._closed(request, "Say who you are: your reviews carry the name.", "", 422)
        response = go("")
        self._sessions.give(self._sessions.begin(name), request, response)
        return response

    async def _note(self, name: str, *, is_done: bool) -> None:
        end = End.DONE if is_done else End.REFUSED
        entry = AuditEntry(actor=name or "nobody", action=Action.SIGN_IN, subject="console", end=end)
        await self._audit.record(entry)

    async def _go_away(self, request: web.Request) -> web.Response:
        """To the sign-in service."""
        assert self._service is not None  # noqa: S101 - else there is no such route
        try:
            self._sessions.count_attempt(request)
            address, attempt = await self._service.begin(_back_to(request))
        except RateLimited as error:
            return self._too_often(request, error)
        except NotSignedIn as error:
            return self._closed(request, str(error), status=502)
        response = web.Response(status=303, headers={"Location": address})
        self._sessions.send_out(attempt, request, response)
        return response

    async def _come_back(self, request: web.Request) -> web.Response:
        """From the sign-in service."""
        assert self._service is not None  # noqa: S101 - else there is no such route
        # the browser goes on by itself: after a way over another site it would not bring a strict cookie
        response = rendering.page(self._templates, "signed_in.html", {"path": PATH})
        attempt = self._sessions.come_back(request, response)
        if attempt is None:  # not noted: anybody may ask for this, as often as they like
            problem = "This sign-in was begun elsewhere, or too long ago. Please try again."
            return self._closed(request, problem, status=403)
        try:
            self._sessions.count_attempt(request)
            found = await self._service.finish(request.query, attempt, _back_to(request))
        except RateLimited as error:
            return self._too_often(request, error)
        except NotSignedIn as error:
            await self._note("", is_done=False)
            return self._closed(request, str(error), status=403)
        await self._note(found.account, is_done=True)
        self._sessions.give(self._sessions.begin(found.name[:NAME], found.account), request, response)
        return response

    def _too_often(self, request: web.Request, error: RateLimited, name: str = "") -> web.Response:
        minutes = max(1, round(error.retry_after / 60))
        return self._closed(request, f"Too many attempts. Try again in {minutes} min.", name, 429)

    async def _sign_out(self, request: web.Request) -> web.Response:
        form, session = await request.post(), self.visitor(request)
        response = go(SIGN_IN)
        if session and self.gave(request, session, form):
            self._sessions.end(session, response)
        return response


def _back_to(request: web.Request) -> str:
    """Where the sign-in service is to lead back to, as the browser sees us; it knows which it may."""
    return f"{'https' if is_https(request) else 'http'}://{request.host}{PATH}{_BACK}"


def _is_own(request: web.Request) -> bool:
    """Whether a form comes from a page of ours; browsers tell with whatever is posted."""
    origin = request.headers.get("Origin", f"//{request.host}")
    return urlsplit(origin).netloc == request.host
