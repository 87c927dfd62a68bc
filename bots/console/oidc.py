"""Signing in at the organisation's own sign-in service: OpenID Connect, authorization code flow with PKCE.

PyJWT verifies what comes back. Source: openid.net/specs/openid-connect-core-1_0.html, RFC 7636, RFC 9207.
"""

import base64
import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

import aiohttp
import jwt

from core.egress import wall
from core.egress.wall import Allowed
from core.errors import FrontdeskError

ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA")
"""Of signatures with a public key alone: whoever knows our secret must not be able to sign for others."""
TIMEOUT = aiohttp.ClientTimeout(total=10)
"""Seconds."""
LEEWAY = 60
"""Seconds by which clocks may differ."""
LARGEST = 256 * 1024
"""Bytes of an answer of the service."""
_SCOPE = "openid email profile"


class NotSignedIn(FrontdeskError):
    """The sign-in service did not say who it is."""


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """What must come back from the service; stays in the browser's cookie until then."""

    state: str
    nonce: str
    verifier: str
    """Of PKCE."""


@dataclass(frozen=True, kw_only=True)
class Account:
    """Who signed in."""

    account: str
    """Their mail address, where the service has verified it; else its own id for them."""
    name: str


class SignInService:
    """One issuer, asked anew at each sign-in, so that its keys may change.

    Args:
        issuer: its address, as `FRONTDESK_OIDC_ISSUER` has it.
        client: our id there.
        secret: shared with it.
    """

    def __init__(self, issuer: str, client: str, secret: str) -> None:
        self._issuer = issuer.rstrip("/")
        self._client = client
        self._secret = secret

    async def begin(self, redirect: str) -> tuple[str, Attempt]:
        """Where to send the browser, and what must come back.

        Raises:
            NotSignedIn: the service cannot be reached.
        """
        attempt = Attempt(
            state=secrets.token_urlsafe(24),
            nonce=secrets.token_urlsafe(24),
            verifier=secrets.token_urlsafe(48),
        )
        challenge = base64.urlsafe_b64encode(hashlib.sha256(attempt.verifier.encode()).digest()).rstrip(b"=")
        query = {
            "response_type": "code",
            "client_id": self._client,
            "redirect_uri": redirect,
            "scope": _SCOPE,
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": challenge.decode(),
            "code_challenge_method": "S256",
        }
        async with _session() as session:
            found = await self._discovered(session)
        return f"{found['authorization_endpoint']}?{urlencode(query)}", attempt

    async def finish(self, answer: Mapping[str, str], attempt: Attempt, redirect: str) -> Account:
        """Who came back.

        Raises:
            NotSignedIn: nobody whom the service vouches for.
        """
        if not secrets.compare_digest(answer.get("state", "").encode(), attempt.state.encode()):
            raise NotSignedIn("This sign-in was not begun here.")
        if answer.get("iss", self._issuer).rstrip("/") != self._issuer or not answer.get("code"):
            raise NotSignedIn
        form = {
            "grant_type": "authorization_code",
            "code": answer["code"],
            "redirect_uri": redirect,
            "client_id": self._client,
            "client_secret": self._secret,
            "code_verifier": attempt.verifier,
        }
        async with _session() as session:
            found = await self._discovered(session)
            token = (await _asked(session, "POST", found["token_endpoint"], form)).get("id_token", "")
            keys = await _asked(session, "GET", found["jwks_uri"])
        return self._read(str(token), keys, attempt)

    def _read(self, token: str, keys: Mapping[str, Any], attempt: Attempt) -> Account:
        try:
            kid = jwt.get_unverified_header(token).get("kid")
            fitting = [key for key in jwt.PyJWKSet.from_dict(dict(keys)).keys if kid in (None, key.key_id)]
            claims = jwt.decode(
                token,
                fitting[0],
                algorithms=ALGORITHMS,
                audience=self._client,
                issuer=[self._issuer, f"{self._issuer}/"],
                leeway=LEEWAY,
                options={"require": ["exp", "iat", "sub", "aud", "iss", "nonce"]},
            )
        except (jwt.PyJWTError, IndexError, ValueError) as error:
            raise NotSignedIn(
                f"The sign-in service's answer does not hold ({type(error).__name__})."
            ) from None
        if not secrets.compare_digest(str(claims["nonce"]).encode(), attempt.nonce.encode()):
            raise NotSignedIn("This answer is to another sign-in.")
        mail = str(claims.get("email", "")).casefold() if claims.get("email_verified") is True else ""
        account = mail or str(claims["sub"])
        return Account(account=account, name=" ".join(str(claims.get("name") or account).split()))

    async def _discovered(self, session: aiohttp.ClientSession) -> Mapping[str, Any]:
        found = await _asked(session, "GET", f"{self._issuer}/.well-known/openid-configuration")
        if str(found.get("issuer", "")).rstrip("/") != self._issuer:
            raise NotSignedIn("The sign-in service calls itself by another name than FRONTDESK_OIDC_ISSUER.")
        needed = ("authorization_endpoint", "token_endpoint", "jwks_uri")
        if any(not isinstance(found.get(each), str) for each in needed):
            raise NotSignedIn
        for each in ("token_endpoint", "jwks_uri"):
            _let_through(str(found[each]))
        return found


def _let_through(address: str) -> None:
    """The service may have its parts on other hosts, and says so over the connection that was asked for."""
    parts = urlsplit(address)
    if standing := wall.standing():
        host, why = (parts.hostname or "").casefold(), "the sign-in service"
        standing.allow(Allowed(host=host, port=parts.port or 443, private=True, why=why))


def _session() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(timeout=TIMEOUT, cookie_jar=aiohttp.DummyCookieJar())


async def _asked(
    session: aiohttp.ClientSession, method: str, url: str, form: Mapping[str, str] | None = None
) -> Mapping[str, Any]:
    """An object of the service's; no error quotes what was sent."""
    try:
        async with session.request(method, url, data=form, allow_redirects=False) as response:
            if response.status != 200:
                raise NotSignedIn(f"The sign-in service refused (HTTP {response.status}).")
            found = json.loads(await response.content.read(LARGEST))
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError):
        raise NotSignedIn("The sign-in service cannot be reached, or answers with something else.") from None
    if not isinstance(found, dict):
        raise NotSignedIn
    return found
