"""Words as patterns: sorted by their letters they find what they find one by one."""

import re

from hypothesis import given
from hypothesis import strategies as st

from core.language.wordlist import any_of, one_of

LETTERS = "aAbBäÄsSſ% .*?+()-^]\\"
WORDS = st.lists(st.text(LETTERS.replace("*", ""), min_size=1, max_size=4), min_size=1, max_size=8)


@given(WORDS, st.text(LETTERS, max_size=30))
def test_words_that_are_sorted_by_letters_are_found_as_one_by_one(words: list[str], text: str) -> None:
    plain = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
    fast, slow = (re.compile(pattern, re.IGNORECASE) for pattern in (one_of(words), plain))
    assert [found.span() for found in fast.finditer(text)] == [found.span() for found in slow.finditer(text)]


def test_the_longest_of_words_that_begin_alike_is_found() -> None:
    found = re.match(one_of(["day", "day after", "days"]), "day after tomorrow")
    assert found and found[0] == "day after"


def test_a_star_stands_for_any_ending_and_other_words_are_whole() -> None:
    found = any_of(["idiot*", "dumb", "go to hell"])
    assert found.findall("Idiots, IDIOTISCH and dumb; dumber: GO TO HELL") == [
        "Idiots",
        "IDIOTISCH",
        "dumb",
        "GO TO HELL",
    ]
