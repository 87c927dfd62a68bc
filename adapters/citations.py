"""Citations as every platform shows them: names of documents are untrusted words, addresses are checked."""

from adapters.markdown import clean, is_allowed
from core.message import Citation

MOST = 6
"""Sources that are listed under an answer."""
_NAME, _ADDRESS = 80, 300
"""Characters; what is longer is cut, or no link."""
_WEB = ("http", "https")


def name(citation: Citation) -> str:
    """The document, and where in it, on one line."""
    title = shortened(citation.title, _NAME) or "Untitled"
    return f"{title}, {shortened(citation.place, _NAME)}" if citation.place else title


def address(citation: Citation) -> str:
    """Where a browser finds it; empty for files, and for what no link may lead to."""
    link = clean(citation.link).strip()
    is_plain = len(link) <= _ADDRESS and not any(mark.isspace() or mark in '<>"`\ufffd' for mark in link)
    return link if is_plain and is_allowed(link, _WEB) else ""


def shortened(text: str, length: int) -> str:
    """On one line, of so many characters at most."""
    flat = " ".join(clean(text).split())
    return flat if len(flat) <= length else f"{flat[: length - 1]}…"
