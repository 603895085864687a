"""One phone number in the forms that callers and messengers give it: +7 702 295-18-10, 87022951810, 7702...@c.us."""

import re
import unicodedata
from functools import lru_cache

from app.errors import ConfigError

_FEWEST = 7  # digits: fewer are a code or a count, and stand in many ids
_DIGITS = re.compile(r"\d+")
_SPREAD = re.compile(r"\d(?:[\s()./\-\u2010-\u2015]*\d)*")  # with what people put between the groups of a number


def number_in(identity: str) -> str:
    """The number that an id is, as digits with the country's. Raises ConfigError when it is none."""
    before, _, _ = identity.partition("@")
    found = _SPREAD.findall(_plain(before).replace("+", " "))
    number = _international(found[0]) if len(found) == 1 else ""
    if len(number) < _FEWEST:
        raise ConfigError(
            f"{identity!r} is no number of at least {_FEWEST} digits: other forms are found of numbers only"
        )
    return number


@lru_cache(4096)
def holds(identity: str, number: str) -> bool:
    """Whether an id is `number` (as of `number_in`) in some form, or has it inside, not as a part of a longer one."""
    text = _plain(identity)
    return any(_international(found) == number for form in (_DIGITS, _SPREAD) for found in form.findall(text))


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text)


def _international(found: str) -> str:
    digits = "".join(str(int(each)) for each in found if each.isdecimal()).removeprefix("00")
    # In Kazakhstan and Russia 8 is dialled in the place of +7.
    return f"7{digits[1:]}" if len(digits) == 11 and digits[0] == "8" else digits
