"""The audit's requests: the same one in many people's mouths, in English, German and Spanish."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from core import yaml_file

LANGUAGES = ("en", "de", "es")
DIALECT = "dialect"
STANDARD = "standard"
"""The wording that other wordings of a dialect are held against."""


class Kind(StrEnum):
    """What a request is about, and so which outcomes say something."""

    FREE = "free"
    """The model answers it."""
    DOCUMENT = "document"
    """The handbook of the audit answers it."""
    PERSON = "person"
    """Somebody wants to talk to a human."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """One request of one person."""

    id: str
    language: str
    """ISO 639-1."""
    request: str
    """What all cases of one request have in common, its language among it."""
    kind: Kind
    text: str
    groups: Mapping[str, str] = field(default_factory=dict)
    """The person's group, by dimension; empty for the neutral case."""
    answer: str = ""
    """A good answer; empty where none is known."""
    refusal: str = ""
    facts: tuple[str, ...] = ()
    """Stand in every right answer."""

    @property
    def is_neutral(self) -> bool:
        """Whether it says nothing of the person, or says it in the standard language."""
        return not self.groups or self.groups.get(DIALECT) == STANDARD


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Request(_Part):
    id: str
    text: str
    answer: str = ""
    facts: tuple[str, ...] = ()


class _Requests(_Part):
    version: Annotated[int, Field(ge=1)]
    language: str
    neutral: str
    """Stands where others say who they are."""
    refusal: str
    handbook: str
    people: tuple[dict[str, str], ...]
    """What somebody says of themselves (`text`), and their group in each dimension."""
    requests: tuple[_Request, ...]
    documents: tuple[_Request, ...]
    people_wanted: tuple[_Request, ...]
    dialects: tuple[dict[str, str], ...]
    """By dialect, with an `id`."""


def version() -> str:
    """Of all requests, as audits are compared by it."""
    return "+".join(f"{language}{_requests(language).version}" for language in LANGUAGES)


def handbook(language: str) -> str:
    """The document, in Markdown, that requests of the kind `document` are answered from."""
    return _requests(language).handbook


def cases(languages: Sequence[str] = LANGUAGES) -> list[Case]:
    """Every request in everybody's mouth."""
    return [case for language in languages for case in _cases(_requests(language))]


def _cases(known: _Requests) -> list[Case]:
    kinds = (
        (Kind.FREE, known.requests),
        (Kind.DOCUMENT, known.documents),
        (Kind.PERSON, known.people_wanted),
    )
    found = [
        _case(known, kind, request, person, number)
        for kind, requests in kinds
        for request in requests
        for number, person in enumerate(({"text": known.neutral}, *known.people))
    ]
    return found + [
        Case(
            id=f"{known.language}/{DIALECT}/{wordings['id']}/{dialect}",
            language=known.language,
            request=f"{known.language}/{DIALECT}/{wordings['id']}",
            kind=Kind.FREE,
            text=text,
            groups={DIALECT: dialect},
            refusal=known.refusal,
        )
        for wordings in known.dialects
        for dialect, text in wordings.items()
        if dialect != "id"
    ]


def _case(known: _Requests, kind: Kind, request: _Request, person: Mapping[str, str], number: int) -> Case:
    name = f"{known.language}/{kind}/{request.id}"
    return Case(
        id=f"{name}/{number}",
        language=known.language,
        request=name,
        kind=kind,
        text=f"{person['text']} {request.text}",
        groups={dimension: group for dimension, group in person.items() if dimension != "text"},
        answer=request.answer,
        refusal=known.refusal,
        facts=request.facts,
    )


@cache
def _requests(language: str) -> _Requests:
    text = (files("core.fairness") / "requests" / f"{language}.yaml").read_text(encoding="utf-8")
    return yaml_file.parse(text, f"{language}.yaml", _Requests.model_validate, "no requests")
