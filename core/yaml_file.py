"""Settings in YAML: read into a model, with errors that name the file and the line."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import ValidationError

from core.errors import ConfigurationError

T = TypeVar("T")
Location = tuple[int | str, ...]


def parse(text: str, name: str, check: Callable[[object], T], whole: str) -> T:
    """What `check` makes of the text.

    Args:
        text: YAML.
        name: what errors call the file.
        check: validates what the YAML holds; raises pydantic's ValidationError.
        whole: what is said where the file as a whole is of the wrong kind.

    Raises:
        ConfigurationError: names the file, the line and what is wrong there.
    """
    try:
        node = yaml.compose(text)
        return check(yaml.safe_load(text) or {})
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        raise ConfigurationError(f"{name}{line}: {getattr(error, 'problem', 'not YAML')}") from None
    except ValidationError as error:
        fault = error.errors(include_input=False, include_url=False)[0]
        message = "there is no such setting" if fault["type"] == "extra_forbidden" else fault["msg"]
        loc, told = _there(node, fault["loc"]), message.removeprefix("Value error, ")
        where = ".".join(str(part) for part in loc)
        raise ConfigurationError(
            f"{name}, line {_line(node, loc)}: {f'{where}: {told}' if where else whole or told}"
        ) from None


def read(path: Path) -> str:
    """The file's text.

    Raises:
        ConfigurationError: it cannot be read, or is not UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise ConfigurationError(f"{path} is not UTF-8 text: write it anew") from None
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}") from None


def line_of(text: str, location: Location) -> int:
    """The line (from 1) where something stands in a YAML text, or its nearest parent."""
    return _line(yaml.compose(text), location)


def _there(node: yaml.Node | None, location: Location) -> Location:
    """A location without the names of alternatives, which are pydantic's and not the file's."""
    kept: list[int | str] = []
    for number, part in enumerate(location):
        child, following = _child(node, part), location[number + 1 : number + 2]
        if child and following and _child(node, following[0]) and not _child(child[0], following[0]):
            continue
        if child is not None:
            kept.append(part)
            node = child[0]
        elif number == len(location) - 1:
            kept.append(part)
    return tuple(kept)


def _line(node: yaml.Node | None, location: Location) -> int:
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
