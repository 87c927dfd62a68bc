"""Text to token ids, and ids to the bytes they stand for."""

import json
import re
from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel, TypeAdapter, ValidationError
from tokenizers import Tokenizer

from core.engine.template import MARK, any_of, encodable, unguarded
from core.errors import ModelError

TOKENIZER = "tokenizer.json"
VOCABULARY = "vocabulary.json"


class AddedToken(BaseModel):
    """A token that is matched as a whole, beside the byte pairs."""

    id: int
    content: str
    special: bool


class _Decoder(BaseModel):
    type: str


class _Document(BaseModel):
    """The part of `tokenizer.json` we must understand."""

    added_tokens: list[AddedToken]
    decoder: _Decoder


class Vocabulary:
    """A byte-level BPE vocabulary that takes special tokens from templates and never from people's text.

    Args:
        tokenizer: knows no added tokens.
        tokens: token strings by id, as the model's weights were made for.
        added: the tokens to match as a whole.
    """

    def __init__(self, tokenizer: Tokenizer, tokens: Sequence[str], added: Sequence[AddedToken]) -> None:
        self.tokens = tokens
        self.special = [token.content for token in added if token.special]
        self._tokenizer = tokenizer
        self._added = {token.content: token for token in added}
        self._pattern = any_of(list(self._added))

    @classmethod
    def load(cls, folder: Path) -> "Vocabulary":
        """Read `tokenizer.json` and `vocabulary.json`.

        Raises:
            ModelError: missing, damaged or not byte-level BPE.
        """
        try:
            text = (folder / TOKENIZER).read_text(encoding="utf-8")
            tokens = TypeAdapter(list[str]).validate_json((folder / VOCABULARY).read_bytes())
            document = _Document.model_validate_json(text)
        except (OSError, UnicodeDecodeError, ValidationError) as error:
            raise ModelError(f"The tokenizer in {folder} cannot be read: {error}") from error
        if document.decoder.type != "ByteLevel":
            raise ModelError(f"{folder / TOKENIZER}: only byte-level BPE tokenizers are supported")
        return cls(_plain_tokenizer(text, document.added_tokens), tokens, document.added_tokens)

    def encode_prompt(self, guarded: str) -> list[int]:
        """Token ids of a rendered prompt: added tokens where they stand unguarded, plain text elsewhere."""
        texts, added = _split(guarded, self._pattern)
        encodings = self._tokenizer.encode_batch(
            [unguarded(text) for text in texts], add_special_tokens=False
        )
        ids = list(encodings[0].ids)
        for token, encoding in zip(added, encodings[1:], strict=True):
            ids.append(self._added[token].id)
            ids.extend(encoding.ids)
        return ids

    def encode_marked(self, guarded: str) -> tuple[list[int], int | None]:
        """Token ids of a rendered prompt, and how many of them stand before its mark.

        None where there is not one mark, or where what follows it is no token of its own: the mark would part
        what belongs together.
        """
        before, mark, after = guarded.partition(MARK)
        if not mark or MARK in after or not self._pattern.match(after):
            return self.encode_prompt(guarded), None
        head = self.encode_prompt(before)
        return [*head, *self.encode_prompt(after)], len(head)

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """Token ids of each text, taken as plain text."""
        encodings = self._tokenizer.encode_batch(list(map(encodable, texts)), add_special_tokens=False)
        return [list(encoding.ids) for encoding in encodings]

    def count(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text, taken as plain text."""
        return list(map(len, self.encode(texts)))

    def bytes_of(self, token_id: int) -> bytes:
        """The bytes a token stands for; none for special tokens."""
        token = self.tokens[token_id]
        added = self._added.get(token)
        if added:
            return b"" if added.special else token.encode()
        return bytes(_BYTE_OF[character] for character in token if character in _BYTE_OF)


def cutting_tokenizer(folder: Path, longest: int) -> Tokenizer:
    """The tokenizer of an encoder, which takes the first `longest` tokens and fills nothing up.

    Raises:
        ModelError: it is missing or damaged.
    """
    try:
        tokenizer = Tokenizer.from_str((folder / TOKENIZER).read_text(encoding="utf-8"))
    except Exception as error:  # the library raises nothing narrower
        raise ModelError(f"The tokenizer in {folder} cannot be read: {error}") from error
    tokenizer.no_padding()
    tokenizer.enable_truncation(longest)
    return tokenizer


def _split(text: str, pattern: re.Pattern[str]) -> tuple[list[str], list[str]]:
    """What lies between the matches (one more than there are matches), and the matches."""
    between, start = [], 0
    matches = list(pattern.finditer(text))
    for match in matches:
        between.append(text[start : match.start()])
        start = match.end()
    return [*between, text[start:]], [match[0] for match in matches]


def _plain_tokenizer(text: str, added: Sequence[AddedToken]) -> Tokenizer:
    document = json.loads(text)
    document["added_tokens"] = []
    document["truncation"] = document["padding"] = None
    for token in added:
        document["model"]["vocab"].pop(token.content, None)
    try:
        return Tokenizer.from_str(json.dumps(document))
    except Exception as error:  # the library raises nothing narrower
        raise ModelError(f"The tokenizer cannot be used: {error}") from error


def _byte_characters() -> dict[str, int]:
    """The characters GPT-2's byte-level BPE writes bytes with, and the bytes.

    Printable Latin-1 stands for itself, every other byte for the next character from U+0100 on
    (https://github.com/openai/gpt-2/blob/master/src/encoder.py, `bytes_to_unicode`).
    """
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printable]
    return {chr(byte): byte for byte in printable} | {chr(256 + n): byte for n, byte in enumerate(others)}


_BYTE_OF = _byte_characters()
