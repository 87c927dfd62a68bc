"""What the help desk says, in plain words: to customers in their language, to agents in the desk's.

A new phrase wants its translations: `make words`, then fill what is empty in core/locale.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from babel.dates import format_datetime
from babel.numbers import format_percent

from core.desk.tickets import Reason
from core.message import Conversation, Message, Person, Platform
from core.store.records import Ticket, TicketState
from core.translation import gettext as _
from core.translation import locale
from core.words import duration, quotation

Figures = Mapping[str, Any]
FIRST_ANSWER, RESOLUTION = "first answer", "resolution"
"""Targets."""
KEPT_INSIDE = "//"
"""What begins so, agents write to each other."""
MADE = 2_000
"""Characters shown of what a machine made of a file."""


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
    """To agents: a target is near, or missed.

    Args:
        target: as `core.desk.rounds` calls it.
    """
    who = f"{plain(ticket.agent.name)}: " if ticket.agent and ticket.agent.name else ""
    name = _("the first answer") if target == FIRST_ANSWER else _("the resolution")
    said = (
        _("{target} is due in {duration}.") if left > timedelta() else _("{target} was due {duration} ago.")
    )
    return f"⏰ {who}{said.format(target=name, duration=duration(abs(left.total_seconds())))}"


def awake(ticket: Ticket) -> str:
    """To agents: what was put off is due."""
    said = _("Ticket {number} is back: its time has come.").format(number=ticket.number)
    return f"⏰ {said} {plain(ticket.note)}".rstrip()


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
    match Reason(ticket.reason):
        case Reason.CUSTOMER_REQUEST:
            return _("asked for a person")
        case Reason.MISSING_KNOWLEDGE:
            return _("the documents have no answer")
        case Reason.UNSUPPORTED_REQUEST:
            return _("the assistant cannot do this")
        case Reason.POLICY_RESTRICTION:
            return _("the assistant may not do this")
        case Reason.TOOL_FAILURE:
            return _("something the assistant needs does not work")
        case Reason.PENDING_CLARIFICATION:
            return _("the assistant does not understand")
        case Reason.USAGE_LIMIT:
            return _("the assistant has answered as much as it may")


def platform(person: Person | Conversation) -> str:
    """Where a customer writes."""
    match person.platform:
        case Platform.SLACK:
            return "Slack"
        case Platform.TELEGRAM:
            return "Telegram"
        case Platform.WEB:
            return _("the website")
        case Platform.TERMINAL:
            return _("a terminal")


def ticket(number: int) -> str:
    return _("Ticket {number}").format(number=number)


def state(ticket: Ticket) -> str:
    """How a ticket stands, in a word."""
    match ticket.state:
        case TicketState.OPEN:
            return _("open")
        case TicketState.ASSIGNED:
            return _("assigned")
        case TicketState.SNOOZED:
            return _("put off")
        case TicketState.RESOLVED:
            return _("resolved")
        case TicketState.RETURNED:
            return _("returned")


def origin(ticket: Ticket) -> str:
    """To agents: where a ticket comes from, since when, and why."""
    since = format_datetime(ticket.opened_at, "d MMMM y, HH:mm", locale=locale())
    said = _("From {platform}, since {time} UTC: {reason}.").format(
        platform=platform(ticket.person), time=since, reason=reason(ticket)
    )
    if not ticket.reopened:
        return said
    again = _("Opened again {times}×.").format(times=ticket.reopened)
    return f"{said} {again}"


def asked_about() -> str:
    return _("Asked about")


def summary() -> str:
    return _("Summary")


def team() -> str:
    return _("Team")


def tags() -> str:
    return _("Tags")


def follow_up() -> str:
    return _("To do then")


def before() -> str:
    return _("Before")


def assistant() -> str:
    return _("Assistant")


def take() -> str:
    return _("Take")


def release() -> str:
    return _("Release")


def hand_back() -> str:
    return _("Hand back to the assistant")


def snooze() -> str:
    return _("Snooze")


def resolve() -> str:
    return _("Resolve")


def spam() -> str:
    return _("Spam")


def unmute() -> str:
    return _("Hear them again")


def send() -> str:
    return _("Send")


def edit() -> str:
    return _("Edit")


def for_team(name: str) -> str:
    """To a team: a ticket is for them."""
    return _("For the team “{name}”.").format(name=plain(name))


def not_an_agent() -> str:
    return _("Only members of this channel can do that.")


def desk_help() -> str:
    return _(
        "What you write in this thread goes to the customer; what begins with // stays here. "
        "The buttons are under the first message."
    )


def order_help() -> str:
    return _(
        "I understand `//tag`, `//untag` and `//team` with a name, `//report` for figures, and `//snooze`"
        " with a time to come and a note, such as `//snooze 2h`, `3d`, `14:30` or `2030-12-31 9:00`."
    )


def obeyed(before: Ticket, now: Ticket) -> str:
    """To agents: what their order did; nothing where the card alone tells."""
    if now.snoozed_until and now.snoozed_until != before.snoozed_until:
        return _("Put off until {time} UTC, or until the customer writes.").format(
            time=format_datetime(now.snoozed_until, "EEEE, d MMMM, HH:mm", locale=locale())
        )
    return ""


def report(figures: Figures, days: int) -> str:
    """To agents: how the help desk does, by `core.desk.report`."""
    judged = figures["judgements"]["good"] + figures["judgements"]["bad"]
    lines = [
        _("conversations of customers: {number}").format(number=figures["conversations"]),
        _("of these without a person: {share}").format(share=_share(figures["containment"])),
        _("tickets: {number}").format(number=figures["tickets"]),
        _("median until the first answer: {time}").format(time=_middle(figures["first_response_seconds"])),
        _("median until the end: {time}").format(time=_middle(figures["resolution_seconds"])),
        _("satisfied: {share} of {number} who said so").format(
            share=_share(figures["satisfaction"]), number=judged
        ),
    ]
    head = _("The help desk in the last {days} days:").format(days=days)
    return "\n".join([head, "", *(f"- {each}" for each in lines)])


def chart_file() -> str:
    """Name of a file with a chart, before its ending: what it shows."""
    return _("tickets a day")


def _share(share: float | None) -> str:
    return "–" if share is None else format_percent(share, locale=locale())


def _middle(found: Mapping[str, Any]) -> str:
    return "–" if found["median"] is None else duration(found["median"])


def is_kept_inside(message: Message) -> bool:
    """Whether agents write to each other."""
    return message.conversation.is_desk and message.text.lstrip().startswith(KEPT_INSIDE)


def said(name: str, text: str) -> str:
    """Somebody's words, under their name; without words, what stands above their files."""
    if not name:
        return text
    return f"**{plain(name)}:** {text}" if text else _("**{name}** sends:").format(name=plain(name))


def with_recognised(message: Message) -> str:
    """To agents: what somebody wrote, and what a machine made of their files."""
    made = [
        (_("Heard by machine:") if each.is_recording else _("Read by machine:"), each.recognised.text)
        for each in message.attachments
        if each.recognised and each.recognised.text
    ]
    quoted = [f"*{head}*\n{quotation(text[:MADE])}" for head, text in made]
    return "\n\n".join(part for part in (message.text, *quoted) if part)


def name_of(person: Person) -> str:
    """What agents call a customer."""
    return person.name or _("a person in {platform}").format(platform=platform(person))


def message_of(person: Person, message: Message) -> str:
    """A customer's message, as agents see it."""
    return said(name_of(person), message.text)


def suggested(text: str) -> str:
    """To agents: what they may answer."""
    head = _("Suggested answer; only you see it:")
    return f"💡 *{head}*\n\n{text}"


def suggestion_sent(agent: Person, text: str) -> str:
    """To agents: the suggested answer is on its way."""
    head = _("{agent} sent:").format(agent=_called(agent))
    return f"*{head}*\n\n{text}"


def edit_suggestion() -> str:
    return _("Suggested answer")


def send_suggestion() -> str:
    return _("Send")


def how_to_edit() -> str:
    """To an agent on a platform without windows."""
    return _("Reply to this message: what you write is sent instead.")


def no_suggestion() -> str:
    """To an agent: a suggested answer cannot be sent any more."""
    return _("This suggestion was answered already, or the customer has written again.")


def closed(ticket: Ticket) -> str:
    """To an agent who writes after the end."""
    return _("Ticket {number} is {state}: this did not reach the customer. Take it first.").format(
        number=ticket.number, state=state(ticket)
    )


def elsewhere(ticket: Ticket) -> str:
    """To an agent: the customer has a newer ticket."""
    return _("The customer is in ticket {number} by now: please go on there.").format(number=ticket.number)


def not_possible(ticket: Ticket) -> str:
    """To an agent whose button or order does not fit any more."""
    return _("Ticket {number} is {state}: that cannot be done now.").format(
        number=ticket.number, state=state(ticket)
    )


def plain(text: str) -> str:
    """A name within a line: no marks that Markdown would take for its own."""
    return " ".join("".join(" " if mark in "*_`~[]<>|\\#" else mark for mark in text).split())


def stepped(before: Ticket, now: Ticket, agent: Person) -> str:
    """To agents: what somebody did."""
    who = _called(agent)
    if now.muted_until != before.muted_until:
        return _muted(now, who)
    match now.state:
        case TicketState.ASSIGNED:
            return _("{agent} has it now.").format(agent=who)
        case TicketState.OPEN:
            return _("{agent} released it: it waits for an agent.").format(agent=who)
        case TicketState.SNOOZED:
            return _("{agent} put it off until {time} UTC, or until the customer writes.").format(
                agent=who, time=_moment(now.snoozed_until)
            )
        case TicketState.RETURNED:
            return _("{agent} handed the conversation back to the assistant.").format(agent=who)
        case TicketState.RESOLVED:
            return _("{agent} resolved it. The customer is asked how it was.").format(agent=who)


def _muted(ticket: Ticket, who: str) -> str:
    if ticket.muted_until is None:
        return _("{agent} lets the customer be heard again.").format(agent=who)
    return _("{agent} closed it as spam: the customer is not heard until {time} UTC.").format(
        agent=who, time=_moment(ticket.muted_until)
    )


def _moment(when: datetime | None) -> str:
    return format_datetime(when, "d MMMM, HH:mm", locale=locale()) if when else ""


def _called(agent: Person) -> str:
    return plain(agent.name) or _("Somebody")


def which_ticket() -> str:
    """To who wants to join conversations, and gave no number."""
    return _("Write the number of your ticket after the command: `ticket 12`.")


def ticket_claimed(number: int) -> str:
    """To who says that a ticket is theirs, whether there is such a ticket or not."""
    return _(
        "If ticket **{number}** is yours, I have asked in its conversation whether it is you. Please answer "
        "there; then our team sees both together."
    ).format(number=number)


def is_it_you(claimant: Person, number: int) -> str:
    """In the conversation of a ticket that somebody says is theirs."""
    return _(
        "Somebody who writes from {platform} says that ticket **{number}** is theirs. Is it you? Our team "
        "then sees both conversations together."
    ).format(platform=platform(claimant), number=number)


def it_is_me() -> str:
    return _("Yes, it is me")


def it_is_not_me() -> str:
    return _("No, somebody else")


def not_joined() -> str:
    return _("All right, nothing was joined.")


def claim_lapsed() -> str:
    return _("I do not know any more what this was about. Please write the command `ticket` there again.")


def joined(number: int) -> str:
    return _("Our team knows now that ticket **{number}** is yours.").format(number=number)


def same_person(number: int) -> str:
    """To agents."""
    return _("The same person as in ticket **{number}**.").format(number=number)


def also_writes(where: Conversation, theirs: Ticket | None) -> str:
    """To agents: the customer writes elsewhere, too."""
    if theirs is None:
        return _("The same person also writes from {platform}.").format(platform=platform(where))
    return same_person(theirs.number)
