"""The customer's name: said outright, beside his telephone, or as the answer to our question."""

import re
from collections.abc import Iterator
from functools import lru_cache
from importlib.resources import files

from app.dialogue.hearing.text import fold
from app.dialogue.resources import LANGUAGES
from app.dialogue.slots.reader import NOTHING, Heard, SlotReader
from app.language.words import words

NAME = re.compile(r"[^\W\d_]{2,30}(?:['’-][^\W\d_]{1,20})?\Z")

_ALONE = 3
"""Words of a message that may be a name and nothing else: a courtesy may stand beside it."""
_ENDING = 2
"""Letters of an ending."""
_BEHIND = 5
"""Words behind «меня зовут» among which the name stands."""


@lru_cache(maxsize=1)
def given_names() -> frozenset[str]:
    """Given names, folded."""
    text = (files(__package__) / "names.txt").read_text("utf-8")
    return frozenset(fold(line) for line in text.splitlines() if line and not line.startswith("#"))


def names(r: SlotReader) -> Heard:
    """`name`; or that one which the customer takes back is forgotten."""
    place = _said(r)
    found = NOTHING if place is None else named(r, place)
    # «меня не Айдар зовут»: the name we had is wrong, and the right one is not said yet.
    return Heard(forgotten=frozenset({"name"})) if not found.values and _taken_back(r) else found


def named(r: SlotReader, place: int) -> Heard:
    """The word at `place` as the customer's name; nothing where he is called so already."""
    name = r.tokens[place].raw.title()
    return NOTHING if name == r.known.get("name") else Heard({"name": name}, corrected="name" in r.known)


def is_name(r: SlotReader, place: int, *, capital: bool) -> bool:
    """Whether the word at `place` can be a name. `capital`: only one with a capital letter can."""
    raw = r.tokens[place].raw
    if capital and (not raw[:1].isupper() or _cried(r, raw) or _usual(r, place)):
        return False
    meant = any(m.start <= place < m.end and m.label[0] != "word" for m in r.u.matches)
    taken = r.among(place, "not_a_name", "negation_before") or place in r.timed or _sold(r, place)
    return bool(NAME.match(raw)) and not taken and not (meant and not raw[:1].isupper())


def _sold(r: SlotReader, place: int) -> bool:
    """Whether the word names what the shop sells, in whatever form, and nobody is called so."""
    word = r.tokens[place].text
    return word not in given_names() and any(word[: -end or None] in r.things for end in range(_ENDING + 1))


def _usual(r: SlotReader, place: int) -> bool:
    """Whether it is a word of a language and no name: one at a beginning has its capital from there."""
    token = r.tokens[place]
    return token.text not in given_names() and any(words(each).know(token.raw.lower()) for each in LANGUAGES)


def _cried(r: SlotReader, raw: str) -> bool:
    """«Перезвоните СЕЙЧАС»: a word in capitals among others that have none is stressed, and no name."""
    return len(raw) > 1 and raw.isupper() and any(t.raw.islower() for t in r.tokens)


def _taken_back(r: SlotReader) -> bool:
    name = r.known.get("name", "").casefold()
    return bool(name) and any(
        token.raw.casefold() == name and r.negated(place, place + 1, 1) for place, token in enumerate(r.tokens)
    )


def _said(r: SlotReader) -> int | None:
    """The place of the name that the message tells."""
    before = next(_before_a_cue(r), None)
    known = before is not None and r.tokens[before].text in given_names()  # «меня Айдар зовут, у нас …»
    if not known and (place := _behind_a_cue(r)) is not None:
        return place
    if before is not None:
        return None if _bare_negated(r, before) else before
    return _beside(r)


def _behind_a_cue(r: SlotReader) -> int | None:
    """«меня зовут Айдар»."""
    # «я Олег» may be anybody's word; it names an unknown customer, but renames nobody.
    cues = r.u.word("name_cue") + ([] if "name" in r.known else r.u.word("name_cue_weak"))
    for cue in cues:
        weak = cue.label[1] == "name_cue_weak"
        if weak and cue.start and r.tokens[cue.start - 1].clause == r.tokens[cue.start].clause:
            continue
        for place in range(cue.end, min(len(r.tokens), cue.end + _BEHIND)):
            if r.tokens[place].clause in r.u.message.asking or _bare_negated(r, place):
                continue
            if is_name(r, place, capital=weak) and not (weak and place != cue.end):
                return place
            if weak or not r.among(place, "negation_before", "not_a_name", "filler"):
                break
    return None


def _before_a_cue(r: SlotReader) -> Iterator[int]:
    """«Айдар меня зовут», «Айгүл менің атым»."""
    for cue in r.u.word("name_cue"):
        place = cue.start - 1
        together = place >= 0 and r.tokens[place].clause == r.tokens[cue.start].clause
        if together and is_name(r, place, capital=True):
            yield place


def _beside(r: SlotReader) -> int | None:
    """«87010000000 Серик», «Азамат, …»: a name beside the telephone, in any order; or a name and nothing else."""
    asking = r.u.message.asking
    if "name" in r.known or ((asking or r.u.has("human_wanted")) and not r.u.contacts):
        return None
    written = {place for place in range(len(r.tokens)) if r.written(place)}
    if not written and not 1 <= len(r.u.content) <= len(r.tokens) <= _ALONE:
        return None
    others = [place for place in range(len(r.tokens)) if place not in written and not _bare_negated(r, place)]
    free = [place for place in others if r.tokens[place].clause not in asking]
    listed = [place for place in free if r.tokens[place].text in given_names()]
    if not listed and written:
        # Of the words beside a telephone one with a capital that means nothing else.
        listed = [place for place in free if place in r.u.content and is_name(r, place, capital=True)]
        listed = listed if len(listed) == 1 else []
    return listed[0] if listed and (written or len(r.u.content) == 1) else None


def _bare_negated(r: SlotReader, place: int) -> bool:
    return r.negated(place, place + 1, 1) and place - 1 in r.at("negation_before")
