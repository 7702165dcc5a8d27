"""Which engine runs a layer."""

from rnnkit.cells.arguments import choice
from rnnkit.cells.base import FusedCell

ENGINES = ("auto", "fused", "general")


def why_not_fused(cell, *, unroll, compute_dtype):
    """Why the fused engine cannot run `cell`, as a sentence, or `None` where it can.

    Args:
        cell: The layer's cell.
        unroll: Boolean, the layer's `unroll`.
        compute_dtype: String, the layer's compute dtype.
    """
    if not isinstance(cell, FusedCell):
        return f"its cell, {type(cell).__name__}, is no rnnkit.cells.FusedCell"
    if cell.not_fused_because is not None:
        return cell.not_fused_because
    if unroll:
        return "unroll=True asks for steps laid out one by one, which is the general engine's way"
    if cell.compute_dtype != compute_dtype:
        return f"its cell computes in {cell.compute_dtype} and the layer in {compute_dtype}; give both the same `dtype`"
    return None


def choose_engine(owner, engine, cell, *, unroll, compute_dtype):
    """Returns `"fused"` or `"general"`.

    Args:
        owner: String, the layer's name, for the messages.
        engine: `"auto"` (fused where it can), `"fused"` or `"general"`.
        cell, unroll, compute_dtype: As in `why_not_fused`.

    Raises:
        ValueError: `engine` is unknown, or is `"fused"` where that cannot be; the message gives the reason.
    """
    choice(owner, "engine", engine, ENGINES)
    if engine == "general":
        return "general"
    reason = why_not_fused(cell, unroll=unroll, compute_dtype=compute_dtype)
    if reason is None:
        return "fused"
    if engine == "auto":
        return "general"
    raise ValueError(f"{owner}: engine='fused' cannot run this layer: {reason}. Use engine='auto' or 'general'.")
