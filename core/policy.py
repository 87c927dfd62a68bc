"""`frontdesk.yaml`: the longer settings, validated at start with errors that name the line."""

from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails, InitErrorDetails, PydanticCustomError

from core import yaml_file
from core.desk_policy import DeskSection
from core.learning_policy import LearningSection
from core.message import Conversation
from core.privacy_policy import PrivacySection
from core.profiles import PROFILES, profile
from core.rights import GRANTED, Right, Role
from core.safety.topic import Topic
from core.translation import LANGUAGES, SOURCE

INSTRUCTIONS = "You are a helpful AI assistant named {name}."
"""Short on purpose: the default model of 135 million parameters follows a longer one worse than none."""
CRISIS_LINES = {
    "AT": "Telefonseelsorge, 142",
    "CH": "Die Dargebotene Hand, 143",
    "DE": "TelefonSeelsorge, 0800 111 0 111",
    "ES": "Línea de atención a la conducta suicida, 024",
    "GB": "Samaritans, 116 123",
    "US": "Suicide & Crisis Lifeline, 988",
}
"""By ISO 3166 code, as these services name their own numbers; free of charge, day and night."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Policy(_Section):
    """How the assistant behaves in one conversation."""

    name: str = "Frontdesk"
    instructions: str = INSTRUCTIONS
    """The system prompt; `{name}` is replaced."""
    language: str = SOURCE
    """What the assistant's own phrases are in where a person's language is not known, or not spoken."""
    greeting: str = ""
    """Empty: what the catalogue of phrases says."""
    suggestions: Annotated[tuple[str, ...], Field(max_length=4)] = (
        "Give me three tips for a good meeting",
        "Write a short thank-you note",
        "Explain a word to me",
    )
    """Prompts offered to a person who opens a new chat; Slack shows four at most."""
    follow_threads: bool = True
    """Answer in a thread the assistant already takes part in, without being mentioned again."""
    overlap: Literal["collect", "interrupt"] = "collect"
    """What a message does that arrives during a turn: wait for the next one, or cancel it."""
    settle_seconds: Annotated[float, Field(ge=0, le=10)] = 0.3
    """How long to wait for the rest of a burst or an album before a turn begins."""
    longest_wait_seconds: Annotated[float, Field(ge=0, le=3600)] = 30.0
    """How long a person may have to wait for the answer to begin; beyond it they are told to come later."""
    person_budget: Annotated[int, Field(ge=0)] = 60
    """Answers a person may ask for in ten minutes; 0 is no limit."""
    channel_budget: Annotated[int, Field(ge=0)] = 600
    """Answers all people of a channel together may ask for in ten minutes; 0 is no limit."""
    key_budget: Annotated[int, Field(ge=0)] = 0
    """Requests that a key of `/v1` may bring in ten minutes; 0 is no limit. Holds whatever the channel."""
    person_daily_tokens: Annotated[int, Field(ge=0)] = 0
    """Tokens that may be read and written for a person within a day of UTC; 0 is no limit."""
    key_daily_tokens: Annotated[int, Field(ge=0)] = 0
    """The same for a key of `/v1`. Holds whatever the channel."""
    sources: tuple[str, ...] | None = None
    """Names of the knowledge sources to answer from; None for all that are open there."""
    answers: Literal["free", "cited"] = "free"
    """Whether what the documents do not say may be answered by the model alone, or not at all."""
    flows: tuple[str, ...] | None = None
    """Names of the flows that may be begun there; None for all."""
    human: Annotated[str, Field(max_length=300)] = ""
    """How to reach a human, as a sentence; said where the documents have no answer."""
    keep_messages_days: Annotated[int, Field(ge=0)] = 365
    """After so many days messages, answers and tickets that are closed are deleted; 0: never."""
    keep_originals_days: Annotated[int, Field(ge=0)] = 30
    """The platforms' own JSON of messages; 0: as long as the message."""
    keep_prompts_days: Annotated[int, Field(ge=0)] = 30
    """What the model read; 0: as long as the answer."""
    keep_files_days: Annotated[int, Field(ge=0)] = 365
    """Files in the web widget; 0: never deleted."""
    longest_recording_seconds: Annotated[float, Field(ge=0, le=600)] = 600.0
    """How long recordings may be that are listened to; 0: none are."""
    reads_pictures: bool = True
    """Whether text in pictures is read."""
    largest_file_megabytes: Annotated[float, Field(gt=0, le=50)] = 25.0
    """How large files may be that are listened to or looked at."""
    profile: str = ""
    """A trade whose expectations hold for what is not set: see `core.profiles`."""
    disclaimers: dict[Topic, str] = {}
    """What is said below advice on a topic; `standard` for a sentence in the person's language."""
    hand_off_topics: tuple[Topic, ...] = ()
    """Topics with which people take over, where there is a help desk; they do with self-harm anyway."""
    forbidden: dict[str, tuple[str, ...]] = {}
    """Words by subjects about which the assistant does not speak."""
    vocabulary: dict[str, str] = {}
    """Words that the model's own answers use instead of others."""
    link_hosts: tuple[Annotated[str, Field(pattern=r"^(\*\.)?[a-z0-9.-]+$")], ...] = ()
    """Hosts to which links in the model's own words may lead, `*.HOST` for all names below one."""
    crisis_lines: dict[str, str] = CRISIS_LINES
    """Who helps people in danger, by country."""
    personal_data: Literal["keep", "mask"] = "keep"
    """Whether names, numbers and addresses are kept as people write them, or under pseudonyms."""
    second_look: bool = False
    """Put a request that was refused to the model once more without what people said of themselves."""
    max_tokens: Annotated[int, Field(ge=1, le=8192)] = 400
    temperature: Annotated[float, Field(ge=0, le=2)] = 0.0

    @field_validator("language")
    @classmethod
    def _is_spoken(cls, language: str) -> str:
        if language not in LANGUAGES:
            raise ValueError(f"there are phrases in {', '.join(LANGUAGES)}")
        return language

    @field_validator("profile")
    @classmethod
    def _is_known(cls, name: str) -> str:
        profile(name)
        return name

    @property
    def system_prompt(self) -> str:
        return self.instructions.replace("{name}", self.name)


class ChannelPolicy(_Section):
    """What differs in the channels whose key (`platform:tenant:channel`) matches a pattern."""

    match: str
    policy: dict[str, object] = {}


class SourceEntry(_Section):
    """Documents that the assistant is to know."""

    name: Annotated[str, Field(min_length=1)]
    location: Annotated[str, Field(min_length=1)]
    """A path, from the folder of the file, or an address."""
    audience: Annotated[tuple[str, ...], Field(min_length=1)] = ("*",)
    """Patterns of channels, or names of teams, in which its passages may be shown."""
    watch: bool = True
    """Look through it again and again while Frontdesk runs."""


class KnowledgeSection(_Section):
    """Where answers from documents come from."""

    sources: tuple[SourceEntry, ...] = ()
    teams: dict[str, tuple[str, ...]] = {}
    """Patterns of channels, by a name that audiences may use."""
    editors: tuple[str, ...] = ()
    """Patterns of people (`platform:tenant:id`) who may bring documents in a chat."""
    intranet: tuple[str, ...] = ()
    """Patterns of hosts from which pages are fetched although they are in a private network."""


class RequestEntry(_Section):
    """A request over HTTPS."""

    url: Annotated[str, Field(pattern=r"^https://[^/{}@]+(?:/.*)?$")]
    """Its path and query may hold values in braces."""
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = "POST"
    headers: dict[str, str] = {}
    """Secrets as `${NAME}`, from the environment."""


class ActionEntry(_Section):
    """Something that flows may have done: by a function of the operator's, or a request."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,17}$")]
    function: str = ""
    """`package.module:name`, or `path/to/file.py:name` from the folder of the file."""
    request: RequestEntry | None = None
    timeout_seconds: Annotated[float, Field(gt=0, le=60)] = 10.0
    sample: dict[str, str | int | float | bool] = {}
    """What it gives back in a dry run and in `flow test`."""

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if bool(self.function) == (self.request is not None):
            raise ValueError("an action has either a `function` or a `request`")
        return self


class FlowsSection(_Section):
    """Tasks through which people are led, and what may be done for them."""

    folder: str = "flows"
    """Where the flows are, from the folder of the file."""
    dry_run: bool = False
    """Do nothing, and go on with each action's sample."""
    hosts: tuple[str, ...] = ()
    """Hosts to which requests may go."""
    actions: tuple[ActionEntry, ...] = ()

    @model_validator(mode="after")
    def _allowed(self) -> Self:
        for action in self.actions:
            host = urlsplit(action.request.url).hostname if action.request else None
            if host is not None and host not in self.hosts:
                raise ValueError(f"{action.name}: {host} is not among `hosts`")
        names = [action.name for action in self.actions]
        if len(set(names)) < len(names):
            raise ValueError("two actions have the same name")
        return self


class RolesSection(_Section):
    """Who is what, as patterns: `platform:tenant:id` of people, `console:MAIL` of who signs in there."""

    operator: tuple[str, ...] = ()
    agent: tuple[str, ...] = ()
    """Empty: whoever is a member of the help desk's channel."""
    reviewer: tuple[str, ...] = ()
    data_scientist: tuple[str, ...] = ()
    auditor: tuple[str, ...] = ()

    def of(self, key: str) -> frozenset[Role]:
        """The roles of somebody; none for who is not named."""
        return frozenset(role for role in Role if any(fnmatchcase(key, each) for each in self._named(role)))

    def holding(self, right: Right) -> tuple[str, ...]:
        """Patterns of everybody who has a right."""
        return tuple(
            each for role, rights in GRANTED.items() if right in rights for each in self._named(role)
        )

    def _named(self, role: Role) -> tuple[str, ...]:
        patterns: tuple[str, ...] = getattr(self, role)
        return patterns


class EgressSection(_Section):
    """Where the service may connect to beyond what its other settings name."""

    hosts: tuple[Annotated[str, Field(pattern=r"^(\*\.)?[a-z0-9.-]+(:[0-9]{1,5})?$")], ...] = ()
    """As HOST or HOST:PORT, `*.HOST` for all names below it, for functions of the operator's own in flows."""


class Policies(_Section):
    """The whole file: one policy, what differs per channel (the last match wins), and what all share."""

    assistant: Policy = Policy()
    channels: tuple[ChannelPolicy, ...] = ()
    knowledge: KnowledgeSection = KnowledgeSection()
    desk: DeskSection | None = None
    """Where people take over; None where there is no help desk."""
    flows: FlowsSection = FlowsSection()
    learning: LearningSection = LearningSection()
    egress: EgressSection = EgressSection()
    roles: RolesSection = RolesSection()
    privacy: PrivacySection = PrivacySection()

    def for_conversation(self, conversation: Conversation) -> Policy:
        entries = (each for each in self.channels if fnmatchcase(conversation.channel_key, each.match))
        return _merged(self.assistant, *(each.policy for each in entries))

    @property
    def mask_anywhere(self) -> bool:
        """Whether personal data is masked in any channel."""
        entries = (ChannelPolicy(match="*"), *self.channels)
        return any(_merged(self.assistant, each.policy).personal_data == "mask" for each in entries)


def _merged(assistant: Policy, *channels: dict[str, object]) -> Policy:
    """What is set later wins; a profile comes right before what is set beside it."""
    merged = Policy().model_dump() | dict(profile(assistant.profile))
    merged |= assistant.model_dump(include=assistant.model_fields_set)
    for each in channels:
        name = each.get("profile", "")
        merged |= (dict(profile(name)) if isinstance(name, str) and name in PROFILES else {}) | each
    return Policy.model_validate(merged)


def load(path: Path = Path("frontdesk.yaml")) -> Policies:
    """Read the file; without one the defaults hold.

    Raises:
        ConfigurationError: names the file, the line and what is wrong there.
    """
    if not path.is_file():
        return Policies()
    whole = "no `assistant:` or `channels:`, see frontdesk.example.yaml"
    return yaml_file.parse(yaml_file.read(path), str(path), _checked, whole)


def _checked(content: object) -> Policies:
    policies = Policies.model_validate(content)
    for number, entry in enumerate(policies.channels):
        try:
            _merged(policies.assistant, entry.policy)
        except ValidationError as error:
            raise ValidationError.from_exception_data(
                "channels", [_below(fault, ("channels", number, "policy")) for fault in error.errors()]
            ) from None
    return policies


def _below(fault: ErrorDetails, parents: tuple[int | str, ...]) -> InitErrorDetails:
    """The same fault, seen from the top of the file."""
    problem = PydanticCustomError("policy", "{message}", {"message": fault["msg"]})
    return InitErrorDetails(type=problem, loc=(*parents, *fault["loc"]), input=None)
