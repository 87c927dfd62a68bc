"""The models themselves: words of a voice note, rows of an invoice, a QR code."""

import io
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image, ImageDraw, ImageFont

from bots.media import open_listener, open_scan_reader
from core.media.decoder import Decoder
from core.media.reader import Page
from core.settings import Settings

ROOT = Path(__file__).parent.parent.parent
pytestmark = pytest.mark.model


@pytest.fixture
async def decoder() -> AsyncIterator[Decoder]:
    opened = Decoder()
    yield opened
    await opened.close()


async def test_a_voice_note_is_written_down(decoder: Decoder) -> None:
    listening = {"FRONTDESK_HOME": ROOT / ".frontdesk", "FRONTDESK_SPEECH": "whisper-tiny.en"}
    listener = open_listener(Settings.model_validate(listening))
    assert listener is not None, "make test brings the model"
    told: list[tuple[float, float]] = []
    note = (ROOT / "tests/media/samples/return.ogg").read_bytes()
    try:
        samples = await decoder.samples(note, longest=600)
        speech = await listener.listen(samples, lambda at, of: told.append((at, of)))
    finally:
        await listener.close()
    assert speech.text == "I would like to return a keyboard."
    assert speech.confidence > 0.5
    assert told


def _invoice(slope: float) -> bytes:
    page = Image.new("RGB", (900, 320), "white")
    pen, font = ImageDraw.Draw(page), ImageFont.load_default(28)
    for row, (name, price) in enumerate(
        (("Invoice 2026-117", ""), ("Keyboard", "49.90"), ("Total", "49.90"))
    ):
        pen.text((40, 40 + 70 * row), name, "black", font)
        pen.text((700, 40 + 70 * row), price, "black", font)
    file = io.BytesIO()
    page.rotate(slope, expand=True, fillcolor="white").save(file, "PNG")
    return file.getvalue()


def _code() -> bytes:
    file = io.BytesIO()
    code = zxingcpp.create_barcode("https://example.org/pay", zxingcpp.BarcodeFormat.QRCode)
    Image.fromarray(zxingcpp.write_barcode_to_image(code, scale=6)).save(file, "PNG")
    return file.getvalue()


async def test_pictures_are_read_with_their_rows_though_they_are_crooked(decoder: Decoder) -> None:
    reader = open_scan_reader()
    assert reader is not None, "make test brings the extra"

    async def read(content: bytes) -> Page:
        return await reader.read(await decoder.pixels(content))

    try:
        invoice = await read(_invoice(slope=4))
        (code,) = (await read(_code())).codes
    finally:
        await reader.close()
    assert invoice.text.casefold() == "invoice 2026-117\nkeyboard | 49.90\ntotal | 49.90"
    assert (code.format, code.text) == ("QRCode", "https://example.org/pay")
