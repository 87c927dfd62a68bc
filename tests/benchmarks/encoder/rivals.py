"""The original of a sentence encoder in torch and in ONNX Runtime. Runs in an environment of its own.

    python rivals.py FOLDER TEXTS RESULTS

FOLDER holds the model as it was published; TEXTS is JSON: `loads` (`long` and `short` texts), `repeats` and
`queries`. Into RESULTS go the vectors that torch makes in float32 (`long.npy`, `short.npy`), and
`seconds.json`: by contender and load, the least of all repeats, the median of one query, and the mean
cosine to torch.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from transformers import AutoModel, AutoTokenizer

BATCH = 32
ORIGINAL = "torch, float32"
THREADS = os.cpu_count() or 1
Model = Callable[[dict[str, Any]], Any]
"""From token ids to the vectors of the tokens."""


def main(folder: Path, texts: Path, results: Path) -> None:
    """Measure, and write the results."""
    asked = json.loads(texts.read_text(encoding="utf-8"))
    loads: dict[str, list[str]] = asked["loads"]
    longest = json.loads((folder / "sentence_bert_config.json").read_text(encoding="utf-8"))["max_seq_length"]
    tokenizer = AutoTokenizer.from_pretrained(folder)

    def encode(model: Model, texts: Sequence[str]) -> Any:
        """As sentence-transformers does it: the like-long together, the mean of the tokens, length 1."""
        vectors = np.empty((len(texts), 384), np.float32)
        order = sorted(range(len(texts)), key=lambda at: -len(texts[at]))
        for begin in range(0, len(order), BATCH):
            places = order[begin : begin + BATCH]
            ids = tokenizer(
                [texts[at] for at in places],
                padding=True, truncation=True, max_length=longest, return_tensors="np",
            )  # fmt: skip
            mask = ids["attention_mask"][:, :, None]
            summed = (model(ids) * mask).sum(axis=1)
            vectors[places] = summed / np.linalg.norm(summed, axis=1, keepdims=True)
        return vectors

    seconds: dict[str, dict[str, float]] = {}
    meant: dict[str, Any] = {}
    for name, model in _models(folder, results):
        encode(model, loads["short"][:BATCH])
        seconds[name], cosines = {}, []
        for load, each in loads.items():
            taken = []
            for _ in range(asked["repeats"]):
                started = time.perf_counter()
                vectors = encode(model, each)
                taken.append(time.perf_counter() - started)
            seconds[name][load] = min(taken)
            if name == ORIGINAL:
                meant[load] = vectors
                np.save(results / f"{load}.npy", vectors)
            cosines.append((vectors * meant[load]).sum(axis=1))
        taken = []
        for text in loads["short"][: asked["queries"]]:
            started = time.perf_counter()
            encode(model, [text])
            taken.append(time.perf_counter() - started)
        seconds[name]["one"] = sorted(taken)[len(taken) // 2]
        seconds[name]["cosine"] = float(np.concatenate(cosines).mean())
    (results / "seconds.json").write_text(json.dumps(seconds), encoding="utf-8")


class _Plain(torch.nn.Module):  # type: ignore[misc]  # torch is not in the environment of the types
    """Takes its inputs in the order of ONNX, and gives the states of the tokens alone."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, ids: Any, mask: Any, types: Any) -> Any:
        """Called by torch."""
        states = self.model(input_ids=ids, attention_mask=mask, token_type_ids=types)
        return states.last_hidden_state


def _models(folder: Path, scratch: Path) -> Sequence[tuple[str, Model]]:
    torch.set_num_threads(THREADS)
    original = AutoModel.from_pretrained(folder, attn_implementation="eager").eval()
    exported, small = scratch / "float32.onnx", scratch / "int8.onnx"
    ids = torch.ones((1, 8), dtype=torch.int64)
    names = ["input_ids", "attention_mask", "token_type_ids"]
    axes = {name: {0: "texts", 1: "tokens"} for name in [*names, "states"]}
    torch.onnx.export(
        _Plain(original).eval(), (ids, ids, 0 * ids), exported, input_names=names, output_names=["states"],
        dynamic_axes=axes, dynamo=False,
    )  # fmt: skip
    quantize_dynamic(exported, small, weight_type=QuantType.QInt8)

    def in_torch(given: dict[str, Any]) -> Any:
        with torch.inference_mode():
            tensors = {name: torch.from_numpy(array) for name, array in given.items()}
            return original(**tensors).last_hidden_state.numpy()

    def in_onnx(path: Path) -> Model:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = THREADS
        session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        return lambda given: session.run(["states"], {name: given[name] for name in names})[0]

    return [
        (ORIGINAL, in_torch),
        ("ONNX Runtime, float32", in_onnx(exported)),
        ("ONNX Runtime, int8", in_onnx(small)),
    ]


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
