"""Letters that look like others: one shape, one letter. Only to tell what a line poses as; no text is changed by it.

Latin, Cyrillic and Greek letters of one shape become the Latin one. Scripts are data (`alike.yaml`): a row of their
letters over the row of what they look like. Letters with hooks and strokes, small capitals and the like follow from
Unicode's names.
"""

import re
import unicodedata
from functools import lru_cache

from app.prompt.words import table

_SHAPES: dict[str, str] = {
    sign: plain for row in table("alike")["rows"] for sign, plain in zip(row["signs"], row["plain"], strict=True)
}
_NAMED = re.compile(
    r"(?:(?:NEGATIVE |CROSSED )?(?:CIRCLED|SQUARED|PARENTHESIZED) |REGIONAL INDICATOR SYMBOL |MODIFIER )?"
    r"(?:LATIN )?(?:CAPITAL |SMALL )?LETTER (?:SMALL |CAPITAL )*"
    r"(?:(?:TURNED|REVERSED|SIDEWAYS|BARRED|DOTLESS|SCRIPT|INSULAR|CLOSED|OPEN|TAILLESS|VOLAPUK) )*"
    r"([A-Z])(?: WITH [A-Z ]{1,60}| ROTUNDA)?"
)
# Where letters with such names are: whoever sends thousands of other signs has none of them looked up.
_ASKED = re.compile(
    "[\u00c0-\u02ff\u0400-\u052f\u1c80-\u1c8f\u1d00-\u1dbf\u1e00-\u1eff\u2c60-\u2c7f\ua640-\ua69f\ua720-\ua7ff\uab30-\uab6f"
    f"\U00010780-\U000107ba\U0001f110-\U0001f1ff{re.escape(''.join(_SHAPES))}]"
)
_BASE = re.compile(r"(CYRILLIC (?:SMALL|CAPITAL) LETTER [A-Z ]{1,24}?) WITH [A-Z ]{1,60}")


def fold(text: str) -> str:
    """Lower case, without accents, look-alike letters in one script.

    Line for line: a line of the result is one of the text.
    """
    plain = unicodedata.normalize("NFKD", _shaped(text))
    plain = plain.translate({ord(sign): None for sign in set(plain) if unicodedata.combining(sign)})
    return _shaped(_shaped(plain).casefold())


def _shaped(text: str) -> str:
    return text.translate({ord(sign): _shape(sign) for sign in set(_ASKED.findall(text))})


@lru_cache(maxsize=4096)
def _shape(sign: str) -> str:
    """The plain letter that a sign looks like, or the sign."""
    if sign in _SHAPES:
        return _SHAPES[sign]
    name = unicodedata.name(sign, "")
    if found := _NAMED.fullmatch(name):
        return found[1].lower()
    if found := _BASE.fullmatch(name):
        return _shape(unicodedata.lookup(found[1]))
    return sign
