"""How events and interactions reach the app: tried again as Slack does, disturbed as the faults wish."""

import asyncio
from dataclasses import dataclass, field, replace

from bots.playground.changes import Changes
from bots.playground.clock import PlayClock
from bots.playground.faults import FaultKind, Faults
from bots.playground.journal import Journal
from bots.playground.slack.delivery import Answer, Delivery, Kind
from bots.playground.slack.poster import Poster
from bots.playground.slack.sockets import Sockets
from bots.playground.slack.state import App, Payload

RETRY_AFTER = (0.0, 60.0, 300.0)
"""Seconds before each retry of an event (docs.slack.dev/apis/events-api#error-handling)."""


@dataclass(kw_only=True)
class Deliveries:
    """Everything on its way to the app."""

    app: App
    clock: PlayClock
    faults: Faults
    journal: Journal
    changes: Changes
    sockets: Sockets
    poster: Poster
    _tasks: set["asyncio.Task[Answer]"] = field(default_factory=set)
    _held: list[Delivery] = field(default_factory=list)

    def deliver(self, kind: Kind, payload: Payload) -> None:
        """Send an event on its way; what goes wrong is tried again."""
        delivery = Delivery(kind=kind, payload=payload)
        if self.faults.take(FaultKind.REORDER_DELIVERY, delivery.name):
            self._held.append(delivery)
            return
        self._start(delivery)
        if self.faults.take(FaultKind.DUPLICATE_DELIVERY, delivery.name):
            self._start(delivery)

    async def ask(self, kind: Kind, payload: Payload) -> Answer:
        """Deliver an interaction and wait for what the app says; interactions are sent once."""
        return await self._start(Delivery(kind=kind, payload=payload))

    def _start(self, delivery: Delivery) -> "asyncio.Task[Answer]":
        held, self._held = self._held, []
        task = asyncio.create_task(self._carry(delivery, held))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _carry(self, delivery: Delivery, held: list[Delivery]) -> Answer:
        if fault := self.faults.take(FaultKind.DELAY_DELIVERY, delivery.name):
            await self.clock.sleep(fault.seconds)
        answer = await self._attempt(delivery)
        for each in held:
            self._start(each)
        return await self._repeat(delivery, answer) if delivery.kind == "events_api" else answer

    async def _repeat(self, delivery: Delivery, answer: Answer) -> Answer:
        for number, pause in enumerate(RETRY_AFTER, start=1):
            if not answer.failure or answer.is_final:
                break
            await self.clock.sleep(pause)
            delivery = replace(delivery, attempt=number, reason=answer.failure)
            answer = await self._attempt(delivery)
        return answer

    async def _attempt(self, delivery: Delivery) -> Answer:
        if fault := self.faults.take(FaultKind.CLOCK_SKEW, delivery.name):
            delivery = _skewed(delivery, fault.seconds)
        if self.faults.take(FaultKind.SOCKET_LOSS, delivery.name):
            self.sockets.cut()
            answer = Answer(failure="connection_failed")
        elif self.app.request_url is None:
            answer = await self.sockets.send(delivery)
        else:
            forged = self.faults.take(FaultKind.WRONG_SIGNATURE, delivery.name) is not None
            delivery = replace(delivery, is_forged=forged)
            answer = await self.poster.send(self.app, self.app.request_url, delivery)
        self._note(delivery, answer)
        return answer

    def _note(self, delivery: Delivery, answer: Answer) -> None:
        body = {
            "payload": delivery.payload,
            "retry_attempt": delivery.attempt,
            "retry_reason": delivery.reason,
        }
        self.journal.note(
            "delivery", delivery.name, place=delivery.place, body=body, outcome=answer.failure or "ok"
        )
        self.changes.publish("delivery", {"name": delivery.name, "outcome": answer.failure or "ok"})

    async def forget(self) -> None:
        """Give up everything on its way."""
        tasks, self._held = list(self._tasks), []
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)


def _skewed(delivery: Delivery, seconds: float) -> Delivery:
    """The same from a platform whose clock is so many seconds ahead."""
    dated = delivery.payload.get("event_time")
    payload = delivery.payload | ({"event_time": int(dated + seconds)} if isinstance(dated, int) else {})
    return replace(delivery, payload=payload, skew=seconds)
