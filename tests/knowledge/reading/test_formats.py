"""What each reader keeps: headings, tables, places, questions with their answers."""

import docx
import pytest
from docx.shared import Pt, RGBColor

from core.errors import Unreadable
from tests.knowledge.reading.documents import Words, below, make_docx, make_pdf, read, saved, texts

MARKDOWN = """---
title: Terms of delivery
---
# Delivery

Parcels leave the house by noon.

## Prices

| Weight | Price |
|--------|-------|
| 2 kg   | 4.90  |
| 10 kg  | 9.50  |

### Islands

- One day longer
- No [express](https://example.com/express)

```sh
track 4711
```
"""


def test_markdown_keeps_headings_places_and_title() -> None:
    reading = read("delivery.md", MARKDOWN)
    assert reading.title == "Terms of delivery"
    opening = below(reading, "Delivery")
    assert (opening.text, opening.place) == ("Parcels leave the house by noon.", "line 6")
    assert below(reading, "Islands").headings == ("Delivery", "Prices", "Islands")


def test_markdown_keeps_tables_lists_and_code() -> None:
    reading = read("delivery.md", MARKDOWN)
    assert below(reading, "Prices").text.splitlines() == [
        "| Weight | Price |",
        "| --- | --- |",
        "| 2 kg | 4.90 |",
        "| 10 kg | 9.50 |",
    ]
    assert below(reading, "Islands").text == "- One day longer\n\n- No express\n\ntrack 4711"


def test_a_page_keeps_its_main_part_and_leaves_out_what_is_around_it() -> None:
    reading = read(
        "page.html",
        """<html><head><title>Opening hours</title></head><body><nav>Home Shop</nav>
        <main><h1>Hours<a class="headerlink" href="#hours">¶</a></h1><p>We open at <b>nine</b>.</p>
        <h2>Holidays</h2><ol><li>Closed on Sundays</li><li>Open on Mondays</li></ol></main>
        <footer>Imprint</footer></body></html>""",
    )
    assert reading.title == "Opening hours"
    assert below(reading, "Hours").text == "We open at nine."
    assert below(reading, "Holidays").text == "1. Closed on Sundays\n\n2. Open on Mondays"
    assert "Imprint" not in texts(reading) and "Shop" not in texts(reading)


def test_a_table_that_only_lays_out_is_read_as_text() -> None:
    inner = "<table><tr><td>Two.</td></tr></table>"
    page = f"<table><tr><td><h2>Left</h2><p>One.</p></td><td>{inner}</td></tr></table>"
    assert [passage.text for passage in read("page.html", page).passages] == ["One.\n\nTwo."]


@pytest.mark.parametrize(
    ("encoding", "declared"), [("utf-8", ""), ("iso-8859-1", '<meta charset="iso-8859-1">'), ("utf-16", "")]
)
def test_a_page_is_read_in_its_encoding(encoding: str, declared: str) -> None:
    page = f"<html><head>{declared}</head><body><p>Grüße aus Köln</p></body></html>"
    assert texts(read("page.html", page.encode(encoding))) == "Grüße aus Köln"


def test_restructured_text_keeps_headings_and_leaves_out_comments() -> None:
    reading = read(
        "guide.rst",
        "=====\nGuide\n=====\n\nFirst\n-----\n\nSee :ref:`the list <list>` and ``code``.\n\n"
        ".. a comment that\n   nobody sees\n\n.. note:: Mind the gap.\n\n"
        ".. toctree::\n   :maxdepth: 2\n\n   other\n\n"
        "Second\n------\n\n* one\n* two\n",
    )
    assert reading.title == "Guide"
    assert below(reading, "First").text == "See the list and `code`.\n\nMind the gap."
    assert (below(reading, "Second").text, below(reading, "Second").place) == ("* one\n* two", "lines 23-24")


def test_plain_text_says_on_which_lines_a_passage_stands() -> None:
    reading = read("notes.txt", "One thing\nleads to another.\n\n\nThe end.\n")
    assert [(each.text, each.place) for each in reading.passages] == [
        ("One thing leads to another.\n\nThe end.", "lines 1-5")
    ]
    assert reading.title == "notes"


def test_old_encodings_are_told() -> None:
    text = "Die Lieferung ist möglich, sobald die Ware verfügbar ist. Schöne Grüße für Ihre Geduld."
    assert texts(read("brief.txt", text.encode("cp1252"))) == text


def test_rows_of_a_table_of_values_come_with_their_header() -> None:
    rows = "\n".join(f"Plan {number};{number} EUR;{'long words about it ' * 5}" for number in range(1, 41))
    reading = read("plans.csv", f"Plan;Price;Notes\n{rows}\n")
    assert len(reading.passages) > 5
    assert all(passage.text.startswith("| Plan | Price | Notes |\n| --- |") for passage in reading.passages)
    assert reading.passages[0].place.startswith("rows 2-")
    assert "| Plan 40 | 40 EUR |" in reading.passages[-1].text


def test_a_cell_may_hold_breaks_and_bars() -> None:
    reading = read("cells.csv", 'a,b\n"one\ntwo",x|y\n')
    assert reading.passages[0].text.splitlines()[-1] == r"| one two | x\|y |"


FAQ_LIST = """
- question: Can I pay later?
  answer: Yes, within 30 days.
- q: Where are you?
  a: In Bonn.
"""
FAQ_SECTION = """
faq:
  - Question: Can I pay later?
    Answer: Yes, within 30 days.
  - {q: 'Where are you?', a: In Bonn.}
"""
FAQ_BOLD = """
**Q: Can I pay later?**

A: Yes, within 30 days.

**Q: Where are you?**

A: In Bonn.
"""


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("faq.csv", 'Question,Answer\nCan I pay later?,"Yes, within 30 days."\nWhere are you?,In Bonn.\n'),
        ("faq.yaml", FAQ_LIST),
        ("faq.yml", FAQ_SECTION),
        ("faq.md", FAQ_BOLD),
        ("faq.txt", "Q: Can I pay later?\nA: Yes, within 30 days.\n\nQ: Where are you?\nA: In Bonn.\n"),
        ("faq.md", "# Can I pay later?\nYes, within 30 days.\n# Where are you?\nIn Bonn.\n"),
    ],
)
def test_each_question_of_an_faq_is_a_passage_of_its_own(name: str, content: str) -> None:
    found = [(each.headings, each.text) for each in read(name, content).passages]
    assert found == [
        (("Can I pay later?",), "Yes, within 30 days."),
        (("Where are you?",), "In Bonn."),
    ]


def test_an_answer_may_have_several_paragraphs() -> None:
    reading = read("faq.txt", "Q: How?\n\nA: Like this.\n\nAnd like that.\n\nQ: Why?\n\nA: Because.\n")
    assert [each.text for each in reading.passages] == ["Like this.\n\nAnd like that.", "Because."]


def test_yaml_that_is_no_faq_is_not_read() -> None:
    with pytest.raises(Unreadable, match="no FAQ"):
        read("docker-compose.yml", "services:\n  web:\n    image: nginx\n")


def test_a_pdf_keeps_pages_and_headings() -> None:
    reading = read(
        "manual.pdf",
        make_pdf(
            [
                [
                    Words(text="Manual", y=780, size=24),
                    Words(text="Safety", y=740, size=16),
                    Words(text="Unplug the machine before you open it. Wait ten sec-", y=710),
                    Words(text="onds until the fan stands still.", y=697),
                    Words(text="Children stay away.", y=660),
                ],
                [Words(text="Cleaning", y=780, size=16), Words(text="Use a dry cloth.", y=750)],
            ]
        ),
    )
    assert reading.title == "Manual"
    safety = below(reading, "Safety")
    assert safety.headings == ("Manual", "Safety")
    assert safety.text == (
        "Unplug the machine before you open it. Wait ten seconds until the fan stands still.\n\n"
        "Children stay away."
    )
    assert (safety.place, below(reading, "Cleaning").place) == ("page 1", "page 2")


def test_a_pdf_keeps_simple_tables() -> None:
    rows = [("Part", "Price"), ("Filter", "12.00"), ("Hose", "8.50"), ("Lamp", "3.20")]
    words = [
        Words(text=text, x=x, y=700 - 14 * at)
        for at, row in enumerate(rows)
        for text, x in zip(row, (72, 250), strict=True)
    ]
    reading = read("parts.pdf", make_pdf([[Words(text="Spare parts are these:", y=740), *words]]))
    assert "| Part | Price |\n| --- | --- |\n| Filter | 12.00 |" in texts(reading)


def test_numbers_of_a_manuscripts_lines_are_left_out() -> None:
    said = "the width of the gap decides how soon a broken bone of the rat heals"
    pages = [
        [
            words
            for line in range(30)
            for words in (
                Words(text=str(30 * page + line), x=40, y=780 - 20 * line),
                Words(text=f"Page {page}, line {line}: {said}.", x=90, y=780 - 20 * line),
            )
        ]
        for page in range(3)
    ]
    reading = read("manuscript.pdf", make_pdf(pages))
    assert "Page 1, line 4: the width of the gap" in texts(reading)
    assert "|" not in texts(reading) and "34" not in texts(reading)


def test_a_numbered_list_of_a_pdf_keeps_its_numbers() -> None:
    pages = [
        [
            words
            for row in range(30)
            for words in (
                Words(text=str(30 * page + row), x=40, y=780 - 20 * row),
                Words(text="Filter", x=90, y=780 - 20 * row),
            )
        ]
        for page in range(3)
    ]
    assert "| 34 | Filter |" in texts(read("parts.pdf", make_pdf(pages)))


def test_heads_and_feet_of_a_pdf_are_left_out() -> None:
    pages = [
        [
            Words(text="Confidential", y=820),
            Words(text=f"This is what page {name} says.", y=700),
            Words(text=f"Page {number} of 4", y=20),
        ]
        for number, name in enumerate(("one", "two", "three", "four"), 1)
    ]
    reading = read("report.pdf", make_pdf(pages))
    assert "Confidential" not in texts(reading) and "of 4" not in texts(reading)
    assert "This is what page three says." in texts(reading)


def test_a_word_document_keeps_headings_lists_and_tables() -> None:
    document = docx.Document()
    document.core_properties.title = "Leave policy"
    document.add_heading("Leave", 1)
    document.add_paragraph("Everybody has thirty days.")
    document.add_heading("Parents", 2)
    document.add_paragraph("ten days more", style="List Bullet")
    table = document.add_table(rows=2, cols=2)
    for cell, text in zip(
        [*table.rows[0].cells, *table.rows[1].cells], ("Age", "Days", "50", "32"), strict=True
    ):
        cell.text = text
    reading = read("leave.docx", saved(document))
    assert reading.title == "Leave policy"
    assert below(reading, "Leave").text == "Everybody has thirty days."
    found = [each.text for each in reading.passages if each.headings == ("Leave", "Parents")]
    assert found == ["- ten days more", "| Age | Days |\n| --- | --- |\n| 50 | 32 |"]


def test_hidden_text_of_a_word_document_is_left_out() -> None:
    document = docx.Document()
    paragraph = document.add_paragraph("Seen. ")
    paragraph.add_run("vanished").font.hidden = True
    paragraph.add_run("white").font.color.rgb = RGBColor(255, 255, 255)
    paragraph.add_run("tiny").font.size = Pt(1)
    reading = read("letter.docx", saved(document))
    assert (texts(reading), reading.hidden) == ("Seen.", len("vanishedwhitetiny"))


def test_white_text_in_a_painted_cell_is_seen() -> None:
    document = docx.Document()
    table = document.add_table(rows=2, cols=1, style="Medium Shading 1 Accent 1")
    table.cell(0, 0).paragraphs[0].add_run("Heading").font.color.rgb = RGBColor(255, 255, 255)
    table.cell(1, 0).text = "Body"
    assert "Heading" in texts(read("table.docx", saved(document)))


@pytest.mark.parametrize("name", ["a.md", "a.html", "a.txt", "a.csv", "a.yaml", "a.pdf", "a.docx"])
def test_an_empty_file_is_told_of(name: str) -> None:
    with pytest.raises(Unreadable, match="is empty"):
        read(name, b" \n")


def test_a_word_document_without_headings_is_named_after_its_file() -> None:
    assert read("minutes of may.docx", make_docx("We met.")).title == "minutes of may"


def test_lines_that_only_draw_a_table_are_left_out() -> None:
    drawn = "+------+-------+\n| Plan | Price |\n|======|=======|\n| Solo | 4 EUR |\n+------+-------+\n"
    assert texts(read("prices.txt", drawn)) == "| Plan | Price |\n| Solo | 4 EUR |"
