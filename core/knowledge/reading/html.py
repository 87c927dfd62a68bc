"""HTML: headings, paragraphs, lists and tables of the main part; what no browser shows is left out."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from lxml import etree
from lxml import html as lxml_html

from core.errors import Unreadable
from core.knowledge.reading.blocks import Block, Extract, Heading, Paragraph, Place, Row, Table
from core.knowledge.reading.cleaning import flat
from core.knowledge.reading.decoding import decoded
from core.knowledge.reading.styles import Colour, Styles, colour_of

LINES = "data-frontdesk-lines"
"""Attribute in which the Markdown reader says where a block stands."""
DEPTH = 400
"""Elements within elements; deeper ones are left out."""
_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.IGNORECASE)
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_UNSEEN = frozenset(
    (
        *("script", "style", "template", "noscript", "head", "iframe", "object", "embed", "svg", "math"),
        *("canvas", "audio", "video", "select", "textarea", "button", "datalist", "map", "frameset", "title"),
    )
)
_AROUND = frozenset(("nav", "footer", "aside"))
"""Left out where they stand around the main part."""
_ROLES = frozenset(("navigation", "search", "contentinfo", "banner", "menu", "toolbar"))
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_BREAKING = frozenset(
    (
        *(
            "address",
            "article",
            "blockquote",
            "body",
            "caption",
            "center",
            "dd",
            "details",
            "div",
            "dl",
            "dt",
        ),
        *(
            "fieldset",
            "figcaption",
            "figure",
            "footer",
            "form",
            "header",
            "hr",
            "html",
            "legend",
            "li",
            "main",
        ),
        *(
            "nav",
            "ol",
            "p",
            "pre",
            "section",
            "summary",
            "table",
            "tbody",
            "td",
            "th",
            "thead",
            "tfoot",
            "tr",
        ),
        *("ul", "aside", "dialog", "h1", "h2", "h3", "h4", "h5", "h6"),
    )
)
_LINK_MARKS = frozenset(("¶", "#", "§", "🔗", "\uf0c1"))
WHITE = Colour(255, 255, 255)


def read(content: bytes, declared: str = "") -> Extract:
    """Read a page.

    Args:
        declared: the encoding that the server named, or empty.

    Raises:
        Unreadable: it is no HTML.
    """
    meta = _CHARSET.search(content[:4096])
    return read_text(decoded(content, declared or (meta[1].decode("ascii") if meta else "")))


def read_text(text: str) -> Extract:
    """Read a page that is text already."""
    text = _DECLARATION.sub("", text).replace("\0", "")
    parser = lxml_html.HTMLParser(remove_comments=True, remove_pis=True, no_network=True, huge_tree=False)
    try:
        root = lxml_html.document_fromstring(text, parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        raise Unreadable("holds no HTML, or too much of it") from None
    title = flat(root.findtext(".//title") or "")
    walk = _Walk(styles=Styles([style.text or "" for style in root.iter("style")]))
    walk.through(_main(root))
    first = next((block.text for block in walk.blocks if isinstance(block, Heading)), "")
    return Extract(title=title or flat(first), blocks=walk.blocks, hidden=walk.hidden)


def _main(root: Any) -> Any:
    """The main part where the page marks it, else all of it."""
    for path in (".//main", ".//*[@role='main']"):
        found = root.findall(path)
        if len(found) == 1 and len(flat("".join(found[0].itertext()))) > 0:
            return found[0]
    return root


@dataclass(frozen=True, kw_only=True)
class _Seen:
    """How text looks within an element."""

    colour: Colour
    background: Colour | None
    """None where it cannot be told, as over a picture."""


@dataclass(kw_only=True)
class _Walk:
    """Goes through a page once, collecting blocks."""

    styles: Styles
    blocks: list[Block] = field(default_factory=list)
    hidden: int = 0
    _text: list[str] = field(default_factory=list)
    _looks: list[_Seen] = field(default_factory=lambda: [_Seen(colour=Colour(0, 0, 0), background=WHITE)])
    _lists: list[int | None] = field(default_factory=list)
    """Open lists: the number of the next item, or None for bullets."""
    _mark: str = ""
    _literal: int = 0
    """Open elements in which blanks and breaks stay."""
    _place: Place | None = None

    def through(self, root: Any) -> None:
        """Collect from `root`."""
        walker = etree.iterwalk(root, events=("start", "end"))
        depth = 0
        passed: set[Any] = set()
        for event, element in walker:
            if event == "start":
                depth += 1
                if element is not root and self._passes(element, depth):
                    passed.add(element)
                    walker.skip_subtree()
                else:
                    self._open(element)
            else:
                depth -= 1
                if element in passed:
                    passed.discard(element)
                else:
                    self._close(element)
                if element is not root:
                    self._say(element.tail)
        self._flush()

    def _passes(self, element: Any, depth: int) -> bool:
        """True where the walk goes on behind the element, which is done with."""
        tag = element.tag
        if not isinstance(tag, str) or tag in _UNSEEN:
            return True
        if depth > DEPTH:
            raise Unreadable("is nested too deep")
        if tag in _AROUND or element.get("role") in _ROLES or _is_link_mark(element):
            return True
        if self._is_hidden(element):
            self.hidden += len(flat("".join(element.itertext())))
            return True
        if tag == "table" and (table := self._table(element)) is not None:
            self._flush()
            self.blocks.append(table)
            return True
        return False

    def _open(self, element: Any) -> None:
        tag = element.tag
        self._looks.append(self._look(element))
        if tag in _BREAKING:
            self._flush()
        self._place = _lines(element) or self._place
        if tag in ("ul", "ol"):
            self._lists.append(1 if tag == "ol" else None)
        elif tag == "li" and self._lists:
            number = self._lists[-1]
            self._mark = "  " * (len(self._lists) - 1) + ("- " if number is None else f"{number}. ")
            self._lists[-1] = None if number is None else number + 1
        elif tag in ("pre", "listing"):
            self._literal += 1
        elif tag == "br":
            self._text.append("\n")
        self._say(element.text)

    def _close(self, element: Any) -> None:
        tag = element.tag
        if tag in _HEADINGS:
            text = flat("".join(self._text))
            self._text.clear()
            if text:
                self.blocks.append(Heading(level=_HEADINGS[tag], text=text, place=self._place))
        elif tag in _BREAKING:
            self._flush()
        if tag in ("ul", "ol") and self._lists:
            self._lists.pop()
        elif tag in ("pre", "listing"):
            self._literal -= 1
        self._looks.pop()

    def _say(self, text: str | None) -> None:
        if not text:
            return
        look = self._looks[-1]
        if look.background is not None and look.colour.close_to(look.background):
            self.hidden += len(flat(text))
            return
        self._text.append(text if self._literal else re.sub(r"\s+", " ", text))

    def _flush(self) -> None:
        lines = "".join(self._text).split("\n")
        self._text.clear()
        text = "\n".join(line.rstrip() if self._literal else line.strip() for line in lines).strip("\n")
        if not text.strip():
            return
        self.blocks.append(Paragraph(text=self._mark + text, place=self._place))
        self._mark = "  " * len(self._mark.partition("- ")[0]) if self._mark.isspace() else ""

    def _is_hidden(self, element: Any) -> bool:
        return element.get("hidden") is not None or self.styles.hide(element)

    def _look(self, element: Any) -> _Seen:
        """The colours within an element, as far as its own styles tell."""
        before = self._looks[-1]
        declared = self.styles.of(element)
        colour = colour_of(declared.get("color", "") or element.get("color", "")) or before.colour
        background = before.background
        painted = declared.get("background-color") or declared.get("background") or element.get("bgcolor", "")
        if painted and painted not in ("transparent", "none", "inherit", "initial"):
            background = colour_of(painted)
        elif "background-image" in declared or element.get("background"):
            background = None
        return _Seen(colour=colour, background=background)

    def _table(self, element: Any) -> Table | None:
        """A table of data; None for one that only lays out."""
        if element.find(".//table") is not None:
            return None
        rows = [row for row in element.iter("tr") if not self._is_hidden(row)]
        cells = [[cell for cell in row if cell.tag in ("td", "th")] for row in rows]
        if len(rows) < 2 or max(map(len, cells), default=0) < 2:
            return None
        place = _lines(element) or self._place
        texts = [tuple(self._cell(cell) for cell in row) for row in cells]
        headed = rows[0].getparent().tag == "thead" or all(cell.tag == "th" for cell in cells[0])
        header, body = (texts[0], texts[1:]) if headed else ((), texts)
        return Table(
            header=header, rows=[Row(cells=row, place=place) for row in body if any(map(str.strip, row))]
        )

    def _cell(self, cell: Any) -> str:
        if self._is_hidden(cell):
            return ""
        inside = _Walk(styles=self.styles, _looks=[self._looks[-1]])
        inside.through(cell)
        self.hidden += inside.hidden
        return flat(" ".join(_texts(inside.blocks)))


def _texts(blocks: Sequence[Block]) -> Iterator[str]:
    for block in blocks:
        if isinstance(block, Heading | Paragraph):
            yield block.text


def _is_link_mark(element: Any) -> bool:
    """The sign behind a heading that links to it."""
    return element.tag == "a" and (
        "headerlink" in (element.get("class") or "") or flat("".join(element.itertext())) in _LINK_MARKS
    )


def _lines(element: Any) -> Place | None:
    found = re.fullmatch(r"(\d{1,9})-(\d{1,9})", element.get(LINES) or "")
    return Place(unit="line", first=int(found[1]), last=int(found[2])) if found else None
