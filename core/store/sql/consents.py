"""What people decided: one kind of record for all they agree to, and an entry in the audit trail with it."""

from core.privacy.audit import SELF, Action, AuditEntry
from core.store.connection import Connection
from core.store.records import Consent
from core.store.sql.audit import note
from core.store.sql.rows import Shelf

_DECIDE = """
INSERT INTO consents (person, purpose, granted, wording, conversation, decided_at) VALUES (?, ?, ?, ?, ?, ?)
"""


def keep(db: Connection, shelf: Shelf, consent: Consent) -> None:
    """Write a decision down; earlier ones stay."""
    values = [consent.person, consent.purpose, int(consent.granted), consent.wording, consent.conversation]
    db.execute(_DECIDE, [*values, consent.at.timestamp()])
    detail = "on" if consent.granted else "off"
    entry = AuditEntry(
        actor=SELF, action=Action.CONSENT, subject=consent.purpose, whose=consent.person, detail=detail
    )
    note(db, shelf, entry)
