"""The Web API over HTTP (docs.slack.dev/apis/web-api)."""

from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web

from bots.playground.backstage import Backstage
from bots.playground.faults import FaultKind
from bots.playground.slack import limits
from bots.playground.slack.errors import SlackError, TooManyRequests
from bots.playground.slack.methods import METHODS
from bots.playground.slack.methods.call import Call, Method
from bots.playground.slack.methods.streaming import expire
from bots.playground.slack.platform import Platform
from bots.playground.slack.state import Installation, Payload
from bots.playground.slack.wire import Arguments, bearer, read_arguments


class Broken(Exception):
    """A fault has the server fail with this HTTP status."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


@dataclass(frozen=True, kw_only=True)
class Api:
    """Serves `/api/`."""

    platform: Platform
    backstage: Backstage

    def routes(self) -> list[web.RouteDef]:
        """What is served."""
        return [web.post("/api/{method}", self._serve), web.get("/api/{method}", self._serve)]

    async def _serve(self, request: web.Request) -> web.Response:
        name, values = request.match_info["method"], Payload()
        try:
            values = await read_arguments(request)
            answer, scopes = await self._answer(request, name, values)
        except SlackError as error:
            self._note(name, values, error.code)
            return web.json_response({"ok": False, "error": error.code, **error.details})
        except TooManyRequests as error:
            self._note(name, values, "ratelimited")
            return _ratelimited(error)
        except Broken as error:
            self._note(name, values, str(error.status))
            return web.Response(status=error.status, text="upstream failure")
        if self.backstage.faults.take(FaultKind.DROP_AFTER_COMMIT, name):
            self._note(name, values, "drop_after_commit")
            return _hang_up(request)
        self._note(name, values, "ok")
        return web.json_response({"ok": True, **answer}, headers=scopes)

    async def _answer(
        self, request: web.Request, name: str, values: Payload
    ) -> tuple[Payload, Mapping[str, str]]:
        """The body, and the header that tells what the token may do."""
        await self._misfortune(name)
        method = METHODS.get(name)
        if method is None:
            raise SlackError("unknown_method", req_method=name)
        token = bearer(request, values)
        caller = self._admitted(method, token)
        call = Call(
            platform=self.platform, arguments=Arguments(values), caller=caller, headers=request.headers
        )
        self._spend(method, call)
        if method.scope is not None:
            call.need(method.scope)
        if self.backstage.faults.take(FaultKind.STREAM_EXPIRY, name):
            _expire(call)
        granted = self._granted(call, token)
        return method.run(call), {"X-OAuth-Scopes": ",".join(granted)} if granted else {}

    def _granted(self, call: Call, token: str | None) -> list[str]:
        if call.caller is not None:
            return call.caller.scopes
        app = self.platform.world.app
        return app.app_scopes if token == app.app_token else []

    async def _misfortune(self, name: str) -> None:
        """What the faults in force do before anything is done."""
        if delay := self.backstage.faults.take(FaultKind.DELAY, name):
            await self.backstage.clock.sleep(delay.seconds)
        if fault := self.backstage.faults.take(FaultKind.SERVER_ERROR, name):
            raise Broken(fault.status)
        if fault := self.backstage.faults.take(FaultKind.TOO_MANY_REQUESTS, name):
            raise TooManyRequests(fault.retry_after)

    def _admitted(self, method: Method, token: str | None) -> Installation | None:
        """The installation whose token this is; None for the app's own token, or where none is needed."""
        if method.token == "none":  # noqa: S105  # a kind of token
            return None
        if token is None:
            raise SlackError("not_authed")
        is_app = token == self.platform.world.app.app_token
        if method.token != "any" and is_app != (method.token == "app"):  # noqa: S105  # kinds of tokens
            raise SlackError("not_allowed_token_type" if is_app else self._refusal(token))
        return None if is_app else installation_of(self.platform, token)

    def _refusal(self, token: str) -> str:
        """Why a bot token opens no app-level method: it may not even be good for others."""
        installation_of(self.platform, token)
        return "not_allowed_token_type"

    def _spend(self, method: Method, call: Call) -> None:
        limits.spend(
            self.backstage.limiter,
            method=method.name,
            tier=method.tier,
            team=call.caller.team_id if call.caller else "",
            channel=str(call.arguments.values.get("channel", "")),
        )

    def _note(self, name: str, values: Payload, outcome: str) -> None:
        """Write down a call; secrets stay out."""
        body = {key: _plain(value) for key, value in values.items() if key not in SECRETS}
        place = str(values.get("channel") or values.get("channel_id") or "")
        self.backstage.journal.note("request", name, place=place, body=body, outcome=outcome)
        self.platform.changes.publish("request", {"method": name, "outcome": outcome})


SECRETS = {"token", "client_secret", "code"}


def installation_of(platform: Platform, token: str) -> Installation:
    """Whose bot token this is.

    Raises:
        SlackError: `invalid_auth` or `token_revoked`.
    """
    for installation in platform.world.installations.values():
        if installation.token == token:
            if installation.is_revoked:
                raise SlackError("token_revoked")
            return installation
    raise SlackError("invalid_auth")


def _plain(value: object) -> object:
    return "(a file)" if isinstance(value, web.FileField) else value


def _expire(call: Call) -> None:
    """Let the stream named by the arguments run out now."""
    channel = call.world.channels.get(call.arguments.text("channel") or "")
    message = channel.messages.get(call.arguments.text("ts") or "") if channel else None
    if message is not None and message.stream is not None and message.stream.is_open:
        expire(call, message, message.stream)


def _ratelimited(error: TooManyRequests) -> web.Response:
    return web.json_response(
        {"ok": False, "error": "ratelimited"}, status=429, headers={"Retry-After": str(error.retry_after)}
    )


def _hang_up(request: web.Request) -> web.Response:
    """Close the connection without an answer, as a broken network would."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)
