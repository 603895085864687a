"""The questions of one clause, and what a question's words name."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import product

from app.language.folds import letters
from app.language.words import questions
from app.reading.lexicon import endings, listed

_ENOUGH = 2
"""Words that name what a side of a joining word is about."""
_LONG = 3
_LETTERS = re.compile(r"[^\W\d_]+")


def costs_alone(question: str) -> bool:
    """Whether a question asks what something costs and does not say what."""
    return not content_of(question) and not questions()["costs"].isdisjoint(letters(question).rstrip("?").split())


def pays_how(question: str) -> bool:
    """Whether a question asks how to pay, and names nothing else."""
    known, content = questions(), content_of(question)
    words = set(letters(question).rstrip("?").split())
    return bool(content) and content <= known["payable"] and known["costs"].isdisjoint(words)


def apart(text: str) -> Iterator[str]:
    """The questions of one clause: a word that joins, and behind it one that asks or another thing to do."""
    joins = questions()["joins"]
    words = text.split()
    folded = [letters(word).strip("?,.") for word in words]
    ended = len(folded) - 2 if tuple(folded[-2:]) in _denied() else len(folded)
    begun = 0
    for place, word in enumerate(folded):
        if not begun < place < len(words) - 1 or word not in joins:
            continue
        before, behind = folded[begun:place], folded[place + 1 : ended]
        if behind and _asks_anew(before, behind) and (_opens_asking(behind) or _weighs(before, behind)):
            yield " ".join(words[begun:place])
            begun = place + 1
    yield " ".join(words[begun:])


@lru_cache(maxsize=1)
def _denied() -> frozenset[tuple[str, str]]:
    """What may end a question and adds nothing: «или нет»."""
    known = questions()
    return frozenset(product(known["either"], known["denied"]))


def _asks_anew(before: Sequence[str], behind: Sequence[str]) -> bool:
    """Whether what stands behind a joining word may be a question of its own. `before`: the words before it."""
    known, said, first, last = questions(), set(before), behind[0], behind[-1]
    if said <= _dull():
        return False  # "so and how much": nothing is asked yet
    acted = len(behind) > 1 and behind[1] in known["acted_on"]
    does = (acted or first in known["does"]) and not said.isdisjoint(known["starts"])
    infinitive = tuple(known["infinitive"])
    acts = first.endswith(infinitive) and any(word.endswith(infinitive) for word in said - known["asks"])
    modal = last in known["modal"] and (not said.isdisjoint(known["asks"]) or before[-1].endswith(endings("you")))
    supposed = first in known["conditions"] and not said.isdisjoint(known["asks"])
    verb = last not in known["costs"] and last.endswith(endings("verb") + endings("you"))
    return _opens_asking(behind) or does or acts or modal or supposed or (verb and before[-1] in known["asks"])


def _opens_asking(behind: Sequence[str]) -> bool:
    """Whether a word that asks stands first, or behind a small one: "in which language", or a particle second."""
    known = questions()
    if len(behind) > 1 and behind[1] in listed("moods", "whether"):
        return True
    led = len(behind) > 1 and behind[0] in known["empty"] and behind[1] in known["which"]
    return behind[0] in known["asks"] or led


def _weighs(before: Sequence[str], behind: Sequence[str]) -> bool:
    """Whether each side of a joining word names what it is about; one whose word that asks stands last does."""
    known = questions()
    named = len(content_of(" ".join(before))) or not known["refers"].isdisjoint(before)
    supposed = behind[0] in known["conditions"] and named > 0
    whole = named >= _ENOUGH or (named > 0 and before[-1] in known["asks"]) or supposed
    return whole and len(content_of(" ".join(behind))) >= _ENOUGH


@lru_cache(maxsize=1)
def _dull() -> frozenset[str]:
    """Words behind which nothing is asked yet."""
    known = questions()
    return (known["empty"] - known["asks"]) | known["joins"]


@lru_cache(maxsize=512)
def content_of(text: str) -> frozenset[str]:
    """The words of a question that name what it is about."""
    said = frozenset({word for word in _LETTERS.findall(letters(text)) if len(word) >= _LONG})
    return said - questions()["empty"] - questions()["asks"] - questions()["refers"] - questions()["joins"]
