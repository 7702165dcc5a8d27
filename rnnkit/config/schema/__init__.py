"""The schema of a run: every key of a YAML file, its type, its bounds and its default. The only home of defaults."""

from rnnkit.config.schema.captioning import CaptioningModel, Picture
from rnnkit.config.schema.data import (
    AnyData,
    BuiltinData,
    BuiltinSplits,
    Data,
    FilesData,
    Role,
    Splits,
    TfdsData,
    TfdsSplits,
)
from rnnkit.config.schema.generation import GenerationDecoding, GenerationModel, GenerationText
from rnnkit.config.schema.images import Image
from rnnkit.config.schema.language import (
    Generation,
    LanguageEvaluate,
    LanguageModel,
    LanguageText,
    LanguageTrain,
)
from rnnkit.config.schema.model import (
    BUILTIN_CELLS,
    WORD_PATTERN,
    Characters,
    ClassifierModel,
    ClassifierText,
    Model,
    Pooling,
    TaggerModel,
    TaggerText,
    Text,
)
from rnnkit.config.schema.run import LanguageModelRun, Run, SentimentRun, TaggingRun
from rnnkit.config.schema.section import Section
from rnnkit.config.schema.train import (
    Averaging,
    Checkpoint,
    EarlyStopping,
    Evaluate,
    Export,
    Finetune,
    Optimizer,
    Schedule,
    Train,
)
from rnnkit.config.schema.translation import TranslationDecoding, TranslationModel
from rnnkit.config.schema.units import LONGEST_TEXT, CaptionText, LimitedText, PairText, UnitText
from rnnkit.config.schema.writing import (
    AttendingModel,
    Decoding,
    MemoryAttention,
    ScheduledSampling,
    TextEvaluate,
    WriterModel,
)
from rnnkit.config.schema.writing_runs import CaptioningRun, GenerationRun, TranslationRun, WriterRun

RUNS: dict[str, type[Run]] = {
    "sentiment": SentimentRun,
    "tagging": TaggingRun,
    "language_model": LanguageModelRun,
    "translation": TranslationRun,
    "captioning": CaptioningRun,
    "generation": GenerationRun,
}

__all__ = [
    "BUILTIN_CELLS",
    "LONGEST_TEXT",
    "RUNS",
    "WORD_PATTERN",
    "AnyData",
    "AttendingModel",
    "Averaging",
    "BuiltinData",
    "BuiltinSplits",
    "CaptionText",
    "CaptioningModel",
    "CaptioningRun",
    "Characters",
    "Checkpoint",
    "ClassifierModel",
    "ClassifierText",
    "Data",
    "Decoding",
    "EarlyStopping",
    "Evaluate",
    "Export",
    "FilesData",
    "Finetune",
    "Generation",
    "GenerationDecoding",
    "GenerationModel",
    "GenerationRun",
    "GenerationText",
    "Image",
    "LanguageEvaluate",
    "LanguageModel",
    "LanguageModelRun",
    "LanguageText",
    "LanguageTrain",
    "LimitedText",
    "MemoryAttention",
    "Model",
    "Optimizer",
    "PairText",
    "Picture",
    "Pooling",
    "Role",
    "Run",
    "Schedule",
    "ScheduledSampling",
    "Section",
    "SentimentRun",
    "Splits",
    "TaggerModel",
    "TaggerText",
    "TaggingRun",
    "Text",
    "TextEvaluate",
    "TfdsData",
    "TfdsSplits",
    "Train",
    "TranslationDecoding",
    "TranslationModel",
    "TranslationRun",
    "UnitText",
    "WriterModel",
    "WriterRun",
]
