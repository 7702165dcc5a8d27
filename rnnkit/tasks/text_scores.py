"""How near written texts come to what people wrote: BLEU, chrF, and how many are exactly right."""

import itertools
from collections.abc import Callable, Sequence

import numpy as np

from rnnkit.config.schema import TextEvaluate
from rnnkit.tasks.base import Report, Scorer

SHOWN = 20


def text_scores(
    written: Sequence[str],
    references: Sequence[str | Sequence[str]],
    config: TextEvaluate,
    right: Callable[[str, Sequence[str]], bool] = lambda text, references: text in references,
) -> dict[str, float]:
    """Scores of texts, each beside what it should be.

    Args:
        written: at least one.
        references: as many; each a text, or several that are all right.
        config: how BLEU cuts texts, and whether all are scored in lower case.
        right: whether a text is exactly right, beside its references.

    Returns:
        bleu and chrf of the whole, by sacrebleu, from 0 to 100; exact_match, the share of texts that are exactly
        right, from 0 to 1.

    Source: Papineni et al., 2002; Popović, 2015 (chrF2); Post, 2018, arXiv 1804.08771 (sacrebleu).
    """
    from sacrebleu.metrics import CHRF

    references = [_several(each) for each in references]
    if config.lowercase:
        written = [text.lower() for text in written]
        references = [[text.lower() for text in texts] for texts in references]
    streams = list(itertools.zip_longest(*references))
    return {
        "bleu": _bleu(config).corpus_score(written, streams).score,
        "chrf": CHRF().corpus_score(written, streams).score,
        "exact_match": sum(map(right, written, references)) / len(references),
    }


def _several(references: str | Sequence[str]) -> list[str]:
    return [references] if isinstance(references, str) else list(references)


def _bleu(config):
    from sacrebleu.metrics import BLEU

    # A corpus that was tokenised before is meant to be so with "none"; `force` keeps sacrebleu from warning of it.
    return BLEU(tokenize=config.bleu_tokenizer, lowercase=config.lowercase, force=config.bleu_tokenizer == "none")


def signature(config: TextEvaluate, references: Sequence[str | Sequence[str]]) -> str:
    """How sacrebleu scores, in its own short form, for whoever compares figures."""
    from sacrebleu import __version__

    case = "lc" if config.lowercase else "mixed"
    numbers = sorted({len(_several(each)) for each in references})
    number = numbers[0] if len(numbers) == 1 else "var"
    return f"BLEU|nrefs:{number}|case:{case}|eff:no|tok:{config.bleu_tokenizer}|smooth:exp|version:{__version__}"


class TextScorer(Scorer):
    """Token accuracy under teacher forcing, `text_scores` of what was written, and a table of what is wrong.

    Predictions are `tokens` (B, T), `written` (B,), `references` (B,) or (B, n), "" where there are fewer, and, where
    texts are written about texts, `sources` (B,).

    Args:
        config: how texts are scored.
    """

    def __init__(self, config: TextEvaluate):
        self.config = config
        self._right = self._count = 0
        self._sources, self._written, self._references = [], [], []

    def add(self, targets, predictions):
        self._right += int((predictions["tokens"] == targets).sum())
        self._count += int((targets >= 0).sum())
        self._written += _texts(predictions["written"])
        self._sources += _texts(predictions.get("sources", np.zeros(0)))
        references = predictions["references"].reshape(len(targets), -1)
        self._references += [[text for text in row if text] or [""] for row in map(_texts, references)]

    def right(self, written: str, references: Sequence[str]) -> bool:
        """Whether a text is exactly right."""
        return written in references

    def scores(self, written: Sequence[str], references: Sequence[str | Sequence[str]]) -> dict[str, float]:
        """As `text_scores`, where `right` says which texts are exactly right."""
        return text_scores(written, references, self.config, self.right)

    def table(self, sources: Sequence[str], written: Sequence[str], references: Sequence[Sequence[str]]) -> str:
        """How texts were scored, and what is not right; `sources` may be empty."""
        rows = zip(itertools.chain(sources, itertools.repeat(None)), references, written)
        count, rows = len(references), [row for row in rows if not self.right(row[2], row[1])]
        lines = [signature(self.config, references), ""]
        lines += [f"{len(rows):,} of {count:,} are not exactly as the reference:"]
        for source, references, written in rows[:SHOWN]:
            lines += [""] if source is None else ["", f"  source     {source}"]
            lines += [*(f"  reference  {reference}" for reference in references), f"  written    {written}"]
        return "\n".join([*lines, *(["", "…"] if len(rows) > SHOWN else [])]) + "\n"

    def report(self) -> Report:
        metrics = {"token_accuracy": self._right / max(self._count, 1)}
        metrics |= self.scores(self._written, self._references)
        return Report(metrics, self.table(self._sources, self._written, self._references))


def _texts(encoded: np.ndarray) -> list[str]:
    return [text.decode("utf-8", "replace") for text in encoded.tolist()]
