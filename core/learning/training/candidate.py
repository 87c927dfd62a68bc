"""A finished training becomes a model on the shelf: merged, converted, compared, and with its lineage."""

from datetime import UTC, datetime
from pathlib import Path

import ctranslate2
import numpy as np
import numpy.typing as npt

from core.engine.device import cpu_types
from core.engine.provision import Origin, adapt
from core.engine.shelf import Shelf, ShelvedModel
from core.errors import ModelError
from core.learning import leaving, lineage
from core.learning.lineage import Fidelity, Lineage
from core.learning.training.events import Ended, Estimated
from core.learning.training.plan import ADAPTER, REFERENCE
from core.learning.training.run import Run

FARTHEST = 0.15
"""Nats of divergence from which on the converted model counts as another one."""


def shelve(
    run: Run, estimated: Estimated, ended: Ended, shelf: Shelf, name: str
) -> tuple[ShelvedModel, Lineage]:
    """Convert what was trained and put it on the shelf, if it computes what the training computed.

    Args:
        run: whose last event was `Ended` with the reason `trained`.
        estimated: what it told first.
        ended: what it told last.
        shelf: where it goes.
        name: what the model is to be called; a version of that name is added.

    Raises:
        ModelError: it cannot be converted, or computes something else afterwards.
    """
    facts = run.base.manifest.facts
    compared: list[Fidelity] = []
    model = adapt(
        run.weights,
        run.folder / ADAPTER,
        shelf,
        name=name,
        origin=Origin(
            source=f"trained on {run.dataset.reference} from {run.base.reference}",
            licence=facts.licence,
            languages=facts.languages,
        ),
        check=lambda folder: compared.append(compare(folder, run.folder / REFERENCE)),
    )
    record = Lineage(
        model=model.reference,
        run=run.folder.name,
        dataset=run.dataset.reference,
        people=tuple(sorted(leaving.people_of(run.dataset))),
        examples=run.examples,
        left_out=run.left_out,
        base=run.base.reference,
        weights_sha256=run.weights_sha256,
        parameters=run.job.parameters,
        threads=run.job.limits.threads,
        precision=estimated.precision,
        packages=ended.packages | {"ctranslate2": ctranslate2.__version__},
        fidelity=compared[0],
        curve=run.curve,
        created=datetime.now(UTC),
    )
    for folder in (run.folder, model.folder):
        lineage.write(record, folder)
    return model, record


def compare(folder: Path, reference: Path) -> Fidelity:
    """How near a converted model is to what the trained one computed.

    Args:
        folder: of the converted model.
        reference: `ids` and `logits` of each row, from the training process.

    Raises:
        ModelError: it is too far away to be the same model.
    """
    generator = ctranslate2.Generator(str(folder), compute_type=cpu_types()[0], intra_threads=1)
    divergences, agreements = [], []
    with np.load(reference) as kept:
        for number in range(len(kept.files) // 2):
            expected = kept[f"logits{number}"]
            computed = np.array(generator.forward_batch([kept[f"ids{number}"].tolist()]))[0, -len(expected) :]
            ours, theirs = _log_softmax(computed), _log_softmax(expected)
            divergences.append((np.exp(theirs) * (theirs - ours)).sum(axis=-1).mean())
            agreements.append((ours.argmax(axis=-1) == theirs.argmax(axis=-1)).mean())
    found = Fidelity(divergence=float(np.mean(divergences)), agreement=float(np.mean(agreements)))
    if not found.divergence <= FARTHEST:
        raise ModelError(
            "The converted model computes something else than the trained one "
            f"(divergence {found.divergence:.3f} nats)"
        )
    return found


def _log_softmax(logits: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    shifted = logits.astype(np.float64) - logits.max(axis=-1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True)))
