"""The outline of a long recording: its own sentences, each at its time, few and short whatever was said."""

import re

from hypothesis import given
from hypothesis import strategies as st

from core.media.listener import Speech, Stretch
from core.media.outline import LENGTH, LINES, outline


def _speech(*said: tuple[float, str], seconds: float = 10.0) -> Speech:
    return Speech(
        language="en",
        stretches=tuple(Stretch(start=at, end=at + seconds, text=text) for at, text in said),
        confidence=0.9,
    )


def test_each_part_is_told_by_the_sentence_that_the_others_speak_of() -> None:
    found = outline(
        _speech(
            (0, "Good morning everybody, I am glad to be here."),
            (10, "The delivery of the bicycles is late."),
            (20, "The bicycles should have come on Monday."),
            (30, "The delivery company says the bicycles wait in Hamburg."),
            (40, "Yes."),
            (60, "Somebody left an umbrella."),
            (70, "We tell customers that the bicycles come later."),
            (80, "Customers want the bicycles soon."),
        )
    )
    first, second = found.splitlines()
    assert first in (
        "0:10 The delivery of the bicycles is late.",
        "0:30 The delivery company says the bicycles wait in Hamburg.",
    )
    assert second == "1:10 We tell customers that the bicycles come later."


def test_a_sentence_across_pauses_is_whole_and_begins_where_it_began() -> None:
    found = outline(_speech((0, "First of all, the"), (10, "fence needs paint. Bye."), (60, "The fence!")))
    assert found.splitlines() == ["0:00 First of all, the fence needs paint.", "1:00 The fence!"]


def test_a_sentence_in_the_middle_of_what_was_said_in_one_go_has_its_own_time() -> None:
    half = "We spoke of fences and of paint."
    found = outline(_speech((0, f"{'So it is. ' * 6}{half}"), seconds=92.0))
    assert found.splitlines() == ["0:00 So it is.", f"1:00 {half}"]


def test_speech_without_full_stops_is_cut_where_the_speaker_paused() -> None:
    found = outline(_speech(*((10.0 * at, f"{at} and then we went on and on and on") for at in range(60))))
    assert len(found.splitlines()) == LINES


def test_nothing_said_has_no_outline() -> None:
    assert outline(_speech()) == ""


@given(
    st.lists(
        st.tuples(st.floats(0.1, 100), st.text(st.sampled_from("ab cdé.!?*_<>|\n漢1"), max_size=60)),
        max_size=60,
    )
)
def test_every_line_was_said_and_stands_in_the_order_of_time(said: list[tuple[float, str]]) -> None:
    stretches, at = [], 0.0
    for seconds, text in said:
        stretches.append(Stretch(start=at, end=at + seconds, text=text))
        at += seconds
    found = outline(Speech(language="en", stretches=tuple(stretches), confidence=0.9))
    lines = found.splitlines()
    marks = []
    whole = _plain(" ".join(each.text for each in stretches))
    for line in lines:
        clock, _, text = line.partition(" ")
        marks.append(int(clock.partition(":")[0]) * 60 + int(clock.partition(":")[2]))
        assert len(text) <= LENGTH
        assert _plain(text.removesuffix("…")) in whole
    assert len(lines) <= LINES
    assert marks == sorted(marks)
    assert all(mark <= at for mark in marks)


def _plain(text: str) -> str:
    """Without what is flattened when it is shown."""
    return re.sub(r"[\s*_`~\[\]<>|\\#]+", "", text)
