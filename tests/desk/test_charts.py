"""The chart that agents get, as a picture."""

import io
from datetime import date, timedelta

import pytest
from PIL import Image

from core import chart_picture
from core.translation import spoken

DAYS = [date(2026, 11, 1) + timedelta(days=day) for day in range(28)]


def _colours(picture: bytes) -> set[object]:
    opened = Image.open(io.BytesIO(picture))
    assert opened.format == "PNG" and opened.size == (chart_picture.WIDTH, chart_picture.HEIGHT)
    return {colour for _, colour in opened.getcolors(100_000) or ()}


@pytest.mark.parametrize("language", ["en", "de", "es"])
def test_every_series_has_columns_of_its_colour(language: str) -> None:
    with spoken(language):
        drawn = chart_picture.columns(DAYS, {"Slack": [2] * 28, "Telegram": [0, 3] * 14})
        nothing = chart_picture.columns(DAYS, {})
    more = _colours(drawn) - _colours(nothing)
    assert {(0x24, 0x71, 0x8F), (0xC8, 0x74, 0x2A)} <= more
    assert (0x6B, 0x8F, 0x3C) not in more


def test_a_higher_figure_is_a_higher_column() -> None:
    opened = Image.open(io.BytesIO(chart_picture.columns(DAYS, {"Slack": [1, 4] * 14})))
    step = (chart_picture.WIDTH - 96) / 28
    heights = []
    for day in (0, 1):
        column = [opened.getpixel((int(72 + (day + 0.5) * step), y)) for y in range(60, 392)]
        heights.append(sum(each == (0x24, 0x71, 0x8F) for each in column))
    assert heights[1] == pytest.approx(4 * heights[0], abs=4)
