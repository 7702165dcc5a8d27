"""Labels from one field or several."""

import pytest

from rnnkit.config.schema import FilesData
from rnnkit.data.labelling import example_of, label_of, text_of
from rnnkit.data.skips import Skips


@pytest.mark.parametrize(("value", "label"), [("good", "good"), (3, "3"), (-1, "-1"), (True, "true")])
def test_one_field(value, label):
    assert label_of({"y": value}, "y", Skips("stop")) == label


@pytest.mark.parametrize("value", [None, 1.5, "", " ", ["good"]])
def test_one_field_that_is_no_label(value):
    with pytest.raises(ValueError, match="label 'y' must be a text or an integer"):
        label_of({"y": value}, "y", Skips("stop"))


@pytest.mark.parametrize("one", [1, "1", True, "true"])
@pytest.mark.parametrize("zero", [0, "0", False, "False"])
def test_the_one_of_several_that_is_set(one, zero):
    assert label_of({"joy": zero, "fear": one}, ["joy", "fear"], Skips("stop")) == "fear"


@pytest.mark.parametrize("fields", [{"joy": 0, "fear": 0}, {"joy": 1, "fear": 1}])
def test_none_or_two_of_several_are_counted_not_raised(fields):
    skips = Skips("stop")
    assert label_of(fields, ["joy", "fear"], skips) is None
    assert skips.counts == {"not exactly one label": 1}


@pytest.mark.parametrize("value", ["yes", 2, None])
def test_several_must_be_flags(value):
    with pytest.raises(ValueError, match="label column 'joy' must be 0 or 1"):
        label_of({"joy": value, "fear": 0}, ["joy", "fear"], Skips("stop"))


def test_missing_fields_name_those_that_are_there():
    with pytest.raises(ValueError, match="no 'y' among 'a', 'b'"):
        label_of({"a": 1, "b": 2}, "y", Skips("stop"))
    with pytest.raises(ValueError, match="'a' must be a text, not 1"):
        text_of({"a": 1}, "a")


def test_a_text_that_is_to_be_written_may_not_be_empty():
    data = FilesData(source="files", format="tsv", splits={"train": "a.tsv"})
    fields, skips = {"text": " ", "label": "a"}, Skips("stop")
    assert example_of("text", fields, data, skips) == fields
    with pytest.raises(ValueError, match="'text' is empty"):
        example_of("label", fields, data, skips)
    assert example_of("label", {"text": "b", "label": "a"}, data, skips) == {"text": "b", "label": "a"}
