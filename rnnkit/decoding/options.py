"""The options of decoding, as the package names them; they are at home where configurations can read them too."""

from rnnkit.decoding_options import DEFAULTS, DecodingOptions

__all__ = ["DEFAULTS", "DecodingOptions"]
