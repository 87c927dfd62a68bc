"""Stacked columns over days as PNG, for chats, which show no SVG; `core.charts` draws them for pages."""

import io
from collections.abc import Mapping, Sequence
from datetime import date
from importlib.util import find_spec

from babel.dates import format_skeleton

from core.charts import ceiling
from core.translation import locale

WIDTH, HEIGHT = 960, 440
_LEFT, _RIGHT, _TOP, _BOTTOM = 72, 24, 60, 48
_COLOURS = ("#24718f", "#c8742a", "#6b8f3c", "#8a5fa8")
"""The same as on pages."""
_INK, _GRID = "#333333", "#dddddd"
_LETTERS = 18
"""Their height in pixels. Pillow's own font knows ASCII alone."""
_DATES = 7
"""Days that are named."""


def can_draw() -> bool:
    """Whether the extra `vision` is here, which brings what draws."""
    return find_spec("PIL") is not None


def columns(days: Sequence[date], series: Mapping[str, Sequence[float]]) -> bytes:
    """A picture of stacked columns: a day each; dates are written as in the language spoken now.

    Args:
        days: from left to right.
        series: by name, which stands above, a figure for each day; at most as many as there are colours.
    """
    from PIL import Image, ImageDraw, ImageFont  # noqa: PLC0415  # of the extra `vision`

    picture = Image.new("RGB", (WIDTH, HEIGHT), "white")
    draw = ImageDraw.Draw(picture)
    label = ImageFont.load_default(_LETTERS)
    left = float(_LEFT)
    for name, colour in zip(series, _COLOURS, strict=False):
        draw.rectangle((left, 22, left + 14, 36), colour)
        draw.text((left + 22, 18), name, _INK, label)
        left += 46 + draw.textlength(name, label)
    top = ceiling(max((sum(column) for column in zip(*series.values(), strict=True)), default=0))
    for share in (0.0, 0.5, 1.0):
        draw.line((_LEFT, _y(share), WIDTH - _RIGHT, _y(share)), _GRID)
        draw.text((_LEFT - 12, _y(share)), f"{top * share:g}", _INK, label, anchor="rm")
    step = (WIDTH - _LEFT - _RIGHT) / max(1, len(days))
    for at, column in enumerate(zip(*series.values(), strict=True)):
        floor = 0.0
        for value, colour in zip(column, _COLOURS, strict=False):
            box = (_LEFT + (at + 0.12) * step, _y((floor + value) / top), _LEFT + (at + 0.88) * step)
            if value:
                draw.rectangle((*box, _y(floor / top)), colour)
            floor += value
    for at in range(0, len(days), max(1, -(-len(days) // _DATES))):
        day = format_skeleton("Md", days[at], locale=locale())
        draw.text((_LEFT + (at + 0.5) * step, HEIGHT - 36), day, _INK, label, anchor="ma")
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def _y(share: float) -> float:
    """Pixels from the top, by the share of the highest figure."""
    return HEIGHT - _BOTTOM - share * (HEIGHT - _TOP - _BOTTOM)
