"""BLEU, chrF and exact match beside sacrebleu itself and figures worked out by hand."""

import math

import numpy as np
import pytest
import sacrebleu

from rnnkit.config.schema import TextEvaluate
from rnnkit.tasks.text_scores import SHOWN, TextScorer, signature, text_scores

PLAIN = TextEvaluate()
WRITTEN = ["the cat sat on the mat", "a dog"]
REFERENCES = ["the cat sat on a mat", "A dog"]


def test_scores_are_sacrebleus():
    found = text_scores(WRITTEN, REFERENCES, PLAIN)
    assert found["bleu"] == sacrebleu.corpus_bleu(WRITTEN, [REFERENCES]).score
    assert found["chrf"] == sacrebleu.corpus_chrf(WRITTEN, [REFERENCES]).score
    assert found["exact_match"] == 0.0


def test_bleu_by_hand():
    # 8 tokens, of which 7 come, 4 of 6 pairs, 2 of 4 threes, 1 of 3 fours; as long as the references
    found = text_scores(WRITTEN, REFERENCES, TextEvaluate(lowercase=True))
    assert found["bleu"] == pytest.approx(100 * math.exp(np.mean(np.log([7 / 8, 4 / 6, 2 / 4, 1 / 3]))))
    assert found["exact_match"] == 0.5


def test_the_tokenizer_counts():
    one, other = (
        text_scores(["a b c d."], ["a b c d ."], TextEvaluate(bleu_tokenizer=name)) for name in ("13a", "none")
    )
    assert one["bleu"] == pytest.approx(100.0) and other["bleu"] < 80.0
    assert one["exact_match"] == 0.0


def test_the_signature_is_sacrebleus():
    for config in (PLAIN, TextEvaluate(bleu_tokenizer="intl", lowercase=True)):
        metric = sacrebleu.metrics.BLEU(tokenize=config.bleu_tokenizer, lowercase=config.lowercase)
        metric.corpus_score(WRITTEN, [REFERENCES])
        assert signature(config, REFERENCES) == f"BLEU|{metric.get_signature()}"


def predictions(written, references, tokens):
    encoded = {"sources": ["x"] * len(written), "written": written, "references": references}
    arrays = {name: np.array([text.encode() for text in texts], object) for name, texts in encoded.items()}
    return arrays | {"tokens": np.array(tokens)}


def test_a_scorer_gathers_batches_and_shows_what_is_wrong():
    scorer = TextScorer(PLAIN)
    scorer.add(np.array([[4, 5, 3], [6, 3, -1]]), predictions(["ä b", "c"], ["ä b", "d"], [[4, 9, 3], [6, 3, 3]]))
    scorer.add(np.array([[4, 3]]), predictions(["e"], ["e"], [[5, 3]]))
    report = scorer.report()
    assert report.metrics["token_accuracy"] == pytest.approx(5 / 7)
    assert report.metrics["exact_match"] == pytest.approx(2 / 3)
    assert set(report.metrics) == {"token_accuracy", "bleu", "chrf", "exact_match"}
    assert "1 of 3 are not exactly" in report.table and "reference  d\n  written    c" in report.table


def test_a_long_table_is_cut():
    scorer = TextScorer(PLAIN)
    count = SHOWN + 5
    scorer.add(np.full([count, 1], 3), predictions(["a"] * count, ["b"] * count, np.full([count, 1], 3)))
    table = scorer.report().table
    assert table.count("written ") == SHOWN and table.rstrip().endswith("…")
