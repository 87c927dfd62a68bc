"""The schema, one numbered step after another; a step and the record of it are one transaction.

Columns that hold what people or the assistant said are BLOBs, written through `core.store.sealing`.
"""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from typing import Protocol

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from core.errors import StoreError
from core.store.moving import make_moves

MIGRATIONS = Migrations("frontdesk")


class Step(Protocol):
    """One of the steps of a schema."""

    @property
    def name(self) -> str:
        """By which it is recorded."""

    @property
    def fn(self) -> Callable[[Database], None]:
        """What it does."""


def steps(migrations: Migrations) -> Sequence[Step]:
    """All of them, in order."""
    with closing(sqlite3.connect(":memory:")) as empty:
        return migrations.pending(Database(empty))


def check_known(migrations: Migrations, applied: Iterable[str]) -> None:
    """Raise StoreError where a database has a step that is not among ours."""
    unknown = sorted(set(applied) - {step.name for step in steps(migrations)})
    if unknown:
        raise StoreError(
            f"A newer version of Frontdesk has worked with this database (its schema has {unknown[-1]}). "
            "Use that version, or restore the backup from before."
        )


@MIGRATIONS()
def m001_delivery(db: Database) -> None:
    """Inbox, leases, turns and outbox."""
    db.table("conversations").create(
        {
            "key": str,
            "platform": str,
            "tenant": str,
            "channel": str,
            "thread": str,
            "direct": int,
            "began_at": float,
            "fresh_from": int,  # turns up to this one are out of the context (`new`)
            "summary": bytes,
            "summary_until": int,  # the last turn that the summary covers
        },
        pk="key",
        not_null={
            "platform",
            "tenant",
            "channel",
            "thread",
            "direct",
            "began_at",
            "fresh_from",
            "summary_until",
        },
        defaults={"fresh_from": 0, "summary_until": 0},
        strict=True,
    )
    db.table("inbox").create(
        {
            "id": int,
            "key": str,
            "conversation": str,
            "sender": str,
            "type": str,
            "message_id": str,
            "state": str,
            "reason": str,
            "turn": str,
            "event": bytes,
            "raw": bytes,
            "received_at": float,
        },
        pk="id",
        not_null={"key", "conversation", "sender", "type", "message_id", "state", "reason", "received_at"},
        defaults={"reason": "", "sender": "", "message_id": ""},
        strict=True,
    )
    db.table("turns").create(
        {
            "seq": int,
            "id": str,
            "conversation": str,
            "state": str,
            "reason": str,
            "attempt": int,
            "route": str,
            "model": str,
            "prompt": bytes,
            "question": bytes,
            "reply": bytes,
            "evidence": str,  # JSON: versions, usage, timings; never text
            "began_at": float,
            "ended_at": float,
        },
        pk="seq",
        not_null={"id", "conversation", "state", "reason", "attempt", "began_at"},
        defaults={"reason": "", "attempt": 1},
        strict=True,
    )
    db.table("outbox").create(
        {
            "seq": int,
            "id": str,
            "turn": str,
            "conversation": str,
            "state": str,
            "reason": str,
            "part": int,
            "last": int,
            "quiet": int,
            "anchor": str,
            "recipient": str,  # JSON of a Person
            "platform_id": str,
            "body": bytes,
            "attempts": int,
            "created_at": float,
            "sent_at": float,
        },
        pk="seq",
        not_null={"id", "turn", "conversation", "state", "reason", "part", "attempts", "created_at"},
        defaults={"reason": "", "attempts": 0, "platform_id": "", "anchor": "", "last": 1, "quiet": 0},
        strict=True,
    )
    db.table("owners").create({"id": str, "seen_at": float}, pk="id", strict=True)
    db.table("leases").create({"name": str, "owner": str}, pk="name", strict=True)
    db.table("ratings").create(
        {"turn": str, "person": str, "verdict": str, "rated_at": float}, pk=("turn", "person"), strict=True
    )
    db.table("cabinet").create({"name": str, "body": bytes}, pk="name", strict=True)
    for statement in _INDEXES:
        db.execute(statement)


@MIGRATIONS()
def m002_dead_letters(db: Database) -> None:
    """Find what waits, and what an operator must look at, without reading what is done."""
    db.execute("CREATE INDEX outbox_failed ON outbox (seq) WHERE state = 'failed'")
    db.execute("CREATE INDEX inbox_waiting ON inbox (conversation, id) WHERE state = 'waiting'")
    db.execute("DROP INDEX inbox_open")


@MIGRATIONS()
def m003_citations(db: Database) -> None:
    """What stands under an answer, until and after it is sent."""
    db.execute("ALTER TABLE outbox ADD COLUMN citations BLOB")


@MIGRATIONS()
def m004_gaps(db: Database) -> None:
    """Questions that the documents do not answer."""
    db.table("gaps").create(
        {"turn": str, "topic": str, "reason": str, "example": bytes, "asked_at": float},
        pk="turn",
        not_null={"topic", "reason", "asked_at"},
        strict=True,
    )
    db.execute("CREATE INDEX gaps_asked_at ON gaps (asked_at)")


@MIGRATIONS()
def m005_choices(db: Database) -> None:
    """Buttons under an answer, and which of them was pressed."""
    db.execute("ALTER TABLE outbox ADD COLUMN choices BLOB")
    db.execute("ALTER TABLE outbox ADD COLUMN chosen BLOB")
    db.execute("CREATE INDEX outbox_choices ON outbox (conversation) WHERE choices IS NOT NULL")


@MIGRATIONS()
def m006_desk(db: Database) -> None:
    """Customers' conversations in the hands of people, and posts with buttons or files."""
    db.table("tickets").create(
        {
            "number": int,
            "revision": int,
            "customer": str,
            "desk": str,
            "thread": str,
            "state": str,
            "reason": str,
            "team": str,
            "person": bytes,  # JSON of a Person
            "agent": str,  # JSON of a Person
            "tags": str,  # JSON, like `reminded`
            "opened_at": float,
            "first_response_at": float,
            "resolved_at": float,
            "snoozed_until": float,
            "reopened": int,
            "reminded": str,
        },
        pk="number",
        not_null={"revision", "customer", "desk", "thread", "state", "reason", "team", "agent", "opened_at"},
        strict=True,
    )
    db.execute("CREATE INDEX tickets_customer ON tickets (customer, number)")
    db.execute("CREATE UNIQUE INDEX tickets_desk ON tickets (desk)")
    db.execute("CREATE INDEX tickets_thread ON tickets (thread)")
    db.execute("CREATE INDEX tickets_opened_at ON tickets (opened_at)")
    db.execute(
        "CREATE INDEX tickets_with_people ON tickets (number) WHERE state IN ('open', 'assigned', 'snoozed')"
    )
    db.table("numbers").create({"name": str, "last": int}, pk="name", strict=True)
    db.execute("ALTER TABLE outbox ADD COLUMN extras BLOB")


@MIGRATIONS()
def m007_flows(db: Database) -> None:
    """Where people stand in flows, and the versions of flows that somebody is in."""
    db.table("flow_runs").create(
        {
            "conversation": str,
            "person": str,
            "state": bytes,
            "before": bytes,
            "messages": str,  # JSON list of ids
            "versions": str,  # JSON list of digests
            "touched_at": float,
        },
        pk=("conversation", "person"),
        not_null={"messages", "versions", "touched_at"},
        strict=True,
    )
    db.table("flow_versions").create(
        {"digest": str, "text": str}, pk="digest", not_null={"text"}, strict=True
    )


@MIGRATIONS()
def m008_feed(db: Database) -> None:
    """What stands in conversations that no platform keeps for us: those of the web widget."""
    db.table("feed").create(
        {"conversation": str, "id": str, "position": int, "seq": int, "body": bytes},
        pk=("conversation", "id"),
        not_null={"position", "seq", "body"},
        strict=True,
    )
    db.execute("CREATE UNIQUE INDEX feed_seq ON feed (conversation, seq)")


@MIGRATIONS()
def m009_drafts(db: Database) -> None:
    """Answers that the assistant suggests to agents, what agents make of them, and summaries of tickets."""
    db.execute("ALTER TABLE tickets ADD COLUMN brief BLOB")  # JSON of summary and topics
    db.table("drafts").create(
        {
            "id": str,
            "ticket": int,
            "customer": str,
            "turn": str,
            "text": bytes,
            "citations": bytes,
            "model": str,
            "state": str,
            "sent": bytes,
            "answer": str,
            "offered_at": float,
            "closed_at": float,
        },
        pk="id",
        not_null={"ticket", "customer", "turn", "model", "state", "answer", "offered_at"},
        strict=True,
    )
    db.execute("CREATE INDEX drafts_offered ON drafts (ticket) WHERE state = 'offered'")
    db.execute("CREATE INDEX drafts_customer ON drafts (customer)")
    db.execute("CREATE INDEX drafts_answer ON drafts (answer)")
    db.execute("CREATE INDEX drafts_closed_at ON drafts (closed_at)")


@MIGRATIONS()
def m010_heard(db: Database) -> None:
    """Find where somebody spoke in the assistant's place."""
    db.execute("CREATE INDEX turns_heard ON turns (conversation, seq) WHERE route = 'heard'")


@MIGRATIONS()
def m011_lessons(db: Database) -> None:
    """Why answers are bad, who may be learnt from, and what reviewers make of answers."""
    db.execute("ALTER TABLE ratings ADD COLUMN reason TEXT NOT NULL DEFAULT ''")
    db.table("consents").create(
        {"id": int, "person": str, "granted": int, "wording": str, "conversation": str, "decided_at": float},
        pk="id",
        not_null={"person", "granted", "wording", "conversation", "decided_at"},
        strict=True,
    )
    db.execute("CREATE INDEX consents_person ON consents (person, id)")
    db.table("reviews").create(
        {"turn": str, "judgement": str, "correction": bytes, "reviewer": str, "reviewed_at": float},
        pk="turn",
        not_null={"judgement", "reviewer", "reviewed_at"},
        strict=True,
    )
    db.create_view(
        "consenting",
        """SELECT person FROM consents AS c
        WHERE granted AND id = (SELECT max(id) FROM consents WHERE person = c.person)""",
    )
    db.create_view(  # somebody whose words are in it did not consent
        "withheld_turns",
        """SELECT turn FROM inbox
        WHERE type = 'message' AND turn IS NOT NULL AND sender NOT IN (SELECT person FROM consenting)""",
    )
    db.create_view(
        "judged_turns",
        """SELECT * FROM turns AS t
        WHERE state IN ('answered', 'stopped') AND question IS NOT NULL
            AND coalesce(route, '') NOT IN ('relay', 'colleague', 'heard')
            AND (state = 'stopped' OR EXISTS (SELECT 1 FROM ratings WHERE turn = t.id)
                OR EXISTS (SELECT 1 FROM reviews WHERE turn = t.id))""",
    )


@MIGRATIONS()
def m012_muted(db: Database) -> None:
    """People who are not heard for a time."""
    db.execute("ALTER TABLE tickets ADD COLUMN muted TEXT")  # key of the person
    db.execute("ALTER TABLE tickets ADD COLUMN muted_until REAL")
    db.execute("CREATE INDEX tickets_muted ON tickets (muted) WHERE muted IS NOT NULL")


@MIGRATIONS()
def m013_archive(db: Database) -> None:
    """Figures of answers, and which were judged, without reading them: their rows hold whole prompts."""
    db.execute("ALTER TABLE turns ADD COLUMN model_seconds REAL")
    db.execute("ALTER TABLE turns ADD COLUMN model_tokens INTEGER")
    db.execute(
        """UPDATE turns SET model_seconds = json_extract(evidence, '$.usage.seconds'),
            model_tokens = json_extract(evidence, '$.usage.generated_tokens')
        WHERE json_valid(evidence)"""
    )
    db.execute(
        """CREATE INDEX turns_began_at ON turns
        (began_at, conversation, state, route, ended_at, model_seconds, model_tokens)"""
    )
    db.execute("CREATE INDEX ratings_rated_at ON ratings (rated_at, verdict)")
    db.execute("CREATE INDEX turns_stopped ON turns (id) WHERE state = 'stopped'")
    db.execute("DROP VIEW withheld_turns")
    db.create_view(
        "withheld_turns",
        """SELECT turn FROM inbox
        WHERE type = 'message' AND turn IS NOT NULL AND NOT coalesce(
            (SELECT granted FROM consents WHERE person = inbox.sender ORDER BY id DESC LIMIT 1), 0)""",
    )
    db.execute("DROP VIEW judged_turns")
    db.create_view(
        "judged_turns",
        """SELECT * FROM turns
        WHERE id IN (
                SELECT turn FROM ratings UNION SELECT turn FROM reviews
                UNION SELECT id FROM turns WHERE state = 'stopped'
            )
            AND state IN ('answered', 'stopped') AND question IS NOT NULL
            AND coalesce(route, '') NOT IN ('relay', 'colleague', 'heard')""",
    )


@MIGRATIONS()
def m014_joins(db: Database) -> None:
    """Customers who write in several conversations, and said so in both."""
    db.table("joins").create(
        {"ticket": int, "customer": str, "joined_at": float},
        pk=("ticket", "customer"),
        not_null={"joined_at"},
        strict=True,
    )
    db.execute("CREATE INDEX joins_customer ON joins (customer)")


@MIGRATIONS()
def m015_audit(db: Database) -> None:
    """Who did what that must be accounted for; each entry's digest holds those before it, too."""
    db.table("audit").create(
        {
            "number": int,
            "at": float,
            "actor": str,
            "action": str,
            "subject": str,
            "whose": str,  # keyed hash of a person's or a conversation's key
            "detail": str,
            "end": str,
            "digest": str,
        },
        pk="number",
        not_null={"at", "actor", "action", "subject", "whose", "detail", "end", "digest"},
        strict=True,
    )
    db.execute("CREATE INDEX audit_whose ON audit (whose, number) WHERE whose != ''")
    for change in ("UPDATE", "DELETE"):
        db.execute(
            f"""CREATE TRIGGER audit_{change.lower()} BEFORE {change} ON audit
            BEGIN SELECT raise(ABORT, 'the audit trail is never changed'); END"""
        )


@MIGRATIONS()
def m016_rights(db: Database) -> None:
    """What people decide about what is kept of them, that they were erased, and the age of feeds."""
    db.table("preferences").create(
        {"person": str, "remembered": int, "decided_at": float},
        pk="person",
        not_null={"remembered", "decided_at"},
        strict=True,
    )
    db.table("erasures").create(
        {
            "id": str,
            "person": str,  # until it is done
            "proof": str,  # keyed hash of the person
            "asked_by": str,
            "asked_at": float,
            "erased_at": float,
            "affected": str,  # JSON: counts, datasets, models, and what was consented to; never who
        },
        pk="id",
        not_null={"asked_by", "asked_at"},
        strict=True,
    )
    db.execute("CREATE INDEX erasures_open ON erasures (person) WHERE erased_at IS NULL")
    db.execute("ALTER TABLE feed ADD COLUMN put_at REAL NOT NULL DEFAULT 0")
    db.execute("UPDATE feed SET put_at = CAST(strftime('%s', 'now') AS REAL)")
    db.execute("CREATE INDEX inbox_received_at ON inbox (received_at)")
    db.execute("UPDATE conversations SET summary = NULL, summary_until = 0")  # nobody had asked for one


@MIGRATIONS()
def m017_pseudonyms(db: Database) -> None:
    """What the pseudonyms of a conversation stand for."""
    db.execute("ALTER TABLE conversations ADD COLUMN pseudonyms BLOB")


@MIGRATIONS()
def m018_signals(db: Database) -> None:
    """What people did about answers without judging them, and who was erased whose words a model learnt."""
    db.table("signals").create(
        {"turn": str, "kind": str, "noted_at": float},
        pk=("turn", "kind"),
        not_null={"noted_at"},
        strict=True,
    )
    db.table("unlearnt").create(
        {"person": str, "erased_at": float}, pk="person", not_null={"erased_at"}, strict=True
    )
    db.execute("ALTER TABLE turns ADD COLUMN superseded_by TEXT")
    db.execute("CREATE INDEX turns_superseded_by ON turns (superseded_by) WHERE superseded_by IS NOT NULL")
    db.execute("DROP VIEW judged_turns")
    db.create_view(
        "judged_turns",
        """SELECT * FROM turns
        WHERE id IN (
                SELECT turn FROM ratings UNION SELECT turn FROM reviews UNION SELECT turn FROM signals
                UNION SELECT id FROM turns WHERE state = 'stopped'
            )
            AND state IN ('answered', 'stopped') AND question IS NOT NULL
            AND coalesce(route, '') NOT IN ('relay', 'colleague', 'heard')""",
    )
    # For data scientists: who it was and what they said are left out, and times but for the day.
    db.create_view(
        "figures_answers",
        """SELECT date(t.began_at, 'unixepoch') AS day, c.platform AS platform, c.direct AS direct,
            coalesce(t.route, '') AS route, t.state AS state, coalesce(t.model, '') AS model,
            round(t.ended_at - t.began_at, 1) AS seconds, t.model_seconds AS model_seconds,
            t.model_tokens AS tokens,
            (SELECT count(*) FROM ratings WHERE turn = t.id AND verdict = 'good') AS good,
            (SELECT count(*) FROM ratings WHERE turn = t.id AND verdict = 'bad') AS bad,
            (SELECT group_concat(DISTINCT reason) FROM ratings WHERE turn = t.id AND reason != '') AS reasons,
            (SELECT group_concat(kind) FROM signals WHERE turn = t.id) AS signals,
            (SELECT judgement FROM reviews WHERE turn = t.id) AS review
        FROM turns t JOIN conversations c ON c.key = t.conversation
        WHERE t.state IN ('answered', 'stopped', 'failed', 'superseded')
            AND coalesce(t.route, '') NOT IN ('relay', 'colleague', 'heard', 'command', 'notice')""",
    )
    db.create_view(
        "figures_tickets",
        """SELECT date(opened_at, 'unixepoch') AS day, reason, team, state, reopened,
            round((first_response_at - opened_at) / 60, 1) AS minutes_to_first_response,
            round((resolved_at - opened_at) / 60, 1) AS minutes_to_resolution
        FROM tickets""",
    )
    db.create_view("figures_gaps", "SELECT date(asked_at, 'unixepoch') AS day, topic, reason FROM gaps")
    db.create_view(
        "figures_consents",
        """SELECT date(decided_at, 'unixepoch') AS day, granted, count(*) AS decisions
        FROM consents GROUP BY 1, 2""",
    )


@MIGRATIONS()
def m019_portable(db: Database) -> None:
    """Views that Postgres understands, too: no number is a truth value there. Its schema begins with this."""
    db.execute("DROP VIEW consenting")
    db.create_view(
        "consenting",
        """SELECT person FROM consents AS c
        WHERE granted = 1 AND id = (SELECT max(id) FROM consents WHERE person = c.person)""",
    )
    db.execute("DROP VIEW withheld_turns")
    db.create_view(
        "withheld_turns",
        """SELECT turn FROM inbox
        WHERE type = 'message' AND turn IS NOT NULL AND coalesce(
            (SELECT granted FROM consents WHERE person = inbox.sender ORDER BY id DESC LIMIT 1), 0) = 0""",
    )


@MIGRATIONS()
def m021_moves(db: Database) -> None:
    """Whether another store is being moved into this one."""
    make_moves(db)


@MIGRATIONS()
def m022_voice(db: Database) -> None:
    """Who wants answers to be read aloud."""
    db.execute("ALTER TABLE preferences ADD COLUMN voice INTEGER NOT NULL DEFAULT 0")


@MIGRATIONS()
def m023_purposes(db: Database) -> None:
    """To what people agreed: all that was asked before was learning, and nothing else allows that."""
    db.execute("ALTER TABLE consents ADD COLUMN purpose TEXT NOT NULL DEFAULT 'learning'")
    db.execute("DROP VIEW consenting")
    db.create_view(
        "consenting",
        """SELECT person FROM consents AS c
        WHERE granted = 1 AND purpose = 'learning'
            AND id = (SELECT max(id) FROM consents WHERE person = c.person AND purpose = 'learning')""",
    )
    db.execute("DROP VIEW withheld_turns")
    db.create_view(
        "withheld_turns",
        """SELECT turn FROM inbox
        WHERE type = 'message' AND turn IS NOT NULL AND coalesce(
            (SELECT granted FROM consents WHERE person = inbox.sender AND purpose = 'learning'
            ORDER BY id DESC LIMIT 1), 0) = 0""",
    )
    db.execute("DROP VIEW figures_consents")
    db.create_view(
        "figures_consents",
        """SELECT date(decided_at, 'unixepoch') AS day, granted, count(*) AS decisions
        FROM consents WHERE purpose = 'learning' GROUP BY 1, 2""",
    )


@MIGRATIONS()
def m024_spending(db: Database) -> None:
    """What was read and written today for whom the tokens of a day are limited."""
    db.table("spending").create(
        {"whose": str, "day": float, "tokens": int},  # the person, or `key:NAME` of `/v1`; when the day began
        pk=("whose", "day"),
        not_null={"tokens"},
        strict=True,
    )


_INDEXES = (
    "CREATE UNIQUE INDEX inbox_key ON inbox (key)",
    "CREATE INDEX inbox_open ON inbox (conversation, id) WHERE state IN ('waiting', 'adopted')",
    "CREATE INDEX inbox_message ON inbox (conversation, message_id)",
    "CREATE INDEX inbox_sender ON inbox (sender)",
    "CREATE INDEX inbox_turn ON inbox (turn)",
    "CREATE UNIQUE INDEX turns_id ON turns (id)",
    "CREATE INDEX turns_conversation ON turns (conversation, seq)",
    "CREATE INDEX turns_open ON turns (conversation) WHERE state IN ('running', 'handed_back')",
    "CREATE UNIQUE INDEX outbox_id ON outbox (id)",
    "CREATE INDEX outbox_turn ON outbox (turn)",
    "CREATE INDEX outbox_platform_id ON outbox (conversation, platform_id)",
    """CREATE INDEX outbox_open ON outbox (conversation, seq)
    WHERE state NOT IN ('sent', 'failed', 'withdrawn')""",
    "CREATE INDEX leases_owner ON leases (owner)",
)
