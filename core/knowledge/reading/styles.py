"""As much of CSS as tells what nobody sees: simple selectors, and the properties that hide."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

NEAR = 30
"""Of 255: colours that differ by no more in red, green and blue are the same to the eye."""
MOST_RULES = 5_000
"""Of one page; further ones are not looked at."""
_SIMPLE = re.compile(r"([a-zA-Z][\w-]*)?(?:([.#])([\w-]+))?")
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_HEX = re.compile(r"#([0-9a-f]{3,8})\b")
_RGB = re.compile(r"rgba?\(\s*(\d{1,3})[\s,]+(\d{1,3})[\s,]+(\d{1,3})(?:[\s,/]+([\d.]+)%?)?\s*\)")
_NUMBER = re.compile(r"(-?(?:\d++(?:\.\d++)?+|\.\d++))\s*+(px|pt|em|rem|%|vw|vh|cm|in)?")
_PIXELS = {"pt": 1.33, "em": 16.0, "rem": 16.0, "%": 0.16, "vw": 10.0, "vh": 10.0, "cm": 38.0, "in": 96.0}


@dataclass(frozen=True)
class Colour:
    """Red, green and blue, each 0 to 255."""

    red: int
    green: int
    blue: int

    def close_to(self, other: "Colour") -> bool:
        """Whether one cannot be told from the other."""
        return (
            max(abs(self.red - other.red), abs(self.green - other.green), abs(self.blue - other.blue)) <= NEAR
        )


_NAMED = {
    **dict.fromkeys(
        ("white", "snow", "ivory", "ghostwhite", "floralwhite", "whitesmoke"), Colour(255, 255, 255)
    ),
    "black": Colour(0, 0, 0),
}


class Styles:
    """The rules of a page.

    Args:
        sheets: what stands in its `<style>` elements. Rules that hold on some conditions only (`@media`) and
            selectors of more than one part are not looked at.
    """

    def __init__(self, sheets: Sequence[str]) -> None:
        self._rules: dict[tuple[str, str], dict[str, str]] = {}
        for sheet in sheets:
            for selectors, declarations in _rules(_COMMENT.sub("", sheet)):
                if len(self._rules) >= MOST_RULES:
                    return
                for selector in selectors.split(","):
                    found = _SIMPLE.fullmatch(selector.strip())
                    if found and (found[1] or found[2]):
                        key = (found[1] or "", (found[2] or "") + (found[3] or ""))
                        self._rules.setdefault(key, {}).update(_declarations(declarations))

    def of(self, element: Any) -> Mapping[str, str]:
        """The declarations that hold for an element."""
        own = element.get("style")
        if not self._rules:
            return _declarations(own) if own else {}
        names = [f".{name}" for name in (element.get("class") or "").split()[:20]]
        if identity := element.get("id"):
            names.append(f"#{identity}")
        merged: dict[str, str] = {}
        for name in ("", *names):
            for tag in ("", element.tag):
                merged |= self._rules.get((tag, name), {})
        return merged | _declarations(own or "")

    def hide(self, element: Any) -> bool:
        """Whether an element is not shown."""
        style = self.of(element)
        if not style:
            return False
        clipped = style.get("clip", "").replace(" ", "").startswith("rect(0") or "inset(" in style.get(
            "clip-path", ""
        )
        return (
            style.get("display") == "none"
            or style.get("visibility") in ("hidden", "collapse")
            or _is_below(style.get("opacity"), 0.06)
            or _is_below(style.get("font-size"), 3)
            or _is_below(style.get("text-indent"), -500)
            or "scale(0)" in style.get("transform", "")
            or style.get("mso-hide") == "all"
            or clipped
            or _is_away(style)
            or (_is_below(style.get("height"), 2) and style.get("overflow", "").startswith("hidden"))
            or (_is_below(style.get("width"), 2) and style.get("overflow", "").startswith("hidden"))
        )


def colour_of(text: str) -> Colour | None:
    """A colour as CSS writes it; None where it is not known or shines through."""
    text = text.strip().casefold().removesuffix("!important").strip()
    if text in _NAMED:
        return _NAMED[text]
    if found := _HEX.match(text):
        digits = found[1]
        if len(digits) in (3, 4):
            digits = "".join(digit * 2 for digit in digits)
        if len(digits) in (6, 8):
            return Colour(*(int(digits[at : at + 2], 16) for at in (0, 2, 4)))
    if found := _RGB.match(text):
        return Colour(int(found[1]), int(found[2]), int(found[3]))
    return None


def _rules(sheet: str) -> list[tuple[str, str]]:
    """Selectors with declarations, those within `@` rules left out."""
    found: list[tuple[str, str]] = []
    at, level, begun = 0, 0, ""
    for brace in re.finditer(r"[{}]", sheet):
        piece = sheet[at : brace.start()]
        at = brace.end()
        if brace.group() == "{":
            level += 1
            if level == 1:
                begun = piece.rpartition(";")[2].strip()
        else:
            if level == 1 and begun and not begun.startswith("@"):
                found.append((begun, piece))
            level = max(level - 1, 0)
    return found


def _declarations(text: str) -> dict[str, str]:
    declared: dict[str, str] = {}
    for part in text[:10_000].split(";"):
        name, _, value = part.partition(":")
        if value:
            declared[name.strip().casefold()] = value.casefold().replace("!important", "").strip()
    return declared


def _is_below(value: str | None, pixels: float) -> bool:
    found = _NUMBER.match(value) if value else None
    return found is not None and float(found[1]) * _PIXELS.get(found[2] or "", 1.0) < pixels


def _is_away(style: Mapping[str, str]) -> bool:
    return style.get("position") in ("absolute", "fixed") and any(
        _is_below(style.get(side), -500) for side in ("left", "top", "right", "bottom")
    )
