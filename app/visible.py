"""Text made harmless for whoever reads it in a terminal or a log.

A customer's words may hold characters that move the cursor, turn the direction of writing, hide, or end a line where no
line ends: what is read would not be what stands there.
"""

import json
import unicodedata

_JOINER = "\u200d"  # holds an emoji of several together, and does nothing else


def visible(text: str) -> str:
    """`text` with every control, format, private, unassigned or surrogate character and every separator of lines as
    JSON writes it (`\\u009b`); line feeds and tabs too. In a JSON text it means the same as before.
    """
    if text.isprintable():
        return text
    return "".join(each if _shown(each) else json.dumps(each)[1:-1] for each in text)


def visible_lines(text: str) -> str:
    """As `visible`, but line feeds and tabs stay: for a text that has lines of its own."""
    if text.isprintable():
        return text
    return "".join(each if each in "\n\t" or _shown(each) else json.dumps(each)[1:-1] for each in text)


def _shown(character: str) -> bool:
    return character.isprintable() or character == _JOINER or unicodedata.category(character) == "Zs"
