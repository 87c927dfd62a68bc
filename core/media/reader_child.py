"""The child process that reads pictures: `python -m core.media.reader_child`.

It is given pixels that the confined child has decoded, and opens nothing but its models.
"""

import json
import logging
import math
from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np

from core.confined.child import BESIDE_ANSWERS, Tell, serve

STEEPEST = 45.0
CROOKED = 0.7
"""Degrees of slope from which a picture is straightened before it is read."""


def main() -> None:
    """Read pictures until standard input ends."""
    serve(_answer, load=lambda: None, bounds=None, polite=BESIDE_ANSWERS)


def _answer(asked: Mapping[str, Any], content: bytes, tell: Tell) -> bytes:
    picture = np.frombuffer(content, np.uint8).reshape(asked["height"], asked["width"], 3)
    seen, read = picture[:, :, ::-1], _reader(asked["threads"])  # the models are used to BGR
    lines = read(seen)
    if abs(slope := _slope(lines)) >= CROOKED:
        seen = _turned(seen, slope)
        lines = read(seen)
    height, width = seen.shape[:2]
    told = {"width": width, "height": height, "lines": _lines(lines), "codes": _codes(picture)}
    return json.dumps(told).encode()


def _codes(picture: Any) -> list[dict[str, str]]:
    """Bar codes and QR codes: what stands in them, which nobody follows."""
    import zxingcpp  # noqa: PLC0415  # of the extra `vision`

    found = zxingcpp.read_barcodes(np.ascontiguousarray(picture))
    return [{"format": each.format.name, "text": each.text} for each in found if each.valid]


def _slope(read: Any) -> float:
    """Degrees by which most lines fall or rise."""
    if read.boxes is None:
        return 0.0
    slopes = [
        math.degrees(math.atan2(right[1] - left[1], right[0] - left[0]))
        for left, right, *_ in read.boxes.tolist()
    ]
    return float(np.median([each for each in slopes if abs(each) < STEEPEST] or [0.0]))


def _turned(picture: Any, degrees: float) -> Any:
    """The whole picture, turned about its middle."""
    import cv2  # noqa: PLC0415  # of the extra `vision`

    height, width = picture.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    cosine, sine = abs(turn[0, 0]), abs(turn[0, 1])
    wide, high = int(height * sine + width * cosine), int(height * cosine + width * sine)
    turn[0, 2] += wide / 2 - width / 2
    turn[1, 2] += high / 2 - height / 2
    return cv2.warpAffine(picture, turn, (wide, high), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)


def _lines(read: Any) -> list[dict[str, object]]:
    if read.boxes is None or read.txts is None:
        return []
    return [
        {
            "text": text,
            "score": float(score),
            "left": min(x for x, _ in box),
            "right": max(x for x, _ in box),
            "top": min(y for _, y in box),
            "bottom": max(y for _, y in box),
        }
        for box, text, score in zip(read.boxes.tolist(), read.txts, read.scores, strict=True)
    ]


@cache
def _reader(threads: int) -> Any:
    from rapidocr import RapidOCR  # noqa: PLC0415  # of the extra `vision`

    logging.getLogger("RapidOCR").setLevel(logging.CRITICAL)
    return RapidOCR(params={"EngineConfig.onnxruntime.intra_op_num_threads": threads})


if __name__ == "__main__":
    main()
