"""`python -m tests.trust.sbom FILE`: add the weights that Frontdesk fetches to a CycloneDX list."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

from core.engine.catalogue import CATALOGUE, ENCODERS
from core.media.speech_models import SPEECH_MODELS

Component = dict[str, object]


def weights() -> Iterator[Component]:
    """Each model of the catalogues, with the SHA-256 of its files."""
    for model in CATALOGUE:
        yield _component(model.name, model.summary, model.licence, {f"{model.name}.gguf": model.sha256})
    for each in (*ENCODERS, *SPEECH_MODELS):
        yield _component(each.name, each.summary, each.licence, dict(each.files))


def _component(name: str, summary: str, licence: str, files: dict[str, str]) -> Component:
    return {
        "type": "machine-learning-model",
        "name": name,
        "description": summary,
        "licenses": [{"license": {"id": licence}}],
        "components": [
            {"type": "file", "name": file, "hashes": [{"alg": "SHA-256", "content": digest}]}
            for file, digest in files.items()
        ],
    }


def add(path: Path) -> None:
    """Put them into a list of packages, which is written anew."""
    listed = json.loads(path.read_text(encoding="utf-8"))
    listed["components"] = [*listed["components"], *weights()]
    path.write_text(json.dumps(listed, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    add(Path(sys.argv[1]))
