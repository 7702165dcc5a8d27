"""Two files of translations."""

import pytest

from rnnkit.errors import ConfigError, DataError
from tests.data.helpers import contents, files, pairs, train_examples, train_split, write

GERMAN, ENGLISH = "ein Haus\nzwei\n", "a house\ntwo\n"
PAIRS = [{"source": "ein Haus", "target": "a house"}, {"source": "zwei", "target": "two"}]


def run(directory, german=GERMAN, english=ENGLISH, compress=False, **options):
    write(directory / "train.de", german, compress)
    write(directory / "train.en", english, compress)
    return pairs(files(directory, format="parallel", **{"pair": ["de", "en"], **options}))


@pytest.mark.parametrize("compress", [False, True])
def test_line_by_line(tmp_path, compress):
    assert train_examples(run(tmp_path, compress=compress)) == PAIRS


def test_the_other_way_round(tmp_path):
    turned = [{"source": pair["target"], "target": pair["source"]} for pair in PAIRS]
    assert train_examples(run(tmp_path, pair=["en", "de"])) == turned


def test_files_that_are_named_as_compressed(tmp_path):
    write(tmp_path / "train.de.gz", GERMAN, True)
    write(tmp_path / "train.en", ENGLISH)
    assert train_examples(pairs(files(tmp_path, format="parallel", pair=["de", "en"]))) == PAIRS


def test_sides_within_a_name_and_several_paths(tmp_path):
    write(tmp_path / "de-1.txt", GERMAN)
    write(tmp_path / "en-1.txt", ENGLISH)
    data = files(tmp_path, {"train": ["{}-1.txt", "{}-1.txt"]}, format="parallel", pair=["de", "en"])
    assert train_examples(pairs(data)) == PAIRS * 2


def test_line_ends_and_lines_that_are_blank_on_both_sides(tmp_path):
    made = run(tmp_path, "\ufeffein Haus\r\n\r\nzwei\r\n", "a house\n \ntwo\n\n\n")
    assert train_examples(made) == PAIRS


@pytest.mark.parametrize(("longer", "shorter"), [("de", "en"), ("en", "de")])
@pytest.mark.parametrize("policy", ["stop", "skip"])
def test_files_of_different_length_name_both_and_the_first_line_without_a_partner(tmp_path, longer, shorter, policy):
    made = run(tmp_path, on_bad_example=policy)
    write(tmp_path / f"train.{longer}", "1\n2\n\n4\n5\n")
    write(tmp_path / f"train.{shorter}", "1\n2\n")
    message = rf"train\.{longer}:4: has no partner, for .*train\.{shorter} ends before line 4"
    with pytest.raises(DataError, match=message):
        train_examples(made)


BAD = {
    "no source": ("ein Haus\n\nzwei\n", "a house\nx\ntwo\n", r"train\.de:2: the line of .*train\.de is empty, its"),
    "no target": ("ein Haus\nx\nzwei\n", "a house\n \ntwo\n", r"train\.de:2: the line of .*train\.en is empty, its"),
    "encoding": (b"ein Haus\nx\nzwei\n", b"a house\n\xe9\ntwo\n", r"train\.de:2: .*train\.en is not UTF-8: byte 0xe9"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_pair_stops_or_is_counted(tmp_path, case):
    german, english, message = BAD[case]
    with pytest.raises(DataError, match=message):
        train_examples(run(tmp_path, german, english))
    split = train_split(run(tmp_path, german, english, on_bad_example="skip"))
    assert contents(split) == PAIRS and split.skipped == {"bad": 1}


def test_empty_files_have_no_examples(tmp_path):
    with pytest.raises(DataError, match=r"train split: it has no examples; check data\.splits\.train"):
        train_examples(run(tmp_path, "", "\n"))


def test_a_side_that_is_missing(tmp_path):
    made = run(tmp_path)
    (tmp_path / "train.en").unlink()
    with pytest.raises(DataError, match=r"data\.splits\.train: .*train\.en does not exist"):
        train_examples(made)


def test_a_variable_that_is_not_set(tmp_path, monkeypatch):
    monkeypatch.delenv("NOT_SET_HERE", raising=False)
    data = files(tmp_path, {"train": "$NOT_SET_HERE/x"}, format="parallel")
    with pytest.raises(ConfigError, match="NOT_SET_HERE is not set"):
        train_examples(pairs(data))
