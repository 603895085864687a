"""The customer's name: said outright, beside his telephone, or as the answer to our question."""

import re
from functools import lru_cache
from importlib.resources import files

from app.dialogue.hearing.text import fold
from app.dialogue.slots.counts import Counting

NAME = re.compile(r"[^\W\d_]{2,30}(?:['’-][^\W\d_]{1,20})?\Z")


_ALONE = 3
"""Words of a message that may be a name and nothing else: a courtesy may stand beside it."""


@lru_cache(maxsize=1)
def given_names() -> frozenset[str]:
    """Given names, folded."""
    text = (files(__package__) / "names.txt").read_text("utf-8")
    return frozenset(fold(line) for line in text.splitlines() if line and not line.startswith("#"))


class Naming(Counting):
    """Fills `name`, and forgets one that the customer takes back."""

    def names(self) -> None:
        if name := self.known.get("name"):
            for place, token in enumerate(self.tokens):
                # «меня не Айдар зовут»: the name we had is wrong, and the right one is not said yet.
                if token.raw.casefold() == name.casefold() and self.negated(place, place + 1, 1):
                    self.heard.forgotten.add("name")
        # «я Олег» may be anybody's word; it names an unknown customer, but renames nobody.
        cues = self.u.word("name_cue") + ([] if "name" in self.known else self.u.word("name_cue_weak"))
        for cue in cues:
            weak = cue.label[1] == "name_cue_weak"
            if weak and cue.start and self.tokens[cue.start - 1].clause == self.tokens[cue.start].clause:
                continue
            for place in range(cue.end, min(len(self.tokens), cue.end + 5)):
                token = self.tokens[place]
                if token.clause in self.u.message.asking or self._bare_negated(place):
                    continue
                if not self.is_name(place, capital=weak) or (weak and place != cue.end):
                    if weak or not self._skippable(place):
                        break
                    continue
                self.take_name(place)
                return
        # «Айдар меня зовут», «Айгүл менің атым».
        for cue in self.u.word("name_cue"):
            place = cue.start - 1
            if (
                place >= 0
                and self.tokens[place].clause == self.tokens[cue.start].clause
                and self.is_name(place, capital=True)
            ):
                if not self._bare_negated(place):
                    self.take_name(place)
                return
        self._name_beside()

    def _name_beside(self) -> None:
        """«87010000000 Серик», «Азамат, …»: a name beside the telephone, in any order; or a name and nothing else."""
        asking = self.u.message.asking
        if "name" in self.known or ((asking or self.u.has("human_wanted")) and not self.u.contacts):
            return
        written = {
            place
            for place, token in enumerate(self.tokens)
            if any(contact.start <= token.start < contact.end for contact in self.u.contacts)
        }
        if not written and not 1 <= len(self.u.content) <= len(self.tokens) <= _ALONE:
            return
        others = [place for place in range(len(self.tokens)) if place not in written and not self._bare_negated(place)]
        free = [place for place in others if self.tokens[place].clause not in asking]
        listed = [place for place in free if self.tokens[place].text in given_names()]
        if not listed and written:
            # Of the words beside a telephone one with a capital that means nothing else.
            listed = [place for place in free if place in self.u.content and self.is_name(place, capital=True)]
            listed = listed if len(listed) == 1 else []
        if listed and (written or len(self.u.content) == 1):
            self.take_name(listed[0])

    def _bare_negated(self, place: int) -> bool:
        return self.negated(place, place + 1, 1) and place - 1 in self.words.get("negation_before", frozenset())

    def _skippable(self, place: int) -> bool:
        return any(place in self.words.get(name, ()) for name in ("negation_before", "not_a_name", "filler"))

    def is_name(self, place: int, *, capital: bool) -> bool:
        raw = self.tokens[place].raw
        if capital and not raw[:1].isupper():
            return False
        taken = self.words.get("not_a_name", frozenset()) | self.words.get("negation_before", frozenset())
        meant = any(m.start <= place < m.end and m.label[0] != "word" for m in self.u.matches)
        return bool(NAME.match(raw)) and place not in taken and not (meant and not raw[:1].isupper())

    def take_name(self, place: int) -> None:
        name = self.tokens[place].raw.title()
        if name != self.known.get("name"):
            self.heard.values["name"] = name
            self.heard.forgotten.discard("name")
            self.heard.corrected |= "name" in self.known
