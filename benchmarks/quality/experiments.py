"""What is measured: corpora with their digests, configurations, the metric and published figures."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.quality import nlvr


@dataclass(frozen=True)
class Experiment:
    """One line of the table.

    Attributes:
        name: as given to --only.
        app: whose command trains it.
        config: its configuration file.
        metric: the metric of the test split that counts.
        further: other metrics of it that the table shows too, of the same kind.
        corpus: folder of the corpus below --data, a key of DIGESTS.
        published: figures to stand beside it, in words.
        overrides: `key=value` over the configuration; $DATA is the folder of the corpora.
        base: the experiment whose run of the same seed, or of its only one, this one is fine-tuned from, or None.
        seeds: the seeds that it is trained with; none: those that are asked for.
        percent: whether the metric is a share, shown as a percentage.
        digits: behind the point.
        rescored: further scores of the trained model: what each is, and the overrides of `evaluate`.
        prepare: makes a folder for the configuration of the corpus's; see PREPARED.
    """

    name: str
    app: str
    config: str
    metric: str
    corpus: str
    published: str
    overrides: tuple[str, ...] = field(default=())
    base: str | None = None
    seeds: tuple[str, ...] = ()
    percent: bool = True
    digits: int = 2
    further: tuple[str, ...] = ()
    rescored: tuple[tuple[str, tuple[str, ...]], ...] = ()
    prepare: Callable[[Path, Path], None] | None = None


def _pretraining() -> Iterator[Experiment]:
    """SST-2 with few and with all examples: from scratch, from WikiText-2, and from what has read SST-2's text too."""
    few = ("train.batch_size=16", "text.min_count=1")
    sizes = {
        "100": (("data.train_limit=100", *few), ("train.epochs=40",), ("train.epochs=30",)),
        "500": (("data.train_limit=500", *few), ("train.epochs=30",), ("train.epochs=20",)),
        "all": ((), (), ()),
    }
    for size, (shared, scratch, tuned) in sizes.items():
        if size != "all":  # which is the experiment sst2
            yield _sst2(f"sst2_{size}_scratch", "sst2", f"none: {size} sentences, from scratch", shared + scratch)
        for base, words in (("wikitext2_lower", "WikiText-2"), ("sst2_text", "WikiText-2 and SST-2's text")):
            name = f"sst2_{size}_{'adapted' if base == 'sst2_text' else 'pretrained'}"
            published = f"none: {size} sentences, from a language model of {words}"
            yield _sst2(name, "sst2_from_wikitext2", published, shared + tuned, base)


LAST_TENTH = ("data.splits.validation=validation+test", "evaluate.split=validation", "evaluate.baselines=false")
CARRIED = (*LAST_TENTH, "evaluate.batch_size=1")  # one row: no token is predicted from a state that was warmed up
WINDOWS = (*LAST_TENTH, "evaluate.carry_state=false", "evaluate.window=256")
SHAKESPEARE = "nanoGPT's split, windows of 256: 1.4697 its Transformer; minGRU 1.548, minLSTM 1.555 (arXiv 2410.01201)"


def _shakespeare() -> Iterator[Experiment]:
    """Characters of Tiny Shakespeare with each cell, at the same number of epochs, units and layers."""
    for cell in ("lstm", "gru", "min_gru", "simple"):
        yield Experiment(
            f"tiny_shakespeare_{cell}",
            "language_model",
            "configs/language_model/tiny_shakespeare.yaml",
            "loss",
            "tiny_shakespeare",
            SHAKESPEARE,
            (f"model.cell={cell}", "data.manual_dir=$DATA/tiny_shakespeare", "data.data_dir=runs/quality/tfds"),
            seeds=("1",),
            percent=False,
            digits=4,
            rescored=(
                ("last 10 %, state carried", CARRIED),
                ("last 10 %, windows of 256", WINDOWS),
            ),
        )


def _multi30k() -> Iterator[Experiment]:
    """English to German; and in a third of the epochs, with each way of the context. BLEU of the beam, and greedy."""
    yield _translation("multi30k", "39.00 LIUM-CVC's text-only system (Caglayan et al. 2017)")
    for context in ("attention", "initial", "input", "both"):
        without = () if context == "attention" else ("model.attention={}", f"model.context={context}")
        yield _translation(f"multi30k_{context}", "none: 10 epochs", ("train.epochs=10", *without))


def _translation(name: str, published: str, overrides: tuple[str, ...] = ()) -> Experiment:
    return Experiment(
        name,
        "translation",
        "configs/translation/multi30k.yaml",
        "beam_bleu",
        "multi30k_en_de",
        published,
        overrides,
        seeds=("1",),
        percent=False,
        further=("bleu",),
    )


PREPARED = Path("runs") / "quality" / "data"  # has a folder for each corpus that is prepared


def _nlvr() -> Iterator[Experiment]:
    """People's sentences about pictures, from the picture, and from a blank one: a language model that sees nothing."""
    for name, pictures in (("nlvr", "pictures"), ("nlvr_blind", "blank")):
        yield Experiment(
            name,
            "captioning",
            "configs/captioning/nlvr.yaml",
            "perplexity",
            "nlvr_captions",
            "none: NLVR is published for telling true from false",
            (f"data.directory={PREPARED}/nlvr_captions", f"data.image_directory={pictures}"),
            percent=False,
            further=("beam_bleu", "bleu"),
            prepare=nlvr.prepare,
        )


def _sst2(name, config, published, overrides, base=None) -> Experiment:
    path = f"configs/sentiment/{config}.yaml"
    return Experiment(name, "sentiment", path, "accuracy", "sst2", published, overrides, base)


EXPERIMENTS = (
    Experiment(
        "ewt",
        "tagging",
        "configs/tagging/ewt.yaml",
        "token_accuracy",
        "ud_english_ewt",
        "95.5 jPTDP 2.0 (Nguyen and Verspoor 2018), 94.4 UDPipe 1.2, both on older releases",
    ),
    Experiment(
        "goemotions",
        "sentiment",
        "configs/sentiment/goemotions.yaml",
        "macro_f1",
        "goemotions",
        "none for one label of 28; the paper scores several at once: BiLSTM 41, BERT 46 (Demszky et al. 2020)",
        overrides=("data.manual_dir=$DATA/goemotions", "data.data_dir=runs/quality/tfds"),
    ),
    Experiment(
        "goemotions_polarity",
        "sentiment",
        "configs/sentiment/goemotions_polarity.yaml",
        "accuracy",
        "goemotions",
        "none: the paper scores 28 labels at once",
        overrides=("data.manual_dir=$DATA/goemotions", "data.data_dir=runs/quality/tfds"),
    ),
    Experiment(
        "wnut17",
        "tagging",
        "configs/tagging/wnut17.yaml",
        "entity_f1",
        "wnut17",
        "41.9 best of the shared task, with pre-trained vectors and gazetteers (Derczynski et al. 2017)",
    ),
    Experiment(
        "wnut17_crf",
        "tagging",
        "configs/tagging/wnut17_crf.yaml",
        "entity_f1",
        "wnut17",
        "41.9 best of the shared task, with pre-trained vectors and gazetteers (Derczynski et al. 2017)",
    ),
    Experiment(
        "sst2",
        "sentiment",
        "configs/sentiment/sst2.yaml",
        "accuracy",
        "sst2",
        "81.4 bag of random word vectors (Iyyer et al. 2015, NBOW-RAND)",
    ),
    Experiment(
        "sst2_phrases",
        "sentiment",
        "configs/sentiment/sst2_phrases.yaml",
        "accuracy",
        "sst_trees",
        "82.7 CNN-rand (Kim 2014), 84.9 LSTM and 87.5 bidirectional LSTM with GloVe vectors (Tai et al. 2015)",
    ),
    Experiment(
        "sst2_300_finetuned",
        "sentiment",
        "configs/sentiment/finetune_sst2.yaml",
        "accuracy",
        "sst2",
        "none: 300 sentences, from goemotions_polarity",
        base="goemotions_polarity",
    ),
    Experiment(
        "sst2_300_scratch",
        "sentiment",
        "configs/sentiment/sst2.yaml",
        "accuracy",
        "sst2",
        "none: the same 300 sentences, from scratch",
        overrides=("data.train_limit=300", "train.batch_size=16", "train.epochs=30", "text.min_count=1"),
    ),
    Experiment(
        "wikitext2_lower",
        "language_model",
        "configs/language_model/wikitext2_lower.yaml",
        "perplexity",
        "wikitext2",
        "none in lower case with 20,000 words",
        seeds=("1",),
        percent=False,
    ),
    Experiment(
        "sst2_text",
        "language_model",
        "configs/language_model/sst2_from_wikitext2.yaml",
        "perplexity",
        "sst2",
        "none: the sentences without labels, from wikitext2_lower",
        base="wikitext2_lower",
        seeds=("1",),
        percent=False,
    ),
    *_pretraining(),
    *_shakespeare(),
    Experiment(
        "wikitext2",
        "language_model",
        "configs/language_model/wikitext2.yaml",
        "perplexity",
        "wikitext2",
        "99.3 LSTM (Grave et al. 2016), 65.8 AWD-LSTM (Merity et al. 2017)",
        seeds=("1",),
        percent=False,
    ),
    *_multi30k(),
    *_nlvr(),
)

BY_NAME = {experiment.name: experiment for experiment in EXPERIMENTS}

DIGESTS = {
    "sst2": {
        "train.tsv": "ec192f833a64da08f475488a77b0d0b47db47acd0f458bd18433fc793b569920",
        "dev.tsv": "eddea6b39e601dd4e7a672b53cc40fdf6019fa80522f351206c24340ca5d9359",
        "test.tsv": "831169c7e2e429d6026e1bdbb542f33b636e3e596caad9602ebc953c205928b7",
    },
    "wikitext2": {
        "train.txt.gz": "fc9790d81cb8f08d3cfc5765fc8e67dcf8fe00845c1365914b81da130bbd79ce",
        "valid.txt.gz": "3cdd8cb5bb349a05840c7c3bef9578d90d64df77e27e0c25c033ba9342757ee3",
        "test.txt.gz": "688887879b4b526692cb2e423a516dcc5f6584a01fd3f33a8e164fbed2de8090",
    },
    "nlvr_captions": {
        "train.jsonl": "49b9a847f578e618e98aa1f39f4ce4bd6c970e41654405500f3990c5f0e52457",
        "train_images.zip": "edd44facd87087567a6d4b1cb3f871b7d5c8acc7720b2b49744e6570230d8e52",
        "dev.jsonl": "783b95e59334dc56a9c890cadcb8fc7ec8ea308a252e791920f58d28deabd3bf",
        "dev_images.zip": "af75740f7eb335e69ce4349d4a268f5a0ee3d5370ccdc0990536489ea42a9ac2",
        "test.jsonl": "f91c00780b9cef8f820d2daae818e1102a413a684a2737f7ddaef357b925da8f",
        "test_images.zip": "3aacb1908a23188dcbeec9972b0e31c9c1598f8fa2871e7bc5b8f3aff7b2eb74",
    },
    "tiny_shakespeare": {"input.txt": "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed"},
    "multi30k_en_de": {
        "train.en.gz": "d79cfa999dd4c51d2cb42499b6796d5a882c3a8a961923c25a898c90f8bbd56f",
        "train.de.gz": "726e39b2fa9eb9ffb6dc763fb35a179f80fae06ffc5d28b6ace5faa883de28a6",
        "val.en.gz": "14f7d25ddd868909a9213e361768460edcacdd6ab9d1e77b92560dc10c10dc28",
        "val.de.gz": "f0cba2f995189cf5770f29a8a9a537a3ad3f51657ad873405082ff6863a5e75a",
        "test_2016_flickr.en.gz": "611d361c6334bc7246101d48097c13cf5c4413c5befc793cc629934359d532d9",
        "test_2016_flickr.de.gz": "9204244e408ccb38d2a55cfcd344df15005fc42a07a6e55ca6c52b6ababb8cc8",
    },
    "sst_trees": {
        "train.txt.gz": "7e6aa375a039edd507ac6f2fd59167252fa26c1d4f4eacbb882b67173634b80a",
        "dev.txt.gz": "0803424c31e3d2d3a94b9274aeac0cdf1804e9356a107f204a9becb666beda7b",
        "test.txt.gz": "f12828c6b455e19da98558170c796519663bf2cd86821b877065b5e3fdb2ed63",
    },
    "ud_english_ewt": {
        "train.conllu.gz": "4861d76b9c49cb3524dfdf7d02e78c1d6a4c4e6fb892f9e6128cc671a6f195a8",
        "dev.conllu.gz": "24656b4a407808e7b9e42959b2e39e18ae5580bfbf3b27938d6873dabaed8845",
        "test.conllu.gz": "0506bfdbccef68634d5429369e67a7d4418b2340bd2b2ddcfca8373514af83bc",
    },
    "goemotions": {
        "train.tsv": "1c254a142be5c00e80d819b9ae1bbd36d94b2eeb8f4b1271846508d57e57d9c5",
        "dev.tsv": "575489c079c9de1097062a01738f998590d6b7ead66dd1c9fd1d2ba01fd8bc62",
        "test.tsv": "0587b2dd8b27b97352adbfc3fb083d46005c8946657fdc2b1ca8b1cc7f1f8be4",
    },
    "wnut17": {
        "train.conll": "1cf455647d19303423e31976257ef6a9e7f0afcec770a2060c07f8774ff2f4cf",
        "dev.conll": "86e01441aae63150f076c3bcb0230506e0f967072b62a337f0451d4be9c4bf92",
        "test.conll": "f5bdf528f9bdba164b101b463acd164e35db4f4f6c57d7d6cc3b4b7c6ef84a20",
    },
}
