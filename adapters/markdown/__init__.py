"""One Markdown for all platforms."""

from adapters.markdown.parts import first_part, split
from adapters.markdown.tree import (
    JOINER,
    SCHEMES,
    clean,
    draw_table,
    fenced_lines,
    is_allowed,
    link_text,
    link_url,
    parse,
    plain,
    table_rows,
)
from adapters.markdown.unfinished import closed

__all__ = [
    "JOINER",
    "SCHEMES",
    "clean",
    "closed",
    "draw_table",
    "fenced_lines",
    "first_part",
    "is_allowed",
    "link_text",
    "link_url",
    "parse",
    "plain",
    "split",
    "table_rows",
]
