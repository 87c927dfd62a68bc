"""Secrets: what opens a door to whoever reads it."""

import math
import re
from collections import Counter
from collections.abc import Iterator

from core.privacy.detection.finding import Finding, Kind

_TOKEN = re.compile(
    r"xox[a-z]-[\w-]{8,}|xapp-[\w-]{8,}|xoxe\.[\w.-]{8,}"  # Slack
    r"|(?<!\d)\d{5,19}:[\w-]{20,}"  # Telegram
    r"|(?<![A-Z0-9])(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{16}(?![A-Z0-9])"  # AWS
    r"|gh[pousr]_\w{36,}|github_pat_\w{22,}|glpat-[\w-]{20,}"  # GitHub, GitLab
    r"|(?<![\w-])sk-(?:ant-|proj-|live-)?[\w-]{20,}"  # OpenAI, Anthropic
    r"|(?<!\w)[sr]k_(?:live|test)_\w{16,}|whsec_\w{8,}"  # Stripe
    r"|AIza[\w-]{35}|ya29\.[\w-]{20,}|npm_\w{36}|pypi-[\w-]{16,}|hf_\w{30,}|SG\.[\w-]{16,}\.[\w-]{16,}"
    r"|(?<![\w.-])eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{0,}",  # JSON Web Token
    re.ASCII,
)
_PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY(?: BLOCK)?-----")
_KEY_END = re.compile(r"-----END [A-Z ]{0,30}PRIVATE KEY(?: BLOCK)?-----")
_ADDRESS_PASSWORD = re.compile(r"\b[a-z][a-z0-9+.-]{1,20}://[^\s:/@]{1,64}:([^\s/@]{3,128})@", re.IGNORECASE)
_NAMED = re.compile(
    r"\b(?:pass(?:word|wort|phrase|code)|pwd|pw|kennwort|contrase[ñn]a|clave|secret|geheimnis|api[-_ ]?key"
    r"|access[-_ ]?key|(?:auth|access|api|bearer)[-_ ]?token|pin|cvv2?|cvc2?)\b"
    r"[\"']?\s{0,3}(?::|=|\bis\b|\bist\b|\blautet\b|\bes\b)\s{0,3}[\"'`]?([^\s\"'`,;]{3,128})",
    re.IGNORECASE,
)
_LONG = re.compile(r"(?<![\w+/=-])[\w+/-]{24,512}={0,2}(?![\w+/=-])", re.ASCII)
_ADDRESS = re.compile(
    r"https?://\S+|(?<![\w.-])(?:[a-z0-9-]{1,63}\.){1,5}[a-z]{2,20}/\S+", re.ASCII | re.IGNORECASE
)
"""With a scheme or without. Ids of documents, channels and posts in it are random, and no secrets."""
_HEX = re.compile(r"[0-9a-fA-F-]+")
_PIECE = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|[0-9]+")
LEAST_ENTROPY = 4.0
"""Bits a character from which a long word with letters of both cases and digits counts as random: words and
paths of programs have 3 to 3.9, base64 of 24 random bytes 4.3 on average."""
LONGEST_PIECE = 3.5
"""Characters up to which words, abbreviations and numbers in it are long on average: paths and titles with
hyphens have 4 to 6, 24 characters at random 1.9, and not one in a thousand more than this."""


def find_secrets(text: str) -> Iterator[Finding]:
    """Tokens by their makers' prefixes, private keys, passwords that are named as such, and random words."""
    for start, end in _places(text):
        yield Finding(start=start, end=end, kind=Kind.SECRET)


def _places(text: str) -> Iterator[tuple[int, int]]:
    for found in _TOKEN.finditer(text):
        yield found.span()
    yield from _private_keys(text)
    for found in _ADDRESS_PASSWORD.finditer(text):
        yield found.span(1)
    for found in _NAMED.finditer(text):
        if _is_password(found[1]):
            yield found.start(1), found.start(1) + len(found[1].rstrip(".!?)"))
    for found in _LONG.finditer(_ADDRESS.sub(lambda found: " " * len(found[0]), text)):
        if _is_random(found[0]):
            yield found.span()


def _private_keys(text: str) -> Iterator[tuple[int, int]]:
    """Each from its first line to its last; one without a last line is a secret to the end of the text."""
    at = 0
    while begin := _PRIVATE_KEY.search(text, at):
        end = _KEY_END.search(text, begin.end())
        at = end.end() if end else len(text)
        yield begin.start(), at


def without_tokens(text: str) -> str:
    """The text with everything blotted out that has the form of a token, for logs."""
    return _TOKEN.sub(f"[{Kind.SECRET}]", text)


def _is_password(value: str) -> bool:
    """Not every word after "the password is" is one: "… is wrong"."""
    value = value.rstrip(".!?)")
    has_digit = any(map(str.isdigit, value))
    has_mark = len(value) >= 6 and any(not each.isalnum() for each in value)
    has_inner_capital = any(map(str.isupper, value[1:])) and not value.isupper()
    return len(value) >= 3 and (has_digit or has_mark or has_inner_capital)


def _is_random(word: str) -> bool:
    if _HEX.fullmatch(word):
        return False  # hashes, and ids of commits and objects: random, and no secrets
    kinds = (any(map(test, word)) for test in (str.islower, str.isupper, str.isdigit))
    if not all(kinds) or "//" in word:
        return False
    pieces = _PIECE.findall(word)
    return sum(map(len, pieces)) <= LONGEST_PIECE * len(pieces) and _entropy(word) >= LEAST_ENTROPY


def _entropy(word: str) -> float:
    """Bits a character (Shannon)."""
    shares = [count / len(word) for count in Counter(word).values()]
    return -sum(each * math.log2(each) for each in shares)
