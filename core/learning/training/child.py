"""The training process: `python -m core.learning.training.child FOLDER`. The only place that loads torch.

Answers are learnt by their likelihood, preferences by DPO (https://arxiv.org/abs/2305.18290) together with
the likelihood of the better answer, as in https://arxiv.org/abs/2404.19733. Only the tokens of answers count.
So that what was known is not forgotten, every step also holds the model to what its base would say to a few
everyday questions (learning without forgetting, https://arxiv.org/abs/1606.09282).
"""

import json
import os
import random
import resource
import signal
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from peft import LoraConfig, get_peft_model
from torch.nn import functional
from transformers import AutoModelForCausalLM

from core.engine.conversion.adapter import LAYERS
from core.learning.training import events
from core.learning.training.plan import (
    ADAPTER,
    CURVE,
    REFERENCE,
    Job,
    Parameters,
    Row,
    read_everyday,
    read_job,
    read_rows,
)

CHECKPOINT = "checkpoint.pt"
CHECKPOINT_STEPS = 20
REFERENCE_ROWS = 4
REFERENCE_TOKENS = 16
HELD = 0.5
"""Everyday questions of each step, for each of its examples."""
WARM_UP = 0.05
"""Share of the steps over which the learning rate rises."""
LONGEST_GRADIENT = 1.0
PACKAGES = ("torch", "transformers", "peft")


def main() -> None:
    folder, estimate_only = Path(sys.argv[1]), "--estimate" in sys.argv
    job = read_job(folder)
    _limit(job)
    trainer = Trainer(job.weights, job.parameters, read_rows(folder), read_everyday(folder), folder)
    trainer.resume()
    _tell(trainer.estimate())
    if estimate_only:
        _end("estimated")
        return
    deadline = time.monotonic() + 3600 * job.limits.hours
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    for step in trainer.steps():
        if not _heard(step) or ended.is_set():
            trainer.keep()
            return
        if time.monotonic() > deadline:
            trainer.keep()
            _end("time")
            return
    trainer.finish()
    _end("trained")


class Trainer:
    """A base with an adapter, and the state of its training.

    Args:
        weights: GGUF file of the base.
        parameters: how to train.
        rows: on what.
        everyday: what is to stay as it was.
        folder: for checkpoints and what comes out.
    """

    def __init__(
        self,
        weights: Path,
        parameters: Parameters,
        rows: Sequence[Row],
        everyday: Sequence[Row],
        folder: Path,
    ) -> None:
        torch.manual_seed(parameters.seed)
        self._parameters, self._rows, self._folder = parameters, rows, folder
        self._everyday = everyday if parameters.retention else ()
        base = AutoModelForCausalLM.from_pretrained(
            str(weights.parent), gguf_file=weights.name, dtype=torch.float32
        )
        layers = [name.partition(".")[2] for name in LAYERS]
        self._model = get_peft_model(
            base, LoraConfig(r=parameters.rank, lora_alpha=parameters.alpha, target_modules=layers)
        )
        self._trained = [each for each in self._model.parameters() if each.requires_grad]
        self._held = max(1, round(HELD * parameters.batch))
        self._optimizer = torch.optim.AdamW(self._trained, lr=parameters.learning_rate, weight_decay=0.0)
        self._batches = _batches(rows, parameters)
        self._reference = self._preferences_of_base()
        self._done = 0

    def resume(self) -> None:
        """Go on from the checkpoint, where there is one; what was done after it is done again."""
        if (self._folder / CHECKPOINT).is_file():
            self._load()
        path = self._folder / CURVE
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True) if path.is_file() else []
        path.write_text("".join(lines[: self._done]), encoding="utf-8")

    def _load(self) -> None:
        kept = torch.load(self._folder / CHECKPOINT, weights_only=True)
        with torch.no_grad():
            for parameter, value in zip(self._trained, kept["adapter"], strict=True):
                parameter.copy_(value)
        self._optimizer.load_state_dict(kept["optimizer"])
        self._done = kept["step"]

    def keep(self) -> None:
        """Write a checkpoint, whole or not at all."""
        fresh = self._folder / f".{CHECKPOINT}"
        state = {
            "step": self._done,
            "adapter": [each.detach() for each in self._trained],
            "optimizer": self._optimizer.state_dict(),
        }
        torch.save(state, fresh)
        fresh.replace(self._folder / CHECKPOINT)

    def estimate(self) -> events.Estimated:
        """Try the first batch twice, of which the first time sets things up, and undo it."""
        ahead = self._batches[self._done :]
        seconds, tokens = 0.0, 1
        for _ in range(2 if ahead else 0):
            started = time.monotonic()
            self._loss(ahead[0])[0].backward()
            self._hold(self._done)
            self._optimizer.zero_grad()
            seconds, tokens = time.monotonic() - started, self._tokens(ahead[0])
        return events.Estimated(
            seconds=seconds / tokens * sum(map(self._tokens, ahead)),
            steps=len(self._batches),
            done=self._done,
            tokens_per_second=tokens / seconds if seconds else 0.0,
            precision=_precision(),
        )

    def steps(self) -> Iterator[events.Stepped]:
        """Train, a step at a time."""
        started = time.monotonic()
        while self._done < len(self._batches):
            loss, told, preferred = self._loss(self._batches[self._done])
            loss.backward()
            self._hold(self._done)
            torch.nn.utils.clip_grad_norm_(self._trained, LONGEST_GRADIENT)
            for group in self._optimizer.param_groups:
                group["lr"] = self._parameters.learning_rate * self._pace()
            self._optimizer.step()
            self._optimizer.zero_grad()
            self._done += 1
            self._note(told)
            if self._done % CHECKPOINT_STEPS == 0:
                self.keep()
            yield events.Stepped(
                step=self._done, loss=told, preference=preferred, seconds=time.monotonic() - started
            )

    def _note(self, loss: float) -> None:
        """Before the checkpoint that holds the step, so that no point of the curve is ever missing."""
        with (self._folder / CURVE).open("a", encoding="utf-8") as file:
            file.write(json.dumps({"step": self._done, "loss": loss}) + "\n")

    def finish(self) -> None:
        """Write the adapter, and what the merged model computes."""
        self.keep()
        self._model.save_pretrained(str(self._folder / ADAPTER))
        merged = self._model.merge_and_unload()
        found: dict[str, Any] = {}
        for number, row in enumerate(self._rows[:REFERENCE_ROWS]):
            ids = [*row.prompt, *row.answer]
            with torch.no_grad():
                logits = merged(input_ids=torch.tensor([ids])).logits[0, -REFERENCE_TOKENS:]
            found |= {f"ids{number}": np.array(ids), f"logits{number}": logits.float().numpy()}
        np.savez(self._folder / REFERENCE, **found)

    def _is_preference(self, row: Row) -> bool:
        """Whether its worse answer counts."""
        return bool(row.rejected) and self._parameters.beta > 0

    def _pace(self) -> float:
        steps = len(self._batches)
        return min(1.0, (self._done + 1) / max(1.0, WARM_UP * steps)) * (1 - self._done / steps)

    def _loss(self, batch: Sequence[int]) -> tuple[Any, float, float | None]:
        """The loss of the numbered rows; the part of answers; the share of preferences that are right."""
        rows = [self._rows[number] for number in batch]
        chances, counts = self._answers([(row.prompt, row.answer) for row in rows])
        likelihood = -chances.sum() / counts.sum()
        pairs = [at for at, row in enumerate(rows) if self._is_preference(row)]
        if not pairs:
            return likelihood, likelihood.item(), None
        worse, _ = self._answers([(rows[at].prompt, rows[at].rejected) for at in pairs])
        ahead = torch.tensor([self._reference[batch[at]] for at in pairs])
        margins = chances[pairs] - worse - ahead
        preference = -functional.logsigmoid(self._parameters.beta * margins).mean()
        right = (margins > 0).float().mean().item()
        return likelihood + preference, likelihood.item(), right

    def _hold(self, step: int) -> None:
        """Add the gradient of how far the answers to a few everyday questions are from the base's."""
        if not self._everyday:
            return
        rows = [self._everyday[(step * self._held + at) % len(self._everyday)] for at in range(self._held)]
        pairs = [(row.prompt, row.answer) for row in rows]
        with torch.no_grad(), self._model.disable_adapter():
            before = functional.log_softmax(self._logits(pairs)[0], dim=-1)
        now = functional.log_softmax(self._logits(pairs)[0], dim=-1)
        divergence = functional.kl_div(now, before, reduction="batchmean", log_target=True)
        (self._parameters.retention * divergence).backward()

    def _answers(self, pairs: Sequence[tuple[Sequence[int], Sequence[int]]]) -> tuple[Any, Any]:
        """Log-probability of each answer after its prompt, and its number of tokens."""
        logits, targets, owners = self._logits(pairs)
        chances = -functional.cross_entropy(logits, torch.tensor(targets), reduction="none")
        of = torch.tensor(owners)
        nothing = torch.zeros(len(pairs))
        return nothing.index_add(0, of, chances), nothing.index_add(0, of, torch.ones_like(chances))

    def _logits(
        self, pairs: Sequence[tuple[Sequence[int], Sequence[int]]]
    ) -> tuple[Any, list[int], list[int]]:
        """Scores of the vocabulary at every token of an answer, that token, and whose answer it is."""
        longest = max(len(prompt) + len(answer) for prompt, answer in pairs)
        ids = torch.zeros(len(pairs), longest, dtype=torch.long)
        mask = torch.zeros_like(ids)
        where: list[int] = []
        targets: list[int] = []
        owners: list[int] = []
        for at, (prompt, answer) in enumerate(pairs):
            both = [*prompt, *answer]
            ids[at, : len(both)] = torch.tensor(both)
            mask[at, : len(both)] = 1
            where += [at * longest + place for place in range(len(prompt) - 1, len(both) - 1)]
            targets += answer
            owners += [at] * len(answer)
        causal = self._model.get_base_model()
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=_precision() == "bfloat16"):
            hidden = causal.model(input_ids=ids, attention_mask=mask).last_hidden_state
            # Scores over the vocabulary are large: of the answers' tokens alone.
            logits = causal.lm_head(hidden.flatten(0, 1)[where])
        return logits.float(), targets, owners

    def _preferences_of_base(self) -> dict[int, float]:
        """How much likelier the base finds the better answer, by row."""
        found = {}
        with torch.no_grad(), self._model.disable_adapter():
            for number, row in enumerate(self._rows):
                if self._is_preference(row):
                    chances, _ = self._answers([(row.prompt, row.answer), (row.prompt, row.rejected)])
                    found[number] = (chances[0] - chances[1]).item()
        return found

    def _tokens(self, batch: Sequence[int]) -> int:
        """With the padding, since that is computed too; everyday questions are left out, as every step has as
        many."""
        rows = [self._rows[number] for number in batch]
        rejected = sum(map(self._is_preference, rows))
        return max(row.tokens for row in rows) * (len(rows) + rejected)


def _batches(rows: Sequence[Row], parameters: Parameters) -> list[list[int]]:
    """Numbers of the rows of each step, in an order that hangs on the seed alone."""
    found = []
    for epoch in range(parameters.epochs):
        order = list(range(len(rows)))
        random.Random(f"{parameters.seed}/{epoch}").shuffle(order)  # noqa: S311 - no secret
        found += [order[at : at + parameters.batch] for at in range(0, len(order), parameters.batch)]
    return found


def _precision() -> str:
    """bfloat16 where the processor multiplies it itself: twice as fast. Weights stay in float32."""
    return "bfloat16" if torch.cpu._is_avx512_bf16_supported() else "float32"


def _limit(job: Job) -> None:
    niceness = max(job.limits.niceness, os.getpriority(os.PRIO_PROCESS, 0))
    os.setpriority(os.PRIO_PROCESS, 0, niceness)
    torch.set_num_threads(job.limits.threads)
    memory = job.limits.memory_mb * 1_000_000
    resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))


def _tell(event: events.Event) -> None:
    sys.stdout.write(events.written(event) + "\n")
    sys.stdout.flush()


def _heard(event: events.Event) -> bool:
    """Tell, and say whether anybody still listens."""
    try:
        _tell(event)
    except BrokenPipeError:
        return False
    return True


def _end(reason: Any) -> None:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    _tell(
        events.Ended(reason=reason, peak_megabytes=peak, packages={name: version(name) for name in PACKAGES})
    )


if __name__ == "__main__":
    main()
