"""`frontdesk kb`: what the assistant knows from documents."""

import asyncio
import json
from collections.abc import Sequence

import click
from rich.console import Console
from rich.markup import escape

from bots.evaluation_commands import evaluate, show_gaps
from bots.knowledge import open_knowledge
from bots.run import opened_encoder, opened_reranker
from bots.source_commands import add, list_sources, remove
from core import settings
from core.errors import ConfigurationError
from core.knowledge.passages import Found
from core.language.pipeline import Pipeline
from core.language.query import SearchQuery, search_query


@click.group()
def kb() -> None:
    """What the assistant knows from documents."""


kb.add_command(add)
kb.add_command(evaluate)
kb.add_command(show_gaps)
kb.add_command(list_sources)
kb.add_command(remove)


@kb.command()
@click.argument("question")
@click.option("--limit", type=click.IntRange(1, 100), default=5, show_default=True, help="Passages at most.")
@click.option("--source", "sources", multiple=True, help="Look in this source alone; may be repeated.")
@click.option("--json", "as_json", is_flag=True, help="Report as JSON.")
def search(question: str, limit: int, sources: Sequence[str], as_json: bool) -> None:
    """Show the passages that fit a question, with scores and why.

    The best come first.

    Audiences are not asked: everything is looked through.
    """
    query, found = asyncio.run(_search(question, limit, sources))
    if as_json:
        click.echo(
            json.dumps({"query": _asked(query), "found": [_described(each) for each in found]}, indent=2)
        )
    elif found:
        for number, each in enumerate(found, 1):
            _show(number, each)
    else:
        click.echo("Nothing was found.")


async def _search(question: str, limit: int, sources: Sequence[str]) -> tuple[SearchQuery, Sequence[Found]]:
    configured = settings.load()
    pipeline = Pipeline()
    try:
        async with (
            opened_encoder(configured) as encoder,
            opened_reranker(configured) as reranker,
            open_knowledge(configured, encoder, reranker) as knowledge,
        ):
            known = [source.name for source in await knowledge.library.sources()]
            if missing := [name for name in sources if name not in known]:
                raise ConfigurationError(
                    f"There is no source '{missing[0]}': there are {', '.join(known) or 'none'}."
                )
            query = await search_query(pipeline, question, ())
            return query, await knowledge.search.find(query, None, sources=sources or None, limit=limit)
    finally:
        await pipeline.close()


def _show(number: int, found: Found) -> None:
    where = " › ".join((found.document.title or found.document.location, *found.passage.headings))
    at = ", ".join(filter(None, (f"{found.source}: {found.document.location}", found.passage.place)))
    console = Console()
    console.print(f"[bold]{number}. {escape(where)}[/bold]")
    console.print(escape(at), style="dim")
    console.print(escape(_why(found)), style="dim")
    console.print(escape(found.passage.text.strip()), end="\n\n")


def _why(found: Found) -> str:
    """Score, then what the reranker, the words and the vectors have to do with it."""
    said = [f"score {found.score:.4f}"]
    if found.answers is not None:
        said.append(f"answers {found.answers:+.1f}")
    if found.bm25 is not None:
        said.append(f"BM25 {found.bm25:.2f} (place {found.bm25_rank})")
    if found.similarity is not None:
        place = "" if found.similarity_rank is None else f" (place {found.similarity_rank})"
        said.append(f"cosine {found.similarity:.3f}{place}")
    said.append(f"has {', '.join(found.terms)}" if found.terms else "has none of the words")
    return " · ".join(said)


def _asked(query: SearchQuery) -> dict[str, object]:
    return {"text": query.text, "terms": query.terms, "names": query.names, "reasons": query.reasons}


def _described(found: Found) -> dict[str, object]:
    return {
        "id": found.id,
        "source": found.source,
        "document": found.document.location,
        "title": found.document.title,
        "headings": found.passage.headings,
        "place": found.passage.place,
        "text": found.passage.text,
        "score": found.score,
        "bm25": found.bm25,
        "bm25_rank": found.bm25_rank,
        "similarity": found.similarity,
        "similarity_rank": found.similarity_rank,
        "answers": found.answers,
        "terms": found.terms,
    }
