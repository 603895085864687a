"""Whether a passage can hold the answer, by what was asked for: a number, an address, a thing by its name.

A search finds what is near. "How many people work for you?" is near to what is said of people at work, and that gives
no number: who is asked something says that he does not know rather than something else.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from app.figures.words import fold, listed
from app.language.derivation import STEMS
from app.language.folds import letters
from app.language.numerals import numbers
from app.language.words import questions

_WORD = re.compile(r"[^\W_]+")
_ADDRESS = re.compile(
    r"https?://|www\.|@\w|\b[\w-]{2,}\.(?:kz|ru|com|net|org|io|me|app|shop|store|online)\b", re.IGNORECASE
)
_SENTENCE = re.compile(r"[^.!?…\n]+(?:[.](?=\d)[^.!?…\n]+)*")
_CLOCK = re.compile(r"\d[:.]\d\d(?!\d)")
_NAME = 4
"""Letters of a word that names a thing."""
_VERB = 6
"""Letters of a verb of the past at least."""
_NEAR = 3
"""Words between the word that asks and the thing."""
_BRIEF = 8
"""Words of a question in which a word that counts asks for the number."""
_BEGINS = 3
"""Words within which a question for a number asks it: behind them it tells of one ("I want to see how many")."""
ANSWERS = 0.2
"""Probability below which a passage is near what was asked, and no answer to it."""
ROOT = 3
"""Letters that two forms of a word begin with at least,"""
_ALIKE = 0.7
"""and the share of the longer one."""


def fits(asked: str, text: str, answered: Sequence[str], known: Mapping[str, Sequence[str]] | None) -> bool:
    """Whether a passage can answer `asked`: its `text`, and the questions that its owner says are `answered` there.

    `known`: the words of its title, text and keywords, folded, by their first `ROOT` letters; None where it is in
    another language than the question.
    """
    words = folded(asked)
    lists = questions()
    sign = _sign(words)
    if sign is not None:
        return sign.search(text) is not None or (sign is _CLOCK and known is None)
    asks = [folded(question) for question in answered]
    many = counted(words) if len(words) <= _BRIEF else None
    if many and not any(same(many, thing) for each in asks if (thing := counted(each))):
        if known is None or fold(many) in listed("measures"):
            return numbered(text)
        return any(_counts(many, each) for each in _SENTENCE.findall(text))
    if known is None:
        return True
    if not lists["tongues"].isdisjoint(words) and not _of_tongues(words, asks, known):
        return False
    owned = [thing for each in asks for things in wanted_things(each) for thing in things]
    return all(
        any(_held(t, known) or any(same(t, other) for other in owned) for t in each) for each in wanted_things(words)
    )


def _sign(words: Sequence[str]) -> re.Pattern[str] | None:
    """What must stand in a passage, in any language: an address of who asks for a link, a clock of who asks an hour."""
    lists = questions()
    if not lists["link"].isdisjoint(words) and not lists["reached"].isdisjoint(words):
        return _ADDRESS
    return _CLOCK if _asks_hour(words) else None


def _asks_hour(words: Sequence[str]) -> bool:
    """«До скольки», «во сколько завтра»: not «до скольки касс»."""
    lists = questions()
    places = (place for place, word in enumerate(words) if word in lists["counts"])
    return any(
        place and words[place - 1] in lists["at"] and (place + 1 == len(words) or words[place + 1] in lists["on_day"])
        for place in places
    )


def _of_tongues(words: Sequence[str], asks: Sequence[Sequence[str]], known: Mapping[str, Sequence[str]]) -> bool:
    """Whether a section names a language, and something of what is held or spoken in it."""
    lists = questions()
    small = lists["empty"] | lists["asks"] | lists["which"] | lists["tongues"] | lists["refers"]
    about = [word for word in words if len(word) >= _NAME and word not in small]
    held = [word for word in about if _held(word, known) or any(same(word, other) for each in asks for other in each)]
    return (bool(held) or not about) and any(_held(word, known) for word in lists["tongues"])


def _counts(thing: str, sentence: str) -> bool:
    """Whether a sentence names the thing and a number."""
    return any(same(thing, word) for word in folded(sentence)) and numbered(sentence)


def _held(thing: str, known: Mapping[str, Sequence[str]]) -> bool:
    return any(same(thing, word) for word in known.get(thing[:ROOT], ()))


def numbered(text: str) -> bool:
    """Whether a number stands there, in figures or words."""
    return any(character.isdigit() for character in text) or bool(numbers(text))


def counted(words: Sequence[str]) -> str | None:
    """What a number of is asked for."""
    counts = questions()["counts"]
    place = next((n for n, word in enumerate(words[:_BEGINS]) if word in counts), None)
    thing = None if place is None else _first(words[place + 1 : place + 1 + _NEAR + 1])
    return None if thing is None or (len(thing) >= _VERB and thing.endswith(tuple(questions()["past"]))) else thing


def folded(text: str) -> tuple[str, ...]:
    """The words of a text, folded."""
    return tuple(_WORD.findall(letters(text)))


def wanted_things(words: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """What each "which" asks for: the word behind it, or the one before («which scanner», «сканер какой»)."""
    lists = questions()
    for place, word in enumerate(words):
        acts = place + 1 < len(words) and words[place + 1] in lists["starts"]  # "what do you send"
        if word in lists["which"] and not acts:
            beside = (_named(words[place + 1 : place + 1 + _NEAR]), _first(words[place - 1 : place] if place else ()))
            things = tuple(thing for thing in beside if thing)
            if things and all(len(thing) >= _NAME for thing in things) and lists["light"].isdisjoint(things):
                yield things


def _named(words: Sequence[str]) -> str | None:
    """The first thing that is named, rather than what kind of it («какой мощный компьютер»)."""
    kinds = tuple(questions()["adjective"])
    return _first([word for word in words if not word.endswith(kinds)]) or _first(words)


def _first(words: Sequence[str]) -> str | None:
    small, verbs = questions()["empty"] | questions()["asks"] | questions()["refers"], tuple(questions()["addressed"])
    return next((word for word in words if word not in small and not word.endswith(verbs)), None)


def same(one: str, other: str) -> bool:
    """One word in two forms: alike for `ROOT` letters and for `_ALIKE` of the longer one, or of one stem."""
    alike = max(ROOT, int(_ALIKE * max(len(one), len(other))))
    return (one[:alike] == other[:alike] and min(len(one), len(other)) >= alike) or STEMS.akin(one, other)
