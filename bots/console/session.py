"""Who has signed in: a signed cookie, which a browser sends to nobody else, and a token in each form."""

import asyncio
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import jwt
from aiohttp import web

from adapters.web.gate import address_of
from bots.console.visit import PATH
from core.delivery.pacing import Allowance, Rate
from core.errors import RateLimited
from core.ports import Cabinet, Clock

COOKIE = "frontdesk_console"
LASTS = timedelta(hours=12)
NAME = 60
"""Characters of a reviewer's name at most."""
_SALT = "console.salt"
_PER_ADDRESS, _TOGETHER = Rate(10, 600.0), Rate(100, 600.0)
"""Attempts to sign in: a person who mistypes is not locked out, and nobody tries many."""


@dataclass(frozen=True, kw_only=True)
class Session:
    """One browser, signed in or at the door."""

    id: str
    name: str
    """Who it is, as they said; empty at the door."""


class Sessions:
    """Makes and reads the cookies; nothing is kept but which were signed out."""

    def __init__(self, *, password: str, salt: str, clock: Clock) -> None:
        """Put together.

        Args:
            password: opens the console; with another, everybody signs in anew.
            salt: of this installation.
            clock: tells when a cookie is too old.
        """
        self._password = hashlib.sha256(password.encode()).digest()
        self._key = hashlib.scrypt(password.encode(), salt=salt.encode(), n=2**14, r=8, p=1, dklen=32)
        self._clock = clock
        self._ended: dict[str, float] = {}
        """Sessions that were signed out, until when their cookies would have lasted."""
        self._by_address = Allowance(_PER_ADDRESS, clock)
        self._together = Allowance(_TOGETHER, clock)

    def read(self, request: web.Request) -> Session | None:
        """The session of a request; None where its cookie is none, is too old, or was signed out."""
        try:
            claims = jwt.decode(
                request.cookies.get(COOKIE, ""),
                self._key,
                algorithms=["HS256"],
                options={"require": ["jti", "sub", "exp"], "verify_exp": False},  # by our own clock, below
            )
        except jwt.InvalidTokenError:
            return None
        session = Session(id=str(claims["jti"]), name=str(claims["sub"]))
        expired = float(claims["exp"]) <= self._now()
        return None if expired or session.id in self._ended else session

    def begin(self, name: str = "") -> Session:
        """A new session; without a name it stays at the door."""
        return Session(id=secrets.token_urlsafe(18), name=name)

    def give(self, session: Session, request: web.Request, response: web.Response) -> None:
        """Let the browser keep the session."""
        claims = {"jti": session.id, "sub": session.name, "exp": self._now() + LASTS.total_seconds()}
        response.set_cookie(
            COOKIE,
            jwt.encode(claims, self._key, algorithm="HS256"),
            path=PATH,
            max_age=int(LASTS.total_seconds()),
            httponly=True,
            samesite="Strict",
            secure=_is_https(request),
        )

    def end(self, session: Session, response: web.Response) -> None:
        """Sign out: the cookie is worth nothing any more, wherever a copy of it is."""
        now = self._now()
        self._ended = {each: until for each, until in self._ended.items() if until > now}
        self._ended[session.id] = now + LASTS.total_seconds()
        response.del_cookie(COOKIE, path=PATH)

    def token(self, session: Session) -> str:
        """What a form of this session must bring along."""
        return hmac.new(self._key, f"form:{session.id}".encode(), hashlib.sha256).hexdigest()

    def opens(self, password: str, request: web.Request) -> bool:
        """Whether the password is right, found out in the same time however wrong it is.

        Raises:
            RateLimited: it was tried too often.
        """
        address = address_of(request)
        for allowance, key in ((self._by_address, address), (self._together, "")):
            if not allowance.take(key):
                raise RateLimited(retry_after=allowance.wait(key))
        given = hashlib.sha256(password.encode("utf-8", "surrogateescape")).digest()
        return hmac.compare_digest(given, self._password)

    def _now(self) -> float:
        return self._clock.now().timestamp()


async def open_sessions(password: str, cabinet: Cabinet, clock: Clock) -> Sessions:
    """The sessions of this installation, whichever of its processes began them."""
    salt = await cabinet.get(_SALT)
    if salt is None:
        salt = secrets.token_hex(16)
        await cabinet.put(_SALT, salt)
    # the key is slow to make, on purpose
    return await asyncio.to_thread(partial(Sessions, password=password, salt=salt, clock=clock))


def _is_https(request: web.Request) -> bool:
    """As the browser sees it; a proxy that ends TLS says so."""
    return request.secure or request.headers.get("X-Forwarded-Proto", "").lower() == "https"
