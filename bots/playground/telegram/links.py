"""Which URLs Telegram takes in buttons, links and previews."""

import re

_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*)://", re.IGNORECASE)
_HOST = re.compile(r"(?:[^/?#@]*@)?(\[[0-9a-f:.]+\]|[^/?#:\s]+)", re.IGNORECASE)
_INNER = ("tg", "ton", "tonsite")


def problem(url: str) -> str:
    """Why the platform refuses a URL, in its words; empty when it takes it.

    Without a scheme http is meant; a host needs a dot, so `localhost` is none.
    """
    scheme = _SCHEME.match(url)
    if scheme and scheme[1].lower() in _INNER:
        return ""
    if scheme and scheme[1].lower() not in ("http", "https"):
        return "Unsupported URL protocol"
    rest = url[scheme.end() :] if scheme else url
    if not rest:
        return "URL host is empty"
    host = _HOST.match(rest)
    return "" if host and re.search(r"\w\.\w|^\[", host[1]) else "Wrong HTTP URL"
