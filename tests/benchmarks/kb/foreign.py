"""PDF and DOCX that others made, read and searched: `python -m tests.benchmarks.kb.foreign`.

They are test files of libraries that read or write such files, made by many programs and partly broken on
purpose; they come from the libraries' source distributions and are no part of this repository. The questions
were made of passages drawn at random from the longer ones, before anything was searched for them.
"""

import asyncio
import hashlib
import subprocess
import sys
import tarfile
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath

import numpy as np
from rich.console import Console
from rich.table import Table

from bots.knowledge import open_knowledge
from bots.run import opened_encoder, opened_reranker
from core import settings
from core.errors import Unreadable
from core.knowledge.passages import Document, Source
from core.knowledge.ports import Library, Search
from core.knowledge.reading.kinds import kind_of_file
from core.knowledge.reading.process import ReadingProcess
from core.language.pipeline import Pipeline
from core.language.query import search_query
from tests.benchmarks.kb.source import KEPT

ARCHIVES = {
    "paper-qa==2026.8.12": "1120a4d233bb319477d07a62b5384d73beaa95c1cda31ed022804d27a16c23c4",
    "pypdf==7.1.1": "2eff4e2fc5fb22a6d6711e6f1166cdc9ab5765d90cd0d77dfea3f4aa91a27b1d",
    "python-docx==1.2.0": "7bc9d7b7d8a69c9c02ca09216118c86552704edc23bac179283f2e38f86220ce",
}
"""SHA-256 of the source distributions."""
KINDS = (".pdf", ".docx")
QUESTIONS = (
    ("What does LangGraph add to LangChain?", "definition of agents with state"),
    ("What does retrieval-augmented generation put into the prompt?", "retrieves relevant information"),
    (
        "How do interpretability and justification differ?",
        "Justifications are quantitative",
    ),
    ("Which methods find the subgraphs that matter most to a prediction?", "SubgraphX is a similar method"),
    ("How does MEG create molecular counterfactuals?", "uses a reinforcement learning based generator"),
    ("Why are deep learning models called black boxes?", "termed“black box” models"),
    ("What should be considered first when choosing an explanation method?", "consider first the audience"),
    ("What is interpretation free energy?", "interpretation free energy"),
    ("Why are counterfactuals better explanations?", "they are actionable and sparse"),
    ("What do the Crawler and the Selector do in PaSa?", "two LLM agents: the Crawler and the Selector"),
    ("Why does PaSa use a session-level PPO algorithm?", "novel session-level PPO algorithm"),
    ("How much better is PaSa-7b in recall than PaSa-GPT-4o?", "PaSa-7b surpasses PaSa-GPT-4o by"),
    ("Why does the decision token come before the rationale?", "decision token is presented before"),
    ("When must mounting of a cable gland be terminated?", "sealing insert forms a bead"),
    ("What happens to the papier-mache wad of the projectile when it is fired?", "wad is blown to pieces"),
    ("What do the newly arrived soldiers do when bullets fly past?", "fun to see these new-comers dodge"),
    ("What did the mortar shells look like at night over the city?", "like falling stars"),
    ("What did the prisoners say the garrison eats?", "already familiar with mule meat"),
    ("Which patients live longer with lenvatinib?", "older than 65 years of age"),
    ("How often did treatment show metastases that the diagnostic scan missed?", "6.4% had lung and bone"),
    (
        "Which patients should get radioactive iodine after total thyroidectomy?",
        "1) gross extrathyroidal",
    ),
    ("When is a lobectomy enough for papillary carcinoma?", "lobectomy, if all criteria present"),
    ("What is the drawback of iodine 123 for imaging?", "123I is more expensive"),
    ("What if thyroglobulin is raised but no tumor can be found?", "when the serum Tg level is increased"),
)
"""Each with what stands in every passage that answers it."""


Outcomes = Mapping[str, Sequence[tuple[str, float]]]
"""What became of each document and the seconds that it took, by kind."""


async def main() -> None:
    """Print what became of each kind, and how often the right passage of what was read is found."""
    configured = settings.load()
    with tempfile.TemporaryDirectory() as home:
        async with (
            opened_encoder(configured) as encoder,
            opened_reranker(configured) as reranker,
            open_knowledge(configured.model_copy(update={"home": Path(home)}), encoder, reranker) as opened,
        ):
            Console().print(_table(await _read(opened.library)))
            await opened.library.embed()
            ranks = await _ranks(opened.search)
    shares = ", ".join(f"recall@{most} {sum(0 < rank <= most for rank in ranks)}" for most in (1, 5))
    Console().print(f"{shares} of {len(QUESTIONS)} questions")


async def _read(library: Library) -> Outcomes:
    await library.add(Source(name="all", location="/"))
    reader = ReadingProcess()
    outcomes: dict[str, list[tuple[str, float]]] = defaultdict(list)
    for name, content in documents():
        started = time.perf_counter()
        outcome = await _outcome(reader, library, name, content)
        outcomes[PurePosixPath(name).suffix].append((outcome, time.perf_counter() - started))
    await reader.close()
    return outcomes


async def _ranks(search: Search) -> list[int]:
    """Of the first passage that answers; 0 where it is not among ten."""
    pipeline, ranks = Pipeline(), []
    for question, phrase in QUESTIONS:
        found = await search.find(await search_query(pipeline, question, (), "en"), None, limit=10)
        places = [rank for rank, each in enumerate(found, 1) if phrase in " ".join(each.passage.text.split())]
        ranks.append(places[0] if places else 0)
    await pipeline.close()
    return ranks


def _table(outcomes: Outcomes) -> Table:
    table = Table("", "documents", "became", "median", "longest", title="Documents that others made")
    for suffix, each in outcomes.items():
        taken = [seconds for _, seconds in each]
        for outcome, number in Counter(outcome for outcome, _ in each).most_common():
            table.add_row(suffix, str(number), outcome)
        table.add_row(suffix, str(len(each)), "all", f"{np.median(taken):.2f} s", f"{max(taken):.1f} s")
    return table


async def _outcome(reader: ReadingProcess, library: Library, name: str, content: bytes) -> str:
    kind = kind_of_file(name)
    assert kind is not None
    try:
        read = await reader.read(content, kind, name)
    except Unreadable as error:
        return f"refused: {error}"
    await library.put("all", Document(location=name, title=read.title, digest=""), read.passages)
    return "passages"


def documents() -> Iterator[tuple[str, bytes]]:
    """Names and contents, each content once.

    Raises:
        SystemExit: an archive is another than it should be.
    """
    seen = set()
    for requirement, checksum in ARCHIVES.items():
        with tarfile.open(_archive(requirement, checksum)) as archive:
            for member in sorted(archive.getmembers(), key=lambda each: each.name):
                file = archive.extractfile(member) if member.name.lower().endswith(KINDS) else None
                if file is None or (content := file.read()) in seen:
                    continue
                seen.add(content)
                yield member.name, content


def _archive(requirement: str, checksum: str) -> Path:
    package, _, version = requirement.partition("==")
    kept = KEPT / f"{package.replace('-', '_')}-{version}.tar.gz"
    if not kept.is_file():
        KEPT.mkdir(parents=True, exist_ok=True)
        wanted = KEPT / f"{package}.txt"
        wanted.write_text(f"{requirement} --hash=sha256:{checksum}\n", encoding="utf-8")
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:"]
        options = ["--require-hashes", "--requirement", str(wanted), "--dest", str(KEPT)]
        subprocess.run([*command, *options], check=True)
    if hashlib.sha256(kept.read_bytes()).hexdigest() != checksum:
        raise SystemExit(f"{kept} is not the file that was measured with: delete it and try again.")
    return kept


if __name__ == "__main__":
    asyncio.run(main())
