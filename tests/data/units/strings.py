"""Texts that are hard to cut: any Unicode, and what usually goes wrong."""

import random

NASTY = [
    "",
    " ",
    "\n",
    "   \t\r\n\x0b\x0c  ",
    "a  b   c    d",
    " leading and trailing ",
    "line\n\n    indented\n",
    "don't can’t 'quoted' ‘quoted’ geht's l'été",
    "1,234.50 + 12% = 0x1F",
    "<s> </s> <pad> <unk> <s",
    "\x00", "a\x00b\x00", "\x00\x01\x1f\x7f\x80\x9f",
    "\ufeffbyte order mark\ufeff",
    "\ufffd \uffff \ufffe \U0010ffff \ue000",
    "ÿ þ \xff\xfe",
    "e\u0301 é n\u0303 \u0301 alone",
    "שָׁלוֹם עולם السلام عليكم \u200fRTL\u200e",
    "नमस्ते दुनिया ไทยไม่มีช่องว่าง",
    "日本語の文章です。中文，标点！한국어 문장",
    "👩‍💻👨‍👩‍👧‍👦 🇩🇪🏴󠁧󠁢󠁥󠁮󠁧󠁿 1️⃣ ❤️",
    "\u00a0no\u00a0break \u2003em\u3000ideographic\u2028line\u2029paragraph\u0085",
    "Ǆ ß İ ŉ Σς ﬁ",
]  # fmt: skip
LONG = ["a" * 10_000, " " * 10_000, "ab" * 5_000, "日本" * 5_000, "word " * 2_000, "😀" * 10_000]

_RANGES = [
    (0x20, 0x7E), (0x20, 0x7E), (0x61, 0x7A), (0x20, 0x20), (0x00, 0x1F), (0x09, 0x0D), (0x80, 0xFF), (0x100, 0x24F),
    (0x300, 0x36F), (0x370, 0x52F), (0x590, 0x6FF), (0x900, 0x97F), (0x2000, 0x206F), (0x3000, 0x30FF),
    (0x4E00, 0x4EFF), (0xAC00, 0xACFF), (0xFE00, 0xFE0F), (0xFF00, 0xFFEF), (0x1F300, 0x1F64F),
]  # fmt: skip


def random_texts(count: int, seed: int, longest: int = 40) -> list[str]:
    """Texts of mixed scripts; a tenth of the characters are any that Unicode has, assigned or not."""
    draw = random.Random(seed)
    return ["".join(_characters(draw, draw.randint(0, longest))) for _ in range(count)]


def _characters(draw, length):
    low, high = draw.choice(_RANGES)
    for _ in range(length):
        if draw.random() < 0.2:
            low, high = draw.choice(_RANGES)
        code = draw.randint(low, high) if draw.random() < 0.9 else draw.randint(0, 0x10FFFF)
        yield chr(code) if not 0xD800 <= code < 0xE000 else "\ufffd"
