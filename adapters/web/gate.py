"""Who may come in: pages of which sites, under which address, and as whom."""

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

import jwt
from aiohttp import web

from adapters.web import ids
from core.errors import FrontdeskError
from core.message import Conversation, Person, Platform
from core.ports import Clock
from core.settings import Settings

_LEEWAY = 30
"""Seconds by which the clock of the host site may differ."""
_NAME, _LANGUAGE = 80, 35


class Unwelcome(FrontdeskError):
    """A browser is not let in; the message is the reason, as the page knows it: site, identity or expired."""


@dataclass(frozen=True, kw_only=True)
class Visitor:
    """Somebody who was let in."""

    person: Person
    place: Conversation
    until: float | None = None
    """When the signed token expires, in seconds since the epoch; None for anonymous visitors."""


class Gate:
    """Knows the sites, and the secret with which they sign."""

    def __init__(self, *, settings: Settings, clock: Clock) -> None:
        self._origins = frozenset(settings.widget_origins)
        self._secret = settings.widget_secret.get_secret_value() if settings.widget_secret else ""
        self._clock = clock

    def admits(self, site: str, host: str) -> bool:
        """Whether pages of `site` may show the widget; those that come from our own address always may."""
        return site in self._origins or site in (f"http://{host}", f"https://{host}")

    def visitor(self, token: str, site: str, host: str, language: str) -> Visitor:
        """Who comes with this token.

        Args:
            site: origin of the host page.
            host: the address under which the browser reaches us.
            language: of the browser, unless the token names one.

        Raises:
            Unwelcome: the site is none of ours, or the token is worth nothing.
        """
        if not self.admits(site, host):
            raise Unwelcome("site")
        if ids.TOKEN.fullmatch(token):
            return _visitor(site, ids.anonymous(token), "", language)
        claims = self._claims(token)
        subject = str(claims["sub"])
        if not ids.SUBJECT.fullmatch(subject):
            raise Unwelcome("identity")
        spoken = str(claims.get("language") or language)[:_LANGUAGE]
        name = " ".join(str(claims.get("name") or "").split())[:_NAME]
        return _visitor(site, ids.signed(subject), name, spoken, until=float(str(claims["exp"])))

    def _claims(self, token: str) -> dict[str, object]:
        """What a host site has signed; the time is ours to check, by our own clock."""
        if not self._secret:
            raise Unwelcome("identity")
        try:
            claims: dict[str, object] = jwt.decode(
                token,
                self._secret,
                algorithms=["HS256"],
                options={"require": ["sub", "exp"], "verify_exp": False, "verify_aud": False},
            )
            expires = float(str(claims["exp"]))
        except (jwt.InvalidTokenError, ValueError):
            raise Unwelcome("identity") from None
        if expires + _LEEWAY <= self._clock.now().timestamp():
            raise Unwelcome("expired")
        return claims | {"exp": expires}


def _visitor(site: str, visitor: str, name: str, language: str, until: float | None = None) -> Visitor:
    place = ids.conversation(site, visitor)
    person = Person(platform=Platform.WEB, tenant=place.tenant, id=visitor, name=name, language=language)
    return Visitor(person=person, place=place, until=None if until is None else until + _LEEWAY)


def is_own_page(request: web.Request) -> bool:
    """Whether the request comes from our own frame: browsers say so of every socket, and of every post."""
    origin = request.headers.get("Origin", "")
    return bool(origin) and urlsplit(origin).netloc == request.host


def address_of(request: web.Request) -> str:
    """The visitor's address; behind a proxy on this machine, as the proxy tells it: its entry is the last."""
    remote = request.remote or ""
    forwarded = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
    return forwarded[:64] if forwarded and _is_here(remote) else remote


def _is_here(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False
