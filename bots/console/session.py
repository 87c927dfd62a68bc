"""Who has signed in: a signed cookie, which a browser sends to nobody else, and a token in each form."""

import asyncio
import hashlib
import hmac
import secrets
from dataclasses import asdict, dataclass
from datetime import timedelta
from functools import partial

import jwt
from aiohttp import web

from adapters.web.gate import address_of
from bots.console.oidc import Attempt
from bots.console.visit import PATH
from core.delivery.pacing import Allowance, Rate
from core.errors import RateLimited
from core.ports import Cabinet, Clock

COOKIE = "frontdesk_console"
LASTS = timedelta(hours=12)
PASSWORD = ""
"""The account of everybody who knows the password."""
NAME = 60
"""Characters of a reviewer's name at most."""
_ATTEMPT = "frontdesk_sign_in"
_AWAY = timedelta(minutes=10)
"""How long a visitor may take at the sign-in service."""
_SALT = "console.salt"
_PER_ADDRESS, _TOGETHER = Rate(10, 600.0), Rate(100, 600.0)
"""Attempts to sign in: a person who mistypes is not locked out, and nobody tries many."""


@dataclass(frozen=True, kw_only=True)
class Session:
    """One browser, signed in or at the door."""

    id: str
    name: str
    """Who it is; empty at the door."""
    account: str = PASSWORD
    """How they proved it: by the password, or as this account of the sign-in service."""

    @property
    def actor(self) -> str:
        """Who it is, for what is kept: the account; for who came by password, what they call themselves."""
        return self.account or self.name


class Sessions:
    """Makes and reads the cookies; nothing is kept but which were signed out."""

    def __init__(self, *, password: str, salt: str, clock: Clock) -> None:
        """Put together.

        Args:
            password: opens the console; with another, everybody signs in anew. Empty: it opens nothing.
            salt: of this installation, and secret.
            clock: tells when a cookie is too old.
        """
        self._password = hashlib.sha256(password.encode()).digest() if password else None
        self._key = hashlib.scrypt(password.encode(), salt=salt.encode(), n=2**14, r=8, p=1, dklen=32)
        self._attempt_key = hmac.new(self._key, b"attempt", hashlib.sha256).digest()
        self._clock = clock
        self._ended: dict[str, float] = {}
        """Sessions that were signed out, until when their cookies would have lasted."""
        self._by_address = Allowance(_PER_ADDRESS, clock)
        self._together = Allowance(_TOGETHER, clock)

    @property
    def takes_passwords(self) -> bool:
        """Whether there is a password."""
        return self._password is not None

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
        session = Session(
            id=str(claims["jti"]), name=str(claims["sub"]), account=str(claims.get("account", PASSWORD))
        )
        expired = float(claims["exp"]) <= self._now()
        return None if expired or session.id in self._ended else session

    def begin(self, name: str = "", account: str = PASSWORD) -> Session:
        """A new session; without a name it stays at the door."""
        return Session(id=secrets.token_urlsafe(18), name=name, account=account)

    def give(self, session: Session, request: web.Request, response: web.Response) -> None:
        """Let the browser keep the session."""
        claims = {
            "jti": session.id,
            "sub": session.name,
            "account": session.account,
            "exp": self._now() + LASTS.total_seconds(),
        }
        response.set_cookie(
            COOKIE,
            jwt.encode(claims, self._key, algorithm="HS256"),
            path=PATH,
            max_age=int(LASTS.total_seconds()),
            httponly=True,
            samesite="Strict",
            secure=is_https(request),
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
        self.count_attempt(request)
        if self._password is None:
            return False
        given = hashlib.sha256(password.encode("utf-8", "surrogateescape")).digest()
        return hmac.compare_digest(given, self._password)

    def count_attempt(self, request: web.Request) -> None:
        """Let somebody try to sign in.

        Raises:
            RateLimited: they tried too often.
        """
        for allowance, key in ((self._by_address, address_of(request)), (self._together, "")):
            if not allowance.take(key):
                raise RateLimited(retry_after=allowance.wait(key))

    def send_out(self, attempt: Attempt, request: web.Request, response: web.Response) -> None:
        """Let the browser keep what it must bring back from the sign-in service."""
        claims = {**asdict(attempt), "exp": self._now() + _AWAY.total_seconds()}
        response.set_cookie(
            _ATTEMPT,
            jwt.encode(claims, self._attempt_key, algorithm="HS256"),
            path=f"{PATH}/sign-in",
            max_age=int(_AWAY.total_seconds()),
            httponly=True,
            samesite="Lax",  # the service leads back from another site
            secure=is_https(request),
        )

    def come_back(self, request: web.Request, response: web.Response) -> Attempt | None:
        """What a browser brought back; it is good for one time. None where it is none of ours, or too old."""
        response.del_cookie(_ATTEMPT, path=f"{PATH}/sign-in")
        try:
            claims = jwt.decode(
                request.cookies.get(_ATTEMPT, ""),
                self._attempt_key,
                algorithms=["HS256"],
                options={"require": ["exp"], "verify_exp": False},  # by our own clock, below
            )
            attempt = Attempt(state=claims["state"], nonce=claims["nonce"], verifier=claims["verifier"])
        except (jwt.InvalidTokenError, KeyError):
            return None
        return attempt if float(claims["exp"]) > self._now() else None

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


def is_https(request: web.Request) -> bool:
    """As the browser sees it; a proxy that ends TLS says so."""
    return request.secure or request.headers.get("X-Forwarded-Proto", "").lower() == "https"
