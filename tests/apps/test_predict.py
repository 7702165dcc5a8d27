"""What goes into predict, and what comes out."""

import gzip
import io
import json
import sys

import pytest

from rnnkit.command_line import run
from tests.apps.helpers import call, fails, records

GOOD = "the film is so good"
ODD = ("👍🏽 ❤️ 10/10!!", "הסרט היה טוב", "فيلم رائع", "a\x00b\x1fc", "e\u0301te\u0301", "x" * 5_000, "-1")


def asked(trained, *arguments, capsys):
    """The records that predict gives for some arguments."""
    model = ("--model", trained.saved_model, "--format", "jsonl")
    return records(call(trained.app, "predict", *model, *arguments, capsys=capsys))


def test_text_for_a_terminal(trained, capsys):
    printed = call(trained.app, "predict", "--model", trained.saved_model, GOOD, "the cast", capsys=capsys)
    if trained.app.name == "sentiment":
        lines = printed.splitlines()
        assert lines[0].endswith(f"  {GOOD}") and lines[1].endswith("  the cast")
        assert all(line.split()[0] in ("positive", "negative") and 0 < float(line.split()[1]) < 1 for line in lines)
    else:
        first, second, rest = printed.split("\n\n")
        assert [line.split()[0] for line in first.splitlines()] == GOOD.split()
        assert [line.split()[0] for line in second.splitlines()] == ["the", "cast"] and not rest
        assert all(0 < float(line.split()[2]) <= 1 for line in first.splitlines())


def test_records(trained, capsys):
    (record,) = asked(trained, GOOD, capsys=capsys)
    assert record["text"] == GOOD and record["truncated"] is False
    if trained.app.name == "sentiment":
        assert sum(record["scores"].values()) == pytest.approx(1, abs=1e-5)
        assert record["score"] == max(record["scores"].values()) == record["scores"][record["label"]]
    else:
        assert [token["token"] for token in record["tokens"]] == GOOD.split()
        assert [GOOD[token["start"] : token["end"]] for token in record["tokens"]] == GOOD.split()


@pytest.mark.parametrize("suffix", [".txt", ".txt.gz"])
def test_lines_of_a_file(trained, suffix, tmp_path, capsys):
    path = tmp_path / f"texts{suffix}"
    lines = [f"{'so ' * (7 * i % 13)}{GOOD} {i}" for i in range(70)]  # more than one batch, not by length
    opener = gzip.open if suffix.endswith("gz") else open
    with opener(path, "wb") as file:
        file.write("\ufeff".encode() + "\r\n".join(lines).encode())
    assert [record["text"] for record in asked(trained, "--input", path, capsys=capsys)] == lines


def test_lines_of_standard_input(trained, monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(f"{GOOD}\nthe cast\n".encode())))
    assert [record["text"] for record in asked(trained, "--input", "-", capsys=capsys)] == [GOOD, "the cast"]


class Slow(io.RawIOBase):
    """Standard input of someone who reads every answer before he goes on; keeps what was printed before each part."""

    def __init__(self, parts, capsys):
        self.parts, self.capsys, self.printed = list(parts), capsys, []

    def readable(self):
        return True

    def readinto(self, buffer):
        self.printed.append(self.capsys.readouterr().out)
        part = self.parts.pop(0) if self.parts else b""
        buffer[: len(part)] = part
        return len(part)


def test_every_line_is_answered_as_it_comes(sentiment, monkeypatch, capsys):
    long = b"good " * 3_000
    slow = Slow(
        [b"the film\nthe", b" cast\n", *(long[i : i + 5_000] for i in range(0, 15_000, 5_000)), b"\nend"], capsys
    )
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(slow)))
    last = asked(sentiment, "--input", "-", capsys=capsys)
    found = [[record["text"] for record in records(printed)] for printed in slow.printed]
    assert [texts for texts in found if texts] == [["the film"], ["the cast"], [long.decode()]]
    assert found[1] == ["the film"] and found[2] == ["the cast"] and [record["text"] for record in last] == ["end"]


def test_a_file_that_is_missing_is_told_before_a_model_is_read(sentiment, capsys):
    message = fails(sentiment.app, "predict", "--model", "no_model", "--input", "nowhere.txt", capsys=capsys)
    assert "nowhere.txt: cannot be read: No such file" in message


def test_rows_of_json(trained, tmp_path, capsys):
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps({"text": GOOD}) + "\n" + json.dumps({"tokens": ["the", "so good", "end"]}) + "\n")
    if trained.app.name == "tagging":
        by_text, by_tokens = asked(trained, "--input", path, capsys=capsys)
        assert [token["token"] for token in by_tokens["tokens"]] == ["the", "so good", "end"]
        assert by_text["text"] == GOOD and "start" in by_text["tokens"][0] and "start" not in by_tokens["tokens"][0]
    else:
        message = fails(trained.app, "predict", "--model", trained.run, "--input", path, capsys=capsys)
        assert f'1 of 2 inputs could not be answered; the first: {path}:2: needs "text" (a string)' in message


def test_a_file_that_is_no_text(trained, tmp_path, capsys):
    path = tmp_path / "picture.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\n" * 3)
    message = fails(trained.app, "predict", "--model", trained.run, "--input", path, capsys=capsys)
    assert message == f"error: --input {path}: is a binary file, no UTF-8 text\n"


def test_the_place_of_a_text_without_a_token(trained, tmp_path, capsys):
    path = tmp_path / "texts.txt"
    path.write_text(f"{GOOD}\n\u200b\n")
    message = fails(trained.app, "predict", "--model", trained.run, "--input", path, capsys=capsys)
    assert f"the first: {path}:2: text.pattern finds no token in it" in message
    message = fails(trained.app, "predict", "--model", trained.run, "\u200b", capsys=capsys)
    assert "the first: text 1: text.pattern finds no token in it" in message


def test_bad_inputs_do_not_stop_the_good_ones(trained, tmp_path, capsys):
    path = tmp_path / "rows.jsonl"
    bad = [
        b'{"text": ',
        b'["x"]',
        b'{"text": 7}',
        b'{"tokens": []}',
        b'{"text": "caf\xe9"}',
        b'{"text": "\\ud800"}',
        b" ",
        b'{"text": ' + b"1" * 5_000 + b"}",
        b'{"text": ' + b"[" * 100_000,
    ]
    path.write_bytes(b"\n".join([*bad, json.dumps({"text": GOOD}).encode()]))
    code = run(trained.app, ["predict", "--model", str(trained.run), "--input", str(path), "--format", "jsonl"])
    printed = capsys.readouterr()
    *errors, answer = records(printed.out)
    assert code == 2 and answer["text"] == GOOD and "error" not in answer
    assert f"9 of 10 inputs could not be answered; the first: {path}:1: not JSON" in printed.err
    for number, (record, reason) in enumerate(
        zip(
            errors,
            (
                "not JSON",
                'needs "tokens" (a list of strings) or "text"' if trained.app.name == "tagging" else 'needs "text"',
                'needs "text" (a string), got 7',
                "is empty" if trained.app.name == "tagging" else 'needs "text"',
                "not UTF-8",
                "not UTF-8",
                "not JSON",
                "4300 digits",
                "recursion",
            ),
        ),
        1,
    ):
        assert record["error"].startswith(f"{path}:{number}: ") and reason in record["error"]


@pytest.mark.parametrize("empty", ["", " \t\u3000\n"])
def test_an_empty_text_has_no_answer(trained, empty, capsys):
    code = run(trained.app, ["predict", "--model", str(trained.saved_model), GOOD, empty, "--format", "jsonl"])
    printed = capsys.readouterr()
    answer, error = records(printed.out)
    assert code == 2 and answer["text"] == GOOD and error == {"text": empty, "error": "text 2: the text is empty"}
    assert "text 2: the text is empty" in printed.err and "Traceback" not in printed.err


def test_odd_texts(trained, capsys):
    found = asked(trained, "--", *ODD, capsys=capsys)
    assert [record["text"] for record in found] == list(ODD)
    if trained.app.name == "tagging":
        for text, record in zip(ODD, found):
            for token in record["tokens"]:
                assert text[token["start"] : token["end"]].replace("\x1f", " ") == token["token"]


def test_a_very_long_text_is_cut_and_says_so(trained, capsys):
    text = "good " * 20_000
    (record,) = asked(trained, text, capsys=capsys)
    assert record["truncated"] is True and record["text"] == text
    printed = call(trained.app, "predict", "--model", trained.run, text, capsys=capsys)
    assert "cut: only its first 12 tokens were read" in printed and len(printed) < 1_000


def test_arguments_that_are_not_utf8(trained, capsys):
    assert "text 1: not UTF-8" in fails(trained.app, "predict", "--model", trained.run, "caf\udce9", capsys=capsys)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "give the texts either as arguments or with --input"),
        ([GOOD, "--input", "-"], "give the texts either as arguments or with --input"),
        (["--input", "nowhere.txt"], "nowhere.txt: cannot be read: No such file"),
        (["--input", "."], ": cannot be read: Is a directory"),
        ([GOOD, "--format", "xml"], "'xml' is not one of 'text', 'jsonl'"),
        ([GOOD, "--set", "model.units=9"], "model.units: got 9 (a whole number), but the model was trained with 4"),
        ([GOOD, "--set", "text.lowercase=false"], "text.lowercase: got false"),
        ([GOOD, "--set", "model.unist=9"], "model.unist"),
    ],
)
def test_bad_arguments(sentiment, arguments, message, capsys):
    assert message in fails(sentiment.app, "predict", "--model", sentiment.saved_model, *arguments, capsys=capsys)


def test_a_damaged_gzip_file(sentiment, tmp_path, capsys):
    path = tmp_path / "texts.gz"
    path.write_bytes(gzip.compress(b"one text\n" * 50)[:-12])
    assert "damaged gzip" in fails(sentiment.app, "predict", "--model", sentiment.run, "--input", path, capsys=capsys)
