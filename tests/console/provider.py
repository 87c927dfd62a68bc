"""An organisation's sign-in service, strict, and able to answer wrongly in every way that matters."""

import base64
import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import jwt
from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography.hazmat.primitives.asymmetric import rsa
from yarl import URL

CLIENT, SECRET = "frontdesk", "a secret that only the two of us know"


@dataclass
class Provider:
    """Signs everybody in at once, as whoever `claims` says."""

    claims: dict[str, object] = field(default_factory=lambda: person("rita@example.org"))
    wrong: Mapping[str, object] = field(default_factory=dict)
    """What stands in the token instead of what is right."""
    algorithm: str = "RS256"
    issuer: str = ""
    keys_changed: bool = False
    _codes: dict[str, Mapping[str, str]] = field(default_factory=dict)
    _key: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(65537, 2048))

    async def start(self) -> TestServer:
        app = web.Application()
        app.router.add_get("/.well-known/openid-configuration", self._configuration)
        app.router.add_get("/authorize", self._authorize)
        app.router.add_post("/token", self._token)
        app.router.add_get("/keys", self._keys)
        server = TestServer(app)
        await server.start_server()
        self.issuer = str(server.make_url("")).rstrip("/")
        return server

    async def _configuration(self, request: web.Request) -> web.Response:
        return web.json_response(
            {
                "issuer": self.wrong.get("issuer", self.issuer),
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
            }
        )

    async def _authorize(self, request: web.Request) -> web.Response:
        asked = request.query
        assert (asked["response_type"], asked["client_id"]) == ("code", CLIENT)
        assert asked["code_challenge_method"] == "S256" and "openid" in asked["scope"].split()
        code = f"code-{len(self._codes)}"
        self._codes[code] = dict(asked)
        back = URL(asked["redirect_uri"]).update_query(code=code, state=asked["state"], iss=self.issuer)
        return web.Response(status=302, headers={"Location": str(back)})

    async def _token(self, request: web.Request) -> web.Response:
        form = await request.post()
        asked = self._codes.pop(str(form["code"]), None)  # good for one time
        if asked is None or (form["client_id"], form["client_secret"]) != (CLIENT, SECRET):
            raise web.HTTPBadRequest
        digest = hashlib.sha256(str(form["code_verifier"]).encode()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != asked["code_challenge"]:
            raise web.HTTPBadRequest
        if form["redirect_uri"] != asked["redirect_uri"]:
            raise web.HTTPBadRequest
        now = int(time.time())
        claims: dict[str, Any] = {
            **{"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": asked["nonce"]},
            **self.claims,
            **self.wrong,
        }
        return web.json_response({"id_token": self._signed(claims), "token_type": "Bearer"})

    def _signed(self, claims: dict[str, Any]) -> str:
        headers = {"kid": "1"}
        match self.algorithm:
            case "none":
                return jwt.encode(claims, "", algorithm="none", headers=headers)
            case "HS256":  # with what everybody knows
                return jwt.encode(claims, SECRET, algorithm="HS256", headers=headers)
        return jwt.encode(claims, self._key, algorithm=self.algorithm, headers=headers)

    async def _keys(self, request: web.Request) -> web.Response:
        key = rsa.generate_private_key(65537, 2048) if self.keys_changed else self._key
        public = jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
        return web.json_response({"keys": [{**public, "kid": "1", "use": "sig", "alg": "RS256"}]})


def person(mail: str, *, verified: bool = True) -> dict[str, object]:
    """What the service says of somebody."""
    return {"sub": f"id-of-{mail}", "email": mail, "email_verified": verified, "name": mail.partition("@")[0]}
