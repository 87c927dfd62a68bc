"""What a picture's file tells beside the picture does not come along."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from core.errors import Refused
from core.media.metadata import stripped

PLACE = "52.5163 N 13.3777 E"


def _picture(form: str) -> bytes:
    picture = Image.effect_noise((120, 80), 60).convert("RGB")
    exif = Image.Exif()
    exif[0x010E] = PLACE  # ImageDescription
    exif[0x0112] = 6  # Orientation
    exif.get_ifd(0x8825)[1] = "N"  # GPS
    more: dict[str, object] = {"exif": exif}
    if form == "PNG":
        told = PngImagePlugin.PngInfo()
        told.add_text("Comment", PLACE)
        more["pnginfo"] = told
    if form == "JPEG":
        more["comment"] = PLACE
    file = io.BytesIO()
    picture.save(file, form, **more)
    return file.getvalue()


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_places_and_comments_are_gone_and_the_picture_is_the_same(form: str) -> None:
    content = _picture(form)
    assert PLACE.encode() in content
    clean = stripped(content)
    assert PLACE.encode() not in clean
    before, after = Image.open(io.BytesIO(content)), Image.open(io.BytesIO(clean))
    assert after.tobytes() == before.tobytes()
    assert not after.getexif().get_ifd(0x8825)
    assert stripped(clean) == clean


def test_a_photo_is_still_turned_as_its_camera_was_held() -> None:
    assert dict(Image.open(io.BytesIO(stripped(_picture("JPEG")))).getexif()) == {0x0112: 6}


def test_what_lies_behind_a_picture_is_gone() -> None:
    assert stripped(_picture("PNG") + PLACE.encode()).endswith(b"IEND\xaeB`\x82")
    assert stripped(_picture("JPEG") + PLACE.encode()).endswith(b"\xff\xd9")


@pytest.mark.parametrize("progressive", [False, True])
def test_a_second_picture_behind_the_first_is_gone_with_what_it_tells(*, progressive: bool) -> None:
    file = io.BytesIO()
    noise = Image.effect_noise((640, 480), 90).convert("RGB")
    noise.save(file, "JPEG", quality=95, progressive=progressive, icc_profile=b"colours")
    alone = file.getvalue()
    index = b"MPF\0" + PLACE.encode()
    segment = b"\xff\xe2" + (len(index) + 2).to_bytes(2) + index
    clean = stripped(alone[:2] + segment + alone[2:] + _picture("JPEG") + PLACE.encode())
    assert clean == alone


def test_restarts_within_a_picture_do_not_end_it() -> None:
    file = io.BytesIO()
    Image.effect_noise((640, 480), 90).save(file, "JPEG", restart_marker_blocks=7)
    assert b"\xff\xd3" in file.getvalue()
    assert stripped(file.getvalue()) == file.getvalue()


def test_a_picture_that_breaks_off_comes_as_far_as_it_goes() -> None:
    content = stripped(_picture("JPEG"))
    assert stripped(content[:-500]) == content[:-500]


def test_anything_else_stays_as_it_is() -> None:
    for content in (b"", b"%PDF-1.4", b"OggS" + bytes(100), b"RIFF\0\0\0\0WAVE"):
        assert stripped(content) == content


@given(st.sampled_from([b"\xff\xd8", b"\x89PNG\r\n\x1a\n", b"RIFF\0\0\0\0WEBP"]), st.binary(max_size=400))
def test_nothing_breaks_over_noise(head: bytes, noise: bytes) -> None:
    assert len(stripped(head + noise)) <= len(head + noise) + 40


@pytest.mark.parametrize(
    ("head", "part"),
    [
        (b"\xff\xd8", b"\xff\xe1\x00\x02"),
        (b"\x89PNG\r\n\x1a\n", b"\0\0\0\0tEXt\0\0\0\0"),
        (b"RIFF\0\0\0\0WEBP", b"EXIF\0\0\0\0"),
    ],
    ids=["JPEG", "PNG", "WEBP"],
)
def test_what_has_more_parts_than_a_picture_is_refused(head: bytes, part: bytes) -> None:
    assert len(stripped(head + 10_000 * part)) <= len(head)
    with pytest.raises(Refused):
        stripped(head + 1_000_000 * part)
