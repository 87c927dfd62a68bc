"""An installation in which several people wrote, each with words that nobody else has."""

import hashlib
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from core.clock import SystemClock
from core.learning import examples, gathering, leaving
from core.message import (
    Choice,
    Citation,
    Conversation,
    Person,
    Platform,
    Post,
    Rating,
    Reply,
)
from core.privacy.keys import Keys
from core.privacy.sealing import KeyedSealer
from core.privacy.vaults import FILE, SqliteVault
from core.store.ports import Store
from core.store.records import (
    Consent,
    Draft,
    FlowRun,
    Judgement,
    Outcome,
    PostState,
    Purpose,
    Review,
    Signal,
    Ticket,
    TurnState,
)
from core.store.sqlite.store import open_store
from tests.samples import arrival, message

SECRET = "s" * 40
ANNA, BEN, CARLA = (
    Person(platform=Platform.WEB, tenant="shop.example", id=f"u-{name}", name=name.title())
    for name in ("anna", "ben", "carla")
)
GROUP = Conversation(platform=Platform.WEB, tenant="shop.example", channel="group", thread="7")


def private(person: Person) -> Conversation:
    return Conversation(platform=Platform.WEB, tenant=person.tenant, channel=person.id, direct=True)


def canary(person: Person, where: str) -> str:
    """Words of a person by which every byte of theirs is found."""
    return f"canary-{person.id}-{where}-tweet"


def turn_of(person: Person, kind: str) -> str:
    """The id of a turn, which names nobody."""
    return f"{kind}-{person.name[0].lower()}"


def opened(home: Path, *, sealed: bool):  # type: ignore[no-untyped-def]
    sealer = KeyedSealer(Keys(SqliteVault(home / FILE), SECRET)) if sealed else None
    return open_store(home / "frontdesk.db", SystemClock(), sealer)


async def say(
    store: Store, person: Person, place: Conversation, text: str, turn_id: str, quoted: str = ""
) -> None:
    """One message with everything that may come of it.

    Args:
        quoted: what the model reads of others.
    """
    lease = f"conversation:{place.key}"
    assert await store.leases.take(lease)
    said = message(text, where=place, sender=person)
    await store.inbox.accept(replace(arrival(said, key=f"key of {turn_id}"), raw=f'{{"raw": "{text}"}}'))
    post = Post(id=f"post-{turn_id}", turn_id=turn_id, conversation=place, recipient=person)
    turn = await store.turns.begin(place, post, await store.inbox.waiting(place.key))
    reply = Reply(
        text=f"You said: {text}",
        citations=(Citation(number=1, passage=1, title=text),),
        choices=(Choice(id="a", label=text),),
    )
    outcome = Outcome(
        state=TurnState.ANSWERED,
        reply=reply.text,
        parts=(reply,),
        question=text,
        model="m@1",
        prompt=f"system\n{quoted}user: {text}",
        route="chat",
        flow=FlowRun(conversation=place.key, person=person.key, texts={"d": "flow"}, state=f'"{text}"'),
    )
    await store.turns.finish(turn, outcome, turn.posts)
    await store.outbox.mark(post, PostState.PLACED, platform_id=f"p-{turn_id}")
    await store.outbox.mark(post, PostState.SENT)
    await store.leases.drop(lease)
    await store.people.rate(Rating(conversation=place, person=person, verdict="bad"), turn_id)
    await store.gaps.note(turn_id, "topic", "not sure", text)
    await store.lessons.signal(turn_id, Signal.REASKED)
    await store.lessons.review(
        Review(
            turn_id=turn_id,
            judgement=Judgement.CORRECT,
            correction=f"Better: {text}",
            reviewer="rita",
            at=datetime.now(UTC),
        )
    )


def memory(person: Person, *, granted: bool) -> Consent:
    """What somebody decided about their memory."""
    return Consent(
        person=person.key,
        purpose=Purpose.MEMORY,
        granted=granted,
        wording="May I remember?",
        conversation=private(person).key,
        at=datetime.now(UTC),
    )


async def live(store: Store, home: Path, person: Person) -> None:
    """All that there can be of a person."""
    place = private(person)
    await say(store, person, place, canary(person, "private"), turn_of(person, "t"))
    await say(store, person, GROUP, canary(person, "group"), turn_of(person, "g"))
    await store.history.summarise(place.key, canary(person, "summary"), 10**6)
    await store.history.pseudonyms(GROUP, [("PERSON", canary(person, "pseudonym"))])
    await store.feed.put(place.key, "item", f'"{canary(person, "feed")}"')
    await store.subjects.remember(memory(person, granted=True))
    await store.spending.charge({person.key: 7})
    await store.lessons.decide(
        Consent(
            person=person.key,
            granted=True,
            wording="May we learn?",
            conversation=place.key,
            at=datetime.now(UTC),
        )
    )
    await ticket_of(store, person, place)
    folder = home / "widget" / hashlib.sha256(place.key.encode()).hexdigest()[:32]
    folder.mkdir(parents=True)
    (folder / ("f" * 32)).write_text(canary(person, "file"))
    (folder / f"{'f' * 32}.json").write_text('{"kind": "document", "name": "a.txt", "type": "text/plain"}')
    called = gathering.hashed(person.key, await leaving.salt(store.cabinet))
    examples.add(home, f"set-{person.name[0].lower()}", train=[], held_out=[], card={"people": [called]})
    # files of documents were kept once, in clear
    brought = home / "documents" / place.channel_key.replace(":", "%3A")
    brought.mkdir(parents=True)
    (brought / "notes.md").write_text(canary(person, "document"))


async def ticket_of(store: Store, person: Person, place: Conversation) -> None:
    """A ticket that agents spoke about, with all that may belong to one."""
    number = await store.tickets.reserve()
    desk = Conversation(
        platform=Platform.SLACK, tenant="T1", channel="C1", thread=f"ticket-{number}", direct=False
    )
    ticket = Ticket(
        number=number,
        customer=place,
        desk=desk,
        person=person,
        reason="asked",
        opened_at=datetime.now(UTC),
        summary=canary(person, "brief"),
    )
    about = message(canary(person, "desk"), where=desk, sender=CARLA)
    await store.tickets.change(ticket, [arrival(about, key=f"about {number}")])
    waiting = await store.inbox.waiting(desk.key)
    await store.leases.take(f"conversation:{desk.key}")
    post = Post(id=f"d-{number}", turn_id=f"d-{number}", conversation=desk)
    turn = await store.turns.begin(desk, post, waiting)
    said = canary(person, "desk")
    outcome = Outcome(
        state=TurnState.ANSWERED, reply=said, parts=(), question=said, route="relay", quiet=True
    )
    await store.turns.finish(turn, outcome, ())
    await store.leases.drop(f"conversation:{desk.key}")
    draft = Draft(
        id=f"draft-{number}",
        ticket=number,
        customer=place.key,
        turn=turn_of(person, "t"),
        text=canary(person, "draft"),
        model="m@1",
    )
    await store.drafts.offer(draft, [])
    await store.tickets.join(number, place.key)


def everything(home: Path) -> dict[Path, bytes]:
    """All bytes of an installation."""
    return {each: each.read_bytes() for each in sorted(home.rglob("*")) if each.is_file()}


def rows(home: Path, person: Person) -> list[tuple[object, ...]]:
    """Every row that has to do with a person, as it lies in the database."""
    with closing(sqlite3.connect(home / "frontdesk.db")) as database:
        names = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        return [
            (name, *row)
            for (name,) in names
            if name not in ("leases", "owners", "erasures")
            for row in database.execute(f"SELECT * FROM {name} ORDER BY rowid").fetchall()
            if person.id in repr(row)
        ]
