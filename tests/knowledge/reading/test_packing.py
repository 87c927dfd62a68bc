"""How passages are cut: whole sentences, no longer than an encoder reads, within one section."""

import re

from hypothesis import given
from hypothesis import strategies as st

from core.knowledge.reading.blocks import Extract, Heading, Paragraph, Row, Table
from core.knowledge.reading.packing import LONGEST, MOST, pack, tokens

SENTENCE = "The committee decided on Tuesday that number {} of the list waits for the next meeting."


def _pack(*blocks: Heading | Paragraph | Table) -> list[str]:
    return [passage.text for passage in pack(Extract(blocks=blocks))]


def test_a_long_paragraph_is_cut_between_sentences() -> None:
    sentences = [SENTENCE.format(number) for number in range(100)]
    passages = _pack(Paragraph(text=" ".join(sentences)))
    assert [sentence for passage in passages for sentence in re.split(r"(?<=\.) ", passage)] == sentences
    assert all(100 <= len(passage.split()) <= 220 for passage in passages[:-1])


def test_short_paragraphs_of_a_section_stand_together() -> None:
    passages = _pack(*(Paragraph(text=SENTENCE.format(number)) for number in range(20)))
    assert 2 <= len(passages) <= 3


def test_sections_are_not_mixed() -> None:
    passages = list(
        pack(
            Extract(
                blocks=[
                    Heading(level=1, text="A"),
                    Paragraph(text="One."),
                    Heading(level=2, text="B"),
                    Paragraph(text="Two."),
                    Heading(level=1, text="C"),
                    Paragraph(text="Three."),
                ]
            )
        )
    )
    assert [(each.headings, each.text) for each in passages] == [
        (("A",), "One."),
        (("A", "B"), "Two."),
        (("C",), "Three."),
    ]


def test_a_heading_that_says_all_is_a_passage() -> None:
    assert _pack(
        Heading(level=1, text="News"),
        Heading(level=2, text="The shop is closed today"),
        Heading(level=1, text="End"),
    ) == ["The shop is closed today"]


def test_a_table_is_cut_between_rows_and_repeats_its_header() -> None:
    rows = [Row(cells=(f"part {number}", f"{number}.00")) for number in range(200)]
    passages = _pack(Table(header=("Part", "Price"), rows=rows))
    assert all(passage.startswith("| Part | Price |\n| --- | --- |\n| part ") for passage in passages)
    assert sum(passage.count("\n") - 1 for passage in passages) == 200


def test_a_sentence_longer_than_a_passage_is_cut_between_words() -> None:
    words = " ".join(f"w{number}" for number in range(3000))
    passages = _pack(Paragraph(text=words))
    assert " ".join(passages) == words
    assert max(map(tokens, passages)) <= MOST


def test_a_row_as_long_as_a_book_is_cut_and_keeps_its_first_cell() -> None:
    passages = _pack(Table(header=("Key", "Text"), rows=[Row(cells=("k1", SENTENCE * 500))]))
    assert all("| k1 | " in passage and len(passage) < 2 * LONGEST for passage in passages)


@given(st.lists(st.text(max_size=600), max_size=8))
def test_no_text_makes_a_passage_too_long_or_is_lost(paragraphs: list[str]) -> None:
    passages = _pack(*(Paragraph(text=text) for text in paragraphs))
    assert all(passage.strip() and len(passage) <= 2 * LONGEST for passage in passages)
    kept = "".join(passages)
    assert all(word in kept for text in paragraphs for word in re.findall(r"[a-z0-9]{2,20}", text))
