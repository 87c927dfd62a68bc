"""A plain client of the Bot API, without the manners of a library."""

from types import TracebackType
from typing import Any

import aiohttp

from tests.playground.telegram.schema import check_result


class Client:
    """Calls methods and returns the HTTP status with the body."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url
        self.token = token
        self.session = aiohttp.ClientSession()

    async def __aenter__(self) -> "Client":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.session.close()

    async def call(self, method: str, **arguments: Any) -> tuple[int, dict[str, Any]]:
        """Call with a JSON body; a result is held against aiogram's models."""
        async with self.session.post(self.address(method), json=arguments) as answer:
            body = await answer.json()
        if answer.status == 200:
            check_result(method, body["result"])
        return answer.status, body

    async def result(self, method: str, **arguments: Any) -> Any:
        """Call, and expect it to succeed."""
        status, body = await self.call(method, **arguments)
        assert status == 200, body
        return body["result"]

    async def error(self, method: str, **arguments: Any) -> tuple[int, str]:
        """Call, and expect it to be refused."""
        status, body = await self.call(method, **arguments)
        assert not body["ok"]
        assert body["error_code"] == status
        return status, body["description"]

    async def updates(self, **arguments: Any) -> list[dict[str, Any]]:
        """Poll once without waiting."""
        found: list[dict[str, Any]] = await self.result("getUpdates", **arguments)
        return found

    def address(self, method: str) -> str:
        """The URL of a method."""
        return f"{self.url}/bot{self.token}/{method}"
