"""What agents see first of a ticket: who, since when, why, and what was said before."""

from collections.abc import Sequence

from core.desk import words
from core.message import Action
from core.store.records import COLLEAGUE, HEARD, RELAY, WITH_PEOPLE, Exchange, Ticket, TicketState

TAKE, RELEASE, BACK, SNOOZE, RESOLVE = (
    "desk:take",
    "desk:release",
    "desk:back",
    "desk:snooze",
    "desk:resolve",
)
MUTE, UNMUTE = "desk:spam", "desk:unmute"
"""The commands of a card's buttons."""
SEND, EDIT = "desk:send", "desk:edit"
"""Those under a suggested answer."""
LAST_SAID = 3
"""Exchanges with the assistant that a card shows."""
EXCERPT = 300
"""Characters of each."""


def title(ticket: Ticket) -> str:
    """One line that tells a ticket from others."""
    who = words.plain(words.name_of(ticket.person))
    holder = ticket.agent.name if ticket.state is TicketState.ASSIGNED and ticket.agent else ""
    parts = (words.ticket(ticket.number), who, words.state(ticket), words.plain(holder))
    return " · ".join(part for part in parts if part)


def card(ticket: Ticket) -> str:
    """The first post of a ticket's thread, written anew whenever the ticket changes."""
    lines = [f"**{title(ticket)}**", words.origin(ticket)]
    details = (
        (words.asked_about(), ", ".join(ticket.topics)),
        (words.summary(), _excerpt(ticket.summary)),
        (words.team(), ticket.team),
        (words.tags(), ", ".join(ticket.tags)),
        (words.follow_up(), ticket.note),
    )
    lines += [f"*{name}:* {words.plain(text)}" for name, text in details if text]
    return "\n\n".join(lines)


def rating_source(ticket: Ticket) -> str:
    """The source of the post in which the customer is asked how it was, each time it is closed."""
    return f"rating:{ticket.number}:{ticket.revision}"


def last_said(exchanges: Sequence[Exchange], summary: str, question: str) -> str:
    """What agents should know before they answer."""
    lines = [f"*{words.before()}:* {_excerpt(summary)}"] if summary else []
    for each in exchanges[-LAST_SAID:]:
        lines += [f"> {_excerpt(each.question)}"] if each.question else []
        speaker = "" if each.route in (RELAY, COLLEAGUE, HEARD) else f"*{words.assistant()}:* "
        lines += [f"{speaker}{_excerpt(each.reply)}"] if each.reply else []
    lines += [f"> {_excerpt(question)}"] if question.strip() else []
    return "\n\n".join(lines)


def actions(ticket: Ticket) -> tuple[Action, ...]:
    """What can be done with it now."""
    if ticket.state not in WITH_PEOPLE:
        unmute = (UNMUTE,) if ticket.muted_until else ()
        return _buttons(TAKE, *unmute)
    held = RELEASE if ticket.state is TicketState.ASSIGNED else TAKE
    put_off = () if ticket.state is TicketState.SNOOZED else (SNOOZE,)
    return _buttons(held, BACK, *put_off, RESOLVE, MUTE)


def suggestion_actions() -> tuple[Action, ...]:
    """What can be done with a suggested answer."""
    return _buttons(SEND, EDIT)


def _buttons(*names: str) -> tuple[Action, ...]:
    labels = {
        TAKE: words.take(),
        RELEASE: words.release(),
        BACK: words.hand_back(),
        SNOOZE: words.snooze(),
        RESOLVE: words.resolve(),
        MUTE: words.spam(),
        UNMUTE: words.unmute(),
        SEND: words.send(),
        EDIT: words.edit(),
    }
    return tuple(Action(name=name, label=labels[name]) for name in names)


def _excerpt(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= EXCERPT else f"{flat[: EXCERPT - 1]}…"
