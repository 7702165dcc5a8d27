"""The options of decoding: their ranges, and the only home of their defaults."""

import dataclasses
import math
import numbers

METHODS = ("greedy", "sample", "beam")
LENGTH_PENALTIES = {"none": 0.0, "wu": 0.6, "length": 1.0}  # form: its usual alpha
_ALPHAS = (-5.0, 5.0)


@dataclasses.dataclass(frozen=True, kw_only=True)
class DecodingOptions:
    """How texts are decoded. Lengths count tokens, the end token of a text among them.

    Where options are known only when a graph runs, `temperature`, `top_k`, `top_p` and `seed` may be scalar tensors of
    float32, int32, float32 and int64. Their ranges are not checked then: a temperature of 0 or less is greedy, a
    `top_k` below 1 is None, `top_p` is cut to what it may be. Such options have no hash, so they are not for `stream`.

    Attributes:
        method: "greedy", "sample" or "beam": what `decode` does. The functions of these names do not read it.
        max_length: at least 1; a text of this length is cut there.
        min_length: at least 1; no end token before. 2 forbids the empty text, which is an end token alone.
        temperature: above 0; divides the logits before a token is drawn. Towards 0 drawing becomes greedy.
        top_k: at least 1; draw among that many most probable tokens. None, or above the vocabulary: among all.
        top_p: in (0, 1]; draw among the fewest most probable tokens whose chances, after temperature and `top_k`, add
            up to it (nucleus sampling). 1: among all.
        beam_width: at least 1, at most the vocabulary; beams of a row in beam search.
        length_penalty: what a text's log-probability is divided by for its rank, where l is its length:
            "none": 1; "wu": ((5 + l) / 6)^alpha; "length": l^alpha.
        length_alpha: in [-5, 5]; above 0 favours long texts, below 0 short ones. None: 0.6 for "wu"; 1 for "length",
            which is then the mean over the tokens.
        n_best: in [1, beam_width]; texts of a row that beam search returns.
        no_repeat_ngram: at least 1; no n-gram of this n comes twice in a text. None: any may.
        banned: token ids of 0 or more that never come.
        seed: of drawing, from 0 to 2^63 - 1.

    Raises:
        ValueError: for a value out of its range.

    Example:
        >>> DecodingOptions(method="sample", top_p=0.9).temperature
        1.0

    Reference:
        Holtzman et al. 2020, arXiv:1904.09751 (nucleus). Wu et al. 2016, arXiv:1609.08144, equation 14 ("wu").
    """

    method: str = "greedy"
    max_length: int = 100
    min_length: int = 1
    temperature: float = 1.0
    top_k: int | None = None
    top_p: float = 1.0
    beam_width: int = 5
    length_penalty: str = "wu"
    length_alpha: float | None = None
    n_best: int = 1
    no_repeat_ngram: int | None = None
    banned: tuple[int, ...] = ()
    seed: int = 0

    def __post_init__(self):
        self._check_each()
        if self.min_length > self.max_length:
            raise _error("min_length", f"at most max_length, {self.max_length},", self.min_length)
        if self.n_best > self.beam_width:
            raise _error("n_best", f"at most beam_width, {self.beam_width},", self.n_best)
        if self.length_penalty == "none" and self.length_alpha is not None:
            raise _error("length_alpha", 'None, or a length_penalty other than "none",', self.length_alpha)

    def _check_each(self):
        for name, choices in (("method", METHODS), ("length_penalty", tuple(LENGTH_PENALTIES))):
            if getattr(self, name) not in choices:
                raise _error(name, f"one of {', '.join(choices)}", getattr(self, name))
        for name in ("max_length", "min_length", "beam_width", "n_best"):
            _check_integer(name, getattr(self, name), 1)
        for name in ("top_k", "no_repeat_ngram"):
            if not (getattr(self, name) is None or (name == "top_k" and _is_scalar(self.top_k, "int32"))):
                _check_integer(name, getattr(self, name), 1, "None or ")
        self._check_drawing()
        low, high = _ALPHAS
        if self.length_alpha is not None and not (_is_number(self.length_alpha) and low <= self.length_alpha <= high):
            raise _error("length_alpha", f"None or a number from {low:g} to {high:g}", self.length_alpha)
        if isinstance(self.banned, str) or not isinstance(self.banned, list | tuple | set | frozenset):
            raise _error("banned", "a list of token ids", self.banned)
        for token in self.banned:
            _check_integer("banned", token, 0)
        object.__setattr__(self, "banned", tuple(sorted(set(self.banned))))

    def _check_drawing(self):
        if not _is_scalar(self.seed, "int64"):
            _check_integer("seed", self.seed, 0)
            if self.seed >= 2**63:
                raise _error("seed", "an integer below 2^63", self.seed)
        if not _is_scalar(self.temperature, "float32") and not (_is_number(self.temperature) and self.temperature > 0):
            raise _error("temperature", "a number above 0", self.temperature)
        if not _is_scalar(self.top_p, "float32") and not (_is_number(self.top_p) and 0 < self.top_p <= 1):
            raise _error("top_p", "a number above 0 and at most 1", self.top_p)

    @property
    def alpha(self) -> float:
        """The exponent of the length penalty."""
        return LENGTH_PENALTIES[self.length_penalty] if self.length_alpha is None else float(self.length_alpha)


def _is_scalar(value, dtype):
    """Whether a value is a scalar tensor of TensorFlow, which is not imported here."""
    return getattr(getattr(value, "shape", None), "rank", None) == 0 and value.dtype == dtype


def _is_number(value):
    return isinstance(value, numbers.Real) and not isinstance(value, bool) and math.isfinite(value)


def _check_integer(name, value, least, otherwise=""):
    if isinstance(value, bool) or not isinstance(value, numbers.Integral) or value < least:
        raise _error(name, f"{otherwise}an integer of {least} or more", value)


def _error(name, allowed, value):
    return ValueError(f"{name}: {allowed} is needed, got {value!r}")


DEFAULTS = DecodingOptions()
