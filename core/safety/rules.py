"""Rules as one pattern for each file of them, linear, and fast enough for others to wait for it.

A line of a file is a rule, a regular expression that begins at a word; or it names what several rules below
it have in common: `<pills> = tablets|drugs`. Rules are in small letters. "ä" in a rule stands for "ä", "ae"
and "a", "é" for "é" and "e".
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from importlib import resources
from itertools import chain, pairwise

LONGEST = 20_000
"""Characters that are looked at."""
_PART = re.compile(r"<(\w+)>")
_NAMED = re.compile(r"<(\w+)> = (.+)")
_ACCENTS = re.compile("[\u0300-\u036f]+")
_BLANKS = re.compile("(?:[^\\S\n]|[\u2600-\u27bf\ufe0f\U0001f300-\U0001faff])+")
"""And emoji, which some set between words."""
_MARK = re.compile(r"\\.|\[\^?(?:\\.|[^\[\\\]])+\]|[()|]")
"""Of a regular expression: what groups and parts it, and what only looks like that."""
_REPEATS = ("?", "*", "+", "{")
_BACK = ("(?<!", "(?<=")
SHARED = 2
"""Letters by which rules are sorted."""


def folded(text: str) -> str:
    """As rules are looked for in it: in small letters, since a search in any case takes far longer."""
    return _BLANKS.sub(" ", _plain(text[:LONGEST].lower(), "e"))


def pattern(name: str) -> re.Pattern[str]:
    """Finds what one of the rules in a file finds, in a folded text.

    At a word, only rules that begin with its first letters are tried, which takes a small part of the time.
    """
    return re.compile(rf"\b(?:{_tree(rules(name), SHARED)})")


def rules(name: str) -> Iterator[str]:
    """The rules in a file, each as it is found in a folded text."""
    parts = dict[str, str]()
    for line in resources.files("core.safety").joinpath(f"{name}.txt").read_text("utf-8").splitlines():
        named = _NAMED.fullmatch(line)
        rule = _PART.sub(lambda part: parts[part[1]], _plain(named[2] if named else line, "e?"))
        if named:
            parts[named[1]] = f"(?:{_tree([rule], 1)})"
        elif rule and not rule.startswith("#"):
            yield rule


def _plain(text: str, e: str) -> str:
    """Without accents, as many write; an umlaut becomes its letter and `e`, in which others write it."""
    text = unicodedata.normalize("NFC", text).replace("ß", "ss").replace("’", "'")
    for umlaut, letter in (("ä", "a"), ("ö", "o"), ("ü", "u")):
        text = text.replace(umlaut, letter + e)
    return _ACCENTS.sub("", unicodedata.normalize("NFKD", text))


def _tree(whole: Iterable[str], depth: int) -> str:
    """Rules as alternatives that share what they begin with, up to so many letters."""
    if not depth:
        return "|".join(whole)
    letters = _by_letter(whole)
    others = letters.pop("", [])
    return "|".join([*(f"{letter}(?:{_tree(each, depth - 1)})" for letter, each in letters.items()), *others])


def _by_letter(whole: Iterable[str]) -> dict[str, list[str]]:
    """What follows the letter that a rule begins with; under "" the rules that begin with none."""
    found: dict[str, list[str]] = defaultdict(list)
    for rule in chain.from_iterable(map(_alternatives, whole)):
        guard, rest = _guard(rule)
        group, after = _group(rest)
        if guard:
            for letter, begins in _by_letter([rest]).items():
                found[letter] += [f"{_behind(guard, letter)}{each}" for each in begins]
        elif group and after.startswith("?") and not after.startswith(("??", "?+")):
            for letter, begins in _by_letter([f"(?:{group}){after[1:]}", after[1:]]).items():
                found[letter] += begins
        elif group and not after.startswith(_REPEATS):
            for letter, begins in _by_letter([group]).items():
                found[letter].append(f"(?:{'|'.join(begins)}){after}")
        elif _is_letter(rule[:1]) and not rule[1:].startswith(_REPEATS):
            found[rule[0]].append(rule[1:])
        else:
            found[""].append(rule)
    return found


def _is_letter(begin: str) -> bool:
    return begin.isalnum() or begin == " "


def _guard(rule: str) -> tuple[str, str]:
    """What a rule looks for before it begins, if it does, and the rest."""
    end = _end(rule) + 1 if rule.startswith("(?") else 0
    return (rule[:end], rule[end:]) if _looks_back(rule[:end]) else ("", rule)


def _looks_back(part: str) -> bool:
    """Whether it is a group that looks back and takes no letter."""
    if not part or _end(part) != len(part) - 1:
        return False
    group, _ = _group(part)
    return part.startswith(_BACK) or (bool(group) and all(map(_looks_back, _alternatives(group))))


def _behind(guard: str, letter: str) -> str:
    """The same, asked for behind the letter."""
    group, _ = _group(guard)
    if group:
        return f"(?:{'|'.join(_behind(each, letter) for each in _alternatives(group))})"
    return f"{guard[:4]}(?:{guard[4:-1]}){letter})"


def _group(rule: str) -> tuple[str, str]:
    """What stands in the group that a rule begins with, if with one, and what follows it."""
    if not rule.startswith("(?:"):
        return "", rule
    end = _end(rule)
    return rule[3:end], rule[end + 1 :]


def _end(rule: str) -> int:
    """Where the group ends with which it begins."""
    return next((at for at, mark, depth in _marks(rule) if mark == ")" and not depth), -1)


def _alternatives(rule: str) -> list[str]:
    bars = [at for at, mark, depth in _marks(rule) if mark == "|" and not depth]
    return [rule[begin + 1 : end] for begin, end in pairwise((-1, *bars, len(rule)))]


def _marks(rule: str) -> Iterator[tuple[int, str, int]]:
    """Its parentheses and bars, with where they stand and in how many groups."""
    depth = 0
    for found in _MARK.finditer(rule):
        depth -= found[0] == ")"
        yield found.start(), found[0], depth
        depth += found[0] == "("
