"""The child process that reads documents: `python -m core.knowledge.reading.child`.

It is given one document after another, and answers each with lines of JSON: one for the document, and one for
each passage. It opens nothing itself.
"""

import encodings.aliases
import importlib
import io
import json
import traceback
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import PurePath
from typing import Any

import docx

from core.confined.child import Tell, serve
from core.errors import Unreadable
from core.knowledge.reading import pdf, reader
from core.knowledge.reading.kinds import Kind
from core.knowledge.reading.reader import LIMITS

OUT_OF_MEMORY = f"needs more than {LIMITS.memory // 1024**2} MB of memory to be read: split it"


def main() -> None:
    """Read documents until standard input ends."""
    serve(_answer, load=_load_everything, bounds=LIMITS)


def _answer(asked: Mapping[str, Any], content: bytes, tell: Tell) -> bytes:
    if "page" in asked:
        return _drawn(content, asked["page"])
    return b"\n".join(json.dumps(line).encode() for line in _read(content, asked))


def _drawn(content: bytes, number: int) -> bytes:
    """A line of JSON, and the picture."""
    try:
        width, height, rgb = pdf.render(content, number)
    except Unreadable as error:
        return json.dumps({"refused": str(error)}).encode() + b"\n"
    except MemoryError:
        return json.dumps({"refused": OUT_OF_MEMORY, "spent": True}).encode() + b"\n"
    return json.dumps({"width": width, "height": height}).encode() + b"\n" + rgb


def _load_everything() -> None:
    """What is loaded later could not be: no file opens any more then."""
    for name in sorted(set(encodings.aliases.aliases.values())):
        with suppress(ImportError):
            importlib.import_module(f"encodings.{name}")
    pdf.render(_PDF, 1)
    for kind, content in _samples():
        with suppress(Unreadable):
            reader.read(content, kind, "sample.rst")


def _samples() -> Iterator[tuple[Kind, bytes]]:
    """Documents that make every reader work, and fail."""
    yield Kind.HTML, b"<html><style>a {color: red}</style><p style='color:#fff'>One paragraph.</p></html>"
    yield (
        Kind.MARKDOWN,
        b"---\ntitle: One\n---\n# One\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n[two](https://a.b)",
    )
    yield Kind.TEXT, "Title\n=====\n\nCaf\xe9, na\xefve and some more letters".encode("latin-1")
    yield Kind.YAML, b"- question: One?\n  answer: Two.\n"
    yield Kind.CSV, b"a,b\n1,2\n"
    yield Kind.SITEMAP, b"<urlset><url><loc>https://example.com</loc></url></urlset>"
    document = docx.Document()
    document.add_heading("One", 1)
    document.add_table(rows=2, cols=2).cell(0, 0).text = "two"
    file = io.BytesIO()
    document.save(file)
    yield Kind.DOCX, file.getvalue()
    yield Kind.PDF, _PDF
    for kind in Kind:
        yield kind, b"\x80\0\xff"


_PDF = b"""%PDF-1.4
1 0 obj
<< /Type /Catalog /Pages 2 0 R >>
endobj
2 0 obj
<< /Type /Pages /Kids [3 0 R] /Count 1 >>
endobj
3 0 obj
<< /Type /Page /Parent 2 0 R /MediaBox [0 0 99 99] /Contents 4 0 R
/Resources << /Font << /F << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>
endobj
4 0 obj
<< /Length 72 >>
stream
0 0 9 9 re f BT /F 12 Tf 9 9 Td (One) Tj 1 1 1 rg (two) Tj 3 Tr (3) Tj ET
endstream
endobj
trailer
<< /Root 1 0 R >>
"""


def _read(content: bytes, asked: Mapping[str, str]) -> list[dict[str, object]]:
    try:
        reading = reader.read(content, Kind(asked["kind"]), asked["name"], asked["declared"])
    except Unreadable as error:
        return [{"refused": str(error)}]
    except MemoryError:
        # what is left of the memory may be in shreds
        return [{"refused": OUT_OF_MEMORY, "spent": True}]
    except RecursionError:
        return [{"refused": "is nested too deep"}]
    except Exception as error:  # noqa: BLE001  # parsers raise what they like at what people make up
        return [{"refused": f"could not be read ({_where(error)})"}]
    about = {key: value for key, value in vars(reading).items() if key != "passages"}
    return [about, *map(asdict, reading.passages)]


def _where(error: Exception) -> str:
    """For whoever mends it, without a word of the document."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "knowledge" in frame.filename] or frames
    return f"{type(error).__name__} in {PurePath(ours[-1].filename).name}, line {ours[-1].lineno}"


if __name__ == "__main__":
    main()
