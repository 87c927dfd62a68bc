"""Where a model's words may lead: an address that it was told, or one of the operator's; the rest is text.

Who can make a model write can make it write an address with somebody's words in it, and a person who follows
it hands them over (exfiltration by link: OWASP LLM Top 10, LLM05). What may lead nowhere is broken with word
joiners, which nobody sees: at the scheme, so that no Markdown makes a link of it, and at its dots, as
platforms make links of names alone. What is code is left alone: platforms make no links there.
"""

import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

JOINER = "\u2060"
"""Word joiner: invisible, and part of no address (TDLib's list of what addresses are made of)."""

_INSIDE = r"""[^\s<>`"'()\[\]|,]"""
_LABEL = r"(?:[^\W_]|-)++"
_ADDRESS = re.compile(
    rf"(?:https?|\bmailto|\btel)\\?:{_INSIDE}++"
    # names without a scheme, in which parts may be bold
    rf"|(?<![^\W_])(?<!-){_LABEL}(?:[*_~]*+\\?\.[*_~]*+{_LABEL})++(?P<tail>[:/?#\\]{_INSIDE}*+)?",
    re.IGNORECASE,
)
_SCHEME = re.compile(r"(https?|mailto|tel)(?=\\?:)", re.IGNORECASE)
_LAST = r".,;:!?}*_~\\"
"""What stands behind an address rather than in it."""
_GOES_ON = re.compile(r"[^\s\w<>`]++\w")
"""Behind an address, which may be but the beginning of a longer one."""
_DOT = re.compile(r"\\?\.(?=[\w*~-])")
_ESCAPE = re.compile(r"\\(?=[!-/:-@\[-`{-~])")
_ELSEWHERE = re.compile(r"\](?=\(\s{0,9}+<?+(?!(?:https?|mailto|tel):))", re.IGNORECASE)
"""Of a Markdown link whose address says no scheme: a platform may guess one."""
_REFERENCE = re.compile(r"&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z]{3,9});", re.IGNORECASE)
_PLAIN = re.compile(r"[a-z0-9:/.@%?#-]", re.IGNORECASE)
_HOST = re.compile(r"[a-z0-9.-]+")
_TOP = re.compile(r"[^\W\d_]{2,}|xn--[a-z0-9-]+", re.IGNORECASE)
_NUMBERS = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")
_FENCE = re.compile(r"(`{3,})[^`]*$|(~{3,})")
_CODE = re.compile(r"(?<!`)(`+)(?!`)[^`]++\1(?!`)")
_TRICKY = re.compile(r"[<\\|&]|\]\(")
"""Makes it hard to say where code in a line begins and ends: then none is taken for code."""


@dataclass(frozen=True, kw_only=True)
class Links:
    """Addresses that may be links in a model's words. Make one with `links`."""

    known: frozenset[str] = frozenset()
    """Addresses as they stand, and the hosts of these."""
    hosts: tuple[str, ...] = ()
    """As HOST, or `*.HOST` for all names below it."""

    def and_in(self, *texts: str) -> "Links":
        """With the addresses that stand in texts that are not the model's."""
        return replace(self, known=self.known | links(texts).known)

    def only(self, text: str) -> str:
        """The text, in which no other address is a link on any platform."""
        return "".join(part if is_code else self._broken(part) for part, is_code in _parts(text))

    def _broken(self, text: str) -> str:
        text = _REFERENCE.sub(_decoded, text)
        return _ADDRESS.sub(self._judged, _ELSEWHERE.sub(rf"\g<0>{JOINER}", text))

    def _judged(self, found: re.Match[str]) -> str:
        address = found[0]
        if not _is_address(found) or (self._leads(address) and _is_whole(found)):
            return address
        address = _SCHEME.sub(rf"\1{JOINER}", address)
        return _DOT.sub(rf"{JOINER}\g<0>{JOINER}", address)

    def _leads(self, address: str) -> bool:
        plain = _bare(address)
        return plain in self.known or ("://" not in plain.partition("://")[2] and self._is_own(_host(plain)))

    def _is_own(self, host: str) -> bool:
        return any(
            host.endswith(each[1:]) if each.startswith("*.") else host == each for each in self.hosts if host
        )


def links(known: Iterable[str], hosts: Iterable[str] = ()) -> Links:
    """What a model's words may lead to.

    Args:
        known: addresses, and texts in which some stand: sources, passages, what the person wrote.
        hosts: the operator's, as in `Links.hosts`.
    """
    found = {
        _bare(each[0])
        for text in known
        for each in _ADDRESS.finditer(_REFERENCE.sub(_decoded, text))
        if _is_address(each)
    }
    return Links(known=frozenset(found | {_host(each) for each in found} - {""}), hosts=tuple(hosts))


def _is_whole(found: re.Match[str]) -> bool:
    """Whether no platform takes more than it as one address."""
    text, end = found.string, found.end()
    if text[found.start() - 1 : found.start()] == "<":
        return text[end : end + 1] == ">"
    return text.startswith(f"]({found[0]}", end) or not _GOES_ON.match(text, end)


def _is_address(found: re.Match[str]) -> bool:
    """Rather than a number, the end of a sentence without a space, or a mailbox, which carries no words."""
    address = _bare(found[0])
    if address.lower().startswith("mailto:"):
        return "?" in address or "&" in address
    if not (found["tail"] or "").strip(_LAST) and found.string[found.start() - 1 : found.start()] == "@":
        return False
    name = re.split(r"[:/?#]", address, maxsplit=1)[0]
    top = re.split(r"[.*_~]", name)[-1]
    return bool(_SCHEME.match(found[0]) or _TOP.fullmatch(top) or _NUMBERS.fullmatch(name))


def _bare(address: str) -> str:
    """As the platform has it once Markdown is read."""
    return _ESCAPE.sub("", address).rstrip(_LAST)


def _host(address: str) -> str:
    """The host of a page's address; empty where there is none, or a browser may read another one."""
    whole = address if _SCHEME.match(address) else f"https://{address}"
    try:
        parts = urlsplit(whole)
        host = parts.hostname or ""
    except ValueError:
        return ""
    is_plain = parts.scheme in ("http", "https") and "@" not in parts.netloc and "\\" not in whole
    return host if is_plain and _HOST.fullmatch(host) else ""


def _decoded(reference: re.Match[str]) -> str:
    """A letter that Markdown would read, where it could be part of an address."""
    letter = html.unescape(reference[0])
    return letter if _PLAIN.fullmatch(letter) else reference[0]


def _parts(text: str) -> Iterator[tuple[str, bool]]:
    """The text in pieces, and whether each is code on every platform: not, where that is hard to say."""
    fence, is_open = "", False
    for line in text.splitlines(keepends=True):
        bare = line.strip()
        if fence:
            if bare.startswith(fence) and not bare.strip(fence[0]):
                fence = ""
            yield line, True
        elif opened := _FENCE.match(line):  # an indented one may be part of a list, and end with it
            fence, is_open = opened[1] or opened[2], False
            yield line, True
        elif is_open or _TRICKY.search(line):
            is_open = bool(bare) and (is_open or "`" in line)
            yield line, False
        else:
            pieces = list(_in_line(line))
            is_open = any("`" in piece for piece, is_code in pieces if not is_code)
            yield from pieces


def _in_line(line: str) -> Iterator[tuple[str, bool]]:
    at = 0
    for code in _CODE.finditer(line):
        if "`" in line[at : code.start()]:
            break
        yield line[at : code.start()], False
        yield code[0], True
        at = code.end()
    yield line[at:], False
