"""A team's own questions, with which search and answers are measured: read, written, and proposed."""

import json
from collections.abc import Sequence
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from core.errors import ConfigurationError
from core.knowledge.passages import Found


class Asked(BaseModel):
    """A question, and how to know its answer."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    question: str
    document: str = ""
    """Location of the document that answers it; empty where none does."""
    expect: str = ""
    """Words that stand in the passage and in a right answer, whatever their case and spacing."""
    approved: bool = True
    """Only what a person has approved is measured with."""

    @property
    def answerable(self) -> bool:
        return bool(self.document or self.expect)

    def is_in(self, found: Found) -> bool:
        """Whether a passage answers it."""
        if not self.answerable or (self.document and found.document.location != self.document):
            return False
        return self.is_said(" ".join((*found.passage.headings, found.passage.text)))

    def is_said(self, text: str) -> bool:
        """Whether a text has the expected words."""
        return _plain(self.expect) in _plain(text)


_ASKED = TypeAdapter(tuple[Asked, ...])


def load(path: Path) -> Sequence[Asked]:
    """Read a YAML list, or JSON lines.

    Raises:
        ConfigurationError: names the file, the question and what is wrong with it.
    """
    try:
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".jsonl":
            content = [json.loads(line) for line in text.splitlines() if line.strip()]
        else:
            content = yaml.safe_load(text) or []
        return _ASKED.validate_python(content)
    except OSError as error:
        raise ConfigurationError(
            f"{path} cannot be read: {error.strerror}. `frontdesk kb eval --make 20` writes a first one."
        ) from None
    except (UnicodeDecodeError, json.JSONDecodeError, yaml.YAMLError) as error:
        raise ConfigurationError(f"{path} is neither YAML nor JSON lines: {error}") from None
    except ValidationError as error:
        fault = error.errors(include_input=False, include_url=False)[0]
        number = fault["loc"][0] if fault["loc"] else ""
        where = f", question {number + 1}" if isinstance(number, int) else ""
        field = ".".join(str(part) for part in fault["loc"][1:])
        raise ConfigurationError(f"{path}{where}: {field + ': ' if field else ''}{fault['msg']}") from None


def save(path: Path, questions: Sequence[Asked]) -> None:
    """Write them as a YAML list."""
    plain = [each.model_dump() for each in questions]
    path.write_text(yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=110), encoding="utf-8")


def _plain(text: str) -> str:
    """Without Markdown's quotation marks at line begins, which a quoted answer has."""
    lines = (line.lstrip("> ") for line in text.split("\n"))
    return " ".join(" ".join(lines).split()).casefold()
