"""Our own getUpdates loop: the offset moves only past what is committed.

The library's loop confirms updates that still wait in memory, and a crash loses them.
"""

import logging
from collections.abc import Sequence

from adapters.patience import LONGEST_PAUSE
from adapters.telegram.api import Api
from adapters.telegram.errors import BadToken, Contested
from adapters.telegram.payload import KINDS
from adapters.telegram.receiver import Receiver
from core.errors import PlatformError, RateLimited, StoreError, UnreadableEvent
from core.failpoint import reach
from core.health import Health
from core.ports import Clock, Leases

WAIT_SECONDS = 25
"""How long Telegram holds a call open while nothing arrives."""
ANSWER_SECONDS = WAIT_SECONDS + 10.0
STANDBY_SECONDS = 1.0
"""Between two looks whether the process that polls has died, or whether the database is back."""

log = logging.getLogger(__name__)


def lease_of(bot_id: str) -> str:
    """The name of the lease that the one process holds which polls for a bot."""
    return f"poller:telegram:{bot_id}"


class Poller:
    """Fetches updates, as the only process that does."""

    def __init__(self, *, api: Api, receiver: Receiver, leases: Leases, clock: Clock) -> None:
        self._api = api
        self._receiver = receiver
        self._leases = leases
        self._clock = clock
        self._lease = lease_of(api.bot_id)
        self._offset: int | None = None
        self._failures = 0
        self.health = _well("Receiving by polling.")

    async def run(self) -> None:
        """Poll until cancelled."""
        while True:
            try:
                await self._round()
            except StoreError as error:  # ours, and soon back: nobody asks us to hold back
                await self._fail(_complaint(error), longest=STANDBY_SECONDS)
            except PlatformError as error:
                await self._fail(_complaint(error), at_least=_pause_of(error))
            except Exception:
                log.exception("polling failed")
                await self._fail("Polling failed; the log says why.")

    async def stop(self) -> None:
        """Let another process poll; without a database, it waits until our lease has run out."""
        try:
            await self._leases.drop(self._lease)
        except StoreError as error:
            log.warning("the polling lease was not given back: %s", error)

    async def _round(self) -> None:
        if not await self._leases.take(self._lease):
            self.health = _well("Another process receives the updates; standing by.")
            await self._clock.sleep(STANDBY_SECONDS)
            return
        for update in await self._fetch():
            await self._take(update)
        self._failures = 0
        self.health = _well("Receiving by polling.")

    async def _fetch(self) -> Sequence[dict[str, object]]:
        """Updates as Telegram sent them: one that nobody can read must not spoil the others."""
        wait = 0 if self._failures else WAIT_SECONDS  # after a failure, see at once whether all is well again
        arguments: dict[str, object] = {"timeout": wait, "allowed_updates": list(KINDS)}
        if self._offset is not None:
            arguments["offset"] = self._offset
        async with self._api.calling() as bot:
            # capitalised, since the library warns of its own typed method, which would parse the whole batch
            found = await bot.do_api_request("GetUpdates", arguments, read_timeout=ANSWER_SECONDS)
        if self._offset is not None:
            reach("acked")
        return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []

    async def _take(self, update: dict[str, object]) -> None:
        number = update.get("update_id")
        try:
            await self._receiver.take(update)
        except UnreadableEvent as error:
            log.warning("update %s is left out: %s", number, error)
        if isinstance(number, int):
            self._offset = number + 1

    async def _fail(self, complaint: str, at_least: float = 0.0, longest: float = LONGEST_PAUSE) -> None:
        self.health = Health(part="telegram", ok=False, detail=complaint)
        pause = max(at_least, min(longest, 2.0**self._failures))
        self._failures = min(self._failures + 1, 10)
        log.warning("next poll in %.0f s: %s", pause, complaint)
        await self._clock.sleep(pause)


def _well(detail: str) -> Health:
    return Health(part="telegram", ok=True, detail=detail)


def _pause_of(error: Exception) -> float:
    return error.retry_after if isinstance(error, RateLimited) else 0.0


def _complaint(error: Exception) -> str:
    if isinstance(error, Contested):
        return "Another program receives this bot's updates: stop it, or remove its webhook."
    if isinstance(error, BadToken):
        return "Telegram no longer knows TELEGRAM_BOT_TOKEN: get the new one from @BotFather."
    return f"{error} Trying again."
