"""Documents made for the tests."""

import io
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import docx
from docx.document import Document

from core.knowledge.passages import Passage
from core.knowledge.reading import reader
from core.knowledge.reading.kinds import Kind, kind_of_file
from core.knowledge.reading.reader import Reading


def read(name: str, content: bytes | str) -> Reading:
    """Read a document in this process."""
    kind = kind_of_file(name)
    assert kind is not None
    return reader.read(content.encode() if isinstance(content, str) else content, Kind(kind), name)


def texts(reading: Reading) -> str:
    """Everything that was read, as one text."""
    return "\n".join(passage.text for passage in reading.passages)


def below(reading: Reading, heading: str) -> Passage:
    """The one passage right below a heading."""
    (found,) = [each for each in reading.passages if each.headings[-1:] == (heading,)]
    return found


@dataclass(frozen=True, kw_only=True)
class Words:
    """A piece of text on a page of a PDF."""

    text: str
    x: float = 72
    y: float
    size: float = 11
    bold: bool = False
    mode: int = 0
    """3 is text that is not painted."""
    colour: str = "0 0 0"


def make_pdf(
    pages: Sequence[Sequence[Words]], *, painted: str = "", title: str = "", encrypt: str = ""
) -> bytes:
    """A PDF.

    Args:
        painted: operators that paint on each page before its words.
        encrypt: an /Encrypt dictionary.
    """
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b""]
    fonts = "<< /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> "
    fonts += "/F2 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold >> >>"
    kids = []
    for words in pages:
        stream = f"{painted}\n{' '.join(map(_operators, words))}".encode("latin-1")
        kids.append(f"{len(objects) + 1} 0 R")
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {len(objects) + 2} 0 R "
            f"/Resources << /Font {fonts} >> >>".encode()
        )
        packed = zlib.compress(stream)
        objects.append(
            b"<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream" % (len(packed), packed)
        )
    objects[1] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>".encode()
    objects.append(f"<< /Title ({title}) >>".encode())
    return _file(objects, encrypt)


def _operators(words: Words) -> str:
    text = words.text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
    font = "F2" if words.bold else "F1"
    return (
        f"BT {words.colour} rg {words.mode} Tr /{font} {words.size} Tf {words.x} {words.y} Td ({text}) Tj ET"
    )


def _file(objects: Sequence[bytes], encrypt: str) -> bytes:
    held = bytearray(b"%PDF-1.7\n")
    places = []
    for number, body in enumerate(objects, 1):
        places.append(len(held))
        held += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(held)
    held += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    held += b"".join(b"%010d 00000 n \n" % place for place in places)
    trailer = f"/Size {len(objects) + 1} /Root 1 0 R /Info {len(objects)} 0 R {encrypt}"
    held += f"trailer\n<< {trailer} >>\nstartxref\n{start}\n%%EOF\n".encode()
    return bytes(held)


def saved(document: Document) -> bytes:
    """A Word document as its file."""
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def make_docx(*paragraphs: str) -> bytes:
    """A Word document of plain paragraphs."""
    document = docx.Document()
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    return saved(document)
