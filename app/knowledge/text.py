"""How text becomes search terms: lower case, one ё, words, character trigrams padded with a space on both sides."""

import re

_WORD = re.compile(r"[^\W_]+")
_SIZE = 3


# Kazakh typed on a Russian keyboard: канша for қанша.
_EITHER_WAY = str.maketrans("ёәғқңөұүһі", "еагкноуухи")


def normalise(text: str) -> str:
    """Lower case, with the letters that people type either way made one."""
    return text.lower().translate(_EITHER_WAY)


def words(text: str) -> list[str]:
    """Runs of letters and digits of any script, normalised."""
    return _WORD.findall(normalise(text))


def trigrams(text: str) -> list[str]:
    """Padded character trigrams of every word, in order, with repeats: `касса` -> ` ка кас асс сса са `."""
    grams = []
    for word in words(text):
        padded = f" {word} "
        grams += [padded[i : i + _SIZE] for i in range(len(padded) - _SIZE + 1)]
    return grams
