"""CoNLL-U and CoNLL columns."""

import pytest

from rnnkit.errors import DataError
from tests.data.helpers import files, tagging, train_examples, train_split, write

CONLLU = """\
# sent_id = 1
# text = don't _
1-2\tdon't\t_\t_\t_\t_\t_\t_\t_\t_
1\tdo\tdo\tAUX\tVBP\t_\t0\troot\t_\t_
2\tn't\tnot\tPART\tRB\tPolarity=Neg\t1\tadvmod\t_\t_
2.1\telided\t_\tVERB\t_\t_\t_\t_\t_\t_
3\t_\t_\tPUNCT\tNFP\t_\t1\tpunct\t_\t_

1\tone\tone\tNUM\tCD\t_\t0\troot\t_\tSpaceAfter=No
"""


def conllu(directory, content, **options):
    write(directory / "train", content, compress=options.pop("compress", False))
    return train_examples(tagging(files(directory, format="conllu", **options)))


def columns(directory, content, **options):
    write(directory / "train", content)
    return train_examples(tagging(files(directory, format="conll", tokens=0, tags=-1, **options)))


@pytest.mark.parametrize("compress", [False, True])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_conllu_words_and_text(tmp_path, compress, end):
    assert conllu(tmp_path, CONLLU.replace("\n", end), compress=compress) == [
        {"tokens": ["do", "n't", "_"], "tags": ["AUX", "PART", "PUNCT"], "text": "don't _"},
        {"tokens": ["one"], "tags": ["NUM"]},
    ]


def test_conllu_columns_by_name(tmp_path):
    first = conllu(tmp_path, CONLLU, tokens="lemma", tags="feats")[0]
    assert (first["tokens"], first["tags"]) == (["do", "not", "_"], ["_", "Polarity=Neg", "_"])


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("3\t_\t_\tPUNCT", "3\t_\t_\t_", "train:7: word 3 has no upos"),
        ("3\t_\t_\tPUNCT", "3 _ _ PUNCT", "train:7: 7 tab-separated columns where CoNLL-U has 10"),
        ("3\t_", "x\t_", "train:7: 'x' is no word id"),
        ("3\t_", "3\t", "train:7: an empty token or tag"),
    ],
)
def test_a_bad_line_makes_its_sentence_bad(tmp_path, old, new, message):
    with pytest.raises(DataError, match=message):
        conllu(tmp_path, CONLLU.replace(old, new))
    split = train_split(tagging(files(tmp_path, format="conllu", on_bad_example="skip")))
    assert [example["tokens"] for example in split.examples()] == [["one"]]
    assert split.skipped == {"bad": 1}


def test_columns_between_tabs_or_blanks(tmp_path):
    content = "-DOCSTART- -X- O O\n\nEU NNP I-NP B-ORG\nrejects  VBZ I-VP O \n \t\na b\tX\tO\n#\tX\tB-LOC\n"
    assert columns(tmp_path, content) == [
        {"tokens": ["EU", "rejects"], "tags": ["B-ORG", "O"]},
        {"tokens": ["a b", "#"], "tags": ["O", "B-LOC"]},
    ]


def test_too_few_columns_and_encoding(tmp_path):
    write(tmp_path / "train", "a O\n")
    with pytest.raises(DataError, match="train:1: 2 columns; tokens are read from column 0, tags from 3"):
        train_examples(tagging(files(tmp_path, format="conll", tokens=0, tags=3)))
    with pytest.raises(DataError, match="train:2: not UTF-8"):
        columns(tmp_path, b"a O\n\xff O\n")
