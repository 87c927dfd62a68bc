"""The vocabulary: what arrives, what leaves, and where. Frozen data, no behaviour beyond a key."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AwareDatetime, ConfigDict, Field, TypeAdapter


class Platform(StrEnum):
    SLACK = "slack"
    TELEGRAM = "telegram"
    WEB = "web"
    TERMINAL = "terminal"


DESK_THREAD = "ticket-"
"""How the threads are called in which agents speak about tickets; no platform has such an id."""


@dataclass(frozen=True, kw_only=True)
class Conversation:
    """Where a dialogue takes place; its key decides order and keeps memories apart."""

    platform: Platform
    tenant: str
    """Workspace id (Slack), bot id (Telegram)."""
    channel: str
    """Channel or chat id."""
    thread: str = ""
    """Slack thread root `ts`, Telegram topic id, or empty."""
    direct: bool = False
    """True where one person and the assistant are alone."""

    @property
    def key(self) -> str:
        return f"{self.channel_key}:{self.thread}"

    @property
    def is_desk(self) -> bool:
        """True where agents speak about a ticket: the thread bears a name of ours."""
        return self.thread.startswith(DESK_THREAD)

    @property
    def channel_key(self) -> str:
        """What all threads of the channel have in common."""
        return f"{self.platform}:{self.tenant}:{self.channel}"


@dataclass(frozen=True, kw_only=True)
class Person:
    """One human as one platform knows them."""

    platform: Platform
    tenant: str
    """The person's home workspace (Slack Connect people have another than the conversation)."""
    id: str
    name: str = ""
    language: str = ""
    """BCP 47 tag the platform reports, or empty."""

    @property
    def key(self) -> str:
        return f"{self.platform}:{self.tenant}:{self.id}"


class Addressing(StrEnum):
    """How a message reached the assistant."""

    DIRECT = "direct"
    MENTION = "mention"
    REPLY = "reply"
    COMMAND = "command"
    THREAD = "thread"
    """Written in a thread without a mention; answered only where the channel follows threads."""


@dataclass(frozen=True, kw_only=True)
class Box:
    """Where something stands in a picture: shares of its width and height, from the top left corner."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, kw_only=True)
class Recognised:
    """What a machine heard or read in a file: untrusted words, and perhaps not the right ones."""

    text: str = ""
    """Empty where there are no words in it, or none could be had."""
    sure: bool = True
    """Whether it can be taken for what was said; else the person is asked."""
    outline: str = ""
    """Of a long recording: a few of its sentences, each in a line behind the time at which it begins."""
    taken_back: bool = False
    """Whether it was something else that was said: it stands in the sender's next message."""
    refused: str = ""
    """Why nothing was made of the file (`core.media.refusal.Refusal`); empty where all went well."""
    rows: tuple[Box, ...] = ()
    """Where the first lines of the text stand in a picture, one for each; what codes say follows those."""


@dataclass(frozen=True, kw_only=True)
class Attachment:
    """A file as the platform describes it; its bytes stay there until something needs them."""

    id: str
    kind: Literal["image", "audio", "video", "document"]
    name: str = ""
    media_type: str = ""
    size: int = 0
    """Bytes, 0 when unknown."""
    recognised: Recognised | None = None
    """What is in it; None while nobody has listened or looked."""

    @property
    def is_recording(self) -> bool:
        """Whether it is something to listen to."""
        return self.kind in ("audio", "video")


@dataclass(frozen=True, kw_only=True)
class Press:
    """Which button a person pressed under which answer."""

    turn_id: str
    """The answer's turn."""
    choice: str
    """Id of the choice."""


@dataclass(frozen=True, kw_only=True)
class Message:
    """Something a person sent, normalised."""

    type: Literal["message"] = "message"
    id: str
    """The platform's id of the message: Slack `ts`, Telegram `message_id`."""
    conversation: Conversation
    sender: Person
    text: str
    """Plain text; the mention that addressed us is taken out."""
    addressed: Addressing
    sent_at: AwareDatetime
    command: str = ""
    """Name of a command (`help`, `new`, `stop`, `again`, `me`, …); its argument is `text`."""
    attachments: tuple[Attachment, ...] = ()
    reply_to: str = ""
    """Platform id of the message this one answers, or empty."""
    quote: str = ""
    """Text of the message it answers, where the platform delivers it along."""
    group: str = ""
    """Album id: messages of one album share it."""
    press: Press | None = None
    """Where a button was pressed instead of writing: `text` is the choice's value, empty where the choice
    is not open any more."""

    @property
    def said(self) -> str:
        """The sender's own words: those written, and those heard."""
        heard = [each.recognised.text for each in self.attachments if each.is_recording and each.recognised]
        return "\n".join(text for text in (self.text.strip(), *heard) if text)

    @property
    def pictured(self) -> str:
        """What was read in the pictures that came with it: data, not the sender's words."""
        read = [each.recognised.text for each in self.attachments if each.kind == "image" and each.recognised]
        return "\n".join(text for text in read if text)


@dataclass(frozen=True, kw_only=True)
class Edit:
    """A person changed a message; `message.id` names it."""

    type: Literal["edit"] = "edit"
    message: Message

    @property
    def conversation(self) -> Conversation:
        return self.message.conversation


@dataclass(frozen=True, kw_only=True)
class Deletion:
    """A person deleted a message."""

    type: Literal["deletion"] = "deletion"
    conversation: Conversation
    message_id: str


@dataclass(frozen=True, kw_only=True)
class Stop:
    """A person pressed Stop."""

    type: Literal["stop"] = "stop"
    conversation: Conversation
    person: Person


@dataclass(frozen=True, kw_only=True)
class Rating:
    """A person judged an answer. `verdict` "none" takes an earlier judgement back."""

    type: Literal["rating"] = "rating"
    conversation: Conversation
    person: Person
    turn_id: str = ""
    """The answer's turn, where the button carries it."""
    post_id: str = ""
    """The platform id of the judged post, where only that is known (reactions)."""
    verdict: Literal["good", "bad", "none"]


@dataclass(frozen=True, kw_only=True)
class Departure:
    """Somebody left, so that nobody waits here for an answer any more, or nobody could give it."""

    type: Literal["departure"] = "departure"
    conversation: Conversation
    """Where: without thread for all of a channel, without channel for all of a tenant."""
    person: Person | None = None
    """Who left; None: the assistant itself was removed, blocked or uninstalled."""
    reason: str


@dataclass(frozen=True, kw_only=True)
class LyingFile:
    """A file, and the conversation in which it was attached: there it can be fetched."""

    attachment: Attachment
    conversation: Conversation
    spoken: bool = False
    """The assistant's own voice, which the platform shows as a voice note, where it can."""


@dataclass(frozen=True, kw_only=True)
class Citation:
    """What a number such as [1] in an answer stands for. Title and place are untrusted words."""

    number: int
    passage: int
    """Id of the passage, by which it can be read in full; below 0 what was read in a person's picture."""
    title: str
    """Of the document."""
    place: str = ""
    """Where in it: "page 3"."""
    link: str = ""
    """Its address on the web; empty for files."""
    text: str = ""
    """The passage, where no library keeps it: what was read in a picture."""


@dataclass(frozen=True, kw_only=True)
class Action:
    """A button under a post. Pressing it is a command of the same name, in reply to that post."""

    name: str
    """With a colon in it, so that nobody can type it as a command: "desk:take"."""
    label: str


@dataclass(frozen=True, kw_only=True)
class Relay:
    """Something that is to be said in this conversation because it was said, or happened, elsewhere."""

    type: Literal["relay"] = "relay"
    conversation: Conversation
    """Where it is to be said."""
    source: str
    """What it stands for; an edit and a deletion find by it what was said before."""
    kind: Literal["message", "edit", "deletion"] = "message"
    text: str = ""
    """Markdown."""
    citations: tuple[Citation, ...] = ()
    files: tuple[LyingFile, ...] = ()
    choices: tuple["Choice", ...] = ()
    """What may be answered by a button."""
    actions: tuple[Action, ...] = ()
    judged: bool = False
    """Whether people are asked how they were helped."""
    begins_afresh: bool = False
    """Nothing said here before belongs to the conversation's context any more."""
    by_colleague: bool = False
    """An agent's words to a customer: the assistant remembers them."""
    heard: bool = False
    """It stands here already: somebody spoke in the assistant's place, who then steps aside for a time."""
    mentions: tuple[str, ...] = ()
    """Whom to call below it, as the platform names them: agents and their groups."""
    pinned: bool = False
    """To be kept in sight, where the platform can."""
    closes: bool = False
    """A title of a thread that is over: the platform may close it, where it can."""
    to: Person | None = None
    """Whom alone it concerns: nobody else sees it, where the platform can."""
    answers: str = ""
    """Platform id of the message below which it is said, or empty."""


Event = Annotated[Message | Edit | Deletion | Stop | Rating | Departure | Relay, Field(discriminator="type")]
EVENT: TypeAdapter[Message | Edit | Deletion | Stop | Rating | Departure | Relay] = TypeAdapter(
    Event, config=ConfigDict(hide_input_in_errors=True)
)
"""Reads and writes events as JSON; its errors, which the log may show, quote nothing."""


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """An event on its way into the inbox."""

    key: str
    """Unique for ever: repeats and twins of one event share it, and nothing else does."""
    event: Event
    raw: str = ""
    """The platform's own JSON, kept beside what we read from it."""


@dataclass(frozen=True, kw_only=True)
class Post:
    """One visible message of ours: placed once, from then on only edited."""

    id: str
    """Ours; goes along as metadata where the platform takes any."""
    turn_id: str
    """The turn it belongs to; feedback buttons carry it."""
    conversation: Conversation
    anchor: str = ""
    """Platform id of the message it answers, or empty."""
    recipient: Person | None = None
    """Whom it answers; Slack streams need it in channels."""
    platform_id: str = ""
    """What the platform called it, once placed."""
    quiet: bool = False
    """A notice rather than an answer: no feedback buttons under it."""
    last: bool = True
    """The last part of its answer: feedback buttons stand here."""
    created_at: datetime | None = None
    """When we first meant to place it; a search for a lost post begins there."""
    opens: bool = False
    """It begins a thread of its channel: its id is the thread's."""


@dataclass(frozen=True, kw_only=True)
class Choice:
    """An answer that a person may give by a button instead of writing it."""

    id: str
    """Tells the choices of one reply apart: up to 24 ASCII letters, since buttons carry no more."""
    label: str
    """On the button; untrusted words, shown as they stand."""
    value: str = ""
    """What pressing it says; the label where it is empty."""

    @property
    def said(self) -> str:
        return self.value or self.label


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What one post says."""

    text: str
    """Markdown."""
    citations: tuple[Citation, ...] = ()
    """What the numbers in the answer stand for; they come with its last part."""
    choices: tuple[Choice, ...] = ()
    """Buttons under the last part, until the person's next turn is answered."""
    chosen: str = ""
    """Label of the choice that was made by a button; then no button stands there any more."""
    actions: tuple[Action, ...] = ()
    """Buttons; they come with its last part."""
    file: LyingFile | None = None
    """A file to show instead of words; it is a part of its own."""
    judged: bool = False
    """People are asked how they were helped; they judge under its last part."""
    mentions: tuple[str, ...] = ()
    """As in `Relay`, like the following."""
    pinned: bool = False
    closes: bool = False
    private: bool = False
    """For the post's recipient alone, where the platform can."""
