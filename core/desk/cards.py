"""What agents see first of a ticket: who, since when, why, and what was said before."""

from collections.abc import Sequence

from core.desk import words
from core.message import Action
from core.store.records import COLLEAGUE, HEARD, RELAY, WITH_PEOPLE, Exchange, Ticket, TicketState

TAKE, RELEASE, BACK, SNOOZE, RESOLVE = (
    Action(name="desk:take", label="Take"),
    Action(name="desk:release", label="Release"),
    Action(name="desk:back", label="Hand back to the assistant"),
    Action(name="desk:snooze", label="Snooze"),
    Action(name="desk:resolve", label="Resolve"),
)
SEND, EDIT = Action(name="desk:send", label="Send"), Action(name="desk:edit", label="Edit")
"""Under a suggested answer."""
LAST_SAID = 3
"""Exchanges with the assistant that a card shows."""
EXCERPT = 300
"""Characters of each."""


def title(ticket: Ticket) -> str:
    """One line that tells a ticket from others."""
    who = words.plain(words.name_of(ticket.person))
    holder = ticket.agent.name if ticket.state is TicketState.ASSIGNED and ticket.agent else ""
    return " · ".join(
        part for part in (f"Ticket {ticket.number}", who, str(ticket.state), words.plain(holder)) if part
    )


def card(ticket: Ticket) -> str:
    """The first post of a ticket's thread, written anew whenever the ticket changes."""
    where = words.PLATFORMS[ticket.person.platform]
    since = f"{ticket.opened_at:%d %B %Y, %H:%M} UTC"
    again = f", opened again {ticket.reopened}×" if ticket.reopened else ""
    lines = [f"**{title(ticket)}**", f"From {where}, since {since}{again}: {words.reason(ticket)}."]
    lines += [f"*Asked about:* {words.plain(', '.join(ticket.topics))}"] if ticket.topics else []
    lines += [f"*Summary:* {words.plain(_excerpt(ticket.summary))}"] if ticket.summary else []
    return "\n\n".join(lines)


def rating_source(ticket: Ticket) -> str:
    """The source of the post in which the customer is asked how it was, each time it is closed."""
    return f"rating:{ticket.number}:{ticket.revision}"


def last_said(exchanges: Sequence[Exchange], summary: str, question: str) -> str:
    """What agents should know before they answer."""
    lines = [f"*Before:* {_excerpt(summary)}"] if summary else []
    for each in exchanges[-LAST_SAID:]:
        lines += [f"> {_excerpt(each.question)}"] if each.question else []
        speaker = "" if each.route in (RELAY, COLLEAGUE, HEARD) else "*Assistant:* "
        lines += [f"{speaker}{_excerpt(each.reply)}"] if each.reply else []
    lines += [f"> {_excerpt(question)}"] if question.strip() else []
    return "\n\n".join(lines)


def actions(ticket: Ticket) -> tuple[Action, ...]:
    """What can be done with it now."""
    if ticket.state not in WITH_PEOPLE:
        return (TAKE,)
    held = (RELEASE,) if ticket.state is TicketState.ASSIGNED else (TAKE,)
    put_off = () if ticket.state is TicketState.SNOOZED else (SNOOZE,)
    return (*held, BACK, *put_off, RESOLVE)


def _excerpt(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= EXCERPT else f"{flat[: EXCERPT - 1]}…"
