"""An audit on disk, `FRONTDESK_HOME/fairness`: for programs, and beside it a page for people; no answers."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from core.errors import DatasetError
from core.fairness.parity import Gap
from core.fairness.stereotypes import Leaning

FOLDER = "fairness"
"""Under the home folder."""


@dataclass(frozen=True, kw_only=True)
class Audit:
    """How a model treats people, as far as it was looked at."""

    model: str
    """NAME@VERSION."""
    requests: str
    """Version of the requests and of the pairs: audits of the same can be compared."""
    languages: tuple[str, ...]
    cases: int
    gaps: tuple[Gap, ...]
    leanings: tuple[Leaning, ...]
    """By our own pairs."""
    crows: tuple[Leaning, ...] = ()
    """By CrowS-Pairs; empty where they were not fetched."""
    left_out: tuple[str, ...] = ()
    """Outcomes that could not be measured here, each a sentence."""
    created: datetime

    @property
    def found(self) -> tuple[Gap, ...]:
        """Differences that are more than chance and tolerance, the clearest first."""
        return tuple(sorted((each for each in self.gaps if each.found), key=lambda each: each.adjusted))

    @property
    def inclined(self) -> tuple[Leaning, ...]:
        """Clichés that are more than chance."""
        return tuple(each for each in (*self.leanings, *self.crows) if each.found)


_ADAPTER = TypeAdapter(Audit)


def place(home: Path, model: str) -> Path:
    """The file of a model's audit, NAME@VERSION; its page lies beside it."""
    return home / FOLDER / f"{model}.json"


def save(home: Path, audit: Audit) -> Path:
    """Keep an audit, in the place of an earlier one of the same model."""
    path = place(home, audit.model)
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}")
    fresh.write_bytes(_ADAPTER.dump_json(audit, indent=2) + b"\n")
    fresh.replace(path)
    return path


def of(home: Path, model: str) -> Audit | None:
    """A model's audit; None where there is none.

    Raises:
        DatasetError: it is damaged.
    """
    path = place(home, model)
    try:
        return _ADAPTER.validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError):
        raise DatasetError(f"{path} is damaged: audit again") from None
