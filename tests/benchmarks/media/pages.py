"""Pages of text in several fonts and sizes: straight, crooked, noisy, blurred, dark."""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont, ImageOps

FONTS = ("DejaVuSans", "DejaVuSerif", "DejaVuSansMono")
FOLDER = Path("/usr/share/fonts/truetype/dejavu")
"""Where Debian's fonts-dejavu-core has them."""
SIZES = (14, 20, 28)
CONDITIONS = ("plain", "dark", "2 degrees", "-6 degrees", "noise", "blur", "JPEG 30")
LINES = (
    "Invoice number 2026-1174",
    "Date: 27 November 2026",
    "Wireless keyboard, black",
    "Price 49.90 EUR incl. tax",
    "Please pay within 14 days.",
    "Error E42: paper jam in tray 2",
)


LANGUAGES = {
    "German": (
        "Die Größe paßt nicht: 42 statt 44.",
        "Überweisen Sie 49,90 € bis Freitag.",
        "Straße, Öl, Äpfel",
    ),
    "Spanish": (
        "¿Dónde está mi pedido número 4711?",
        "Mañana llegará, según el correo.",
        "Año, señal, pingüino",
    ),
    "French": (
        "L'écran s'est cassé après trois jours.",
        "Où puis-je être remboursée ?",
        "Garçon, hôtel, cœur",
    ),
    "Polish": ("Proszę o zwrot pieniędzy za książkę.", "Złoty, żółty, święto, źródło"),
    "Turkish": ("Siparişim nerede, ne zaman gelecek?", "Şeker, çiçek, ığdır, ölçü"),
    "Russian": ("Где мой заказ номер 4711?", "Пожалуйста, верните деньги."),
    "Greek": ("Πού είναι η παραγγελία μου;", "Ευχαριστώ για την απάντηση."),
}
"""What is written on pages in other languages."""


@dataclass(frozen=True, kw_only=True)
class Rendered:
    """A page, as a file."""

    size: int
    condition: str
    said: str
    content: bytes


def pages() -> Iterator[Rendered]:
    """Every font in every size and condition: 63."""
    chance = np.random.default_rng(7)
    for font in FONTS:
        for size in SIZES:
            for condition in CONDITIONS:
                page = _spoilt(_rendered(LINES, font, size), condition, chance)
                file = io.BytesIO()
                if condition == "JPEG 30":
                    page.save(file, "JPEG", quality=30)
                else:
                    page.save(file, "PNG")
                yield Rendered(size=size, condition=condition, said="\n".join(LINES), content=file.getvalue())


def in_languages() -> Iterator[Rendered]:
    """Pages in other languages: each in every font, in the middle size."""
    for language, lines in LANGUAGES.items():
        for font in FONTS:
            file = io.BytesIO()
            _rendered(lines, font, SIZES[1]).save(file, "PNG")
            yield Rendered(size=SIZES[1], condition=language, said="\n".join(lines), content=file.getvalue())


def _rendered(lines: Sequence[str], font: str, size: int) -> Image.Image:
    face = ImageFont.truetype(str(FOLDER / f"{font}.ttf"), size)
    page = Image.new("RGB", (size * 28, size * 2 * (len(lines) + 1)), "white")
    for at, line in enumerate(lines):
        ImageDraw.Draw(page).text((size, size + 2 * size * at), line, "black", face)
    return page


def _spoilt(page: Image.Image, condition: str, chance: np.random.Generator) -> Image.Image:
    match condition.split():
        case ["dark"]:
            return ImageOps.invert(page)
        case [degrees, "degrees"]:
            return page.rotate(float(degrees), Image.Resampling.BICUBIC, expand=True, fillcolor="white")
        case ["noise"]:
            grainy = np.asarray(page, np.float32) + chance.normal(0, 40, (page.height, page.width, 1))
            return Image.fromarray(grainy.clip(0, 255).astype(np.uint8))
        case ["blur"]:
            return page.filter(ImageFilter.GaussianBlur(1.0))
    return page
