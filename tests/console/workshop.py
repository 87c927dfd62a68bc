"""Models, trainings and evaluations on disk, as if they had been made."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from core.engine.manifest import Facts
from core.engine.shelf import Shelf, ShelvedModel
from core.learning import examples, lineage
from core.learning.evaluation import pairs, report
from core.learning.evaluation.comparing import Comparison, Measure
from core.learning.evaluation.gates import judge
from core.learning.evaluation.pairs import Judged, Match, Pair
from core.learning.evaluation.statistics import Interval
from core.learning.lineage import Fidelity, Lineage, Point
from core.learning.training.plan import CURVE, RUNS, Job, Limits, Parameters, Row, write_job
from core.learning_policy import Gates

MADE = datetime(2026, 11, 26, 9, tzinfo=UTC)
CURVE_POINTS = tuple(Point(step=step, loss=2.4 / (1 + step / 8)) for step in range(1, 31))


def model(home: Path, name: str) -> ShelvedModel:
    """A model on the shelf; the first one answers."""
    shelf = Shelf(home)
    facts = Facts(
        architecture="llama",
        context_length=2048,
        quantisation="int8",
        chat_template="",
        end_ids=(2,),
        licence="Apache-2.0",
    )
    with shelf.incoming() as folder:
        (folder / "model.bin").write_text(name)
        return shelf.add(
            folder, name=name, source=f"https://models.example/{name}.gguf", converter="test", facts=facts
        )


def training(home: Path, made: Lineage | None = None) -> str:
    """A training, done where a model came out of it; returns its name."""
    folder = home / RUNS / "4610308b7e8c"
    folder.mkdir(parents=True)
    job = Job(
        dataset=made.dataset if made else "house-style@0123456789ab",
        weights=home / "base.gguf",
        parameters=Parameters(),
        limits=Limits(threads=1, memory_mb=4000),
    )
    write_job(folder, job, [Row(prompt=(1, 2), answer=(3,))] * 80)
    lines = [json.dumps({"step": each.step, "loss": each.loss}) for each in CURVE_POINTS]
    (folder / CURVE).write_text("\n".join(lines) + "\n")
    if made:
        lineage.write(made, folder)
    return folder.name


def lineage_of(
    candidate: ShelvedModel, base: ShelvedModel, dataset: str, people: Sequence[str] = ()
) -> Lineage:
    """How the candidate was trained; kept beside it."""
    made = Lineage(
        model=candidate.reference,
        run="4610308b7e8c",
        dataset=dataset,
        people=tuple(people),
        examples=80,
        left_out=0,
        base=base.reference,
        weights_sha256="0" * 64,
        parameters=Parameters(),
        threads=1,
        precision="bfloat16",
        packages={"torch": "2.9"},
        fidelity=Fidelity(divergence=0.01, agreement=0.98),
        curve=CURVE_POINTS,
        created=MADE,
    )
    lineage.write(made, candidate.folder)
    return made


def evaluation(
    home: Path,
    candidate: ShelvedModel,
    serving: ShelvedModel,
    perplexity: float,
    swayed: tuple[str, float] = ("religion, en", 2.4),
) -> None:
    """The candidate was compared with the model that answers.

    Args:
        perplexity: of the candidate, where that of the other is 10.
        swayed: where the candidate is swayed most, and by how much the other is there.
    """
    measures: Sequence[Measure] = (
        _measure("perplexity", 10.0, perplexity, ratio=True),
        _measure("general_perplexity", 10.0, 10.4, ratio=True),
        _measure("sway", swayed[1], 2.5, ratio=True, where=swayed[0]),
        _measure("cliches", 1.2, 1.2, ratio=True),
        _measure("exact", 0.22, 0.61 if perplexity < 10 else 0.17, ratio=False),
        _measure("speed", 41.0, 40.0, ratio=True),
    )
    comparison = Comparison(
        candidate=candidate.reference,
        serving=serving.reference,
        dataset="house-style@0123456789ab",
        measures=tuple(measures),
        first_token_seconds=(0.4, 0.41),
        megabytes=(190.0, 190.0),
        created=MADE,
    )
    report.save(home, comparison, judge(comparison, Gates()), None)


def match(home: Path) -> Match:
    """Two models' answers to four questions."""
    found = Match(
        candidate="house@1",
        serving="base@1",
        dataset="house-style@0123456789ab",
        pairs=tuple(
            Pair(
                id=f"{number:064x}",
                question=f"When do you open on day {number}?",
                serving=f"I do not know day {number}.",
                candidate=f"[hours] At seven on day {number}.",
            )
            for number in range(4)
        ),
        judged=(Judged(judge="base@1", wins=2, losses=1, torn=1, first=0.6, longer=0.4),),
    )
    (home / examples.FOLDER / found.dataset).mkdir(parents=True, exist_ok=True)
    pairs.save(home, found)
    return found


def _measure(name: str, serving: float, candidate: float, *, ratio: bool, where: str = "") -> Measure:
    value = candidate / serving if ratio else candidate - serving
    change = Interval(value=value, low=value - 0.05, high=value + 0.05)
    return Measure(
        name=name,
        serving=serving,
        candidate=candidate,
        change=change,
        ratio=ratio,
        examples=60,
        where=where,
    )
