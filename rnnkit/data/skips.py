"""What a pass over a split leaves out, and whether a bad example stops it."""

from collections import Counter
from typing import Literal

from rnnkit.errors import DataError


class Skips:
    """Counts what one pass leaves out.

    Args:
        on_bad_example: `"stop"` raises at the first bad example, `"skip"` counts it.
    """

    def __init__(self, on_bad_example: Literal["stop", "skip"]):
        self.on_bad_example = on_bad_example
        self.counts: Counter[str] = Counter()

    def bad(self, where: str, problem: object) -> None:
        """Reports an example that cannot be read.

        Args:
            where: Its place, such as `reviews.tsv:12`.
            problem: What is wrong with it.

        Raises:
            DataError: If bad examples stop the pass.
        """
        if self.on_bad_example == "stop":
            raise DataError(
                f"{where}: {problem}. Mend it, or set data.on_bad_example: skip to leave such examples out."
            )
        self.counts["bad"] += 1

    def left_out(self, reason: str, number: int = 1) -> None:
        """Counts what is fine but not wanted."""
        self.counts[reason] += number
