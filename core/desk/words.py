"""What the help desk says, in plain words: to customers in their language, to agents in English."""

from datetime import datetime, timedelta

from babel.dates import format_datetime

from core.desk.tickets import Reason
from core.message import Message, Person, Platform
from core.store.records import Ticket, TicketState
from core.translation import gettext as _
from core.translation import locale
from core.words import duration

PLATFORMS = {
    Platform.SLACK: "Slack",
    Platform.TELEGRAM: "Telegram",
    Platform.WEB: "the website",
    Platform.TERMINAL: "a terminal",
}
REASONS = {
    Reason.CUSTOMER_REQUEST: "asked for a person",
    Reason.MISSING_KNOWLEDGE: "the documents have no answer",
    Reason.UNSUPPORTED_REQUEST: "the assistant cannot do this",
    Reason.POLICY_RESTRICTION: "the assistant may not do this",
    Reason.TOOL_FAILURE: "something the assistant needs does not work",
    Reason.PENDING_CLARIFICATION: "the assistant does not understand",
    Reason.USAGE_LIMIT: "the assistant has answered as much as it may",
}
NOT_AN_AGENT = "Only members of this channel can do that."
KEPT_INSIDE = "//"
"""What begins so, agents write to each other."""
DESK_HELP = (
    "What you write in this thread goes to the customer; what begins with // stays here. "
    "The buttons are under the first message."
)


def handed_over(ticket: Ticket, wait: timedelta | None) -> str:
    """To the customer: people are on their way.

    Args:
        wait: within how long most customers had an answer; None where that is not known.
    """
    told = _("I am fetching a person for you. Your ticket number is **{number}**.").format(
        number=ticket.number
    )
    if wait is None:
        return told
    lately = _("Lately most people had an answer within {duration}.")
    return f"{told} {lately.format(duration=duration(max(wait.total_seconds(), 60)))}"


def closed_now(ticket: Ticket, opens: datetime | None) -> str:
    """To the customer: nobody is there.

    Args:
        opens: when somebody is, in the agents' time zone.
    """
    if opens is None:
        return _(
            "Nobody of our team is here now. Leave your message: it is kept as ticket **{number}**, "
            "and we answer as soon as somebody is here."
        ).format(number=ticket.number)
    return _(
        "Nobody of our team is here now. Leave your message: it is kept as ticket **{number}**, "
        "and we answer from {time} ({zone})."
    ).format(
        number=ticket.number,
        time=format_datetime(opens, "EEEE, d MMMM, HH:mm", locale=locale()),
        zone=opens.tzinfo,
    )


def remind(ticket: Ticket, target: str, left: timedelta) -> str:
    """To agents: a target is near, or missed."""
    who = f"{plain(ticket.agent.name)}: " if ticket.agent and ticket.agent.name else ""
    if left > timedelta():
        return f"⏰ {who}the {target} is due in {duration(left.total_seconds())}."
    return f"⏰ {who}the {target} was due {duration(-left.total_seconds())} ago."


def awake(ticket: Ticket) -> str:
    """To agents: what was put off is due."""
    return f"⏰ Ticket {ticket.number} is back: its time has come."


def already_with_people(ticket: Ticket) -> str:
    """To the customer, who asks for people again."""
    return _("Your ticket **{number}** is with our team. Whatever you write here reaches them.").format(
        number=ticket.number
    )


def taken_by(name: str) -> str:
    """To the customer: somebody is there."""
    if not name:
        return _("Somebody from our team is here now.")
    return _("{name} from our team is here now.").format(name=name)


def resolved(ticket: Ticket) -> str:
    """To the customer: it is done."""
    return _(
        "Ticket **{number}** is closed. Was our help good? If it is not solved, just write again."
    ).format(number=ticket.number)


def returned(ticket: Ticket) -> str:
    """To the customer: the assistant is back."""
    return _("You are talking to the assistant again (ticket **{number}**). Was our help good?").format(
        number=ticket.number
    )


def reason(ticket: Ticket) -> str:
    """Why it was handed over."""
    return REASONS[Reason(ticket.reason)]


def said(name: str, text: str) -> str:
    """Somebody's words, under their name."""
    return f"**{plain(name)}:** {text}".rstrip() if name else text


def name_of(person: Person) -> str:
    """What agents call a customer."""
    return person.name or f"a person in {PLATFORMS[person.platform]}"


def message_of(person: Person, message: Message) -> str:
    """A customer's message, as agents see it."""
    return said(name_of(person), message.text)


def suggested(text: str) -> str:
    """To agents: what they may answer."""
    return f"💡 *Suggested answer; only you see it:*\n\n{text}"


def suggestion_sent(agent: Person, text: str) -> str:
    """To agents: the suggested answer is on its way."""
    return f"*{plain(agent.name) or 'Somebody'} sent:*\n\n{text}"


def edit_suggestion() -> str:
    return "Suggested answer"


def send_suggestion() -> str:
    return "Send"


def how_to_edit() -> str:
    """To an agent on a platform without windows."""
    return "Reply to this message: what you write is sent instead."


def no_suggestion() -> str:
    """To an agent: a suggested answer cannot be sent any more."""
    return "This suggestion was answered already, or the customer has written again."


def closed(ticket: Ticket) -> str:
    """To an agent who writes after the end."""
    return f"Ticket {ticket.number} is {ticket.state}: this did not reach the customer. Take it first."


def elsewhere(ticket: Ticket) -> str:
    """To an agent: the customer has a newer ticket."""
    return f"The customer is in ticket {ticket.number} by now: please go on there."


def not_possible(ticket: Ticket) -> str:
    """To an agent whose button does not fit any more."""
    return f"Ticket {ticket.number} is {ticket.state}: that cannot be done now."


def plain(text: str) -> str:
    """A name within a line: no marks that Markdown would take for its own."""
    return " ".join("".join(" " if mark in "*_`~[]<>|\\#" else mark for mark in text).split())


def stepped(ticket: Ticket, agent: Person) -> str:
    """To agents: what somebody did."""
    who = plain(agent.name) or "Somebody"
    match ticket.state:
        case TicketState.ASSIGNED:
            return f"{who} has it now."
        case TicketState.OPEN:
            return f"{who} released it: it waits for an agent."
        case TicketState.SNOOZED:
            until = f"{ticket.snoozed_until:%d %B, %H:%M} UTC"
            return f"{who} put it off until {until}, or until the customer writes."
        case TicketState.RETURNED:
            return f"{who} handed the conversation back to the assistant."
        case TicketState.RESOLVED:
            return f"{who} resolved it. The customer is asked how it was."
