"""Markdown: made into HTML that remembers its lines, so that one reader knows what is seen."""

import re
from collections.abc import Mapping

import yaml
from markdown_it import MarkdownIt

from core.knowledge.reading import html
from core.knowledge.reading.blocks import Extract, Heading
from core.knowledge.reading.cleaning import flat
from core.knowledge.reading.decoding import decoded

_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.{0,20000}?)\n(?:---|\.\.\.)[ \t]*\n", re.DOTALL)


def read(content: bytes) -> Extract:
    """Read a Markdown file; what stands before it between `---` gives its title and is left out.

    Raises:
        Unreadable: it is no text.
    """
    text = decoded(content).replace("\r\n", "\n")
    matter, text = _without_front_matter(text)
    tokens = (parser := MarkdownIt("commonmark").enable(["table", "strikethrough"])).parse(text)
    for token in tokens:
        if token.map and token.type.endswith(("_open", "fence", "code_block")):
            token.attrSet(html.LINES, f"{token.map[0] + 1}-{token.map[1]}")
    extract = html.read_text(parser.renderer.render(tokens, parser.options, {}) or "<p></p>")
    first = next((each.text for each in extract.blocks if isinstance(each, Heading) and each.level == 1), "")
    return Extract(title=matter or flat(first) or extract.title, blocks=extract.blocks, hidden=extract.hidden)


def _without_front_matter(text: str) -> tuple[str, str]:
    found = _FRONT_MATTER.match(text)
    if found is None:
        return "", text
    try:
        matter = yaml.safe_load(found[1])
    except yaml.YAMLError:
        return "", text
    if not isinstance(matter, Mapping):
        return "", text
    # as many lines as before, so that places hold
    rest = "\n" * found[0].count("\n") + text[found.end() :]
    title = matter.get("title")
    return (flat(title) if isinstance(title, str) else ""), rest
