"""What people may ask for themselves: what is kept of them, a copy, that they are forgotten or remembered.

In private alone: elsewhere others would read along, or decide.
"""

from dataclasses import replace

from core import words
from core.delivery.responder import Answer
from core.message import (
    Arrival,
    Attachment,
    Choice,
    Conversation,
    LyingFile,
    Message,
    Platform,
    Relay,
)
from core.policy import Policy
from core.privacy.audit import SELF, Action, AuditEntry
from core.privacy_policy import PrivacySection
from core.safety.links import links
from core.store.ports import Store
from core.store.records import Consent, Purpose, Turn
from core.translation import language

ME, EXPORT, FORGET, MEMORY = "me", "export", "forget", "memory"
"""Commands; buttons for the last three bear the same names."""
_PRESSED = "mine"
"""Before what a button does, in its id."""
_REALLY, _KEEP = "really", "keep"
ON_OFF = {
    **dict.fromkeys(("on", "yes", "an", "ein", "ja", "sí", "si"), True),
    **dict.fromkeys(("off", "no", "aus", "nein"), False),
}
"""What people say behind commands that turn something on and off."""
COPIES = "copies"
"""The tenant of the conversations in which copies lie."""


class OwnData:
    """Answers these commands and buttons, and tells newcomers what becomes of what they write."""

    def __init__(self, store: Store, section: PrivacySection) -> None:
        self._store = store
        self._section = section

    async def answer(self, turn: Turn) -> Answer | None:
        """The answer to a turn that is about this; None where it is about something else."""
        message = turn.messages[-1]
        wish = _wish(message)
        if wish not in (ME, EXPORT, FORGET, MEMORY, _REALLY, _KEEP):
            return None
        if wish == ME:
            return await self._me(message)
        if not message.conversation.direct:
            return _notice(words.ask_me_alone())
        match wish:
            case "export":
                entry = AuditEntry(actor=SELF, action=Action.EXPORT, subject="copy", whose=message.sender.key)
                await self._store.audit.record(entry)
                return _copy(message)
            case "forget":
                return _notice(words.really_forget(), _choice(_REALLY), _choice(_KEEP))
            case "memory":
                return await self._memory(message)
            case "really":
                await self._store.subjects.ask(message.sender.key, SELF)
                return _notice(words.forgetting())
        return _notice(words.nothing_forgotten())

    async def introduced(self, turn: Turn, policy: Policy, answer: Answer) -> Answer:
        """The answer, followed by a notice where the person has never written here before."""
        message = turn.messages[-1]
        place, person = message.conversation, message.sender
        key = f"notice:{person.key}"
        if not self._section.controller or not place.direct or await self._store.inbox.where(key):
            return answer
        text = words.first_notice(self._section.controller, self._section.contact, policy.keep_messages_days)
        choices = (_choice(MEMORY), Choice(id=f"{_PRESSED}.{FORGET}", label=words.no_forget_me()))
        notice = Relay(conversation=place, source=key, text=text, choices=choices)
        return replace(answer, relays=(*answer.relays, Arrival(key=key, event=notice)))

    async def _me(self, message: Message) -> Answer:
        known = await self._store.people.knowledge(message.sender.key)
        lines = [
            f"**{words.kept(known.since)}**",
            f"- {words.kept_messages(known.messages, known.conversations)}",
            f"- {words.kept_ratings(known.ratings)}",
        ]
        if not message.conversation.direct:
            return _notice("\n".join([*lines, "", _kept_here(message), words.ask_me_alone()]))
        remembered = bool(await self._store.subjects.is_remembered(message.sender.key))
        lines.append(f"- {words.memory_is(remembered)}")
        if await self._store.subjects.prefers_voice(message.sender.key):
            lines.append(f"- {words.kept_voice()}")
        transcript = await self._store.history.transcript(message.conversation.key, limit=1)
        if transcript.summary:
            lines.append(f"- {words.kept_summary(links(()).only(transcript.summary))}")
        lines += ["", f"{_kept_here(message)} {words.to_correct()}"]
        return _notice("\n".join(lines), *_offers(remembered))

    async def _memory(self, message: Message) -> Answer:
        wanted = True if message.press else ON_OFF.get(message.text.strip().casefold())
        if message.press and message.press.choice == f"{_PRESSED}.{MEMORY}.off":
            wanted = False
        if wanted is None:
            remembered = bool(await self._store.subjects.is_remembered(message.sender.key))
            return _notice(words.memory_means(remembered), _memory_choice(remembered))
        consent = consent_of(message, Purpose.MEMORY, wanted, words.memory_is_for())
        await self._store.subjects.remember(consent)
        return _notice(words.remembers_now() if wanted else words.remembers_no_more())


def _wish(message: Message) -> str:
    """What the message is about, as a command or by a button that is still open."""
    if message.press is None:
        return message.command
    if not message.text:
        return ""
    about, _, what = message.press.choice.partition(".")
    return what.partition(".")[0] if about == _PRESSED else ""


def consent_of(message: Message, purpose: Purpose, granted: bool, wording: str) -> Consent:
    """What who wrote or pressed this decided by it."""
    return Consent(
        person=message.sender.key,
        purpose=purpose,
        granted=granted,
        wording=wording,
        conversation=message.conversation.key,
        at=message.sent_at,
    )


def lying_copy(person: str) -> tuple[Attachment, Conversation]:
    """A person's copy as a file, and where it lies: on this machine, made in the language spoken now."""
    name = f"{words.copy_file()}.zip"
    attachment = Attachment(id=person, kind="document", name=name, media_type="application/zip")
    return attachment, Conversation(
        platform=Platform.TERMINAL, tenant=COPIES, channel=person, thread=language()
    )


def _copy(message: Message) -> Answer:
    """The copy comes as a file of its own, below; it is made when it is sent."""
    place = message.conversation
    attachment, lies = lying_copy(message.sender.key)
    relay = Relay(
        conversation=place,
        source=f"copy:{message.id}",
        files=(LyingFile(attachment=attachment, conversation=lies),),
    )
    arrival = Arrival(key=f"copy:{place.key}:{message.id}", event=relay)
    return replace(_notice(words.copy_comes()), relays=(arrival,))


def _offers(remembered: bool) -> tuple[Choice, ...]:
    return (_choice(EXPORT), _memory_choice(remembered), _choice(FORGET))


def _memory_choice(remembered: bool) -> Choice:
    if not remembered:
        return _choice(MEMORY)
    return Choice(id=f"{_PRESSED}.{MEMORY}.off", label=words.remember_no_more())


def _choice(name: str) -> Choice:
    labels = {
        EXPORT: words.send_copy,
        FORGET: words.forget_me,
        MEMORY: words.remember_me,
        _REALLY: words.yes_forget_me,
        _KEEP: words.no_keep,
    }
    return Choice(id=f"{_PRESSED}.{name}", label=labels[name]())


def _kept_here(message: Message) -> str:
    """Telegram tells bots of deletions in business chats alone, and a terminal knows none."""
    hears_of_deletions = message.conversation.platform is Platform.SLACK
    return " ".join([words.stays_here(), *([words.delete_to_forget()] if hears_of_deletions else [])])


def _notice(text: str, *choices: Choice) -> Answer:
    return Answer(text=text, route="command", quiet=True, choices=choices)
