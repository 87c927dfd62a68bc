"""Text is shown in whole characters, whole or not at all, and never a stop string."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from core.engine.decode import IncrementalText

BYTES = [bytes([value]) for value in range(256)]


def pieces(tokens: list[bytes], stop: tuple[str, ...] = ()) -> tuple[list[str], IncrementalText]:
    text = IncrementalText(tokens.__getitem__, stop)
    shown = [text.feed([number]) for number in range(len(tokens))]
    return [*shown, text.finish()], text


def cut(data: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({0, len(data), *(place % (len(data) + 1) for place in cuts)})
    return [data[start:end] for start, end in pairwise(places)]


@given(st.text(alphabet=st.characters(codec="utf-8")), st.lists(st.integers(min_value=0)))
def test_any_text_cut_anywhere_comes_out_whole(text: str, cuts: list[int]) -> None:
    shown, _ = pieces(cut(text.encode(), cuts))
    assert "".join(shown) == text
    assert "\ufffd" in text or not any("\ufffd" in piece for piece in shown)


@given(
    st.text(alphabet="ab<|é", max_size=40),
    st.lists(st.text(alphabet="ab<|é", min_size=1, max_size=4), min_size=1, max_size=3),
    st.lists(st.integers(min_value=0)),
)
def test_text_ends_before_the_first_stop_string(text: str, stop: list[str], cuts: list[int]) -> None:
    shown, state = pieces(cut(text.encode(), cuts), tuple(stop))
    result = "".join(shown)
    assert not any(each in result for each in stop)
    assert text.startswith(result)
    assert state.stopped == any(each in text for each in stop)
    if not state.stopped:
        assert result == text


@given(st.binary())
def test_bytes_that_are_no_text_are_marked_and_do_no_harm(data: bytes) -> None:
    shown, _ = pieces([data[place : place + 1] for place in range(len(data))])
    whole = data.decode("utf-8", "replace")
    assert whole.startswith("".join(shown))


def test_a_character_cut_by_the_end_is_left_out() -> None:
    shown, _ = pieces([b"ok ", "😀".encode()[:3]])
    assert shown == ["ok ", "", ""]


def test_what_may_begin_a_stop_string_is_held_back_and_then_shown() -> None:
    shown, _ = pieces([b"a", b"\n", b"b"], ("\n\n",))
    assert shown == ["a", "", "\nb", ""]


def test_nothing_follows_a_stop_string() -> None:
    shown, state = pieces([b"yes ST", b"OP no", b"more"], ("STOP",))
    assert shown == ["yes ", "", "", ""]
    assert state.stopped
