"""Scoring a tagger on raw text, where its own tokenizer decides what a token is."""

import itertools

import tensorflow as tf

from rnnkit.data.corpus import Split


def raw_text_f1(tag_text, split: Split, batch_size: int = 256) -> float:
    """F1 of (span, tag) pairs: a token counts when both its characters and its tag are right.

    This is how the CoNLL 2018 shared task scores tags on raw text (Zeman et al. 2018, section 4). A text that the
    corpus does not give is its tokens with single spaces between.

    Args:
        tag_text: the served function of a tagger: text (batch,) -> tokens, tags, starts, ends, lengths.
        split: examples with tokens, tags and perhaps text.
        batch_size: texts at a time.

    Returns:
        F1 between 0 and 1.
    """
    right = predicted = gold = 0
    examples = split.examples()
    while batch := list(itertools.islice(examples, batch_size)):
        texts = [example.get("text") or " ".join(example["tokens"]) for example in batch]
        answer = {name: value.numpy() for name, value in tag_text(tf.constant(texts)).items()}
        for row, (text, example) in enumerate(zip(texts, batch)):
            expected = {(*span, tag) for span, tag in zip(spans(text, example["tokens"]), example["tags"]) if span}
            length = answer["lengths"][row]
            starts, ends, tags = (answer[name][row, :length].tolist() for name in ("starts", "ends", "tags"))
            found = {(start, end, tag.decode()) for start, end, tag in zip(starts, ends, tags)}
            right, predicted, gold = (
                right + len(expected & found),
                predicted + len(found),
                gold + len(example["tokens"]),
            )
    return 2.0 * right / max(predicted + gold, 1)


def spans(text: str, tokens: list[str]) -> list[tuple[int, int] | None]:
    """(start, end) in characters of each token in `text`, in order; None for a token that is not there.

    A token may stand one word further on, after tokens that are not there two words further for each of them: one that
    is missing does not hide those behind it, nor is it taken for an equal one far away.
    """
    found, position, missing = [], 0, 0
    for token in tokens:
        start = text.find(token, position)
        if start < 0 or len(text[position:start].split()) > max(1, 2 * missing):
            found.append(None)
            missing += 1
        else:
            position, missing = start + len(token), 0
            found.append((start, position))
    return found
