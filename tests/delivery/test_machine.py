"""The delivery core against a list, under whatever Hypothesis thinks of.

People write, edit, delete and press Stop in several conversations; events come again; the model takes its
time or fails; the platform fails in every way it can; a chat moves; the process dies without a word and
starts again on the same database. Whatever the order: every message is answered once, in order, in its
place, or it is said why not.

Time is a clock that only the machine moves. With `FRONTDESK_MACHINE=deep` it looks for longer.
"""

import os
import re
from dataclasses import dataclass
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from core import words
from core.errors import (
    RateLimited,
    Refused,
    Unreachable,
)
from core.message import Arrival, Conversation, Deletion, Edit, Stop
from core.policy import Policies, Policy
from tests.delivery.lives import Lives, numbers
from tests.samples import ANNA, arrival, conversation, message

PLACES = ("kitchen", "garden", "attic")
DEEP = os.environ.get("FRONTDESK_MACHINE") == "deep"
WAIT = 30.0


@dataclass(repr=False)
class Asked:
    """A message as the list has it."""

    number: int
    home: str
    """The place where it was written, whatever it is called now."""
    event: Arrival
    edits: int = 0
    is_deleted: bool = False
    may_be_stopped: bool = False

    def __repr__(self) -> str:
        return self.text

    @property
    def text(self) -> str:
        return f"q{self.number}" + (f"v{self.edits}" if self.edits else "")


class DeliveryMachine(Lives, RuleBasedStateMachine):
    """Everything that may happen, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[Asked] = []
        self.names = {place: place for place in PLACES}
        self.moves = 0

    # --- rules

    @initialize(overlap=st.sampled_from(["collect", "interrupt"]), finds=st.booleans())
    def begin(self, overlap: Any, finds: bool) -> None:
        policy = Policy(settle_seconds=0.5, overlap=overlap, person_budget=0, longest_wait_seconds=3600)
        self.policies = Policies(assistant=policy)
        self.platform.finds = finds
        self.run(self._start())

    @rule(place=st.sampled_from(PLACES), times=st.integers(1, 3))
    def somebody_writes(self, place: str, times: int) -> None:
        for _ in range(times):
            number = len(self.asked) + 1
            event = arrival(
                message(f"q{number}", id=f"m{number}", where=self._where(place)), key=f"k{number}"
            )
            self.asked.append(Asked(number=number, home=place, event=event))
            self.run(self._accept(event))

    @precondition(lambda self: self.asked)
    @rule(data=st.data())
    def an_event_comes_again(self, data: st.DataObject) -> None:
        self.run(self._accept(data.draw(st.sampled_from(self.asked)).event))

    @precondition(lambda self: self._at_hand())
    @rule(data=st.data())
    def somebody_edits(self, data: st.DataObject) -> None:
        asked = data.draw(st.sampled_from(self._at_hand()))
        asked.edits += 1
        edited = message(asked.text, id=f"m{asked.number}", where=self._where(asked.home))
        self.run(self._accept(arrival(Edit(message=edited), key=f"edited {asked.number}.{asked.edits}")))

    @precondition(lambda self: self._at_hand())
    @rule(data=st.data())
    def somebody_deletes(self, data: st.DataObject) -> None:
        asked = data.draw(st.sampled_from(self._at_hand()))
        asked.is_deleted = True
        event = Deletion(conversation=self._where(asked.home), message_id=f"m{asked.number}")
        self.run(self._accept(arrival(event, key=f"deleted {asked.number}")))

    @rule(place=st.sampled_from(PLACES))
    def somebody_presses_stop(self, place: str) -> None:
        for asked in self.asked:
            asked.may_be_stopped |= asked.home == place
        self.run(self._accept(arrival(Stop(conversation=self._where(place), person=ANNA))))

    @rule()
    def the_model_holds_its_breath(self) -> None:
        self._process.engine.hold.clear()

    @rule()
    def the_model_goes_on(self) -> None:
        self._process.engine.hold.set()
        self.run(self._calm())

    @rule()
    def the_model_will_fail(self) -> None:
        self._process.engine.failures = 1

    @rule(
        method=st.sampled_from(["place", "settle", "find", "show", "working", "withdraw"]),
        kind=st.sampled_from(["limited", "unreachable", "uncertain"]),
    )
    def the_platform_will_fail(self, method: str, kind: str) -> None:
        error = {"limited": RateLimited(retry_after=WAIT), "unreachable": Unreachable()}
        if kind == "uncertain" and method in ("place", "settle"):
            self.platform.lost.append(method)
        else:
            self.platform.fail(method, error.get(kind) or Unreachable())

    @rule()
    def the_platform_will_refuse_an_answer(self) -> None:
        if not self.platform.failures.get("settle"):
            self.platform.fail("settle", Refused())

    @precondition(lambda self: self.moves < 2)
    @rule(place=st.sampled_from(PLACES))
    def a_chat_moves(self, place: str) -> None:
        self.moves += 1
        old, new = self.names[place], f"{place} {self.moves}"
        self.names[place] = self.platform.moved[old] = new

    @rule(seconds=st.sampled_from([1, 5, 40]))
    def time_passes(self, seconds: int) -> None:
        self.run(self._pass(seconds))

    @precondition(lambda self: self.deaths < 4)
    @rule(is_known_dead=st.booleans())
    def the_process_dies(self, is_known_dead: bool) -> None:
        """Its successor sees that it is dead, or only that it is silent."""
        self.deaths += 1
        self.run(self._die(is_known_dead))
        self.run(self._start())

    # --- what must hold

    @invariant()
    def nothing_is_answered_twice(self) -> None:
        for asked in self.asked:
            assert len(self._posts_with(asked.number)) <= 1, f"q{asked.number} twice: {self.platform.visible}"

    @invariant()
    def everything_stands_where_it_was_asked(self) -> None:
        homes = {asked.number: asked.home for asked in self.asked}
        for platform_id, text in self.platform.visible.items():
            for number in numbers(text):
                assert self.platform.chats[platform_id].split()[0] == homes[number], text

    def teardown(self) -> None:
        """Let everything come to its end, and compare it with the list."""
        try:
            if self.process is not None:
                self.run(self._work_off())
                self.nothing_is_answered_twice()
                self.everything_stands_where_it_was_asked()
                self._nothing_is_lost()
                self._nothing_is_overtaken()
        finally:
            if self.process is not None:
                self.run(self._die(is_known_dead=True))
            self.runner.close()
            self.folder.cleanup()

    def _nothing_is_lost(self) -> None:
        failed = self.failed | self._process.engine.failed
        for asked in self.asked:
            said = self._said(asked.home)
            is_excused = (
                asked.is_deleted
                or (asked.may_be_stopped and words.stopped() in said)
                or (asked.number in failed and words.failed() in said)
                or words.unpostable() in said
                or words.set_aside() in said
            )
            found = self._posts_with(asked.number)
            assert found or is_excused, f"q{asked.number} was lost: {said!r}"
            if found and not asked.is_deleted and not is_excused:
                assert re.search(rf"\b{asked.text}\b", self.platform.visible[found[0]]), f"not {asked.text}"

    def _nothing_is_overtaken(self) -> None:
        for place in PLACES:
            if self.names[place] != place:
                continue  # a chat that moves is two chats for a moment, and they run side by side
            plain = [each for each in self.asked if each.home == place and not each.edits]
            found = [(posts[0], each.number) for each in plain if (posts := self._posts_with(each.number))]
            order = [number for _, number in sorted(found, key=lambda pair: (int(pair[0][1:]), pair[1]))]
            assert order == sorted(order), f"in {place}: {order}"

    # --- how it is done

    def _where(self, place: str) -> Conversation:
        return conversation(self.names[place])

    def _at_hand(self) -> list[Asked]:
        """Messages that can still be edited or deleted: those of a chat that moved no longer can."""
        return [
            each
            for each in self.asked
            if not each.is_deleted and each.event.event.conversation == self._where(each.home)
        ]

    def _posts_with(self, number: int) -> list[str]:
        return [each for each, text in self.platform.visible.items() if number in numbers(text)]

    def _said(self, place: str) -> str:
        return "\n".join(
            text
            for each, text in self.platform.visible.items()
            if self.platform.chats[each].split()[0] == place
        )


TestDelivery = DeliveryMachine.TestCase
TestDelivery.settings = settings(
    max_examples=1500 if DEEP else 40,
    stateful_step_count=60 if DEEP else 25,
    derandomize=not DEEP,
    suppress_health_check=list(HealthCheck),
)
