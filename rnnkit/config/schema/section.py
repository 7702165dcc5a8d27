"""What every section of a configuration is: strictly typed, closed to unknown keys, immutable."""

from collections.abc import Iterator
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, model_validator
from pydantic_core import PydanticCustomError

Probability = Annotated[float, Field(ge=0.0, lt=1.0)]
Positive = Annotated[int, Field(ge=1)]
Name = Annotated[
    str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$", title="a name of letters, digits, dots, dashes and underscores")
]


class Section(BaseModel):
    """A group of keys. A subclass says which of its keys cannot go together in `mismatches`."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, validate_default=True, allow_inf_nan=False)

    def mismatches(self) -> Iterator[tuple[str, str]]:
        """Yields pairs (keys, reason) for keys that contradict each other.

        `keys` are dotted and separated by blanks; the first is the one to change, the reason is shown after it.
        Pairs in the validation's context are known already, and let pass.
        """
        yield from ()

    @model_validator(mode="after")
    def _keys_agree(self, info: ValidationInfo):
        found = [mismatch for mismatch in self.mismatches() if mismatch not in (info.context or ())]
        if found:
            text = "; ".join(f"{keys.split()[0]}: {reason}" for keys, reason in found)
            raise PydanticCustomError("mismatch", "{text}", {"text": text, "found": found})
        return self
