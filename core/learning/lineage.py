"""Where a trained model comes from: kept beside its files, and in the folder of its training."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from markupsafe import Markup
from pydantic import TypeAdapter, ValidationError

from core import charts
from core.engine.shelf import Shelf, ShelvedModel
from core.errors import ModelError
from core.learning import examples
from core.learning.training.plan import Parameters

LINEAGE = "lineage.json"
LOSS = "Loss per step, nats per token"
"""What is said of a loss curve to those who do not see it."""


@dataclass(frozen=True, kw_only=True)
class Point:
    """Of a loss curve."""

    step: int
    loss: float
    """Nats per token of the answers."""


@dataclass(frozen=True, kw_only=True)
class Fidelity:
    """How near the int8 model is to the trained one in float32, on rows of the dataset."""

    divergence: float
    """Mean Kullback-Leibler divergence of the next token, in nats."""
    agreement: float
    """Share of tokens on which both find the same likeliest."""


@dataclass(frozen=True, kw_only=True)
class Lineage:
    """What a model was made of, and how."""

    model: str
    """NAME@VERSION."""
    run: str
    """Name of the folder under `runs`."""
    dataset: str
    """NAME@HASH."""
    people: tuple[str, ...] = ()
    """Hashes of those whose words were in it; empty in old ones, see `leaving.people_behind`."""
    examples: int
    left_out: int
    """Examples that were too long."""
    base: str
    """NAME@VERSION."""
    weights_sha256: str
    """Of the base's GGUF file."""
    parameters: Parameters
    threads: int
    precision: str
    """In which the training multiplied."""
    packages: dict[str, str]
    """Versions by name."""
    fidelity: Fidelity
    curve: tuple[Point, ...]
    created: datetime

    def drawn(self) -> Markup:
        """The loss of every step, as a chart."""
        return charts.curve([(each.step, each.loss) for each in self.curve], LOSS)


_ADAPTER = TypeAdapter(Lineage)


def write(lineage: Lineage, folder: Path) -> None:
    """Write it into a folder, in place of the one there."""
    fresh = folder / f".{LINEAGE}"
    fresh.write_bytes(_ADAPTER.dump_json(lineage, indent=2) + b"\n")
    fresh.replace(folder / LINEAGE)


def of(model: ShelvedModel) -> Lineage | None:
    """A model's lineage; None for one that was not trained here.

    Raises:
        ModelError: it is damaged.
    """
    try:
        return _ADAPTER.validate_json((model.folder / LINEAGE).read_bytes())
    except FileNotFoundError:
        return None
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        raise ModelError(f"{model.folder / LINEAGE} is damaged: {fault['msg']}") from None


def learnt(home: Path, record: Lineage | None) -> set[str]:
    """Ids of the examples that a model learnt; none where its dataset is gone.

    Args:
        home: FRONTDESK_HOME.

    Raises:
        DatasetError: the dataset is damaged.
    """
    dataset = examples.kept(home, record.dataset) if record else None
    return {each.id for each in dataset.train()} if dataset else set()


def trained_on(shelf: Shelf, dataset: str) -> list[Lineage]:
    """Every model that learnt from this dataset, NAME@HASH."""
    found = [of(model) for model in shelf.models()]
    return [each for each in found if each is not None and each.dataset == dataset]
