"""How near written texts come to what people wrote: BLEU, chrF, and how many are exactly right."""

from collections.abc import Sequence

from rnnkit.config.schema import TranslationEvaluate
from rnnkit.tasks.base import Report, Scorer

SHOWN = 20


def text_scores(written: Sequence[str], references: Sequence[str], config: TranslationEvaluate) -> dict[str, float]:
    """Scores of texts, each beside what it should be.

    Args:
        written, references: as many of the one as of the other, at least one.
        config: how BLEU cuts texts, and whether all are scored in lower case.

    Returns:
        bleu and chrf of the whole, by sacrebleu, from 0 to 100; exact_match, the share of equal texts, from 0 to 1.

    Source: Papineni et al., 2002; Popović, 2015 (chrF2); Post, 2018, arXiv 1804.08771 (sacrebleu).
    """
    from sacrebleu.metrics import CHRF

    if config.lowercase:
        written, references = ([text.lower() for text in texts] for texts in (written, references))
    return {
        "bleu": _bleu(config).corpus_score(written, [references]).score,
        "chrf": CHRF().corpus_score(written, [references]).score,
        "exact_match": sum(map(str.__eq__, written, references)) / len(references),
    }


def _bleu(config):
    from sacrebleu.metrics import BLEU

    # A corpus that was tokenised before is meant to be so with "none"; `force` keeps sacrebleu from warning of it.
    return BLEU(tokenize=config.bleu_tokenizer, lowercase=config.lowercase, force=config.bleu_tokenizer == "none")


def signature(config: TranslationEvaluate) -> str:
    """How sacrebleu scores, in its own short form, for whoever compares figures."""
    from sacrebleu import __version__

    case = "lc" if config.lowercase else "mixed"
    return f"BLEU|nrefs:1|case:{case}|eff:no|tok:{config.bleu_tokenizer}|smooth:exp|version:{__version__}"


class TextScorer(Scorer):
    """Token accuracy under teacher forcing, `text_scores` of what was written, and a table of what is wrong.

    Args:
        config: how texts are scored.
    """

    def __init__(self, config: TranslationEvaluate):
        self.config = config
        self._right = self._count = 0
        self._sources, self._written, self._references = [], [], []

    def add(self, targets, predictions):
        self._right += int((predictions["tokens"] == targets).sum())
        self._count += int((targets >= 0).sum())
        for name, texts in (
            ("sources", self._sources), ("written", self._written), ("references", self._references)
        ):  # fmt: skip
            texts += [text.decode("utf-8", "replace") for text in predictions[name].tolist()]

    def report(self) -> Report:
        metrics = {"token_accuracy": self._right / max(self._count, 1)}
        return Report(metrics | text_scores(self._written, self._references, self.config), self._table())

    def _table(self) -> str:
        rows = [row for row in zip(self._sources, self._references, self._written) if row[1] != row[2]]
        count = len(self._references)
        lines = [signature(self.config), "", f"{len(rows):,} of {count:,} are not exactly as the reference:"]
        for source, reference, written in rows[:SHOWN]:
            lines += ["", f"  source     {source}", f"  reference  {reference}", f"  written    {written}"]
        return "\n".join([*lines, *(["", "…"] if len(rows) > SHOWN else [])]) + "\n"
