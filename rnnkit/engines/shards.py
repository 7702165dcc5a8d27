"""Parts of a batch that run at the same time, one for each core.

A loop over time gives a core too little to share with the others at every step; whole loops over parts of the batch
need each other at no step.
"""

import os

import tensorflow as tf

ROWS = 8  # of a part at least: below, a matmul is bound by reading its weights
USUAL_ROWS = 32  # taken for a batch whose size is not known before the graph runs
ENTRIES = 2048  # of a part's products at least: below, a loop is bound by starting its operations
WIDE = 640  # columns of a product, from which on the cores share each product as well as whole loops


def shard_count(batch, width, narrowest=None):
    """Into how many parts to split a batch.

    Args:
        batch: Integer, the number of rows, or `None` where it is not known before the graph runs.
        width: Integer, the number of entries of a row's recurrent product.
        narrowest: Integer, the columns of the narrowest product of the loop, where XLA compiles it and can share it.
    """
    if tf.executing_eagerly() or tf.config.list_logical_devices("GPU") or (narrowest or 0) >= WIDE:
        return 1
    rows = USUAL_ROWS if batch is None else batch
    return max(1, min(_cores(), rows // ROWS, rows * width // ENTRIES))


def run_in_shards(run, count, tensors):
    """Runs a function on parts of the batch, and puts what it returns together. It is traced once for all parts.

    Args:
        run: Function of such tensors, to tensors, in any nesting, whose first axis is the batch.
        count: Integer, the number of parts.
        tensors: Tensors whose first axis is the batch, in any nesting; `None` stays `None`.

    Returns:
        What `run` returns, for the whole batch.
    """
    if count == 1:
        return run(tensors)
    flat = tf.nest.flatten(tensors)
    batch = next(tensor for tensor in flat if tensor is not None)
    rows = tf.shape(batch)[0] if batch.shape[0] is None else batch.shape[0]
    sizes = [(rows + part) // count for part in range(count)]
    parts = [[None] * count if tensor is None else tf.split(tensor, sizes) for tensor in flat]
    traced = tf.function(run, autograph=False)
    results = [traced(tf.nest.pack_sequence_as(tensors, part)) for part in zip(*parts)]
    return tf.nest.map_structure(lambda *pieces: tf.concat(pieces, axis=0), *results)


def _cores():
    threads = tf.config.threading.get_inter_op_parallelism_threads()
    if threads:
        return threads
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
