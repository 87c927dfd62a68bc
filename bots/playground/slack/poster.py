"""The HTTP way to the app: signed posts to its request URL (docs.slack.dev/apis/events-api)."""

import hashlib
import hmac
import json
import ssl
import time
from urllib.parse import urlencode

import aiohttp

from bots.playground.clock import PlayClock
from bots.playground.slack.delivery import ACK_WITHIN, Answer, Delivery, within
from bots.playground.slack.ids import secret
from bots.playground.slack.state import App, Payload

MAX_REDIRECTS = 2
NO_RETRY = "X-Slack-No-Retry"


class Poster:
    """Posts deliveries. Open it before use and close it after."""

    def __init__(self, clock: PlayClock) -> None:
        self._clock = clock
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        """Make ready; proxies are for the world outside, so none is used."""
        self._session = aiohttp.ClientSession(trust_env=False)

    async def close(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def verify(self, app: App, url: str) -> bool:
        """Whether the URL answers the challenge (docs.slack.dev/reference/events/url_verification)."""
        challenge = secret("")
        body = {"token": app.verification_token, "challenge": challenge, "type": "url_verification"}
        headers = {"Content-Type": "application/json"}
        try:
            status, text, _ = await self._post(app.signing_secret, url, json.dumps(body), headers)
        except (aiohttp.ClientError, TimeoutError, ValueError):
            return False
        return status == 200 and challenge in text

    async def send(self, app: App, url: str, delivery: Delivery) -> Answer:
        """Post one delivery and wait for the answer."""
        body, headers = _encoded(delivery)
        try:
            status, text, is_final = await self._post(
                app.signing_secret if not delivery.is_forged else secret(""),
                url,
                body,
                headers,
                skew=delivery.skew,
            )
        except TimeoutError:
            return Answer(failure="http_timeout")
        except aiohttp.TooManyRedirects:
            return Answer(failure="too_many_redirects")
        except (aiohttp.ClientSSLError, ssl.SSLError):
            return Answer(failure="ssl_error")
        except aiohttp.ClientConnectionError:
            return Answer(failure="connection_failed")
        except (aiohttp.ClientError, ValueError):
            return Answer(failure="unknown_error")
        if not 200 <= status < 300:
            return Answer(failure="http_error", is_final=is_final)
        return Answer(body=_object(text))

    async def _post(
        self, key: str, url: str, body: str, headers: dict[str, str], skew: float = 0.0
    ) -> tuple[int, str, bool]:
        if self._session is None:
            raise aiohttp.ClientConnectionError("not open")
        # the app compares with its own clock, which does not move with ours
        headers = headers | signature(key, body, int(time.time() + skew))
        exchange = self._exchange(self._session, url, body, headers)
        return await within(self._clock, ACK_WITHIN, exchange)

    async def _exchange(
        self, session: aiohttp.ClientSession, url: str, body: str, headers: dict[str, str]
    ) -> tuple[int, str, bool]:
        async with session.post(
            url, data=body.encode(), headers=headers, max_redirects=MAX_REDIRECTS
        ) as answer:
            return answer.status, await answer.text(), answer.headers.get(NO_RETRY) == "1"


def signature(key: str, body: str, timestamp: int) -> dict[str, str]:
    """The headers by which the app knows us (docs.slack.dev/authentication/verifying-requests-from-slack)."""
    base = f"v0:{timestamp}:{body}".encode()
    digest = hmac.new(key.encode(), base, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": str(timestamp), "X-Slack-Signature": f"v0={digest}"}


def _encoded(delivery: Delivery) -> tuple[str, dict[str, str]]:
    headers = {"User-Agent": "Slackbot 1.0 (playground)"}
    if delivery.kind == "events_api":
        if delivery.attempt:
            headers |= {"X-Slack-Retry-Num": str(delivery.attempt), "X-Slack-Retry-Reason": delivery.reason}
        return json.dumps(delivery.payload), headers | {"Content-Type": "application/json"}
    headers["Content-Type"] = "application/x-www-form-urlencoded"
    if delivery.kind == "slash_commands":
        return urlencode({key: str(value) for key, value in delivery.payload.items()}), headers
    return urlencode({"payload": json.dumps(delivery.payload)}), headers


def _object(text: str) -> Payload:
    """The body of an answer; plain text counts as the text of a message."""
    try:
        decoded = json.loads(text)
    except ValueError:
        return {"text": text} if text.strip() else {}
    return decoded if isinstance(decoded, dict) else {}
