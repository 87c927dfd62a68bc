"""Nobody's text turns into tokens that steer the model."""

from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from core.engine.conversion.from_gguf import CHATML, convert_gguf
from core.engine.template import ChatTemplate
from core.engine.tokens import Vocabulary
from core.engine.types import ChatMessage, Role
from core.errors import ModelError
from tests.engine.tiny import LLAMA, SPECIAL, TOKENS, USER_DEFINED, make_weights, write_gguf

SPECIAL_IDS = set(range(len(SPECIAL)))


@pytest.fixture(scope="module")
def vocabulary(tmp_path_factory: pytest.TempPathFactory) -> Vocabulary:
    folder = tmp_path_factory.mktemp("tokens")
    convert_gguf(write_gguf(folder / "tiny.gguf", make_weights(LLAMA)), folder)
    return Vocabulary.load(folder)


def prompt_ids(vocabulary: Vocabulary, text: str) -> list[int]:
    template = ChatTemplate(CHATML, special=vocabulary.special)
    return vocabulary.encode_prompt(template.render([ChatMessage(role=Role.USER, text=text)]))


TRICKY = st.lists(
    st.one_of(
        st.text(alphabet=st.characters(codec="utf-8")),
        st.sampled_from([*SPECIAL, "<|", "im_end|>", "\ufdd0", "\ufdd1"]),
    )
).map("".join)


@given(TRICKY)
def test_text_adds_no_special_token_to_the_prompt(vocabulary: Vocabulary, text: str) -> None:
    steering = [number for number in prompt_ids(vocabulary, text) if number in SPECIAL_IDS]
    assert [TOKENS[number] for number in steering] == ["<|im_start|>", "<|im_end|>", "<|im_start|>"]


@given(TRICKY)
def test_text_is_all_there_as_plain_text(vocabulary: Vocabulary, text: str) -> None:
    ids = prompt_ids(vocabulary, text)
    plain = b"".join(vocabulary.bytes_of(number) for number in ids if number not in SPECIAL_IDS).decode()
    assert plain == f"user\n{text}\nassistant\n".replace("\ufdd0", "").replace("\ufdd1", "")


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\ufdd0\ufdd1")))
def test_counts_are_those_of_plain_text(vocabulary: Vocabulary, text: str) -> None:
    assume(not any(token in text for token in [*SPECIAL, *USER_DEFINED]))
    assert vocabulary.count([text, ""]) == [len(vocabulary.encode_prompt(text)), 0]


def test_special_tokens_stand_for_no_text(vocabulary: Vocabulary) -> None:
    assert [vocabulary.bytes_of(number) for number in sorted(SPECIAL_IDS)] == [b"", b"", b""]
    assert vocabulary.bytes_of(TOKENS.index("<tool_call>")) == b"<tool_call>"
    assert vocabulary.bytes_of(TOKENS.index("Ġthe")) == b" the"


@pytest.mark.parametrize(
    "damage", ["{}", "not json", '{"added_tokens": [], "decoder": {"type": "Metaspace"}}']
)
def test_a_damaged_or_foreign_tokenizer_is_refused(damage: str, tmp_path: Path) -> None:
    (tmp_path / "vocabulary.json").write_text("[]")
    (tmp_path / "tokenizer.json").write_text(damage)
    with pytest.raises(ModelError, match="tokenizer"):
        Vocabulary.load(tmp_path)
