"""What flows may have done: functions of the operator's, and requests to hosts that they allow."""

import asyncio
import importlib
import importlib.util
import inspect
import json
import logging
import os
import re
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Protocol
from urllib.parse import quote, urlsplit

import aiohttp

from core.dialogue.flows.conditions import Value
from core.dialogue.flows.state import Pending, Result
from core.errors import ConfigurationError
from core.policy import ActionEntry, FlowsSection, RequestEntry

LARGEST = 65_536
"""Bytes of an answer that are read."""
LONGEST = 1000
"""Characters of a text that comes back."""
_SECRET = re.compile(r"\$\{([A-Z][A-Z0-9_]*)\}")
_PLACE = re.compile(r"\{([a-z][a-z0-9_]{0,17})\}")
Function = Callable[..., object]
_Way = Callable[[Mapping[str, Value], str], Awaitable[object]]

_log = logging.getLogger(__name__)


class Actions(Protocol):
    """Whoever does what flows ask for."""

    async def do(self, pending: Pending, key: str) -> Result:
        """Do it, or say that it failed; never raises but when cancelled.

        Args:
            key: the same whenever the same action of the same conversation is tried again.
        """


class OperatorActions:
    """Fills `Actions` with what frontdesk.yaml names.

    Args:
        section: of frontdesk.yaml.
        folder: where that file is.

    Raises:
        ConfigurationError: a function or a secret is missing, where it is no dry run.
    """

    def __init__(self, section: FlowsSection, folder: Path = Path()) -> None:
        self._dry_run = section.dry_run
        self._entries = {entry.name: entry for entry in section.actions}
        self._ways: Mapping[str, _Way] = (
            {} if section.dry_run else {entry.name: _way(entry, folder) for entry in section.actions}
        )

    async def do(self, pending: Pending, key: str) -> Result:
        entry = self._entries[pending.action]
        if self._dry_run:
            return Result(given=pending.digest, ok=True, back=entry.sample)
        try:
            async with asyncio.timeout(entry.timeout_seconds):
                back = await self._ways[entry.name](pending.given, key)
        except Exception as error:  # noqa: BLE001 - whatever an action trips over, the person hears something
            # its words may quote what it was given: they are not for the log
            _log.warning("the action %s failed (%s)", entry.name, type(error).__name__)
            return Result(given=pending.digest, ok=False)
        return Result(given=pending.digest, ok=True, back=_plain(back))


class SampleActions:
    """Fills `Actions` without doing anything: each gives back its sample, or fails where it is told to.

    Args:
        section: of frontdesk.yaml.
        samples: what to give back instead, by action; None: it fails.
    """

    def __init__(
        self, section: FlowsSection, samples: Mapping[str, Mapping[str, Value] | None] | None = None
    ) -> None:
        self._samples: dict[str, Mapping[str, Value] | None] = {e.name: e.sample for e in section.actions}
        self._samples |= samples or {}
        self.done: list[Pending] = []
        """Everything it was asked for."""

    async def do(self, pending: Pending, key: str) -> Result:
        self.done.append(pending)
        back = self._samples.get(pending.action)
        return Result(given=pending.digest, ok=back is not None, back=back or {})


def _way(entry: ActionEntry, folder: Path) -> _Way:
    if entry.request is not None:
        return _Request(entry.request, _headers(entry))
    return _Call(_function(entry, folder))


class _Call:
    """A function; one that is no coroutine runs on a thread, which a timeout cannot end."""

    def __init__(self, function: Function) -> None:
        self._function = function

    async def __call__(self, given: Mapping[str, Value], key: str) -> object:
        if inspect.iscoroutinefunction(self._function):
            return await self._function(**given)
        return await asyncio.to_thread(self._function, **given)


class _Request:
    """A request; what it is given goes along as JSON, apart from what stands in its address."""

    def __init__(self, entry: RequestEntry, headers: Mapping[str, str]) -> None:
        self._entry = entry
        self._headers = headers

    async def __call__(self, given: Mapping[str, Value], key: str) -> object:
        placed = set(_PLACE.findall(self._entry.url))
        url = _PLACE.sub(lambda found: quote(str(given.get(found[1], "")), safe=""), self._entry.url)
        if urlsplit(url).netloc != urlsplit(self._entry.url).netloc:
            raise ValueError("a value changed the host")
        body = {name: value for name, value in given.items() if name not in placed}
        headers = {**self._headers, "Idempotency-Key": key}
        async with (
            aiohttp.ClientSession(trust_env=False) as session,
            session.request(
                self._entry.method,
                url,
                json=body if self._entry.method != "GET" else None,
                headers=headers,
                allow_redirects=False,
            ) as response,
        ):
            if response.status // 100 != 2:
                raise ValueError(f"status {response.status}")
            content = await response.content.read(LARGEST + 1)
        if len(content) > LARGEST:
            raise ValueError("the answer is too large")
        return json.loads(content) if content.strip() else {}


def _plain(back: object) -> dict[str, Value]:
    """The values in what came back that a slot can hold."""
    if not isinstance(back, Mapping):
        return {}
    kept = {str(name): value for name, value in back.items() if isinstance(value, str | int | float | bool)}
    return {name: value[:LONGEST] if isinstance(value, str) else value for name, value in kept.items()}


def _headers(entry: ActionEntry) -> dict[str, str]:
    headers = entry.request.headers if entry.request else {}
    return {
        name: _SECRET.sub(lambda found: _secret(entry.name, found[1]), value)
        for name, value in headers.items()
    }


def _secret(action: str, name: str) -> str:
    value = os.environ.get(name)
    if not value:
        raise ConfigurationError(f"The action {action} of frontdesk.yaml needs {name} in the environment")
    return value


def _function(entry: ActionEntry, folder: Path) -> Function:
    """From `package.module:name`, or from `path/to/file.py:name`.

    Raises:
        ConfigurationError: there is none.
    """
    where, _, name = entry.function.rpartition(":")
    try:
        module = _from_file(folder / where) if where.endswith(".py") else importlib.import_module(where)
        found = getattr(module, name)
    except Exception as error:
        raise ConfigurationError(
            f"The action {entry.name}: {entry.function} cannot be loaded: {error}"
        ) from error
    if not callable(found):
        raise ConfigurationError(f"The action {entry.name}: {entry.function} is no function")
    return found  # type: ignore[no-any-return]  # a module's attributes have no type


def _from_file(path: Path) -> object:
    spec = importlib.util.spec_from_file_location(f"frontdesk_action_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is no Python file")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
