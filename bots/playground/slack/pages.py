"""What Slack serves beside its Web API: sockets, files, the page that allows an app, response URLs."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import urlencode

from aiohttp import web

from bots.playground.journal import Journal
from bots.playground.slack.api import installation_of
from bots.playground.slack.errors import SlackError
from bots.playground.slack.ids import secret
from bots.playground.slack.methods.call import Call
from bots.playground.slack.methods.files import visible
from bots.playground.slack.platform import Platform
from bots.playground.slack.responses import respond
from bots.playground.slack.sockets import Sockets
from bots.playground.slack.state import Code, Payload
from bots.playground.slack.wire import Arguments, bearer, read_arguments

Serve = Callable[[web.Request], Awaitable[web.StreamResponse]]
BODY = web.RequestKey("body", Payload)
"""What the journal keeps of a request."""


@dataclass(frozen=True, kw_only=True)
class Pages:
    """Serves everything that is neither the Web API nor the control API."""

    platform: Platform
    sockets: Sockets
    journal: Journal

    def routes(self) -> list[web.RouteDef]:
        """What is served."""
        return [
            web.get("/link/", self._link),
            web.get("/link", self._link),
            web.post("/upload/v1/{key}", self._noted("upload", self._upload)),
            web.get("/files-pri/{ids}/download/{name}", self._noted("download", self._download)),
            web.get("/files-pri/{ids}/{name}", self._noted("download", self._download)),
            web.get("/signin", self._sign_in),
            web.get("/oauth/v2/authorize", self._noted("authorize", self._authorize)),
            web.post("/response/{key}", self._noted("response_url", self._respond)),
        ]

    def _noted(self, name: str, serve: Serve) -> Serve:
        """`serve`, with a record in the journal; the body is what it left in the request."""

        async def noted(request: web.Request) -> web.StreamResponse:
            outcome = "connection lost"
            try:
                answer = await serve(request)
                outcome = "ok" if answer.status < 300 else str(answer.status)
            except web.HTTPException as refusal:
                outcome = str(refusal.status)
                raise
            finally:
                body = request.get(BODY)
                self.journal.note("request", name, body=body, outcome=outcome)
                self.platform.changes.publish("request", {"method": name, "outcome": outcome})
            return answer

        return noted

    async def _link(self, request: web.Request) -> web.StreamResponse:
        """A socket; a ticket is good for one."""
        tickets = self.platform.world.tickets
        ticket = request.query.get("ticket", "")
        self.journal.note("request", "link", outcome="ok" if ticket in tickets else "403")
        if ticket not in tickets:
            raise web.HTTPForbidden(text="this ticket is unknown or used")
        tickets.remove(ticket)
        return await self.sockets.serve(request, self.platform.world.app.id)

    async def _upload(self, request: web.Request) -> web.Response:
        key = request.match_info["key"]
        file = next((each for each in self.platform.world.files.values() if each.upload_key == key), None)
        if file is None:
            raise web.HTTPNotFound
        file.content = await _uploaded(request)
        noted: Payload = {"file": file.id, "length": len(file.content)}
        request[BODY] = noted
        return web.Response(text=f"OK - {len(file.content)}")

    async def _download(self, request: web.Request) -> web.Response:
        """A file; whoever may not see it is sent to sign in, as a browser would be."""
        file_id = request.match_info["ids"].rpartition("-")[2]
        noted: Payload = {"file": file_id}
        request[BODY] = noted
        try:
            caller = installation_of(self.platform, bearer(request, {}) or "")
            call = Call(platform=self.platform, arguments=Arguments({}), caller=caller)
            call.need("files:read")
            file = visible(call, file_id)
        except SlackError:
            raise web.HTTPFound("/signin") from None
        return web.Response(body=file.content or b"", content_type=file.mimetype.partition(";")[0])

    async def _sign_in(self, _: web.Request) -> web.Response:
        return web.Response(text="<!doctype html><title>Sign in</title>Sign in.", content_type="text/html")

    async def _authorize(self, request: web.Request) -> web.Response:
        """Allow the app at once and go back with a code; `team` chooses the workspace, `decline` says no.

        docs.slack.dev/authentication/installing-with-oauth
        """
        app, query = self.platform.world.app, request.query
        noted: Payload = dict(query)
        request[BODY] = noted
        if query.get("client_id") != app.client_id:
            raise web.HTTPBadRequest(text="invalid_client_id")
        if not query.get("scope"):
            raise web.HTTPBadRequest(text="invalid_scope")
        target = query.get("redirect_uri", "") or next(iter(app.redirect_urls), "")
        if not target or (app.redirect_urls and not target.startswith(tuple(app.redirect_urls))):
            raise web.HTTPBadRequest(text="bad_redirect_uri")
        if query.get("decline"):
            answer = {"error": "access_denied"}
        else:
            code = self._code(self._team(query.get("team", "")), target, query["scope"].split(","))
            answer = {"code": code}
        joint = "&" if "?" in target else "?"
        raise web.HTTPFound(target + joint + urlencode(answer | {"state": query.get("state", "")}))

    def _team(self, wanted: str) -> str:
        world = self.platform.world
        if wanted and wanted not in world.teams:
            raise web.HTTPBadRequest(text="team_not_found")
        without = [each for each in world.teams if each not in world.installations]
        return wanted or next(iter([*without, *world.teams]))

    def _code(self, team: str, target: str, scopes: list[str]) -> str:
        world, code = self.platform.world, secret("")
        installer = next(each.id for each in world.users.values() if each.team_id == team and each.is_admin)
        world.codes[code] = Code(team_id=team, installer=installer, redirect_uri=target, scopes=scopes)
        return code

    async def _respond(self, request: web.Request) -> web.Response:
        try:
            body = request[BODY] = await read_arguments(request)
            respond(self.platform, request.match_info["key"], body)
        except SlackError as error:
            status = 404 if error.code in ("used_url", "expired_url") else 400
            return web.json_response({"ok": False, "error": error.code}, status=status)
        return web.json_response({"ok": True})


async def _uploaded(request: web.Request) -> bytes:
    """The content, raw or as the one file of a form."""
    if request.content_type != "multipart/form-data":
        return await request.read()
    for value in (await request.post()).values():
        if isinstance(value, web.FileField):
            return value.file.read()
    raise web.HTTPBadRequest(text="no file")
