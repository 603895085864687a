"""The customer's name: said outright, or as the answer to our question."""

import re

from app.dialogue.counts import Counting

NAME = re.compile(r"[^\W\d_]{2,30}(?:['’-][^\W\d_]{1,20})?\Z")


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
