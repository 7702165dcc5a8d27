"""Pictures: from the bytes of a file to what a network reads, in TensorFlow operations that export with it."""

import math
import re
from collections.abc import Callable, Iterator
from functools import partial
from hashlib import blake2b

import tensorflow as tf

from rnnkit.config.schema import Image
from rnnkit.data.skips import Skips


class ImageDecoder(tf.Module):
    """Bytes of PNG, JPEG, GIF and BMP files to pictures of one size, RGB from 0 to 1.

    Grey becomes RGB; what is transparent in a PNG lies on white, unless one colour that is not in a palette stands for
    transparent; 16 bits are read as 8; of an animation the first frame is taken. The orientation that a camera notes
    (EXIF) is ignored. Pictures are made smaller with antialiasing.

    Args:
        image: The size, how a picture is fitted to it, and how large it may be.
    """

    def __init__(self, image: Image):
        super().__init__()
        self.image = image

    def __call__(self, encoded: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Pictures of files; one that cannot be read does no harm to the others.

        Args:
            encoded: `(batch,)` string.

        Returns:
            Pictures, `(batch, height, width, 3)` float32, and which could be read, `(batch,)` bool. Those that could
            not be, being none, damaged, or of more than `image.max_pixels`, are all 0.
        """
        rows = tf.data.Dataset.from_tensor_slices(tf.concat([encoded, [""]], axis=0))  # a batch may be empty
        rows = rows.flat_map(self._row).batch(tf.size(encoded, tf.int64) + 1)
        images, found = rows.get_single_element()
        return images[:-1], found[:-1]

    def decode_all(self, encoded: tf.Tensor) -> tf.Tensor:
        """Files `(batch,)` that are known to be readable to pictures, `(batch, height, width, 3)`; faster.

        Raises:
            tf.errors.OpError: If one cannot be read.
        """
        size = [self.image.height, self.image.width, 3]
        return tf.map_fn(self.decode, encoded, fn_output_signature=tf.TensorSpec(size, tf.float32))

    def decode(self, encoded: tf.Tensor) -> tf.Tensor:
        """One file, a scalar string, to its picture, `(height, width, 3)` float32.

        Raises:
            tf.errors.OpError: If it cannot be read.
        """
        pixels = self.pixels(encoded) / 255.0
        wanted = [self.image.height, self.image.width]
        fits = tf.reduce_all(tf.shape(pixels)[:2] == wanted)
        pixels = tf.cond(fits, lambda: pixels, lambda: tf.clip_by_value(_fitted(pixels, self.image), 0.0, 1.0))
        return tf.ensure_shape(pixels, [*wanted, 3])

    def pixels(self, encoded: tf.Tensor) -> tf.Tensor:
        """One file, a scalar string, as it is: `(rows, columns, 3)` float32 from 0 to 255. Raises as `decode`."""
        form = _form(encoded)
        count = tf.reduce_prod(tf.cast(_size(encoded, form), tf.int64))
        limit = tf.constant(self.image.max_pixels, tf.int64)
        with tf.control_dependencies([tf.debugging.assert_less_equal(count, limit)]):
            pixels = tf.switch_case(form, [partial(unpack, encoded) for _, _, unpack in _FORMS])
            return tf.ensure_shape(pixels, [None, None, 3])

    def _row(self, encoded):
        read = tf.data.Dataset.from_tensors(encoded).map(self._found).ignore_errors()
        blank = tf.zeros([self.image.height, self.image.width, 3])
        return read.concatenate(tf.data.Dataset.from_tensors((blank, False))).take(1)

    def _found(self, encoded):
        return self.decode(encoded), True


def readable(start: Callable[[Skips], Iterator[dict]], image: Image) -> Callable[[Skips], Iterator[dict]]:
    """What starts a pass over examples with a picture; those with a `"place"` whose picture cannot be read are bad.

    Every picture is unpacked once, in whatever pass it comes first; 16 bytes are kept of it.
    """
    decoder, seen = ImageDecoder(image), set()

    def examples(skips: Skips) -> Iterator[dict]:
        for example in start(skips):
            mark = blake2b(example["image"], digest_size=16).digest() if "place" in example else None
            reason = None if mark is None or mark in seen else problem(example["image"], decoder)
            if reason is None:
                seen.add(mark)
                yield example
            else:
                skips.bad(example["place"], reason)

    return examples


def problem(encoded: bytes, decoder: ImageDecoder) -> str | None:
    """Why the bytes of a picture cannot be read; None if they can."""
    limit = decoder.image.max_pixels
    if not encoded:
        return "the picture is empty, it has 0 bytes"
    if not encoded.startswith(tuple(start for start, _, _ in _FORMS)):
        return f"the picture is no PNG, JPEG, GIF or BMP; it begins with {encoded[:8]!r}"
    try:
        with tf.device("CPU:0"):
            file = tf.constant(encoded)
            count = math.prod(_size(file, _form(file)).numpy().tolist())
            if count > limit:
                return f"the picture has {count:,} pixels; image.max_pixels allows {limit:,}"
            decoder.pixels(file)
    except tf.errors.OpError as error:
        reason = re.sub(r"\{\{.*?\}\}|\[Op:.*", "", error.message.splitlines()[0]).strip()
        return f"the picture cannot be read: {reason:.200}"
    except UnicodeDecodeError:  # TensorFlow's message has the file in it
        return "the picture cannot be read: its head is damaged"
    return None


def _form(encoded):
    """The place in `_FORMS` of a file, a scalar string; the last one for a file of no known form."""
    starts = tf.stack([tf.strings.substr(encoded, 0, len(start)) == start for start, _, _ in _FORMS[:-1]])
    return tf.where(tf.reduce_any(starts), tf.argmax(tf.cast(starts, tf.int32), output_type=tf.int32), len(_FORMS) - 1)


def _size(encoded, form):
    """Height and width (or the reverse), as the head of a file has them: `(2,)` int32."""
    return tf.switch_case(form, [partial(measure, encoded) for _, measure, _ in _FORMS])


def _numbers(encoded, place, dtype, little_endian=True):
    """Two numbers that stand in a file, one after the other; `(2,)` int32."""
    part = tf.strings.substr(encoded, place, 2 * dtype.size)
    return tf.abs(tf.cast(tf.io.decode_raw(part, dtype, little_endian=little_endian), tf.int32))


def _png_size(encoded):
    return _numbers(encoded, 16, tf.int32, little_endian=False)


def _png(encoded):
    pixels = tf.cast(tf.io.decode_png(encoded), tf.float32)  # grey or RGB, alone or with alpha: 1 to 4 channels
    has_alpha = 1 - tf.shape(pixels)[2] % 2
    alpha = tf.where(has_alpha > 0, pixels[..., -1:] / 255.0, 1.0)
    return _rgb(pixels[..., : tf.shape(pixels)[2] - has_alpha]) * alpha + 255.0 * (1.0 - alpha)


def _jpeg_size(encoded):
    return tf.io.extract_jpeg_shape(encoded)[:2]


def _jpeg(encoded):
    return tf.cast(tf.io.decode_jpeg(encoded, channels=3), tf.float32)


def _gif_size(encoded):
    return _numbers(encoded, 6, tf.uint16)


def _gif(encoded):
    return tf.cast(tf.io.decode_image(encoded, channels=3, expand_animations=False), tf.float32)


def _bmp_size(encoded):
    return _numbers(encoded, 18, tf.int32)


def _bmp(encoded):
    pixels = tf.io.decode_bmp(encoded)  # of 3 or 4 channels, or of 1: places in the palette
    has_palette = tf.shape(pixels)[2] == 1
    return tf.cast(tf.cond(has_palette, lambda: _looked_up(pixels, encoded), lambda: pixels[..., :3]), tf.float32)


def _looked_up(places, encoded):
    """Places (rows, columns, 1) in the palette of a BMP, which stands between head and pixels, as colours."""
    pixels, head = (tf.io.decode_raw(tf.strings.substr(encoded, place, 4), tf.int32)[0] for place in (10, 14))
    palette = tf.io.decode_raw(tf.strings.substr(encoded, 14 + head, pixels - 14 - head), tf.uint8)
    return tf.gather(tf.reshape(palette, [-1, 4])[:, 2::-1], tf.cast(places[..., 0], tf.int32))  # stored blue first


def _rgb(pixels):
    """One channel or three as three."""
    return tf.broadcast_to(pixels, tf.concat([tf.shape(pixels)[:2], [3]], axis=0))


# How a file of each form begins, how its size is read, and how it is unpacked.
_FORMS = (
    (b"\x89PNG", _png_size, _png),
    (b"\xff\xd8\xff", _jpeg_size, _jpeg),
    (b"GIF8", _gif_size, _gif),
    (b"BM", _bmp_size, _bmp),
)


def _fitted(pixels, image):
    """A picture `(rows, columns, 3)` in the size of the configuration: `(height, width, 3)`."""
    wanted, size = tf.constant([image.height, image.width]), tf.shape(pixels)[:2]
    ratios = tf.cast(wanted, tf.float32) / tf.cast(size, tf.float32)
    if image.resize == "crop":
        box = _scaled(wanted, 1.0 / tf.reduce_max(ratios), size)
        pixels = tf.slice(pixels, tf.concat([(size - box) // 2, [0]], axis=0), tf.concat([box, [3]], axis=0))
    elif image.resize == "pad":
        box = _scaled(size, tf.reduce_min(ratios), wanted)
        pixels = tf.image.resize(pixels, box, antialias=True)
        return tf.image.resize_with_crop_or_pad(pixels, image.height, image.width)
    return tf.image.resize(pixels, wanted, antialias=True)


def _scaled(size, factor, most):
    """A height and width times a factor, at least 1 and at most those given."""
    return tf.clip_by_value(tf.cast(tf.round(tf.cast(size, tf.float32) * factor), tf.int32), 1, most)
