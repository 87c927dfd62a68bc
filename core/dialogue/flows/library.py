"""The flows of an installation: files in a folder, checked when they are read, and their JSON schema."""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from core import yaml_file
from core.dialogue.flows.definition import Call, Flow, faults
from core.errors import ConfigurationError

SUFFIX = ".yaml"
TESTS = ".test.yaml"
"""Files beside the flows that hold dialogues to test them with."""


@dataclass(frozen=True, kw_only=True)
class Version:
    """A flow, as one text declares it."""

    digest: str
    text: str
    flow: Flow
    path: str = ""


@cache
def parse(text: str, name: str) -> Version:
    """A flow from its text.

    Args:
        name: what errors call the file.

    Raises:
        ConfigurationError: names the file, the line and what is wrong there.
    """
    flow = yaml_file.parse(text, name, _checked, "no flow: it has `flow:`, `title:` and `steps:`")
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    return Version(digest=digest, text=text, flow=flow, path=name)


def load(folder: Path, actions: Collection[str] | None = None) -> Mapping[str, Version]:
    """The flows in a folder, by name; none where there is no such folder.

    Args:
        actions: that frontdesk.yaml names; None: any.

    Raises:
        ConfigurationError: a flow is wrong, two have the same name or command, or an action is missing.
    """
    versions: dict[str, Version] = {}
    commands: dict[str, str] = {}
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        if path.name.endswith(TESTS):
            continue
        version = parse(yaml_file.read(path), str(path))
        flow = version.flow
        if flow.flow in versions:
            raise ConfigurationError(
                f"{path}: there is another flow {flow.flow!r}, in {versions[flow.flow].path}"
            )
        for command in flow.start.commands:
            if command in commands:
                raise ConfigurationError(
                    f"{path}: the command {command!r} begins {commands[command]!r} already"
                )
            commands[command] = flow.flow
        _check_actions(version, actions)
        versions[flow.flow] = version
    return versions


def _check_actions(version: Version, actions: Collection[str] | None) -> None:
    for at, step in enumerate(version.flow.steps):
        if isinstance(step, Call) and actions is not None and step.call not in actions:
            line = yaml_file.line_of(version.text, ("steps", at, "call"))
            raise ConfigurationError(
                f"{version.path}, line {line}: frontdesk.yaml has no action {step.call!r} under `flows`"
            )


def schema() -> dict[str, object]:
    """The JSON schema of a flow's file, for editors."""
    made = Flow.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **made, "title": "A flow of Frontdesk"}


def _checked(content: object) -> Flow:
    flow = Flow.model_validate(content)
    for location, message in faults(flow):
        problem = PydanticCustomError("flow", "{message}", {"message": message})
        raise ValidationError.from_exception_data(
            "flow", [InitErrorDetails(type=problem, loc=location, input=None)]
        )
    return flow
