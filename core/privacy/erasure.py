"""Erasing a person: first the keys to their conversations, then the bytes; what stays is a nameless proof.

The order is that in which SQLite forgets: overwritten rows (`secure_delete`), then the log, as it holds what
the file held before. What was broken off is taken up again from its beginning.
"""

import asyncio
import hashlib
import hmac
import logging
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager

from core.errors import StoreError
from core.failpoint import reach
from core.ports import Cabinet, Clock
from core.privacy.audit import Action, AuditEntry, accounted_once
from core.privacy.keys import LOOK_SECONDS
from core.store.ports import Store
from core.store.records import Erasure, Holdings

PROOF = "privacy.proof"
"""Under which the cabinet keeps the key to the proofs."""
PATIENCE = 330.0
"""Seconds that a conversation may go on before it is erased: a turn takes 300 at most."""
LOOK = 0.2
"""Seconds between two looks whether it is over."""
BEAT = 2.0
"""Seconds between two signs of life, without which the leases would be lost."""

Trace = Callable[[Holdings], Awaitable[Mapping[str, object]]]
"""Removes what there is of a person outside of the database, and says what that was; never who."""

_log = logging.getLogger(__name__)


class Eraser:
    """Erases people, one after another.

    Args:
        store: opened for this alone: its leases are not those with which conversations are served.
        traces: what else there may be of them, which their conversations tell: removed before these go.
        later: what needs the person alone; where it fails, the database has forgotten them all the same.
        patience: seconds that a conversation may go on before it is erased; 0 where nobody serves any.
    """

    def __init__(
        self,
        store: Store,
        traces: Sequence[Trace],
        later: Sequence[Trace],
        clock: Clock,
        patience: float = PATIENCE,
    ) -> None:
        self._patience = patience
        self._store = store
        self._traces = traces
        self._later = later
        self._clock = clock

    async def erase_all(self) -> Sequence[Mapping[str, object]]:
        """Erase everybody who is to be erased; returns what was affected, for each.

        Raises:
            FrontdeskError: a conversation goes on and on, the database refused, or a trace stays; everybody
                else is erased, and this is taken up next time.
            OSError: likewise, where a file cannot be deleted.
        """
        await self._store.work.beat()
        done: list[Mapping[str, object]] = []
        failed: list[Exception] = []
        for each in await self._store.subjects.asked():
            try:
                if await self._store.leases.take(f"erasure:{each.id}"):  # else another process is at it
                    done.append(await self._erase(each))
            except Exception as error:  # noqa: BLE001 - raised below
                failed.append(error)
        if failed:
            raise failed[0]
        return done

    async def _erase(self, erasure: Erasure) -> Mapping[str, object]:
        subjects = self._store.subjects
        entry = AuditEntry(
            actor=erasure.asked_by,
            action=Action.ERASE,
            subject=f"erasure:{erasure.id}",
            whose=erasure.person,
        )
        async with self._holding(erasure.person) as holdings, accounted_once(self._store.audit, entry):
            affected: dict[str, object] = {"consent": await self._consented(erasure.person)}
            for trace in self._traces:
                affected |= await trace(holdings)
            reach("traces_gone")
            affected["keys"] = await subjects.destroy_keys(holdings)
            reach("keys_gone")
            affected["rows"] = await subjects.wipe(holdings)
            reach("rows_gone")
            await self._clock.sleep(2 * LOOK_SECONDS)  # until no process seals with these keys any more
            await subjects.leftovers(holdings)
            await subjects.clear_log()
            reach("log_cleared")
            for trace in self._later:
                affected |= await trace(holdings)
            await subjects.conclude(erasure, await proof_of(erasure.person, self._store.cabinet), affected)
            await subjects.clear_log()  # of the request, which named them
        _log.info("erasure %s is done: %d rows", erasure.id, affected["rows"])
        return affected

    async def _consented(self, person: str) -> Mapping[str, object] | None:
        """What they last said about learning, to be proved without their name."""
        consent = await self._store.lessons.consent(person)
        if consent is None:
            return None
        return {"granted": consent.granted, "wording": consent.wording, "at": consent.at.isoformat()}

    @asynccontextmanager
    async def _holding(self, person: str) -> AsyncIterator[Holdings]:
        """What is kept of the person, while nobody else works on their conversations."""
        beating = asyncio.create_task(self._beat(), name="beat while erasing")
        try:
            holdings = await self._settled(person)
            yield holdings
        finally:
            beating.cancel()
            await asyncio.wait({beating})
            await self._store.work.retire()

    async def _settled(self, person: str) -> Holdings:
        """Take all leases, once nothing is left to be said; what waits for too long is not waited for."""
        give_up = self._clock.monotonic() + self._patience
        while True:
            holdings = await self._store.subjects.holdings(person)
            is_held = await self._hold(holdings)
            is_late = self._clock.monotonic() > give_up
            if is_held and (is_late or not await self._store.subjects.is_busy(holdings)):
                # what was committed before the last lease was taken
                return await self._store.subjects.holdings(person)
            if is_late:
                raise StoreError("A conversation of this person goes on and on. Try again later.")
            await self._let_go(holdings)
            await self._clock.sleep(LOOK)

    async def _hold(self, holdings: Holdings) -> bool:
        for place in _places(holdings):
            if not await self._store.leases.take(f"conversation:{place}"):
                return False
        return True

    async def _let_go(self, holdings: Holdings) -> None:
        for place in _places(holdings):
            await self._store.leases.drop(f"conversation:{place}")

    async def _beat(self) -> None:
        while True:
            try:
                await self._store.work.beat()
            except StoreError as error:
                _log.warning("no heartbeat while erasing: %s", error)
            await self._clock.sleep(BEAT)


async def proof_of(person: str, cabinet: Cabinet) -> str:
    """By what is found that somebody was erased, when one knows who; it tells nobody who that was."""
    return proved_with(await proof_key(cabinet), person)


async def proof_key(cabinet: Cabinet) -> str:
    """With which proofs are made here; in hexadecimal."""
    key = await cabinet.get(PROOF)
    if key is None:
        key = secrets.token_hex(32)
        await cabinet.put(PROOF, key)
    return key


def proved_with(key: str, person: str) -> str:
    """The proof of a person by a key of `proof_key`."""
    return hmac.new(bytes.fromhex(key), person.encode(), hashlib.sha256).hexdigest()


def _places(holdings: Holdings) -> Sequence[str]:
    """All of their conversations; always in the same order, so that two never wait for each other."""
    return sorted({*holdings.own, *holdings.shared})
