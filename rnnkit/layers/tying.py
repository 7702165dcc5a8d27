"""An embedding whose table is a head's weights too."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="rnnkit")
class SharedEmbedding(keras.layers.Embedding):
    """An embedding that hands out its table besides its vectors.

    Call arguments:
        inputs: int tensor of any shape.

    Returns:
        vectors: (..., output_dim).
        table: (input_dim, output_dim), for `TiedHead`.
    """

    def call(self, inputs):
        vectors = super().call(inputs)
        return vectors, ops.cast(self.embeddings, self.compute_dtype)

    def compute_output_spec(self, inputs):
        table = keras.KerasTensor((self.input_dim, self.output_dim), dtype=self.compute_dtype)
        return super().compute_output_spec(inputs), table


@keras.saving.register_keras_serializable(package="rnnkit")
class TiedHead(keras.layers.Layer):
    """Logits from the table of an embedding: x E^T + b. Weights: `bias` b (input_dim,) alone.

    Call arguments:
        vectors: x, (..., width).
        table: E (input_dim, width), of a `SharedEmbedding`.

    Returns:
        (..., input_dim).

    Source: Press and Wolf, 2017, arXiv 1608.05859; Inan et al., 2017, arXiv 1611.01462.
    """

    def build(self, vectors_shape, table_shape):
        self.bias = self.add_weight(shape=(table_shape[0],), initializer="zeros", name="bias")

    def call(self, vectors, table):
        return ops.add(ops.matmul(vectors, ops.transpose(table)), self.bias)

    def compute_output_shape(self, vectors_shape, table_shape):
        return (*vectors_shape[:-1], table_shape[0])
