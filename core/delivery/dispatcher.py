"""Who works on which conversation: one task each, side by side, under a lease."""

import asyncio
import logging
from collections import Counter
from dataclasses import replace

from core.delivery.admission import Admission
from core.delivery.budgets import Budgets
from core.delivery.heartbeat import Heartbeat
from core.delivery.inquiry import Inquiry
from core.delivery.perception import Perception
from core.delivery.responder import Responder
from core.delivery.switchboard import Switchboard
from core.delivery.unmasking import Unmasking
from core.delivery.worker import Worker
from core.errors import Moved, StoreError
from core.failpoint import reach
from core.message import Conversation, Platform
from core.policy import Policies
from core.ports import Channel, Clock
from core.store.ports import Store

SIDE_BY_SIDE = 512
"""Conversations of a platform worked on at once, those that wait for the engine included; the others wait in
the inbox. Those of a platform that cannot be reached hold up none of another."""
CHANNEL_SHARE = SIDE_BY_SIDE // 4
"""Of these, those of one channel at most."""
SWEEP_SECONDS = 2.0
"""Between two looks for work that nobody woke us for."""

_log = logging.getLogger(__name__)


class Dispatcher:
    """Starts a worker for every conversation that has something to do, and takes over from dead processes."""

    def __init__(
        self,
        *,
        store: Store,
        responder: Responder,
        policies: Policies,
        admission: Admission,
        clock: Clock,
        switchboard: Switchboard | None = None,
        perception: Perception | None = None,
    ) -> None:
        """Put together.

        Args:
            switchboard: connects customers with people, where there is a help desk.
            perception: makes words of recordings and pictures; without it, they stay files.
        """
        operator = policies.learning.operator
        self._inquiry = Inquiry(store.lessons, policies, operator) if operator else None
        self._store = store
        self._responder = responder
        self._policies = policies
        self._admission = admission
        self._budgets = Budgets(clock, store.spending)
        self._heartbeat = Heartbeat(store.work, clock)
        self._clock = clock
        self._switchboard = switchboard
        self._perception = perception
        self._workers: dict[Platform, Worker] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._wakes: dict[str, asyncio.Event] = {}
        self._shares: Counter[str] = Counter()
        """Conversations worked on, by platform and by channel."""
        self._room = asyncio.Event()
        self._unreturned: set[str] = set()
        """Conversations whose lease the database did not take back, or may have given: nobody serves them."""
        self._stopping = False

    def connect(self, platform: Platform, channel: Channel) -> None:
        """Serve this platform's conversations from now on: its channel is ready for calls."""
        self._workers[platform] = Worker(
            self._store,
            Unmasking(channel, self._store.history),
            self._responder,
            self._admission,
            self._budgets,
            self._clock,
            self._switchboard,
            self.wake,
            self._inquiry,
            self._perception,
        )
        self._room.set()

    def wake(self, conversation: Conversation) -> None:
        """Something was committed for this conversation."""
        if self._stopping or not self._heartbeat.keeps or conversation.platform not in self._workers:
            return
        if conversation.key in self._tasks:
            self._wakes[conversation.key].set()
            return
        if (
            self._shares[conversation.platform] >= SIDE_BY_SIDE
            or self._shares[conversation.channel_key] >= CHANNEL_SHARE
        ):
            self._admission.backlog += 1  # a sweep counts it anew, and takes it up when there is room
            return
        wake = self._wakes[conversation.key] = asyncio.Event()
        task = asyncio.create_task(self._serve(conversation, wake), name=f"serve {conversation.key}")
        self._tasks[conversation.key] = task
        self._shares.update((conversation.platform, conversation.channel_key))
        task.add_done_callback(lambda _: self._done(conversation, wake))

    async def run(self) -> None:
        """Beat, sweep and listen until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._heartbeat.run(self._let_go), name="keep the leases")
            tasks.create_task(self._listen(), name="hear of what other processes wrote")
            await self._sweep_again_and_again()

    async def _sweep_again_and_again(self) -> None:
        while True:
            began = self._clock.monotonic()
            try:
                await self._sweep()
            except StoreError as error:
                _log.error("cannot look for work: %s", error)
            await self._rest(self._clock.monotonic() - began)

    async def stop(self, grace: float) -> None:
        """Begin nothing new, give running turns `grace` seconds, hand the others back."""
        self._stopping = True
        for worker in self._workers.values():
            worker.close()
        for wake in self._wakes.values():
            wake.set()  # what uses the quiet gives way
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

    def _let_go(self) -> None:
        """Break off what runs, before what it shows overwrites what another process says."""
        for task in self._tasks.values():
            task.cancel()

    async def _listen(self) -> None:
        """Wake whoever works on a conversation for which another process wrote something down.

        Where nobody here works on it, that process does, or a sweep takes it up.
        """
        while True:
            heard = await self._store.work.heard()
            for key in list(self._wakes) if heard is None else heard:
                if wake := self._wakes.get(key):
                    wake.set()

    async def _sweep(self) -> None:
        """Take up what nobody works on, as far as there is room."""
        for key in list(self._unreturned):
            if key not in self._tasks:
                await self._return(key)
        found: list[Conversation] = []
        beyond = 0
        for platform in list(self._workers):
            some = await self._store.work.open_conversations(SIDE_BY_SIDE, platform)
            if len(some) == SIDE_BY_SIDE:
                beyond += await self._store.work.count_open(platform) - len(some)
            found += some
        self._admission.backlog = beyond
        for conversation in found:
            self.wake(conversation)

    async def _rest(self, at_least: float) -> None:
        """Wait for the next sweep, which comes early where a backlog meets room.

        Args:
            at_least: seconds, as long as the last one took: with very much to look through, half of the time.
        """
        self._room.clear()
        if at_least > 0:
            await self._clock.sleep(at_least)
        sleeping = asyncio.create_task(self._clock.sleep(SWEEP_SECONDS))
        room = asyncio.create_task(self._room.wait())
        try:
            await asyncio.wait({sleeping, room}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleeping.cancel()
            room.cancel()
            await asyncio.wait({sleeping, room})

    async def _serve(self, conversation: Conversation, wake: asyncio.Event) -> None:
        try:
            if not await self._take(conversation.key):
                return  # whoever holds it works on it, or dies and is swept up
            reach("leased")
            try:
                await self._work(conversation, wake)
            finally:
                await self._return(conversation.key)
        except Moved as error:
            self.wake(replace(conversation, channel=error.channel))
        except StoreError as error:
            _log.error("work in %s interrupted: %s", conversation.key, error)
        except Exception:  # noqa: BLE001 - the other conversations go on
            _log.exception("work in %s broke off", conversation.key)

    async def _take(self, key: str) -> bool:
        """Take a conversation's lease; where it may have been given unsaid, the next sweep gives it back."""
        self._unreturned.add(key)
        taken = await self._store.leases.take(f"conversation:{key}")
        self._unreturned.discard(key)
        return taken

    async def _return(self, key: str) -> None:
        """Give a conversation's lease back; where the database refuses, the next sweep does."""
        self._unreturned.add(key)
        await self._store.leases.drop(f"conversation:{key}")
        self._unreturned.discard(key)

    async def _work(self, conversation: Conversation, wake: asyncio.Event) -> None:
        policy = self._policies.for_conversation(conversation)
        worker = self._workers[conversation.platform]
        await worker.serve(conversation, policy, wake)

    def _done(self, conversation: Conversation, wake: asyncio.Event) -> None:
        del self._tasks[conversation.key]
        del self._wakes[conversation.key]
        self._shares.subtract((conversation.platform, conversation.channel_key))
        if not self._shares[conversation.channel_key]:
            del self._shares[conversation.channel_key]
        if self._admission.backlog and self._shares[conversation.platform] < SIDE_BY_SIDE // 2:
            self._room.set()
        if wake.is_set():
            self.wake(conversation)
