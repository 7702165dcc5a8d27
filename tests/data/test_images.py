"""Pictures: any file to numbers of one size, and files that are no pictures."""

import io
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image as Pillow

from rnnkit.config.schema import Image
from rnnkit.data.images import ImageDecoder, readable
from rnnkit.data.skips import Skips
from rnnkit.errors import DataError
from tests.data.helpers import noise, picture

PIXELS = noise(6, 8)
FINE = picture(PIXELS)
DAMAGED = {
    "empty": b"",
    "text": b"<html>404</html>",
    "head only": FINE[:8],
    "truncated png": picture(noise(100, 100))[:-500],
    "truncated jpeg": picture(noise(100, 100), "JPEG")[:600],
    "truncated gif": picture(noise(100, 100), "GIF")[:900],
    "truncated bmp": picture(noise(100, 100), "BMP")[:900],
    "webp": picture(PIXELS, "WEBP"),
}


def decode(*files, height=6, width=8, **options):
    """(pictures, which could be read) as arrays."""
    images, found = ImageDecoder(Image(height=height, width=width, **options))(tf.constant(list(files), tf.string))
    assert images.dtype == tf.float32 and found.dtype == tf.bool
    return images.numpy(), found.numpy().tolist()


def only(file, **options):
    images, found = decode(file, **options)
    assert found == [True]
    return images[0]


# === forms of files ===


@pytest.mark.parametrize("form", ["PNG", "BMP"])
def test_pixels_of_the_right_size_are_only_scaled(form):
    np.testing.assert_allclose(only(picture(PIXELS, form)), PIXELS / 255.0, atol=1e-6)


def test_jpeg():
    smooth = np.tile(np.linspace(40, 200, 16).astype(np.uint8)[None, :, None], [16, 1, 3])
    found = only(picture(smooth, "JPEG", quality=95), height=16, width=16)
    np.testing.assert_allclose(found, smooth / 255.0, atol=0.03)


def test_grey_and_black_and_white_become_rgb():
    grey = PIXELS[:, :, 0]
    for form in ("PNG", "BMP"):
        np.testing.assert_allclose(only(picture(grey, form)), np.repeat(grey[:, :, None], 3, 2) / 255.0, atol=1e-6)
    assert np.ptp(only(picture(grey, "JPEG")), axis=-1).max() < 1e-6
    bits = only(picture(("1", (8, 6), 1)))
    assert (bits == 1.0).all()


def test_sixteen_bits_are_read_as_eight():
    deep = np.arange(48, dtype=np.uint16).reshape(6, 8) * 1300
    np.testing.assert_allclose(only(picture(deep))[:, :, 1], deep / 65535.0, atol=1 / 255)


@pytest.mark.parametrize("form, colours", [("PNG", 16), ("BMP", 16), ("BMP", 48)])
def test_a_palette(form, colours):
    stream = io.BytesIO()
    Pillow.fromarray(PIXELS).quantize(colours).save(stream, form)
    expected = np.asarray(Pillow.open(stream).convert("RGB"))
    np.testing.assert_allclose(only(stream.getvalue()), expected / 255.0, atol=1e-6)


def test_a_palette_with_transparent_colours():
    stream = io.BytesIO()
    made = Pillow.fromarray(PIXELS).quantize(16)
    made.save(stream, "PNG", transparency=bytes(16))  # all of them
    np.testing.assert_allclose(only(stream.getvalue()), 1.0, atol=1e-6)


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_what_is_transparent_lies_on_white(mode):
    clear = np.asarray(Pillow.new(mode, (8, 6), (0, 0, 0, 0) if mode == "RGBA" else (0, 0)))
    half = np.asarray(Pillow.new(mode, (8, 6), (0, 0, 0, 51) if mode == "RGBA" else (0, 51)))
    images, found = decode(picture(clear), picture(half))
    assert found == [True, True]
    np.testing.assert_allclose(images[0], 1.0, atol=1e-6)
    np.testing.assert_allclose(images[1], 0.8, atol=1e-6)


def test_of_an_animation_the_first_frame():
    frames = [Pillow.new("RGB", (8, 6), colour) for colour in ("red", "blue")]
    stream = io.BytesIO()
    frames[0].save(stream, "GIF", save_all=True, append_images=frames[1:], duration=40)
    np.testing.assert_allclose(only(stream.getvalue())[2, 3], [1.0, 0.0, 0.0], atol=1e-6)


def test_cmyk_jpeg():
    assert only(picture(("CMYK", (8, 6), (0, 0, 0, 0)), "JPEG")).mean() > 0.98


def test_the_orientation_of_a_camera_is_ignored():
    exif = Pillow.Exif()
    exif[0x0112] = 6  # to be turned by 90 degrees
    turned = picture(PIXELS, "JPEG", exif=exif.tobytes())
    np.testing.assert_array_equal(only(turned), only(picture(PIXELS, "JPEG")))


# === sizes ===


def halves(height, width):
    """The left half black, the right half white."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[:, width // 2 :] = 255
    return picture(pixels)


def test_stretching_bends():
    found = only(halves(40, 20), height=10, width=10, resize="stretch")
    np.testing.assert_allclose(found[:, :4], 0.0, atol=1e-6)
    np.testing.assert_allclose(found[:, 6:], 1.0, atol=1e-6)


def test_padding_keeps_all_and_the_shape_and_has_black_borders():
    found = only(picture(("RGB", (20, 40), "white")), height=10, width=10, resize="pad")
    np.testing.assert_allclose(found[:, [0, 1, 8, 9]], 0.0, atol=1e-6)  # 5 of 10 columns are the picture's
    np.testing.assert_allclose(found[:, 3:7], 1.0, atol=1e-6)
    assert found[:, :, 0].sum() == pytest.approx(50, abs=1e-3)


def test_cropping_keeps_the_middle():
    pixels = np.zeros((40, 20, 3), np.uint8)
    pixels[10:30] = 255
    np.testing.assert_allclose(only(picture(pixels), height=10, width=10, resize="crop"), 1.0, atol=1e-6)


@pytest.mark.parametrize("how", ["pad", "crop", "stretch"])
@pytest.mark.parametrize("shape", [(1, 1), (1, 3000), (3000, 1), (3, 5), (64, 48)])
def test_any_shape_of_picture(how, shape):
    assert only(picture(np.full((*shape, 3), 255, np.uint8)), height=7, width=9, resize=how).max() == 1.0


def test_fine_patterns_become_grey_not_noise():
    pixels = np.zeros((64, 64, 3), np.uint8)
    pixels[::2] = 255
    np.testing.assert_allclose(only(picture(pixels), height=8, width=8)[1:-1], 0.5, atol=0.05)


# === what is no picture ===


@pytest.mark.parametrize("case", DAMAGED)
def test_what_cannot_be_read_harms_no_other_row(case):
    images, found = decode(FINE, DAMAGED[case], FINE)
    assert found == [True, False, True]
    assert not images[1].any()
    np.testing.assert_allclose(images[[0, 2]], [PIXELS / 255.0] * 2, atol=1e-6)


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "BMP"])
def test_too_many_pixels(form):
    file = picture(("RGB", (30, 20), "red"), form)
    assert decode(file, max_pixels=600)[1] == [True]
    assert decode(file, max_pixels=599)[1] == [False]


def test_a_bomb_is_refused_before_it_is_unpacked():
    bomb = bytearray(FINE)
    bomb[16:24] = (60_000).to_bytes(4, "big") * 2  # 10 GB if it were believed
    assert decode(bytes(bomb), FINE)[1] == [False, True]


def test_no_pictures_at_all():
    images, found = decode()
    assert images.shape == (0, 6, 8, 3) and found == []


# === graphs ===


def test_graph_equals_eager_for_any_batch():
    decoder = ImageDecoder(Image(height=5, width=4))
    traced = tf.function(decoder, input_signature=[tf.TensorSpec([None], tf.string)])
    for files in ([FINE, b"", DAMAGED["truncated png"]], [FINE], []):
        files = tf.constant(files, tf.string)
        tf.nest.map_structure(np.testing.assert_array_equal, traced(files), decoder(files))
    assert traced.get_concrete_function().outputs[0].shape.as_list() == [None, 5, 4, 3]


def test_in_a_dataset():
    decoder = ImageDecoder(Image(height=6, width=8))
    files = tf.data.Dataset.from_tensor_slices([FINE, b"x", FINE, FINE]).batch(2)
    found = list(files.map(decoder, tf.data.AUTOTUNE))
    assert [row for _, part in found for row in part.numpy().tolist()] == [True, False, True, True]
    [again] = files.skip(1).map(decoder.decode_all, tf.data.AUTOTUNE)
    np.testing.assert_array_equal(again, found[1][0])
    np.testing.assert_allclose(again, [PIXELS / 255.0] * 2, atol=1e-6)


def test_files_that_are_known_to_be_readable():
    decoder = ImageDecoder(Image(height=6, width=8))
    assert decoder.decode_all(tf.constant([], tf.string)).shape == (0, 6, 8, 3)
    with pytest.raises(tf.errors.InvalidArgumentError):
        decoder.decode_all(tf.constant([FINE, DAMAGED["truncated png"]]))


LOADS = """
import sys
import tensorflow as tf
images, found = tf.saved_model.load(sys.argv[1]).decode(tf.constant([open(sys.argv[2], "rb").read(), b""]))
assert "rnnkit" not in sys.modules
print(images.shape, found.numpy().tolist(), float(tf.reduce_sum(images[0])))
"""


def test_a_saved_model_decodes_with_tensorflow_alone(tmp_path):
    module = tf.Module()
    module.decoder = ImageDecoder(Image(height=6, width=8))
    module.decode = tf.function(module.decoder, input_signature=[tf.TensorSpec([None], tf.string)])
    tf.saved_model.save(module, str(tmp_path / "model"))
    (tmp_path / "fine.png").write_bytes(FINE)
    command = [sys.executable, "-c", LOADS, str(tmp_path / "model"), str(tmp_path / "fine.png")]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    shape, _, rest = done.stdout.strip().splitlines()[-1].partition(") ")
    flags, _, total = rest.partition("] ")
    assert (shape, flags) == ("(2, 6, 8, 3", "[True, False")
    assert float(total) == pytest.approx(PIXELS.sum() / 255.0, rel=1e-4)


# === before training ===


def passing(examples, policy="stop", **options):
    skips = Skips(policy)
    start = readable(lambda _: iter(examples), Image(**options))
    return [example["image"] for example in start(skips)], skips.counts


def test_bad_pictures_are_told_with_their_place():
    examples = [{"image": FINE, "place": "a:1"}, {"image": b"", "place": "a:2"}, {"image": FINE, "place": "a:3"}]
    with pytest.raises(DataError, match=r"^a:2: the picture is empty, it has 0 bytes\. Mend it, or set"):
        passing(examples)
    assert passing(examples, "skip") == ([FINE, FINE], {"bad": 1})


@pytest.mark.parametrize("case", DAMAGED)
def test_no_message_holds_the_names_of_operations(case):
    with pytest.raises(DataError) as raised:
        passing([{"image": DAMAGED[case], "place": "a:1"}])
    text = str(raised.value)
    assert text.startswith("a:1: the picture ") and "function_node" not in text and "[Op:" not in text


def test_pictures_that_are_too_large_are_told_with_the_limit():
    with pytest.raises(DataError, match=r"a:1: the picture has 48 pixels; image\.max_pixels allows 47"):
        passing([{"image": FINE, "place": "a:1"}], max_pixels=47)


def test_a_picture_is_unpacked_once(monkeypatch):
    unpacked = []
    monkeypatch.setattr(ImageDecoder, "pixels", lambda self, file: unpacked.append(file))
    start = readable(lambda _: iter([{"image": FINE, "place": "a"}] * 3), Image())
    assert len(list(start(Skips("stop")))) == len(list(start(Skips("stop")))) == 3
    assert len(unpacked) == 1


def test_pictures_that_rnnkit_made_are_not_looked_at():
    assert passing([{"image": b"anything"}]) == ([b"anything"], {})
