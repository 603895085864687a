"""Kazakh numerals typed without their letters that are Russian words too: numbers where the sentence is Kazakh."""

from functools import cache

from app.language.quantities.tokens import Text
from app.language.quantities.words import book
from app.language.words import words

WINDOW = 12
"""So many tokens on either side of a word are its sentence at most."""
_STOPS = frozenset(".!?\u2026;")


def counts_in_kazakh(text: Text, first: int, last: int) -> bool:
    """Whether the numeral at tokens `first`..`last` (exclusive) stands before what may be counted, in a sentence with
    more Kazakh words than Russian ones. What is counted tells no language: the two share most of their names of things.
    """
    alike, kazakh, russian, free = _lists()
    noun = text.fold(last)
    if text.fold(last - 1) not in alike or not text.near(last) or text.kind(last) != "word":
        return False
    if text.near(first) and text.fold(first - 1) in russian:
        return False
    if noun in free or noun.endswith(_verbs()) or len(noun) < 3:
        return False
    points = 0
    for step in (-1, 1):
        place = first - 1 if step < 0 else last
        for _ in range(WINDOW):
            if not 0 <= place < len(text.tokens) or text.fold(place) in _STOPS:
                break
            if place != last:
                fold = text.fold(place)
                points += (fold in kazakh or _lettered(text, place)) - (fold in russian)
            if not text.near(place + (step < 0)):
                break
            place += step
    return points > 0


def _lettered(text: Text, place: int) -> bool:
    """Whether a word has a letter that Kazakh alone has, or an ending that is Kazakh alone."""
    token = text.tokens[place]
    return token.kind == "word" and (
        any(letter in _letters() for letter in token.text.lower()) or token.fold.endswith(_endings())
    )


@cache
def _lists() -> tuple[frozenset[str], frozenset[str], frozenset[str], frozenset[str]]:
    """(numerals that are Russian words too, words of Kazakh alone, of Russian alone, words that nothing counts)."""
    data = book()
    kazakh = {data.fold(word) for word in words("kk").own}
    russian = {data.fold(word) for word in words("ru").own}
    shared = kazakh & russian
    free = data.words("numerals.uncounted") | data.words("not_counted")
    return data.words("numerals.alike"), frozenset(kazakh - shared), frozenset(russian - shared), free


@cache
def _letters() -> frozenset[str]:
    return frozenset(str(book().section("fold", "kk")).split()[::2])


@cache
def _endings() -> tuple[str, ...]:
    return tuple(book().words("numerals.only_endings"))


@cache
def _verbs() -> tuple[str, ...]:
    return tuple(book().words("numerals.verb_endings"))
