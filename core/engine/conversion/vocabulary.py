"""A GGUF's vocabulary as a `tokenizers` tokenizer: byte-level BPE with the pre-tokeniser the file names."""

from enum import IntEnum

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers

from core.engine.conversion.gguf_file import GgufFile
from core.errors import ModelError

# The split patterns of the models' own tokenizer.json files.
QWEN2_WORDS = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
LLAMA3_WORDS = QWEN2_WORDS.replace(r"|\p{N}|", r"|\p{N}{1,3}|")


class TokenKind(IntEnum):
    """`tokenizer.ggml.token_type`, those that are not plain text."""

    CONTROL = 3
    USER_DEFINED = 4


def build_tokenizer(file: GgufFile) -> Tokenizer:
    """Rebuild the tokenizer.

    Raises:
        ModelError: the vocabulary is of a kind that is not supported; names it.
    """
    kind = file.text("tokenizer.ggml.model")
    if kind != "gpt2":
        raise ModelError(f"The tokenizer '{kind}' is not supported; byte-level BPE ('gpt2') is")
    tokens = vocabulary(file)
    tokenizer = Tokenizer(_byte_pairs(file, tokens))
    tokenizer.pre_tokenizer = _pre_tokenizer(file.text("tokenizer.ggml.pre"))
    if file.text("tokenizer.ggml.pre") == "qwen2":
        tokenizer.normalizer = normalizers.NFC()
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(_added(file, tokens, TokenKind.CONTROL))
    tokenizer.add_tokens(_added(file, tokens, TokenKind.USER_DEFINED))
    return tokenizer


def vocabulary(file: GgufFile) -> list[str]:
    """The tokens in the order of their ids.

    Raises:
        ModelError: a token stands there twice, or without its kind.
    """
    tokens = file.texts("tokenizer.ggml.tokens")
    if len(set(tokens)) != len(tokens):
        raise ModelError("The vocabulary holds a token twice")
    kinds = file.integers("tokenizer.ggml.token_type")
    if len(kinds) != len(tokens):
        raise ModelError(f"tokenizer.ggml.token_type names {len(kinds)} of {len(tokens)} tokens")
    return tokens


def _byte_pairs(file: GgufFile, tokens: list[str]) -> models.BPE:
    merges = [_pair(merge) for merge in file.texts("tokenizer.ggml.merges")]
    known = set(tokens)
    for left, right in merges:
        if not {left, right, left + right} <= known:
            raise ModelError(f"The merge of '{left}' and '{right}' does not fit the vocabulary")
    return models.BPE(
        vocab={token: number for number, token in enumerate(tokens)},
        merges=merges,
        ignore_merges=file.text("tokenizer.ggml.pre") == "llama-bpe",
    )


def _pair(merge: str) -> tuple[str, str]:
    left, _, right = merge.partition(" ")
    return left, right


def _added(file: GgufFile, tokens: list[str], kind: TokenKind) -> list[AddedToken]:
    kinds = file.integers("tokenizer.ggml.token_type")
    return [
        AddedToken(token, special=kind is TokenKind.CONTROL, normalized=False)
        for token, its_kind in zip(tokens, kinds, strict=True)
        if its_kind == kind
    ]


def _pre_tokenizer(name: str) -> pre_tokenizers.PreTokenizer:
    match name:
        case "smollm":
            digits = pre_tokenizers.Digits(individual_digits=True)
            return pre_tokenizers.Sequence([digits, pre_tokenizers.ByteLevel(add_prefix_space=False)])
        case "gpt-2":
            return pre_tokenizers.ByteLevel(add_prefix_space=False)
        case "qwen2":
            return _split_by(QWEN2_WORDS)
        case "llama-bpe":
            return _split_by(LLAMA3_WORDS)
    raise ModelError(f"The pre-tokenizer '{name}' is not supported")


def _split_by(pattern: str) -> pre_tokenizers.PreTokenizer:
    words = pre_tokenizers.Split(Regex(pattern), behavior="isolated")
    return pre_tokenizers.Sequence([words, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
