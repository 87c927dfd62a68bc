"""Rights asked for in plain words: a whole sentence that says what a command does is that command.

Only sentences that say nothing else: "what do you know about me?" is a wish, "what do you know about
metrics?" and "how do I export my data from the shop?" are questions like any other.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import replace
from importlib import resources

import yaml

from core.message import Message

LONGEST = 120
"""Characters of a sentence that is looked at."""
_BEFORE = re.compile(
    r"(?:(?:hi|hello|hey|hallo|hola|ok|please|bitte|por favor|can you|could you|would you|will you|"
    r"konnen sie|kannst du|konntest du|konnten sie|puede|puedes|podria|podrias|"
    r"i want you to|i would like you to|quiero que) )++"
)
_BEHIND = {"please", "bitte", "por", "favor", "now", "jetzt", "ahora"}
"""Politeness around what is asked for."""
_NO_WORD = re.compile(r"[^\w']+")
_PATTERNS: Mapping[tuple[str, str], re.Pattern[str]] = {
    (wish.partition(" ")[0], wish.partition(" ")[2]): re.compile("|".join(sentences))
    for wish, sentences in yaml.safe_load(
        resources.files("core.dialogue").joinpath("plain_words.yaml").read_text("utf-8")
    ).items()
}
"""By command and what stands behind it."""


def wished(message: Message) -> Message:
    """The message as the command that it asks for in plain words; itself where it asks for none."""
    if message.command or message.press or message.attachments or len(message.text) > LONGEST:
        return message
    said = _plain(message.text)
    for (command, argument), pattern in _PATTERNS.items():
        if pattern.fullmatch(said):
            return replace(message, command=command, text=argument)
    return message


def _plain(text: str) -> str:
    """In small letters without accents, marks and politeness."""
    letters = unicodedata.normalize("NFKD", text.replace("’", "'").casefold())
    bare = "".join(each for each in letters if not unicodedata.combining(each))
    said = " ".join(_NO_WORD.sub(" ", bare).split())
    polite = _BEFORE.match(said)
    kept = said[polite.end() :].split() if polite else said.split()
    while kept and kept[-1] in _BEHIND:
        kept.pop()
    return " ".join(kept)
