"""`frontdesk.yaml`: the longer settings, validated at start with errors that name the line."""

from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails, InitErrorDetails, PydanticCustomError

from core.desk_policy import DeskSection
from core.errors import ConfigurationError
from core.message import Conversation

INSTRUCTIONS = "You are a helpful AI assistant named {name}."
"""Short on purpose: the default model of 135 million parameters follows a longer one worse than none."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Policy(_Section):
    """How the assistant behaves in one conversation."""

    name: str = "Frontdesk"
    instructions: str = INSTRUCTIONS
    """The system prompt; `{name}` is replaced."""
    greeting: str = "Hello! Ask me anything, or type a question to begin."
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
    sources: tuple[str, ...] | None = None
    """Names of the knowledge sources to answer from; None for all that are open there."""
    answers: Literal["free", "cited"] = "free"
    """Whether what the documents do not say may be answered by the model alone, or not at all."""
    human: Annotated[str, Field(max_length=300)] = ""
    """How to reach a human, as a sentence; said where the documents have no answer."""
    max_tokens: Annotated[int, Field(ge=1, le=8192)] = 400
    temperature: Annotated[float, Field(ge=0, le=2)] = 0.0

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
    intranet: tuple[str, ...] = ()
    """Patterns of hosts from which pages are fetched although they are in a private network."""


class Policies(_Section):
    """The whole file: one policy, what differs per channel (the last match wins), documents, and the desk."""

    assistant: Policy = Policy()
    channels: tuple[ChannelPolicy, ...] = ()
    knowledge: KnowledgeSection = KnowledgeSection()
    desk: DeskSection | None = None
    """Where people take over; None where there is no help desk."""

    def for_conversation(self, conversation: Conversation) -> Policy:
        merged = self.assistant.model_dump()
        for entry in self.channels:
            if fnmatchcase(conversation.channel_key, entry.match):
                merged |= entry.policy
        return Policy.model_validate(merged)


def load(path: Path = Path("frontdesk.yaml")) -> Policies:
    """Read the file; without one the defaults hold.

    Raises:
        ConfigurationError: names the file, the line and what is wrong there.
    """
    if not path.is_file():
        return Policies()
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise ConfigurationError(
            f"{path} is not UTF-8 text: write it anew from frontdesk.example.yaml"
        ) from None
    try:
        node = yaml.compose(text)
        return _checked(yaml.safe_load(text) or {})
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        raise ConfigurationError(f"{path}{line}: {getattr(error, 'problem', 'not YAML')}") from None
    except ValidationError as error:
        fault = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in fault["loc"])
        message = "there is no such setting" if fault["type"] == "extra_forbidden" else fault["msg"]
        told = (
            f"{where}: {message}" if where else "no `assistant:` or `channels:`, see frontdesk.example.yaml"
        )
        raise ConfigurationError(f"{path}, line {_line(node, fault['loc'])}: {told}") from None


def _checked(content: object) -> Policies:
    policies = Policies.model_validate(content)
    for number, entry in enumerate(policies.channels):
        try:
            Policy.model_validate(policies.assistant.model_dump() | entry.policy)
        except ValidationError as error:
            raise ValidationError.from_exception_data(
                "channels", [_below(fault, ("channels", number, "policy")) for fault in error.errors()]
            ) from None
    return policies


def _below(fault: ErrorDetails, parents: tuple[int | str, ...]) -> InitErrorDetails:
    """The same fault, seen from the top of the file."""
    problem = PydanticCustomError("policy", "{message}", {"message": fault["msg"]})
    return InitErrorDetails(type=problem, loc=(*parents, *fault["loc"]), input=None)


def _line(node: yaml.Node | None, location: tuple[int | str, ...]) -> int:
    """The line (from 1) where `location` stands, or of its nearest parent that is there."""
    line = 1
    for part in location:
        child = _child(node, part)
        if child is None:
            return line
        node, line = child
    return line


def _child(node: yaml.Node | None, part: int | str) -> tuple[yaml.Node, int] | None:
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        item = node.value[part]
        return item, item.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == str(part):
                return value, key.start_mark.line + 1
    return None
