"""What goes from one conversation into another's inbox, under keys that make it go once."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from core.desk import cards, words
from core.desk.charts import lying_chart
from core.desk.door import Door
from core.desk_policy import Team
from core.message import Action, Arrival, Citation, Conversation, LyingFile, Message, Relay
from core.store.records import WITH_PEOPLE, Ticket
from core.translation import spoken


@dataclass(frozen=True, kw_only=True)
class Said:
    """What is to be said elsewhere."""

    text: str
    citations: tuple[Citation, ...] = ()
    files: tuple[LyingFile, ...] = ()
    actions: tuple[Action, ...] = ()
    by_colleague: bool = False
    """As in `Relay`, like the following."""
    pinned: bool = False
    closes: bool = False

    @classmethod
    def of(cls, message: Message, author: str) -> "Said":
        """A person's message, under their name."""
        return cls(
            text=words.said(author, words.with_recognised(message)),
            files=cls.of_all([message]).files,
            by_colleague=message.conversation.is_desk,
        )

    @classmethod
    def of_all(cls, messages: Sequence[Message]) -> "Said":
        """The files of several messages, without their words."""
        files = [
            LyingFile(attachment=each, conversation=message.conversation)
            for message in messages
            for each in message.attachments
        ]
        return cls(text="", files=tuple(files))


def source_of(conversation: Conversation, message_id: str) -> str:
    """What a message is called as the source of a relay."""
    return f"{conversation.key}/{message_id}"


def key_of(source: str) -> str:
    """The inbox key of what a source gave rise to elsewhere."""
    return f"relay:{source}"


def say(place: Conversation, source: str, said: Said) -> Arrival:
    """Something to be said in `place`, once for its source."""
    return Arrival(key=key_of(source), event=_relay(place, source, said))


def note(
    place: Conversation,
    source: str,
    text: str,
    *,
    files: tuple[LyingFile, ...] = (),
    judged: bool = False,
    begins_afresh: bool = False,
) -> Arrival:
    """Something that the desk itself has to say in `place`; the rest as in `Relay`."""
    relay = Relay(
        conversation=place,
        source=source,
        text=text,
        files=files,
        judged=judged,
        begins_afresh=begins_afresh,
    )
    return Arrival(key=key_of(source), event=relay)


def change(place: Conversation, source: str, said: Said | None, which: str | int) -> Arrival:
    """What was said in `place` for a source is another now; gone, without `said`.

    Args:
        which: tells this change from others of the same source.
    """
    if said is None:
        relay = Relay(conversation=place, source=source, kind="deletion")
    else:
        relay = replace(_relay(place, source, said), kind="edit")
    return Arrival(key=f"{key_of(source)}:{relay.kind}:{which}", event=relay)


def call(ticket: Ticket, team: Team, which: str) -> Arrival:
    """A team is called to a ticket, by the turn `which`."""
    relay = Relay(
        conversation=ticket.desk,
        source=f"call:{which}",
        text=words.for_team(team.name),
        mentions=(team.mention,) if team.mention else (),
    )
    return Arrival(key=key_of(relay.source), event=relay)


def chart(ticket: Ticket, which: str) -> Arrival:
    """The chart of the help desk in a ticket's thread, asked for in the turn `which`."""
    return note(ticket.desk, f"chart:{which}", "", files=(lying_chart(),))


def card_of(before: Ticket | None, now: Ticket, door: Door) -> list[Arrival]:
    """A ticket's card, and where the desk has them its title: new, or brought up to date."""
    with spoken(door.language):
        return _card_of(before, now, has_titles=door.has_titles)


def _card_of(before: Ticket | None, now: Ticket, *, has_titles: bool) -> list[Arrival]:
    title = Said(text=cards.title(now), closes=now.state not in WITH_PEOPLE)
    said = [("title", title)] if has_titles else []
    said.append(("card", Said(text=cards.card(now), actions=cards.actions(now), pinned=True)))
    if before is None or before.number != now.number:
        return [say(now.desk, f"{name}:{now.number}", each) for name, each in said]
    return [change(now.desk, f"{name}:{now.number}", each, f"r{now.revision}") for name, each in said]


def _relay(place: Conversation, source: str, said: Said) -> Relay:
    return Relay(
        conversation=place,
        source=source,
        text=said.text,
        citations=said.citations,
        files=said.files,
        actions=said.actions,
        by_colleague=said.by_colleague,
        pinned=said.pinned,
        closes=said.closes,
    )
