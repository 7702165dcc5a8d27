"""Examples, taken out of documents."""

import inspect
import re


def blocks(text):
    """The Python blocks of a Markdown text or a docstring."""
    return [inspect.cleandoc(block) for block in re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)]
