"""What a Slack workspace consists of, as plain data."""

from dataclasses import dataclass, field
from typing import Literal

Payload = dict[str, object]
"""A JSON object as it goes over the wire."""

SOCKET_SCOPE = "connections:write"

ChannelKind = Literal["channel", "group", "im", "mpim"]
"""Slack's `channel_type`: public channel, private channel, direct message, group direct message."""


@dataclass(kw_only=True)
class Team:
    """A workspace."""

    id: str
    name: str
    domain: str
    enterprise_id: str | None = None
    """Set when the workspace belongs to an Enterprise Grid organisation."""


@dataclass(kw_only=True)
class User:
    """A person, or a bot's face in the workspace."""

    id: str
    team_id: str
    name: str
    """The handle, without @."""
    real_name: str
    tz: str = "Europe/Berlin"
    locale: str = "en-GB"
    bot_id: str | None = None
    app_id: str | None = None
    is_admin: bool = False
    is_deleted: bool = False


@dataclass(kw_only=True)
class Reaction:
    """One emoji under a message and who set it."""

    name: str
    users: list[str]


@dataclass(kw_only=True)
class Stream:
    """The state of a message that is being streamed."""

    owner: str
    """Bot id that started it; nobody else may touch it."""
    opened_at: float
    """Seconds since the epoch, on the emulator's clock."""
    recipient: str | None
    takes_chunks: bool
    """The shape of the first call, which every later one must have."""
    is_open: bool = True
    is_stopped_by_user: bool = False
    tasks: dict[str, Payload] = field(default_factory=dict)
    plan: str | None = None


@dataclass(kw_only=True)
class Message:
    """One post in a channel, a thread or a direct message."""

    ts: str
    channel: str
    user: str
    text: str
    team_id: str
    thread_ts: str | None = None
    blocks: list[Payload] = field(default_factory=list)
    attachments: list[Payload] = field(default_factory=list)
    markdown: str | None = None
    """The Markdown source, where the post was made with `markdown_text` or streamed."""
    bot_id: str | None = None
    app_id: str | None = None
    subtype: str | None = None
    username: str | None = None
    icons: Payload = field(default_factory=dict)
    metadata: Payload | None = None
    client_msg_id: str | None = None
    edited: Payload | None = None
    files: list[str] = field(default_factory=list)
    reactions: list[Reaction] = field(default_factory=list)
    reply_broadcast: bool = False
    unfurl_links: bool | None = None
    unfurl_media: bool | None = None
    visible_to: str | None = None
    """The one reader of an ephemeral message."""
    stream: Stream | None = None


@dataclass(kw_only=True)
class Channel:
    """A place for messages."""

    id: str
    team_id: str
    name: str
    kind: ChannelKind
    created: int
    creator: str
    members: list[str] = field(default_factory=list)
    is_archived: bool = False
    shared_with: list[str] = field(default_factory=list)
    """Further teams, when the channel is shared through Slack Connect."""
    topic: str = ""
    messages: dict[str, Message] = field(default_factory=dict)
    """By ts, oldest first."""
    ephemeral: dict[str, Message] = field(default_factory=dict)
    posted_ids: dict[str, str] = field(default_factory=dict)
    """`client_msg_id` of posts made through the API, with the ts each became."""


@dataclass(kw_only=True)
class File:
    """A file, complete once it has been shared."""

    id: str
    team_id: str
    user: str
    name: str
    title: str
    created: int
    length: int
    mimetype: str = "text/plain"
    content: bytes | None = None
    upload_key: str = ""
    channels: list[str] = field(default_factory=list)
    is_external: bool = False


@dataclass(kw_only=True)
class View:
    """A modal or a home tab."""

    id: str
    user: str
    team_id: str
    body: Payload
    hash: str
    root_id: str
    previous_id: str | None = None


@dataclass(kw_only=True)
class Session:
    """An agent session: what the agent pane shows for one conversation with the app."""

    channel: str
    thread_ts: str | None
    status: str = "active"
    title: str | None = None
    initiator: str | None = None


@dataclass(kw_only=True)
class Status:
    """The line under the composer while the app works, for example "is thinking..."."""

    channel: str
    thread_ts: str
    text: str
    set_at: float
    loading_messages: list[str] = field(default_factory=list)


@dataclass(kw_only=True)
class Prompts:
    """Suggested prompts of the agent pane."""

    channel: str
    thread_ts: str | None
    title: str | None
    prompts: list[Payload]


@dataclass(kw_only=True)
class Installation:
    """The app in one workspace, with its bot token."""

    team_id: str
    bot_user: str
    bot_id: str
    token: str
    scopes: list[str]
    installer: str
    is_revoked: bool = False
    is_enterprise: bool = False


@dataclass(kw_only=True)
class App:
    """The app under test, as its manifest describes it."""

    id: str
    name: str
    client_id: str
    client_secret: str
    signing_secret: str
    app_token: str
    verification_token: str
    scopes: list[str]
    events: list[str]
    commands: list[str]
    app_scopes: list[str] = field(default_factory=lambda: [SOCKET_SCOPE])
    """What the app-level token may do."""
    redirect_urls: list[str] = field(default_factory=list)
    request_url: str | None = None
    """Where events and interactions are posted; None means Socket Mode."""


@dataclass(kw_only=True)
class World:
    """Everything the emulator knows."""

    app: App
    teams: dict[str, Team] = field(default_factory=dict)
    users: dict[str, User] = field(default_factory=dict)
    channels: dict[str, Channel] = field(default_factory=dict)
    files: dict[str, File] = field(default_factory=dict)
    views: dict[str, View] = field(default_factory=dict)
    homes: dict[str, View] = field(default_factory=dict)
    """Published home tabs, by user id."""
    modals: dict[str, list[str]] = field(default_factory=dict)
    """Stack of open view ids, by user id."""
    installations: dict[str, Installation] = field(default_factory=dict)
    """By team id."""
    sessions: dict[tuple[str, str | None], Session] = field(default_factory=dict)
    statuses: dict[tuple[str, str], Status] = field(default_factory=dict)
    prompts: dict[tuple[str, str | None], Prompts] = field(default_factory=dict)
    triggers: dict[str, tuple[str, float]] = field(default_factory=dict)
    """Trigger ids with their user and the time they were handed out."""
    response_urls: dict[str, "ResponseUrl"] = field(default_factory=dict)
    tickets: set[str] = field(default_factory=set)
    """Socket Mode connections opened but not yet made."""
    url: str = ""
    """Where the emulator can be reached, without a slash at the end."""
    codes: dict[str, "Code"] = field(default_factory=dict)
    """OAuth codes handed out."""


@dataclass(kw_only=True)
class ResponseUrl:
    """What a `response_url` may still do."""

    channel: str
    user: str
    opened_at: float
    message_ts: str | None
    uses: int = 0


@dataclass(kw_only=True)
class Code:
    """An OAuth code: somebody allowed the app in a workspace."""

    team_id: str
    installer: str
    redirect_uri: str
    scopes: list[str]
    is_used: bool = False
