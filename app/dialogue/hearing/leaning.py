"""What a question leans on: what is told before it, or what another question of the same message asked of."""

import re
from collections.abc import Sequence

from app.dialogue.hearing.asking import content_of
from app.language.folds import letters
from app.language.words import questions
from app.reading.lexicon import endings, listed

_ENOUGH = 2
"""Words from which a question names what it is about."""
_BRIEF = 14
"""Words, at most, of what a question leans on."""
_CUT_SHORT = 4
"""Words of a question that only puts another place or thing into the one before."""
_BE = frozenset({"is", "are", "isn", "aren"})
_LETTERS = re.compile(r"[^\W\d_]+")


def with_ground(part: str, told: str, before: str, *, headed: bool = False) -> str:
    """A question with what it leans on: what is told right before it, else what was asked before. `headed`: what is
    told stands over it, as over all that is asked there.
    """
    known, before = questions(), before.rstrip("?")
    if not told and before and (put := _put_into(part, before)):
        return put
    said = _LETTERS.findall(letters(part))
    own = content_of(part) - known["which"] - known["such"]
    such = not known["such"].isdisjoint(said)
    meant = headed or (told and (such or leans(part))) or (before and _stands_for(said))
    if len(own - known["paid"] - known["stock"] - known["stored"]) >= _ENOUGH and not meant:
        return part
    small = known["light"] | known["paid"] | known["stock"] | known["stored"] | known["has"]
    if (
        not told
        and (leans(part) or own <= small or _only_acts(own, said, part))
        and (thing := thing_of(before))
        and _names(thing)
    ):
        ground, part = thing, part if thing == before else _begun_anew(part)
    else:
        ground = told
    return f"{ground}, {part}" if ground and len(ground.split()) < _BRIEF else part


def _stands_for(said: Sequence[str]) -> bool:
    """Whether a pronoun stands for what another question named, and not for what this one has named before it."""
    pronouns = questions()["pronouns"]
    place = next((place for place, word in enumerate(said) if word in pronouns), len(said))
    return place < len(said) and len(content_of(" ".join(said[:place]))) < _ENOUGH


def leans(part: str) -> bool:
    """Whether a question means what stands in another part of the message; "is there parking" does not."""
    words = _LETTERS.findall(letters(part))
    known = questions()
    exists = {place for place, word in enumerate(words) if place and word == "there" and words[place - 1] in _BE}
    return any(word in known["refers"] and place not in exists for place, word in enumerate(words))


def _only_acts(own: frozenset[str], said: Sequence[str], part: str) -> bool:
    """Whether a question names nothing but what is done: "what to send?", but not "how do I move from 1C?"."""
    if len(own) != 1 or any(character.isdigit() for character in part):
        return False
    word = next(iter(own))
    led = said.index(word) > 0 and said[said.index(word) - 1] in listed("lists", "prepositions")  # a thing
    return not led and word.endswith((*endings("verb"), *endings("you"), *endings("infinitive")))


def _put_into(part: str, before: str) -> str:
    """«Do you deliver to Aktau? And to Atyrau»: the question before it with the other place in it; empty if none."""
    known, small = questions(), listed("lists", "prepositions")
    words = part.rstrip("?").split()
    folded = [letters(word) for word in words]
    at = next((place for place, word in enumerate(folded) if word not in known["joins"]), len(words))
    if not 0 < at < len(words) - 1 or len(words) - at > _CUT_SHORT or folded[at] not in small or _asks(folded[at:]):
        return ""
    theirs = before.split()
    place = next((n for n, word in enumerate(theirs[:-1]) if letters(word) == folded[at]), None)
    return " ".join([*theirs[:place], *words[at:], *theirs[place + 2 :]]) if place is not None else ""


def _asks(words: Sequence[str]) -> bool:
    """Whether words ask by themselves, or say what is done."""
    verbs = (*endings("verb"), *endings("you"), *endings("infinitive"))
    return any(word in questions()["asks"] | questions()["modal"] or word.endswith(verbs) for word in words)


def _names(thing: str) -> bool:
    """Whether a question names what it is about: «how much is to be paid?» does not."""
    return bool(content_of(thing) - questions()["costs"] - questions()["payable"])


def _begun_anew(part: str) -> str:
    """A question without the word that joins it to the one before."""
    first, _, rest = part.partition(" ")
    return rest if rest and letters(first) in questions()["joins"] else part


def thing_of(question: str) -> str:
    """What a question for a price is about: «how much is the drawer», of which something else is asked next."""
    words, content = question.split(), content_of(question)
    if questions()["costs"].isdisjoint(letters(question).split()) or not content:
        return question
    content = frozenset(word for word in content if not word.endswith(endings("you")))
    places = [place for place, word in enumerate(words) if not content.isdisjoint(_LETTERS.findall(letters(word)))]
    return " ".join(words[places[0] : places[-1] + 1]) if places else question
