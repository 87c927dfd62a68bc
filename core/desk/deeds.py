"""What agents did with a ticket, for the audit trail."""

from core.message import Person
from core.privacy.audit import Action, AuditEntry
from core.store.records import Ticket


def deeds(before: Ticket, now: Ticket | None, agent: Person) -> tuple[AuditEntry, ...]:
    """Entries for what became of a ticket through an agent; none where it is as it was."""
    if now is None or now == before:
        return ()
    found = list[tuple[Action, str]]()
    if now.agent != before.agent:
        found.append((Action.TAKE_OVER, "") if now.agent else (Action.RELEASE, ""))
    if now.state is not before.state:
        found.append((Action.CHANGE, str(now.state)))
    if (now.tags, now.team, now.muted_until) != (before.tags, before.team, before.muted_until):
        found.append((Action.CHANGE, "tags, team or spam"))
    subject, customer = f"ticket:{now.number}", now.customer.key
    return tuple(
        AuditEntry(actor=agent.key, action=action, subject=subject, whose=customer, detail=detail)
        for action, detail in found
    )
