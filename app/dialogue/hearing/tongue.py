"""Which language a message wishes to be answered in: one that it asks us to write, not one that it only speaks of."""

from collections.abc import Mapping, Sequence

from app.dialogue.hearing.lexicon import Match
from app.dialogue.hearing.text import Message
from app.dialogue.resources import LANGUAGES
from app.types import Language

_NEAR = 5
"""Words between a language and what is said of it."""
_BRIEF = 2
"""Words beside a language of a message that can only be a wish for it."""


def wished(
    message: Message, words: Mapping[str, Sequence[Match]], content: Sequence[int], spoken: Language
) -> Language | None:
    """The language wished for; None where none is, or two are named. `spoken` is the one of the message itself.

    `words` are the matches of helper lists, `content` the places of the words that carry something.
    Who does not understand a language, and names no other, wishes for his own.
    """
    named = [(match, language) for language in LANGUAGES for match in words.get(f"speaks_{language}", ())]
    if not named:
        return None
    refused = {_nearest(no, named, message) for no in words.get("speaks_not", ())} - {None}
    wanted = {language for number, (_, language) in enumerate(named) if number not in refused}
    if not wanted:
        lacking = {language for number, (_, language) in enumerate(named) if number in refused}
        return spoken if words.get("speaks_lacks") and spoken not in lacking else None
    if len(wanted) > 1:
        return None
    (language,) = wanted
    own = [match for number, (match, _) in enumerate(named) if number not in refused]
    if any(_of_others(each, own, message) for each in words.get("speaks_they", ())):
        return None
    asked = [match for name in ("speaks_us", "speaks_please") for match in words.get(name, ())]
    if any(_near(each, match, message) for each in own for match in asked):
        return language
    things = [match for match in words.get("speaks_of", ()) if any(_near(each, match, message) for each in own)]
    taken = {place for match, _ in named for place in range(match.start, match.end)}
    beside = [place for place in content if place not in taken]
    return language if not things and len(beside) <= _BRIEF else None


def _of_others(who: Match, named: Sequence[Match], message: Message) -> bool:
    """Whether it is asked what language somebody else speaks, or something is held in."""
    return message.tokens[who.start].clause in message.asking and any(_near(who, each, message) for each in named)


def _nearest(no: Match, named: Sequence[tuple[Match, Language]], message: Message) -> int | None:
    """Number of the language that a refusal is said of: the nearest one of its clause, before it or behind it."""
    near = [(_apart(no, match), number) for number, (match, _) in enumerate(named) if _near(no, match, message)]
    return min(near, default=(0, None))[1]


def _near(one: Match, other: Match, message: Message) -> bool:
    same = message.tokens[one.start].clause == message.tokens[other.start].clause
    return same and _apart(one, other) <= _NEAR


def _apart(one: Match, other: Match) -> int:
    return max(one.start - other.end, other.start - one.end, 0)
