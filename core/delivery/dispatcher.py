"""Who works on which conversation: one task each, side by side, under a lease."""

import asyncio
import logging

from core.delivery.responder import Responder
from core.delivery.worker import Worker
from core.errors import StoreError
from core.failpoint import reach
from core.message import Conversation, Platform
from core.policy import Policies
from core.ports import Channel, Clock
from core.store.ports import Store

SIDE_BY_SIDE = 512
"""Conversations worked on at once; the engine's own queue decides which of them generate."""
SWEEP_SECONDS = 2.0
"""Between two heartbeats, and two looks for work that nobody woke us for."""

_log = logging.getLogger(__name__)


class Dispatcher:
    """Starts a worker for every conversation that has something to do, and takes over from dead processes."""

    def __init__(
        self,
        *,
        store: Store,
        responder: Responder,
        policies: Policies,
        clock: Clock,
    ) -> None:
        self._store = store
        self._responder = responder
        self._policies = policies
        self._clock = clock
        self._workers: dict[Platform, Worker] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._wakes: dict[str, asyncio.Event] = {}
        self._slots = asyncio.Semaphore(SIDE_BY_SIDE)
        self._stopping = False

    def connect(self, platform: Platform, channel: Channel) -> None:
        """Serve this platform's conversations from now on."""
        self._workers[platform] = Worker(self._store, channel, self._responder, self._clock)

    def wake(self, conversation: Conversation) -> None:
        """Something was committed for this conversation."""
        if self._stopping or conversation.platform not in self._workers:
            return
        if conversation.key in self._tasks:
            self._wakes[conversation.key].set()
            return
        wake = self._wakes[conversation.key] = asyncio.Event()
        task = asyncio.create_task(self._serve(conversation, wake), name=f"serve {conversation.key}")
        self._tasks[conversation.key] = task
        task.add_done_callback(lambda _: self._done(conversation, wake))

    async def run(self) -> None:
        """Beat and sweep until cancelled."""
        while True:
            try:
                await self._store.work.beat()
                for conversation in await self._store.work.open_conversations():
                    self.wake(conversation)
            except StoreError as error:
                _log.error("cannot look for work: %s", error)
            await self._clock.sleep(SWEEP_SECONDS)

    async def stop(self, grace: float) -> None:
        """Begin nothing new, give running turns `grace` seconds, hand the others back."""
        self._stopping = True
        tasks = set(self._tasks.values())
        if not tasks:
            return
        _, unfinished = await asyncio.wait(tasks, timeout=grace)
        for task in unfinished:
            task.cancel()
        if unfinished:
            await asyncio.wait(unfinished)

    @property
    def busy(self) -> int:
        """Conversations being worked on."""
        return len(self._tasks)

    async def _serve(self, conversation: Conversation, wake: asyncio.Event) -> None:
        lease = f"conversation:{conversation.key}"
        async with self._slots:
            try:
                if not await self._store.leases.take(lease):
                    return  # whoever holds it works on it, or dies and is swept up
                reach("leased")
                try:
                    await self._work(conversation, wake)
                finally:
                    await self._store.leases.drop(lease)
            except StoreError as error:
                _log.error("work in %s interrupted: %s", conversation.key, error)
            except Exception:  # noqa: BLE001 - the other conversations go on
                _log.exception("work in %s broke off", conversation.key)

    async def _work(self, conversation: Conversation, wake: asyncio.Event) -> None:
        policy = self._policies.for_conversation(conversation)
        worker = self._workers[conversation.platform]
        await worker.serve(conversation, policy, wake)

    def _done(self, conversation: Conversation, wake: asyncio.Event) -> None:
        del self._tasks[conversation.key]
        del self._wakes[conversation.key]
        if wake.is_set():
            self.wake(conversation)
