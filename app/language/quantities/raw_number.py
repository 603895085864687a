"""A number as it was found, before its range and its bound are known."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class RawNumber:
    """A number at tokens `first`..`last` (exclusive). `scale` is what its last multiplier made of it."""

    first: int
    last: int
    value: Decimal
    ordinal: bool = False
    about: bool = False
    spelled: bool = True
    scale: Decimal = Decimal(1)
    suffix: str = ""
    """The ending of digits: `th` in `18th`."""
    weak: bool = False
    """Whether all its words are also common words that are no numbers."""
    language: str = ""
    """Of its last numeral word."""
