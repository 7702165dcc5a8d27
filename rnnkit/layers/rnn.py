"""The layer that runs any cell over time: the one place that touches Keras's undocumented `inner_loop`."""

import keras

from rnnkit.engines import (
    Call,
    choose_engine,
    compilation_pays,
    compiled_steps_pay,
    cudnn_scan,
    fused_scan,
    linear_scan,
    why_not,
)
from rnnkit.layers.stacked_cells import StackedRNNCells
from rnnkit.layers.stepping import draw_masks


@keras.saving.register_keras_serializable(package="rnnkit")
class RNN(keras.layers.RNN):
    """Runs a cell over time.

        output_t, states_t = cell(x_t, states_{t-1})

    A `rnnkit.cells.FusedCell` runs on the fused engine, any other Keras cell on the general one, step by step.
    Everything else is as in `keras.layers.RNN`.

    Inside a `tf.function`, which is where Keras trains, the loop of the fused engine is compiled by XLA where the
    length of the sequences is known there, and in inference the batch size too. XLA compiles for every shape that it
    meets. What it compiled cannot be exported for TensorFlow Serving: see `rnnkit.engines.portable`.

    A `rnnkit.cells.LinearCell` runs on the linear engine, many steps at once; on a GPU, cuDNN runs what it can.

    Args:
        cell: A cell, or a list of cells, which become `rnnkit.layers.StackedRNNCells`. A cell has `state_size` and
            `call(inputs, states)` returning `(output, new_states)`.
        return_sequences: Boolean, whether to return every step's output, not only the last. Default `False`.
        return_state: Boolean, whether to return the final states too. Default `False`.
        go_backwards: Boolean, whether to run from the last step to the first; the outputs come in the order of running.
            Default `False`.
        stateful: Boolean, whether a batch starts from the states that the one before it ended with. Default `False`.
        unroll: Boolean, whether to lay out the steps one by one (general engine; needs a known time). Default `False`.
        zero_output_for_mask: Boolean, whether masked steps give zeros instead of the previous output. Default `False`.
        engine: `"auto"`, `"cudnn"`, `"xla"` (fused, its loop compiled), `"fused"`, `"linear"` or `"general"`. Default
            `"auto"`: the fastest that the cell, the options and the device allow.
        recompute: Boolean, whether training stores the states of every sqrt(time)-th step only and computes the others
            again (fused engine): little memory for long sequences, and one forward pass more. Default `False`.

    Call arguments:
        sequences: Tensor (batch, time, features).
        initial_state: List of tensors (batch, width), one for each state. Default: zeros.
        mask: Boolean tensor (batch, time) of any pattern, or `None`. Where it is false the states are carried on and
            the output is the previous one (zero before the first), or zero with `zero_output_for_mask`.
        training: Boolean, whether dropout applies.

    Returns:
        Output (batch, units), or (batch, time, units) with `return_sequences`; with `return_state` a tuple of it and
        the final states (batch, width). All in the compute dtype.

    Attributes:
        engine_used: The engine that the last call ran on; `None` before the first.

    Raises:
        ValueError: `engine` is unknown, or that engine cannot run the cell; the message says why.

    Example:

    ```python
    import keras
    from rnnkit.layers import RNN, GRUCell

    layer = RNN(GRUCell(4), return_sequences=True)
    outputs = layer(keras.ops.ones((2, 5, 3)))  # (2, 5, 4)
    ```
    """

    def __init__(
        self,
        cell,
        return_sequences=False,
        return_state=False,
        go_backwards=False,
        stateful=False,
        unroll=False,
        zero_output_for_mask=False,
        engine="auto",
        recompute=False,
        **kwargs,
    ):
        if isinstance(cell, (list, tuple)):
            cell = StackedRNNCells(cell)
        super().__init__(
            cell,
            return_sequences=return_sequences,
            return_state=return_state,
            go_backwards=go_backwards,
            stateful=stateful,
            unroll=unroll,
            zero_output_for_mask=zero_output_for_mask,
            **kwargs,
        )
        self.engine = engine
        self.recompute = recompute
        self.engine_used = None
        self._choose_engine(self._call_of())
        if engine in ("auto", "cudnn") and why_not("cudnn", self.cell, self._call_of()) is None:
            self.supports_jit = False  # XLA has no cuDNN recurrence, and Keras compiles whole models on a GPU

    def _call_of(self, shape=None, training=False):
        """What the engine of a call is chosen by."""
        allow_cudnn = getattr(self, "use_cudnn", "auto") is not False
        return Call(self.unroll, self.compute_dtype, shape, training, self.recompute, allow_cudnn)

    def _choose_engine(self, call):
        return choose_engine(self.name, self.engine, self.cell, call)

    def build(self, sequences_shape, initial_state_shape=None):
        super().build(sequences_shape, initial_state_shape)
        if self._choose_engine(self._call_of()) != "general":
            self._try_cell(sequences_shape[-1])

    def _try_cell(self, features):
        """Traces one symbolic step, so that a cell that breaks the contract says so before any data is seen."""
        sizes = self.state_size
        dtype = self.compute_dtype
        self.cell(
            keras.KerasTensor((None, features), dtype=dtype),
            [keras.KerasTensor((None, size), dtype=dtype) for size in sizes],
        )

    def call(self, sequences, initial_state=None, mask=None, training=False):
        draw_masks(self, training)
        return super().call(sequences, initial_state=initial_state, mask=mask, training=training)

    def inner_loop(self, sequences, initial_state, mask, training=False):
        """Runs the chosen engine: `(last_output, outputs, states)`, as `keras.layers.RNN.call` expects it."""
        if isinstance(mask, (list, tuple)):
            mask = mask[0]
        call = self._call_of(tuple(sequences.shape), bool(training))
        self.engine_used = self._choose_engine(call)
        if self.engine_used == "general":
            return super().inner_loop(sequences, initial_state, mask, training=training)
        engines = {"cudnn": cudnn_scan, "linear": linear_scan}
        options = {
            "cudnn": {},
            "linear": {"compile_loops": compilation_pays(call)},
            "fused": {
                "recompute": self.recompute,
                "compile_steps": self.engine == "auto" and compiled_steps_pay(call),
            },
            "xla": {"recompute": self.recompute, "compile_loops": True},
        }
        return engines.get(self.engine_used, fused_scan)(
            self.cell,
            sequences,
            initial_state,
            mask=mask,
            training=training,
            go_backwards=self.go_backwards,
            return_sequences=self.return_sequences,
            zero_output_for_mask=self.zero_output_for_mask,
            **options[self.engine_used],
        )

    def get_config(self):
        return {**super().get_config(), "engine": self.engine, "recompute": self.recompute}
