"""TSV and CSV."""

import pytest

from rnnkit.errors import DataError
from tests.data.helpers import contents, files, pairs, sentiment, train_examples, train_split, write


def read(directory, content, **options):
    write(directory / "train", content, options.pop("compress", False))
    return train_examples(sentiment(files(directory, **{"format": "tsv", **options})))


@pytest.mark.parametrize("compress", [False, True])
def test_tsv_with_header(tmp_path, compress):
    examples = read(tmp_path, 'id\tlabel\ttext\r\n1\t0\ta "b, c\r\n\r\n2\t1\t\r\n', compress=compress)
    assert examples == [{"text": 'a "b, c', "label": "0"}, {"text": "", "label": "1"}]


def test_columns_named_in_the_configuration(tmp_path):
    options = {"columns": ["review", "stars"], "text": "review", "label": "stars"}
    assert read(tmp_path, "text\t5\n", **options) == [{"text": "text", "label": "5"}]


def test_csv_quotes_commas_quotes_and_line_breaks(tmp_path):
    examples = read(tmp_path, 'text,label\n"a ""b"", c\nd",1\ne,0\n', format="csv")
    assert examples == [{"text": 'a "b", c\nd', "label": "1"}, {"text": "e", "label": "0"}]


def test_one_of_several_label_columns(tmp_path):
    content = "text\tjoy\tfear\na\t1\t0\nb\t0\t0\nc\t0\t1\nd\t1\t1\n"
    write(tmp_path / "train", content)
    split = train_split(sentiment(files(tmp_path, format="tsv", label=["joy", "fear"])))
    assert [example["label"] for example in split.examples()] == ["joy", "fear"]
    assert split.skipped == {"not exactly one label": 2}


BAD = {
    "too few columns": (b"text\tlabel\na\t1\nb\nc\t0\n", r"train:3: 1 columns where 2 are expected \(text, label\)"),
    "no label": (b"text\tlabel\na\t1\nb\t\nc\t0\n", r"train:3: label 'label' must be a text or an integer"),
    "encoding": (b"text\tlabel\na\t1\nb\xe9\t1\nc\t0\n", r"train:3: not UTF-8: byte 0xe9 at position 2"),
}


@pytest.mark.parametrize("case", BAD)
@pytest.mark.parametrize("format", ["tsv", "csv"])
def test_bad_line_stops_or_is_counted(tmp_path, case, format):
    content, message = BAD[case]
    content = content if format == "tsv" else content.replace(b"\t", b",")
    with pytest.raises(DataError, match=message):
        read(tmp_path, content, format=format)
    split = train_split(sentiment(files(tmp_path, format=format, on_bad_example="skip")))
    assert [example["text"] for example in split.examples()] == ["a", "c"]
    assert split.skipped == {"bad": 1}


def test_a_quote_left_open_is_told_with_its_lines(tmp_path):
    with pytest.raises(DataError, match="train:3-5: unexpected end of data"):
        read(tmp_path, 'text,label\na,1\n"b,1\nc,0\nd,0\n', format="csv")
    with pytest.raises(DataError, match=r"train:2-\d+: field larger than field limit"):
        read(tmp_path, 'text,label\n"b,1\n' + "c,0\n" * 50_000, format="csv")


def test_header_without_a_wanted_column_stops_in_any_case(tmp_path):
    with pytest.raises(DataError, match=r"train:1: no column 'label' \(data.label\); the header has 'text', 'class'"):
        read(tmp_path, "text\tclass\na\t1\n", on_bad_example="skip")
    with pytest.raises(DataError, match="names a column twice"):
        read(tmp_path, "text\tlabel\tlabel\na\t1\t1\n", on_bad_example="skip")


@pytest.mark.parametrize("pair", [["en", "de"], ["de", "en"]])
@pytest.mark.parametrize("columns", [None, ["id", "en", "de"]])
def test_pairs(tmp_path, pair, columns):
    write(tmp_path / "train", ("" if columns else "id\ten\tde\n") + "1\ta house\tein Haus\n2\ttwo\tzwei\n")
    data = files(tmp_path, format="tsv", pair=pair, columns=columns)
    rows = [{"en": "a house", "de": "ein Haus"}, {"en": "two", "de": "zwei"}]
    assert train_examples(pairs(data)) == [{"source": row[pair[0]], "target": row[pair[1]]} for row in rows]


def test_a_side_that_is_no_column_or_empty(tmp_path):
    write(tmp_path / "train", "en,de\na,ein\nb, \n")
    with pytest.raises(DataError, match=r"train:1: no column 'source' \(data\.pair\); the header has 'en', 'de'"):
        train_examples(pairs(files(tmp_path, format="csv")))
    with pytest.raises(DataError, match="train:3: 'de' is empty"):
        train_examples(pairs(files(tmp_path, format="csv", pair=["en", "de"])))
    split = train_split(pairs(files(tmp_path, format="csv", pair=["de", "en"], on_bad_example="skip")))
    assert contents(split) == [{"source": "ein", "target": "a"}] and split.skipped == {"bad": 1}
