"""A service that people have used for a week."""

from dataclasses import dataclass, field
from datetime import timedelta

from core.message import (
    Addressing,
    Arrival,
    Conversation,
    Message,
    Person,
    Platform,
    Post,
    Rating,
    Reply,
)
from core.store.ports import Store
from core.store.records import Consent, Outcome, PostState, TurnState
from core.testing import FakeClock

SCRIPT = "<script>alert('x')</script>"
NAME, PHONE = "Anna Schmidt", "+49 170 1234567"
ANSWERS = (
    (
        "How do I return a pair of shoes?",
        "Send them back within 30 days, with the label from your parcel.",
        "knowledge",
    ),
    (f"I am {NAME}, call me at {PHONE}. Is {SCRIPT} open?", f"We are open. {SCRIPT}", "chat"),
    ("What does delivery to Norway cost?", "Delivery to Norway costs 12 euros.", "knowledge"),
    ("Can I pay by invoice?", "Yes, from the second order on.", "chat"),
)


@dataclass
class Sample:
    """Fills a store through its ports."""

    store: Store
    clock: FakeClock
    numbers: list[int] = field(default_factory=list)

    async def week(self) -> None:
        """A few answers each day on three platforms; half of the people agree to be learnt from."""
        for day in range(7):
            for number in range(2 + day % 3):
                platform = (Platform.SLACK, Platform.TELEGRAM, Platform.WEB)[(day + number) % 3]
                question, answer, route = ANSWERS[(day + number) % len(ANSWERS)]
                turn = await self.answered(platform, f"C{number}", question, answer, route)
                verdict = "bad" if number == 1 else "good"
                await self.judged(platform, f"C{number}", turn, verdict)
            self.clock.set(self.clock.now() + timedelta(days=1))
        self.clock.set(self.clock.now() - timedelta(days=1))

    async def answered(
        self, platform: Platform, channel: str, question: str, answer: str, route: str = "chat"
    ) -> str:
        """A question and its answer; returns the id of the turn."""
        self.numbers.append(0)
        number = len(self.numbers)
        place = Conversation(platform=platform, tenant="T1", channel=channel, direct=True)
        message = Message(
            id=str(number),
            conversation=place,
            sender=_person(platform, channel),
            text=question,
            addressed=Addressing.DIRECT,
            sent_at=self.clock.now(),
        )
        await self.store.inbox.accept(Arrival(key=f"k{number}", event=message))
        assert await self.store.leases.take(f"conversation:{place.key}")
        entries = await self.store.inbox.waiting(place.key)
        post = Post(
            id=f"p{number}", turn_id=f"t{number}", conversation=place, recipient=_person(platform, channel)
        )
        turn = await self.store.turns.begin(place, post, entries)
        self.clock.set(self.clock.now() + timedelta(seconds=2 + number % 4))
        seconds = 1.0 + number % 3
        evidence: dict[str, object] = {
            "usage": {
                "prompt_tokens": 300,
                "generated_tokens": 40,
                "first_token_seconds": 0.4,
                "seconds": seconds,
            },
            "passages": [
                {"document": "shipping.md", "place": "Costs", "relevance": 0.81},
                {"id": 12, "source": "slack:T1:C1", "relevance": 0.52},  # of what somebody brought
            ],
        }
        outcome = Outcome(
            state=TurnState.ANSWERED,
            reply=answer,
            parts=(Reply(text=answer),),
            question=question,
            route=route,
            model="smollm2-135m@1a2b3c4d5e6f",
            evidence=evidence,
        )
        await self.store.turns.finish(turn, outcome, [post])
        await self.store.leases.drop(f"conversation:{place.key}")
        return turn.id

    async def judged(self, platform: Platform, channel: str, turn: str, verdict: str) -> None:
        """The person judged an answer."""
        place = Conversation(platform=platform, tenant="T1", channel=channel, direct=True)
        person = _person(platform, channel)
        await self.store.people.rate(Rating(conversation=place, person=person, verdict=verdict), turn)  # type: ignore[arg-type]  # good or bad

    async def consents(self, platform: Platform, channel: str, *, granted: bool = True) -> None:
        """The person decided whether the assistant may learn from them."""
        person = _person(platform, channel)
        at = self.clock.now()
        await self.store.lessons.decide(
            Consent(person=person.key, granted=granted, wording="May we?", conversation="", at=at)
        )

    async def dead_letter(self) -> str:
        """A post that the platform refused; returns its id."""
        number = len(self.numbers) + 1
        await self.answered(Platform.SLACK, "GONE", "Are you there?", "Yes.")
        place = Conversation(platform=Platform.SLACK, tenant="T1", channel="GONE", direct=True)
        assert await self.store.leases.take(f"conversation:{place.key}")
        post = Post(id=f"p{number}", turn_id="", conversation=place)
        await self.store.outbox.mark(post, PostState.FAILED, reason=f"channel_not_found {SCRIPT}")
        await self.store.leases.drop(f"conversation:{place.key}")
        return f"p{number}"


def _person(platform: Platform, channel: str) -> Person:
    return Person(platform=platform, tenant="T1", id=f"U{channel}", name=NAME)
