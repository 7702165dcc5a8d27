"""Learning byte-pair merges, with the library `tokenizers`; only `fit` needs it."""

import json
from collections.abc import Iterable

from rnnkit.data.units.merging import BYTES, FIRST_BYTE
from rnnkit.errors import UserError


def learn(texts: Iterable[str], size: int, min_count: int, pattern: str):
    """Trains a byte-level BPE tokenizer of the library.

    Args:
        texts: Valid Unicode.
        size: Tokens at most, the 256 bytes included.
        min_count: Rarer pairs are not merged.
        pattern: What is a part of a text that no merge leaves, as a regular expression that matches every character.

    Returns:
        The `tokenizers.Tokenizer`.

    Raises:
        UserError: If the library is not there.
    """
    try:
        from tokenizers import Regex, Tokenizer, models, pre_tokenizers, trainers
    except ImportError:
        raise UserError("unit bpe: the package tokenizers that learns it is missing; pip install tokenizers") from None
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(pattern), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        min_frequency=min_count,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def merges_of(tokenizer) -> list[tuple[int, int]]:
    """The merges of a tokenizer that `learn` trained, as pairs of ids, by rank."""
    found = json.loads(tokenizer.to_str())["model"]["merges"]
    ids = {bytes([byte]): FIRST_BYTE + byte for byte in range(BYTES)}
    merges = []
    for pair in found:
        left, right = (piece_bytes(part) for part in pair)
        merges.append((ids[left], ids[right]))
        ids.setdefault(left + right, FIRST_BYTE + len(ids))
    return merges


def piece_bytes(piece: str) -> bytes:
    """The bytes of a token of the library, which writes every byte as a visible character."""
    return bytes(_BYTES_BY_CHARACTER[character] for character in piece)


def _bytes_by_character():
    """What `ByteLevel` of the library writes for each byte: itself where Latin-1 shows it, else one from U+0100 on."""
    visible = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    others = (byte for byte in range(BYTES) if byte not in visible)
    return {chr(byte): byte for byte in visible} | {chr(0x100 + place): byte for place, byte in enumerate(others)}


_BYTES_BY_CHARACTER = _bytes_by_character()
