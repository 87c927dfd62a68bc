"""Lines of a picture in the order in which a person reads them."""

from core.media.layout import Line, laid_out


def _line(text: str, left: float, top: float, *, width: float = 0) -> Line:
    return Line(text=text, left=left, right=left + (width or 10 * len(text)), top=top, bottom=top + 20)


def test_a_table_keeps_its_rows_and_cells() -> None:
    lines = [_line("9.90", 400, 42), _line("Mouse", 10, 40), _line("Item", 10, 0), _line("Price", 400, 3)]
    rows = laid_out(lines)
    assert [row.text for row in rows] == ["Item | Price", "Mouse | 9.90"]
    assert (rows[1].left, rows[1].right, rows[1].top, rows[1].bottom) == (10, 440, 40, 62)


def test_words_near_each_other_are_one_line() -> None:
    (row,) = laid_out([_line("world", 70, 0), _line("Hello", 10, 2)])
    assert row.text == "Hello world"


def test_columns_of_text_follow_each_other() -> None:
    left = [_line(f"left text that goes on, {number}", 0, 30 * number) for number in range(4)]
    right = [_line(f"right text that goes on, {number}", 400, 30 * number) for number in range(4)]
    read = laid_out([each for pair in zip(left, right, strict=True) for each in pair])
    assert [each.text.split()[0] for each in read] == ["left"] * 4 + ["right"] * 4


def test_nothing_is_nothing() -> None:
    assert laid_out([]) == []
