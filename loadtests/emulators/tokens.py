"""Text cut into the pieces that stand for tokens.

No vocabulary: the number of pieces is what qwen3's tokenizer makes on average of a script, and the cut depends only on
what stands before it, so two prompts that begin alike have the same first pieces, as a prefix cache needs.
"""

from functools import lru_cache

_CYRILLIC = 2.8  # characters a token
_KAZAKH = 1.6
_LATIN = 4.7
_KAZAKH_LETTERS = frozenset("әғқңөұүһіӘҒҚҢӨҰҮҺІ")
_KAZAKH_SHARE = 0.04  # of a line's Cyrillic letters, from which on the line is Kazakh

Tokens = tuple[str, ...]


@lru_cache(maxsize=8192)
def tokenise(text: str, coarse: float = 1.0) -> Tokens:
    """The pieces of `text`; joined they are `text` again. A digit, or a sign of another script, is a piece alone.

    `coarse`: how many a vocabulary makes of one of qwen3's, as one that has seen little of a script does.
    """
    pieces: list[str] = []
    due = 0.0  # tokens that the characters since the last piece are worth
    for line in text.splitlines(keepends=True):
        cyrillic, other = (rate * coarse for rate in _rates(line))
        start = 0
        for place, character in enumerate(line):
            if _stands_alone(character):
                if start < place:
                    pieces.append(line[start:place])
                    due -= 1
                pieces.append(character)
                start = place + 1
                continue
            due += cyrillic if "\u0400" <= character <= "\u04ff" else coarse / _LATIN if character.isalpha() else other
            if due >= 1:
                pieces.append(line[start : place + 1])
                start = place + 1
                due -= 1
        if start < len(line):
            pieces.append(line[start:])
            due -= 1
    return tuple(pieces)


def common_prefix(left: Tokens, right: Tokens) -> int:
    """How many tokens both begin with, by halving: slices are compared at the speed of C."""
    low, high = 0, min(len(left), len(right))
    while low < high:
        middle = (low + high + 1) // 2
        if left[low:middle] == right[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _stands_alone(character: str) -> bool:
    if character.isascii():
        return character.isdigit()
    return not ("\u0400" <= character <= "\u04ff" or character.isspace() or "\u00a0" <= character <= "\u024f")


def _rates(line: str) -> tuple[float, float]:
    """Tokens per Cyrillic letter, and per space or ASCII sign, in this line."""
    cyrillic = [character for character in line if "\u0400" <= character <= "\u04ff"]
    kazakh = sum(character in _KAZAKH_LETTERS for character in cyrillic)
    rate = 1 / (_KAZAKH if kazakh > _KAZAKH_SHARE * len(cyrillic) else _CYRILLIC)
    latin = sum(character.isascii() and character.isalpha() for character in line)
    return rate, 1 / _LATIN if latin > len(cyrillic) else rate
