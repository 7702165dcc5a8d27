"""Decoding: from a function that scores the next token to texts. Knows no model.

Every method works on a `step(tokens, state) -> (logits, state)`, a pure function in TensorFlow:

- `tokens`: (rows,) int32, the last token of every row. At the first step that is `start`.
- `state`: any nest of tensors whose first axis is rows, of the same structure, types and shapes when it comes back.
- `logits`: (rows, vocabulary), any float type, any scale; -inf for a token that cannot come.
- A third result, `extras`, is any nest of tensors whose first axis is rows, such as attention weights. It is recorded
  for every step and follows its text through the beams.

Beam search calls it with rows × width rows, the beams of a row next to each other. What `step` hands back as it came,
the very same tensor (an encoder's outputs, a mask), is neither copied nor reordered.

All but `stream` runs in the graph (`tf.while_loop`), for any number of rows, known or not, and can be exported. Where
the number of rows is known and `step` allows it, greedy decoding, sampling and beam search, without extras, can also be
compiled by XLA (`jit_compile=True`), which is mostly the faster way; benchmarks/decoding measures both.
"""

from rnnkit.decoding.beam import beam_search
from rnnkit.decoding.constraints import ban, maximum_length, minimum_length, no_repeat_ngram
from rnnkit.decoding.generate import decode, greedy, sample
from rnnkit.decoding.options import DecodingOptions
from rnnkit.decoding.results import Decoded
from rnnkit.decoding.streaming import stream

__all__ = [
    "Decoded",
    "DecodingOptions",
    "ban",
    "beam_search",
    "decode",
    "greedy",
    "maximum_length",
    "minimum_length",
    "no_repeat_ngram",
    "sample",
    "stream",
]
