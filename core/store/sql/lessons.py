"""What can be learnt from people's judgements, and from whom it may."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from core.privacy.audit import Action, AuditEntry
from core.store.connection import Connection
from core.store.records import (
    Consent,
    Exchange,
    Judgement,
    Lesson,
    Queue,
    Review,
    Signal,
    Standing,
    Verdict,
)
from core.store.sql import consents
from core.store.sql.audit import note
from core.store.sql.authors import TURN, authors_of
from core.store.sql.rows import IS_ANSWER, Shelf, moment, note_signal

EARLIER = 2
"""Exchanges before a question that are kept beside it, so that "and how much is it?" can be understood."""
_STANDING = f"""
SELECT t.question IS NOT NULL AND {IS_ANSWER},
    EXISTS (SELECT 1 FROM consents WHERE person = :person AND purpose = 'learning')
FROM turns t WHERE t.id = :turn
"""  # noqa: S608 - constants
_EXPLAIN = """
UPDATE ratings SET reason = :reason WHERE person = :person AND verdict = 'bad' AND turn = (
    SELECT substr(message_id, instr(message_id, ':') + 1) FROM inbox
    WHERE turn = :press AND type = 'relay' AND message_id LIKE 'why:%'
)
"""
_CONSENT = """
SELECT granted, wording, conversation, decided_at FROM consents
WHERE person = ? AND purpose = 'learning' ORDER BY id DESC LIMIT 1
"""
_WITHDRAWN = """
SELECT DISTINCT person FROM consents
WHERE purpose = 'learning' AND person NOT IN (SELECT person FROM consenting) ORDER BY person
"""
_JUDGED = """
SELECT t.seq, t.id, t.conversation, t.question, t.reply, coalesce(t.model, ''), coalesce(t.route, ''),
    t.ended_at, t.state, r.judgement, r.correction, r.reviewer, r.reviewed_at
FROM judged_turns t LEFT JOIN reviews r ON r.turn = t.id
WHERE NOT EXISTS (SELECT 1 FROM withheld_turns WHERE turn = t.id)
"""
_UNLEARN = "INSERT INTO unlearnt (person, erased_at) VALUES (?, ?) ON CONFLICT (person) DO NOTHING"
_REPLACED = """
SELECT reply FROM turns WHERE superseded_by = ? AND reply IS NOT NULL
    AND EXISTS (SELECT 1 FROM signals WHERE turn = superseded_by AND kind = 'again')
"""
_ALL = f"{_JUDGED} ORDER BY t.seq"
_ONE = f"{_JUDGED} AND t.id = ?"
_WAITING = f"""{_JUDGED} AND r.turn IS NULL
ORDER BY EXISTS (SELECT 1 FROM ratings WHERE turn = t.id AND verdict = 'bad') DESC, t.seq LIMIT ? OFFSET ?
"""  # noqa: S608 - constants
_REVIEWED = f"{_JUDGED} AND r.turn IS NOT NULL ORDER BY r.reviewed_at DESC, t.seq LIMIT ? OFFSET ?"
_QUEUE = """
SELECT count(*) FILTER (WHERE NOT withheld AND NOT reviewed),
    count(*) FILTER (WHERE NOT withheld AND reviewed),
    count(*) FILTER (WHERE withheld)
FROM (
    SELECT EXISTS (SELECT 1 FROM withheld_turns WHERE turn = t.id) AS withheld,
        EXISTS (SELECT 1 FROM reviews WHERE turn = t.id) AS reviewed
    FROM judged_turns t
) AS judged
"""
_WITHHELD = """
SELECT count(*) FROM judged_turns t WHERE EXISTS (SELECT 1 FROM withheld_turns WHERE turn = t.id)
"""
_EARLIER = f"""
SELECT t.seq, t.id, t.question, t.reply, coalesce(t.route, ''),
    EXISTS (SELECT 1 FROM withheld_turns WHERE turn = t.id)
FROM turns t WHERE t.conversation = ? AND t.seq < ? AND t.state IN ('answered', 'stopped')
    AND t.question IS NOT NULL AND {IS_ANSWER}
    AND t.seq > (SELECT fresh_from FROM conversations WHERE key = t.conversation)
ORDER BY t.seq DESC LIMIT ?
"""  # noqa: S608 - constants
_DRAFTED = """
SELECT d.turn, d.customer, d.text, d.sent, d.state, d.model, d.closed_at,
    r.judgement, r.correction, r.reviewer, r.reviewed_at
FROM drafts d LEFT JOIN reviews r ON r.turn = d.turn
WHERE d.state IN ('sent', 'edited') AND d.text IS NOT NULL AND d.sent IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM withheld_turns WHERE turn = d.turn)
"""
_ALL_DRAFTED = f"{_DRAFTED} ORDER BY d.closed_at"
_ONE_DRAFTED = f"{_DRAFTED} AND d.turn = ? ORDER BY d.closed_at DESC LIMIT 1"
_REVIEW = """
INSERT INTO reviews (turn, judgement, correction, reviewer, reviewed_at)
SELECT id, ?, ?, ?, ? FROM turns
WHERE id = ? AND (question IS NOT NULL OR id IN (SELECT turn FROM drafts))
ON CONFLICT (turn) DO UPDATE SET judgement = excluded.judgement, correction = excluded.correction,
    reviewer = excluded.reviewer, reviewed_at = excluded.reviewed_at
"""
AGENT = "agent"
"""The reviewer of a draft that an agent sent."""


class SqlLessons:
    """Fills `core.store.ports.Lessons`."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    async def standing(self, turn_id: str, person: str) -> Standing:
        def read(db: Connection) -> Standing:
            row = db.execute(_STANDING, {"turn": turn_id, "person": person}).fetchone()
            if row is None:
                return Standing(is_answer=False)
            return Standing(is_answer=bool(row[0]), has_decided=bool(row[1]))

        return await self._shelf.database.read(read)

    async def explain(self, press_turn: str, person: str, reason: str) -> bool:
        def write(db: Connection) -> bool:
            values = {"press": press_turn, "person": person, "reason": reason}
            return bool(db.execute(_EXPLAIN, values).rowcount)

        return await self._shelf.database.write(write)

    async def consent(self, person: str) -> Consent | None:
        def read(db: Connection) -> Consent | None:
            row = db.execute(_CONSENT, [person]).fetchone()
            if row is None:
                return None
            return Consent(
                person=person, granted=bool(row[0]), wording=row[1], conversation=row[2], at=moment(row[3])
            )

        return await self._shelf.database.read(read)

    async def decide(self, consent: Consent) -> None:
        await self._shelf.database.write(lambda db: consents.keep(db, self._shelf, consent))

    async def withdrawn(self) -> Sequence[str]:
        def read(db: Connection) -> list[str]:
            return [person for (person,) in db.execute(_WITHDRAWN).fetchall()]

        return await self._shelf.database.read(read)

    async def unlearn(self, person: str, at: datetime) -> None:
        values = [person, at.timestamp()]
        await self._shelf.database.write(lambda db: db.execute(_UNLEARN, values).close())

    async def unlearnt(self) -> Sequence[str]:
        def read(db: Connection) -> list[str]:
            return [person for (person,) in db.execute("SELECT person FROM unlearnt").fetchall()]

        return await self._shelf.database.read(read)

    async def signal(self, turn_id: str, signal: Signal) -> None:
        now = self._shelf.now()
        await self._shelf.database.write(lambda db: note_signal(db, turn_id, signal, now))

    async def judged(self) -> Sequence[Lesson]:
        def read(db: Connection) -> list[Lesson]:
            judged = [self._lesson(db, row) for row in db.execute(_ALL).fetchall()]
            known = {lesson.turn_id for lesson in judged}
            drafted = [row for row in db.execute(_ALL_DRAFTED).fetchall() if row[0] not in known]
            found = judged + [self._drafted(db, row) for row in drafted]
            return [each for each in found if each.question or each.answer]  # else both were erased

        return await self._shelf.database.read(read)

    async def waiting(self, limit: int, *, skip: int = 0) -> Sequence[Lesson]:
        return await self._some(_WAITING, limit, skip)

    async def reviewed(self, limit: int, *, skip: int = 0) -> Sequence[Lesson]:
        return await self._some(_REVIEWED, limit, skip)

    async def _some(self, query: str, limit: int, skip: int) -> list[Lesson]:
        def read(db: Connection) -> list[Lesson]:
            return [self._lesson(db, row) for row in db.execute(query, [limit, skip]).fetchall()]

        return await self._shelf.database.read(read)

    async def lesson(self, turn_id: str) -> Lesson | None:
        def read(db: Connection) -> Lesson | None:
            if row := db.execute(_ONE, [turn_id]).fetchone():
                return self._lesson(db, row)
            row = db.execute(_ONE_DRAFTED, [turn_id]).fetchone()
            return self._drafted(db, row) if row else None

        return await self._shelf.database.read(read)

    async def queue(self) -> Queue:
        def read(db: Connection) -> Queue:
            waiting, reviewed, withheld = db.execute(_QUEUE).fetchone()
            return Queue(waiting=waiting, reviewed=reviewed, withheld=withheld)

        return await self._shelf.database.read(read)

    async def withheld(self) -> int:
        def read(db: Connection) -> int:
            return int(db.execute(_WITHHELD).fetchone()[0])

        return await self._shelf.database.read(read)

    async def review(self, review: Review) -> bool:
        def write(db: Connection) -> bool:
            row = db.execute("SELECT conversation FROM turns WHERE id = ?", [review.turn_id]).fetchone()
            if row is None:
                return False
            correction = None
            if review.correction:
                authors = authors_of(db, TURN, review.turn_id)
                correction = self._shelf.sealer.seal(row[0], review.correction, authors)
            values = [review.judgement, correction, review.reviewer, review.at.timestamp(), review.turn_id]
            if not db.execute(_REVIEW, values).rowcount:
                return False
            entry = AuditEntry(
                actor=review.reviewer,
                action=Action.REVIEW,
                subject=f"answer:{review.turn_id}",
                whose=row[0],
                detail=review.judgement,
            )
            note(db, self._shelf, entry)
            return True

        return await self._shelf.database.write(write)

    def _lesson(self, db: Connection, row: Sequence[Any]) -> Lesson:
        seq, turn_id, conversation, question, reply, model, route, ended_at, state, *review = row
        verdicts = db.execute(
            "SELECT person, verdict, reason FROM ratings WHERE turn = ? ORDER BY rated_at", [turn_id]
        ).fetchall()
        earlier = self._earlier(db, conversation, seq)
        return Lesson(
            turn_id=turn_id,
            people=_people(db, turn_id),
            earlier=earlier,
            overheard=tuple(sorted({each for before in earlier for each in _people(db, before.turn_id)})),
            question=self._shelf.open(conversation, question) or "",
            answer=self._shelf.open(conversation, reply) or "",
            model=model,
            route=route,
            answered_at=moment(ended_at),
            verdicts=tuple(Verdict(person=each[0], verdict=each[1], reason=each[2]) for each in verdicts),
            stopped=state == "stopped",
            signals=_signals(db, turn_id),
            replaced=self._replaced(db, turn_id, conversation),
            review=self._review(turn_id, conversation, review),
        )

    def _drafted(self, db: Connection, row: Sequence[Any]) -> Lesson:
        """What an agent made of a suggested answer: sending it keeps it, changing it corrects it."""
        turn_id, customer, text, sent, state, model, closed_at, *review = row
        asked = self._shelf.messages(db, turn_id, customer)
        is_edited = state == "edited"
        by_agent = Review(
            turn_id=turn_id,
            judgement=Judgement.CORRECT if is_edited else Judgement.KEEP,
            correction=(self._shelf.open(customer, sent) or "") if is_edited else "",
            reviewer=AGENT,
            at=moment(closed_at),
        )
        return Lesson(
            turn_id=turn_id,
            people=_people(db, turn_id),
            earlier=(),
            question="\n".join(each.text for each in asked),
            answer=self._shelf.open(customer, text) or "",
            model=model,
            route="draft",
            answered_at=moment(closed_at),
            verdicts=(),
            stopped=False,
            review=self._review(turn_id, customer, review) or by_agent,
        )

    def _review(self, turn_id: str, conversation: str, row: Sequence[Any]) -> Review | None:
        judgement, correction, reviewer, reviewed_at = row
        if judgement is None:
            return None
        return Review(
            turn_id=turn_id,
            judgement=Judgement(judgement),
            correction=self._shelf.open(conversation, correction) or "",
            reviewer=reviewer,
            at=moment(reviewed_at),
        )

    def _replaced(self, db: Connection, turn_id: str, conversation: str) -> str:
        row = db.execute(_REPLACED, [turn_id]).fetchone()
        return (self._shelf.open(conversation, row[0]) or "") if row else ""

    def _earlier(self, db: Connection, conversation: str, seq: int) -> tuple[Exchange, ...]:
        """The exchanges just before, back to the first of which somebody does not consent."""
        found: list[Exchange] = []
        for row in db.execute(_EARLIER, [conversation, seq, EARLIER]).fetchall():
            question, reply = (self._shelf.open(conversation, each) for each in row[2:4])
            if row[5] or question is None:
                break
            found.insert(
                0,
                Exchange(seq=row[0], turn_id=row[1], question=question, reply=reply or "", route=row[4]),
            )
        return tuple(found)


def _signals(db: Connection, turn_id: str) -> tuple[Signal, ...]:
    rows = db.execute("SELECT kind FROM signals WHERE turn = ? ORDER BY noted_at, kind", [turn_id]).fetchall()
    return tuple(Signal(kind) for (kind,) in rows)


def _people(db: Connection, turn_id: str) -> tuple[str, ...]:
    """Keys of those whose messages a turn answers."""
    rows = db.execute(
        "SELECT DISTINCT sender FROM inbox WHERE turn = ? AND type = 'message' ORDER BY sender", [turn_id]
    ).fetchall()
    return tuple(person for (person,) in rows)
