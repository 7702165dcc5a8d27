"""The section `data`: where examples come from."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from rnnkit.config.schema.section import Positive, Section

Role = Literal["train", "validation", "test"]
Paths = str | Annotated[list[str], Field(min_length=1)]
Columns = str | Annotated[list[str], Field(min_length=2)]
Sides = Annotated[
    list[str], Field(min_length=2, max_length=2, title="a list of two names, of the source and of the target")
]

CONLLU_COLUMNS = ("id", "form", "lemma", "upos", "xpos", "feats", "head", "deprel", "deps", "misc")


class Splits(Section):
    """Where each role's examples come from: a split's name (tfds, builtin) or one or more paths (files)."""

    train: Paths | None = Field(None, description="Examples to learn from.")
    validation: Paths | None = Field(None, description="Examples that choose the best epoch.")
    test: Paths | None = Field(None, description="Examples that are scored once, at the end.")


class BuiltinSplits(Splits):
    """Which part of the built-in corpus plays each role."""

    train: Role | None = Field("train", description="Examples to learn from.")
    validation: Role | None = Field("validation", description="Examples that choose the best epoch.")
    test: Role | None = Field("test", description="Examples that are scored once, at the end.")


class TfdsSplits(Splits):
    """TFDS split expressions: train, train[:90%], train+validation."""

    train: str | None = Field("train", description="Examples to learn from.")
    validation: str | None = Field(None, description="Examples that choose the best epoch: train[90%:].")
    test: str | None = Field("test", description="Examples that are scored once, at the end.")


class Data(Section):
    """What every source of examples understands."""

    source: str
    splits: Splits
    pair: Sides = Field(
        ["source", "target"],
        description="What is translated into what: names of columns (tsv, csv), keys (jsonl), features (tfds) or file "
        "endings (parallel), such as [en, de]. The other way round translates back.",
    )
    label_map: dict[str, str | None] = Field(
        {}, description="Renames labels (or tags); a label mapped to null is left out of every split."
    )
    deduplicate: bool = Field(False, description="Keep only the first of equal training examples.")
    exclude_overlap: bool = Field(
        False, description="Leave out of train every text that is also a whole text of validation or test."
    )
    on_bad_example: Literal["stop", "skip"] = Field(
        "stop", description="stop at the first bad line with its file and number, or skip and count."
    )
    limit: Positive | None = Field(None, description="Read at most this many examples of each split.")
    train_limit: Positive | None = Field(None, description="Read at most this many examples of the training split.")
    cache: bool = Field(True, description="Keep the vectorized corpus in memory; false streams it in every epoch.")
    shuffle_buffer: Positive = Field(100_000, description="Examples held while shuffling.")
    buckets: Positive = Field(
        16,
        description="Length buckets at most; a training batch holds texts of one and is padded to its limit. "
        "Captioning has 1 where nothing is said, so that a batch has pictures of all kinds.",
    )

    def mismatches(self) -> Iterator[tuple[str, str]]:
        if self.splits.train is None and self.splits.validation is None and self.splits.test is None:
            yield "splits", "names no examples; give at least one of train, validation, test"
        if self.pair[0] == self.pair[1]:
            yield "pair", f"names {self.pair[0]!r} twice; the source and the target must differ"


class BuiltinData(Data):
    """A corpus made by rnnkit itself: deterministic, offline."""

    source: Literal["builtin"] = Field(description="A corpus made by rnnkit itself.")
    name: Literal[
        "reviews",
        "invented_names",
        "python_source",
        "python_topics",
        "python_library",
        "dates_and_numbers",
        "coloured_shapes",
    ] = Field(
        description="reviews (sentiment, generation; a line each for language_model), invented_names (generation, "
        "sentiment), python_source (tagging), python_topics or python_library (language_model), dates_and_numbers "
        "(translation), coloured_shapes (captioning)."
    )
    splits: BuiltinSplits = BuiltinSplits()


class TfdsData(Data):
    """A data set of TensorFlow Datasets."""

    source: Literal["tfds"] = Field(description="A data set of TensorFlow Datasets.")
    name: Annotated[str, Field(min_length=1)] = Field(
        description="Builder, with its configuration and version: glue/sst2, imdb_reviews:1.0.0."
    )
    splits: TfdsSplits = TfdsSplits()
    data_dir: str | None = Field(None, description="Where prepared data lies; null: TFDS's own default.")
    manual_dir: str | None = Field(
        None, description="Raw files put there by hand, for builders to read instead of a download."
    )
    download: bool = Field(True, description="Prepare the data set where it is not prepared yet.")
    text: str = Field("text", description="Feature that holds the text.")
    label: Columns = Field("label", description="Label feature, or a list of boolean features.")
    tokens: str = Field("tokens", description="Feature that holds the tokens (tagging).")
    tags: str = Field("tags", description="Feature that holds a tag for each token (tagging).")
    image: str = Field("image", description="Feature that holds the picture (captioning).")
    captions: str = Field(
        "captions/text", description="Feature that holds the caption or captions; a/b: the feature b within a."
    )


class FilesData(Data):
    """Local files, plain or gzip, UTF-8."""

    source: Literal["files"] = Field(description="Local files, plain or gzip, UTF-8.")
    format: Literal["tsv", "csv", "jsonl", "folders", "conllu", "conll", "trees", "text", "parallel", "captions"] = (
        Field(
            description="tsv, csv, jsonl; folders of one text per line; conllu, conll (tagging); bracketed trees; "
            "text: whole files, as they are (language_model, which reads labelled texts as lines); parallel: two "
            "files, one for each side (translation); captions: a list of pictures with their captions."
        )
    )
    directory: str = Field(".", description="Paths of splits are relative to it; ~ and $VARIABLES are expanded.")
    splits: Splits = Field(
        description="Paths; for `folders`, a folder with one folder of texts for each class; for `parallel`, what the "
        "names of both files begin with (train for train.en and train.de), or have around {} (news.{}.txt)."
    )
    columns: list[str] | None = Field(None, description="Names of the columns of a file without a header line.")
    text: str = Field("text", description="Column (tsv, csv) or key (jsonl) of the text.")
    label: Columns = Field("label", description="Column or key of the label, or a list of 0/1 columns.")
    tokens: str | int = Field("form", description="Tokens: a column's name (conllu, jsonl) or number from 0 (conll).")
    tags: str | int = Field(
        "upos", description="Tags: a column's name (conllu, jsonl) or number (conll; -1: the last)."
    )
    image: str = Field("image", description="Column or key of a picture's file name (captions).")
    captions: str | None = Field(
        None, description="Column or key of the caption, or key of a list of them; null: caption or captions."
    )
    image_directory: str = Field(".", description="Where the pictures lie, relative to directory (captions).")
    phrases: list[Role] = Field(
        ["train"], description="Splits of `trees` read as all labelled phrases, not whole sentences."
    )

    def mismatches(self) -> Iterator[tuple[str, str]]:
        yield from super().mismatches()
        if self.columns is not None:
            yield from self._column_mismatches(self.columns)
        for key, column in (("tokens", self.tokens), ("tags", self.tags)):
            if self.format == "conll" and isinstance(column, str):
                yield f"{key} format", f"columns of a conll file have no names; give a number from 0, not {column!r}"
            if self.format == "conllu" and column not in CONLLU_COLUMNS:
                yield f"{key} format", f"got {column!r}; the columns of a conllu file are {', '.join(CONLLU_COLUMNS)}"
            if self.format == "jsonl" and isinstance(column, int):
                yield f"{key} format", f"got {column!r}; a jsonl file has named keys, put it in quotes if this is one"

    def _column_mismatches(self, columns: list[str]) -> Iterator[tuple[str, str]]:
        if self.format not in ("tsv", "csv", "captions"):
            yield "columns format", f"only a tsv or csv has columns to name, the format is {self.format}"
            return
        if len(set(columns)) < len(columns):
            yield "columns", f"a name stands there twice: {', '.join(columns)}"
        for key, name in self._wanted_columns(columns):
            if name not in columns:
                yield f"{key} columns", f"there is no column {name!r} among columns: {', '.join(columns)}"

    def _wanted_columns(self, columns: list[str]) -> list[tuple[str, str]]:
        """(key, column) of what is read: picture and caption, a pair where its keys say so, or a labelled text."""
        if self.format == "captions":
            return [("image", self.image), *([("captions", self.captions)] if self.captions else [])]
        if set(self.pair) <= set(columns) or self.pair != type(self).model_fields["pair"].default:
            return [("pair", name) for name in self.pair]
        labels = [self.label] if isinstance(self.label, str) else self.label
        return [("text", self.text), *(("label", label) for label in labels)]


AnyData = Annotated[BuiltinData | TfdsData | FilesData, Field(discriminator="source")]
