"""What is thrown at the webhooks: request after request over one connection, each judged by its status."""

import asyncio
import json
import os
import random
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

ROUNDS = int(os.environ.get("FRONTDESK_FUZZ", "10000"))
"""Requests per webhook; `make fuzz` sends ten times as many."""
STRANGE: Sequence[object] = (
    None, 0, -1.5, True, "", "x", [], [1], {}, {"a": 1}, [[]], [{}], {"id": 5}, "9" * 50,
    10**19, -(10**20), 1e308, "\x00", "\ud800", "<!channel>", {"a": {"b": {"c": []}}}, ["x"] * 50,
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Knock:
    """One request."""

    body: bytes
    headers: Mapping[str, str]
    allowed: Collection[int]
    """The statuses that are a right answer to it."""


class Wire:
    """A connection that stays open, without a client's manners."""

    def __init__(self, port: int, path: str) -> None:
        self._port = port
        self._path = path
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def send(self, knock: Knock) -> int:
        """Send one request; returns its status."""
        if self._reader is None or self._writer is None:
            self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        head = {"Host": "x", "Content-Length": str(len(knock.body)), **knock.headers}
        lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
        self._writer.write(f"POST {self._path} HTTP/1.1\r\n{lines}\r\n".encode("latin-1") + knock.body)
        answer = await self._reader.readuntil(b"\r\n\r\n")
        fields = dict(line.lower().split(b": ", 1) for line in answer.split(b"\r\n")[1:] if b": " in line)
        await self._reader.readexactly(int(fields.get(b"content-length", b"0")))
        if fields.get(b"connection") == b"close":
            await self.close()
        return int(answer.split(b" ", 2)[1])

    async def close(self) -> None:
        """Hang up."""
        if self._writer is not None:
            self._writer.close()
            await self._writer.wait_closed()
        self._reader = self._writer = None


async def storm(port: int, path: str, throw: Callable[[random.Random], Knock], rounds: int = ROUNDS) -> str:
    """Send so many requests, and fail where one is answered wrongly; returns what is to be told of it."""
    dice, seen, times = random.Random(2026), Counter[int](), []
    wire = Wire(port, path)
    for number in range(rounds):
        knock = throw(dice)
        started = time.perf_counter()
        status = await wire.send(knock)
        times.append(time.perf_counter() - started)
        seen[status] += 1
        assert status in knock.allowed, f"request {number}: {status} for {knock.body[:300]!r} {knock.headers}"
    await wire.close()
    slow = 1000 * sorted(times)[int(rounds * 0.99)]
    refused = sum(count for status, count in seen.items() if status != 200)
    return f"{path}: {rounds:,} requests, {refused:,} refused, 0 failures, p99 {slow:.1f} ms (wanted: 5)"


def mutated(value: Any, dice: random.Random) -> Any:
    """A copy of a payload in which one to three values are of another kind, missing or new."""
    copy = json.loads(json.dumps(value))
    for _ in range(dice.randint(1, 3)):
        if not copy:
            break
        spot, key = _somewhere(copy, dice)
        if isinstance(spot, dict) and dice.random() < 0.2:
            del spot[key]
        else:
            spot[key] = json.loads(json.dumps(dice.choice(STRANGE)))
    return copy


def _somewhere(value: Any, dice: random.Random) -> tuple[Any, Any]:
    """A container within the value, and one of its keys; the upper ones are the likelier."""
    spots = [value]
    for spot in spots:
        inner = spot.values() if isinstance(spot, dict) else spot
        spots.extend(each for each in inner if isinstance(each, dict | list) and each)
    spot = spots[int(len(spots) * dice.random() ** 2)]
    return spot, dice.choice(list(spot) if isinstance(spot, dict) else list(range(len(spot))))


def damaged(body: bytes, dice: random.Random) -> bytes:
    """The same bytes, a few of them replaced, missing or new."""
    content = bytearray(body)
    for _ in range(dice.randint(1, 4)):
        start = dice.randrange(len(content) + 1)
        content[start : start + dice.randint(0, 5)] = dice.randbytes(dice.randint(0, 5))
    return bytes(content)


def noise(dice: random.Random) -> bytes:
    """Bytes that are nothing."""
    return dice.choice(
        [
            b"",
            b"{",
            b"[]",
            b"null",
            b"payload=%7B",
            b'{"a":' * dice.randint(1, 3000),
            b"[" * dice.randint(1, 3000),
            b'{"a": ' + b"9" * dice.randint(20, 5000) + b"}",
            dice.randbytes(dice.randint(1, 2000)),
        ]
    )
