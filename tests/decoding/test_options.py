"""The options of decoding: ranges, by the message."""

import dataclasses
import re

import pytest

from rnnkit.decoding import DecodingOptions

WRONG = {
    "method": [("best", "method: one of greedy, sample, beam is needed, got 'best'")],
    "max_length": [
        (0, "max_length: an integer of 1 or more is needed, got 0"),
        (2.0, "max_length: an integer of 1 or more is needed, got 2.0"),
        (True, "max_length: an integer of 1 or more is needed, got True"),
    ],
    "min_length": [
        (0, "min_length: an integer of 1 or more is needed, got 0"),
        (101, "min_length: at most max_length, 100, is needed, got 101"),
    ],
    "temperature": [
        (0, "temperature: a number above 0 is needed, got 0"),
        (-1.0, "temperature: a number above 0 is needed, got -1.0"),
        (float("nan"), "temperature: a number above 0 is needed, got nan"),
        (float("inf"), "temperature: a number above 0 is needed, got inf"),
        ("1", "temperature: a number above 0 is needed, got '1'"),
    ],
    "top_k": [(0, "top_k: None or an integer of 1 or more is needed, got 0")],
    "top_p": [
        (0.0, "top_p: a number above 0 and at most 1 is needed, got 0.0"),
        (1.1, "top_p: a number above 0 and at most 1 is needed, got 1.1"),
        (None, "top_p: a number above 0 and at most 1 is needed, got None"),
    ],
    "beam_width": [(0, "beam_width: an integer of 1 or more is needed, got 0")],
    "length_penalty": [("average", "length_penalty: one of none, wu, length is needed, got 'average'")],
    "length_alpha": [
        (6, "length_alpha: None or a number from -5 to 5 is needed, got 6"),
        (False, "length_alpha: None or a number from -5 to 5 is needed, got False"),
    ],
    "n_best": [
        (0, "n_best: an integer of 1 or more is needed, got 0"),
        (6, "n_best: at most beam_width, 5, is needed, got 6"),
    ],
    "no_repeat_ngram": [(0, "no_repeat_ngram: None or an integer of 1 or more is needed, got 0")],
    "banned": [
        ("12", "banned: a list of token ids is needed, got '12'"),
        (3, "banned: a list of token ids is needed, got 3"),
        ([1, -1], "banned: an integer of 0 or more is needed, got -1"),
    ],
    "seed": [
        (-1, "seed: an integer of 0 or more is needed, got -1"),
        (2**63, f"seed: an integer below 2^63 is needed, got {2**63}"),
    ],
}


@pytest.mark.parametrize("name, value, message", [(name, *case) for name, cases in WRONG.items() for case in cases])
def test_what_is_out_of_range_is_named(name, value, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        DecodingOptions(**{name: value})


def test_every_option_is_checked():
    assert set(WRONG) == {field.name for field in dataclasses.fields(DecodingOptions)}


def test_an_alpha_without_a_penalty_is_a_mistake():
    message = 'length_alpha: None, or a length_penalty other than "none", is needed, got 0.5'
    with pytest.raises(ValueError, match=re.escape(message)):
        DecodingOptions(length_penalty="none", length_alpha=0.5)


def test_options_are_values():
    options = DecodingOptions(banned=[5, 1, 5], top_p=1)
    assert options.banned == (1, 5)
    assert options == DecodingOptions(banned=(1, 5)) and hash(options) == hash(DecodingOptions(banned={5, 1}))
    with pytest.raises(dataclasses.FrozenInstanceError):
        options.top_k = 3
    assert DecodingOptions(**dataclasses.asdict(options)) == options


@pytest.mark.parametrize(
    "form, alpha, expected", [("none", None, 0), ("wu", None, 0.6), ("length", None, 1), ("wu", -1, -1)]
)
def test_alpha_follows_the_form(form, alpha, expected):
    assert DecodingOptions(length_penalty=form, length_alpha=alpha).alpha == expected
