"""A list of things that are asked about: «tell me about the warranty and insurance» asks two questions at once."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from app.dialogue.resources import load_words
from app.language.folds import letters
from app.language.words import questions

_WORDS = {name: frozenset(map(letters, row)) for name, row in load_words("hearing", "words.yaml").items()}
_BEGS, _OF, _JOINS, _WEIGHS = (_WORDS[name] for name in ("begs", "of", "joins", "weighs"))
_FRAME = _BEGS | _WORDS["asks_about"]
_KINDS, _DOES = (tuple(_WORDS[name]) for name in ("kinds", "does"))
_CHANGING, _CASES = _WORDS["changing"], {each[0]: each[1] for each in _WORDS["cases"]}
_MARKS = ",;:.?! "
_COMMA = re.compile(r"[,;/]\s*")
_MOST = 4
"""Things of a list,"""
_LONGEST = 5
"""the words of one,"""
_BARE = 8
"""and those of a list without a word that asks about it."""
_NAMING = 3
"""Letters of a word that names something."""


@dataclass(frozen=True, slots=True)
class Thing:
    """A thing of a list: `asked` is searched, `named` is how it is spoken of, with the word that leads to it."""

    asked: str
    named: str


def things(question: str, *, bare: bool = False) -> tuple[Thing, ...]:
    """What a question asks about, thing by thing, each with the word that leads to it; empty where it is one thing.

    Not of words that compare things, count them, ask for their price or say what they do: those ask of all of them.
    `bare`: nothing else tells that it asks, so no word may stand around the list.
    """
    words = question.split()
    first, last = _framed(words)
    core = words[first:last]
    folded = {letters(word.strip(_MARKS)) for word in core}
    known = questions()
    other = (
        known["asks"]
        | known["costs"]
        | known["starts"]
        | known["refers"]
        | known["open"]
        | known["reckons"]
        | _WEIGHS
        | _BEGS
    )
    framed = first > 0 or last < len(words)
    if not folded.isdisjoint(other) or (not framed and len(core) > _BARE):
        return ()
    joined = not folded.isdisjoint(_JOINS) or (first > 0 and letters(words[first - 1]) in _OF)
    if not joined or (bare and framed) or any(word.isdecimal() for word in folded):
        return ()
    parts = _parts(core)
    if not 1 < len(parts) <= _MOST or not all(_names(part) for part in parts) or _acts(parts[0]):
        return ()
    before = words[first - 1 : first] if first and letters(words[first - 1]) in _OF else []
    behind = words[last : last + 1] if last < len(words) and letters(words[last].strip(_MARKS)) in _OF else []
    head = _head(parts[0])
    whole = [part if not head or len(part) > 1 or not place else [*head, *part] for place, part in enumerate(parts)]
    return tuple(_thing(part, before, behind) for part in whole)


def _thing(part: Sequence[str], before: Sequence[str], behind: Sequence[str]) -> Thing:
    led = part[:1] if _led(part) else before
    bare = part[1:] if _led(part) else part
    named = " ".join((*led, *bare, *behind)).strip(_MARKS)
    return Thing(" ".join(_as_named(bare, led)).strip(_MARKS), named)


def _as_named(words: Sequence[str], led: Sequence[str]) -> Sequence[str]:
    """A single word in the case in which things are named, where the word that leads to it has changed it."""
    changed = _CASES if led and letters(led[0]) in _CHANGING else {}
    word = words[0] if len(words) == 1 else ""
    return [f"{word[:-1]}{changed[word[-1]]}"] if word[-1:] in changed else words


def _framed(words: Sequence[str]) -> tuple[int, int]:
    """Where a list begins and ends between the words that ask about it."""
    frame = [letters(word.strip(_MARKS)) in _FRAME | _OF for word in words]
    first = next((place for place, framed in enumerate(frame) if not framed), len(words))
    last = next((place for place in range(len(words), first, -1) if not frame[place - 1]), first)
    return first, last


def _parts(words: Sequence[str]) -> list[list[str]]:
    """The things between the words and marks that join them."""
    parts: list[list[str]] = [[]]
    for word in words:
        if letters(word.strip(_MARKS)) in _JOINS:
            parts.append([])
            continue
        for number, piece in enumerate(_COMMA.split(word)):
            if number:
                parts.append([])
            if piece:
                parts[-1].append(piece)
    return [part for part in parts if part]


def _names(part: Sequence[str]) -> bool:
    """Whether it names a thing, and is no word that says of what kind the next one is."""
    said = [letters(word.strip(_MARKS)) for word in part if letters(word.strip(_MARKS)) not in _OF]
    naming = [word for word in said if len(word) >= _NAMING or not word.isascii()]
    named = bool(set(naming) - questions()["empty"] - questions()["light"])
    return 0 < len(said) <= _LONGEST and named and not all(word.endswith(_KINDS) for word in said)


def _acts(part: Sequence[str]) -> bool:
    """Whether it begins with what something does: «works with scales and a scanner»."""
    return len(part) > 1 and letters(part[0]).endswith(_DOES) and letters(part[1]) in _OF


def _led(part: Sequence[str]) -> bool:
    return letters(part[0]) in _OF


def _head(part: Sequence[str]) -> list[str]:
    """The words of a thing up to one that leads: «integration with a site and a register»."""
    place = next((n for n, word in enumerate(part) if n and letters(word) in _OF), 0)
    return list(part[: place + 1]) if place else []
