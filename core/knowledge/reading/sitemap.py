"""Sitemaps (sitemaps.org/protocol.html): which pages a site has."""

from lxml import etree

from core.errors import Unreadable

MOST = 500
"""Pages of one sitemap that are fetched."""


def read(content: bytes) -> tuple[str, ...]:
    """The addresses that it lists.

    Raises:
        Unreadable: it is no sitemap, or lists too many.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    try:
        root = etree.fromstring(content, parser=parser)
    except (etree.XMLSyntaxError, ValueError):
        raise Unreadable("is no sitemap, or a broken one") from None
    found = [(place.text or "").strip() for place in root.findall("{*}url/{*}loc")]
    if not found:
        raise Unreadable("lists no pages")
    if len(found) > MOST:
        raise Unreadable(f"lists more than {MOST} pages: give those that matter one by one")
    return tuple(dict.fromkeys(found))
