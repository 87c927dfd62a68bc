"""A whole GGUF file to a folder the engine can load."""

from pathlib import Path

from core.engine.conversion.decoder import family_of, write_decoder
from core.engine.conversion.gguf_file import GgufFile
from core.engine.conversion.vocabulary import build_tokenizer, vocabulary
from core.engine.manifest import Facts
from core.errors import ModelError

CHATML = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + "
    "'<|im_end|>\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
"""https://github.com/openai/openai-python/blob/v0.28.1/chatml.md"""

END_TOKENS = ("<|im_end|>", "<|endoftext|>", "<|eot_id|>", "<|eom_id|>", "<|end_of_text|>", "</s>")
"""End-of-turn and end-of-text tokens of the supported families, for files that name only one of them."""


def convert_gguf(path: Path, folder: Path) -> Facts:
    """Convert a GGUF file of a supported architecture to CTranslate2 int8.

    Args:
        path: the GGUF file.
        folder: exists, and receives the model's files.

    Raises:
        ModelError: not readable, or not supported; names what.
    """
    return convert_file(GgufFile(path), folder)


def convert_file(file: GgufFile, folder: Path) -> Facts:
    """`convert_gguf` for a file that is open.

    Raises:
        ModelError: not readable, or not supported; names what.
    """
    family_of(file)
    tokens = vocabulary(file)
    tokenizer = build_tokenizer(file)
    ends = _end_ids(file, tokens)
    if not ends:
        raise ModelError(f"{file.name} names no token that ends an answer")
    template = _chat_template(file, tokens)
    write_decoder(file, tokens, eos=tokens[ends[0]], unknown=_unknown(file, tokens), folder=folder)
    tokenizer.save(str(folder / "tokenizer.json"))
    return Facts(
        architecture=file.architecture,
        context_length=file.integer(f"{file.architecture}.context_length"),
        quantisation="int8",
        chat_template=template,
        end_ids=ends,
        bos=_token(file, tokens, "bos_token_id"),
        eos=tokens[ends[0]],
        licence=file.text("general.license", ""),
        languages=tuple(file.texts("general.languages")) if file.has("general.languages") else (),
    )


def _end_ids(file: GgufFile, tokens: list[str]) -> tuple[int, ...]:
    named = [
        file.integer(f"tokenizer.ggml.{key}")
        for key in ("eos_token_id", "eot_token_id", "eom_token_id")
        if file.has(f"tokenizer.ggml.{key}")
    ]
    known = [number for number, token in enumerate(tokens) if token in END_TOKENS]
    return tuple(number for number in dict.fromkeys(named + known) if number < len(tokens))


def _chat_template(file: GgufFile, tokens: list[str]) -> str:
    if file.has("tokenizer.chat_template"):
        return file.text("tokenizer.chat_template")
    if "<|im_start|>" in tokens and "<|im_end|>" in tokens:
        return CHATML
    raise ModelError("The model has no chat template: it was not made for conversation")


def _unknown(file: GgufFile, tokens: list[str]) -> str:
    """CTranslate2 wants one; byte-level BPE never needs it."""
    return _token(file, tokens, "unknown_token_id") or tokens[0]


def _token(file: GgufFile, tokens: list[str], key: str) -> str:
    number = file.integer(f"tokenizer.ggml.{key}", -1)
    return tokens[number] if 0 <= number < len(tokens) else ""
