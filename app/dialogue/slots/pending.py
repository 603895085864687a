"""The reply to our question, by the kind of its slot: in the customer's own words, a number, a yes or a no."""

import re
from collections.abc import Sequence

from app.dialogue.hearing.text import read, without
from app.dialogue.kinds import FREE
from app.dialogue.slots.counts import MAX_PEOPLE, MAX_PIECES
from app.dialogue.slots.names import Naming

MAX_VALUE = 200
"""Characters kept of a free-text answer."""
THIS_CHAT = "this_chat"
"""The contact of a customer who says «пишите сюда»."""

_FREE_CHOICE = 2
"""Words."""
_SHORT_NUMBER = 6
_WORD = 3
"""Letters."""
_USUAL = {"timing": "when", "authority": "who"}
"""The helper list with the usual words of an answer, by the kind of its slot."""


class Answering(Naming):
    """Fills the slot that waits. `options`: what its question listed; `late`: slots asked for earlier, unanswered."""

    options: tuple[str, ...] = ()
    late: Sequence[str] = ()

    def answer(self, kind: str, slot: str) -> None:
        """The reply to our question, in whatever short form it came."""
        if self.u.word("unknown") and not self.heard.values:
            self.heard.answered = self.heard.declined = True
            return
        if kind == "number":
            self.answer_number(slot)
        elif kind == "contact":
            if "this_chat" in self.words and not self.u.message.asking:
                self.heard.values[slot] = THIS_CHAT
        elif kind == "yes_no":
            self._answer_yes_or_no(slot)
            return
        elif kind in FREE or kind in ("choice", "name"):
            self._answer_freely(kind, slot)
        if self.filled(slot) or not self.u.denies or self.busy():
            return
        if slot == "current_tools":
            self.heard.values[slot] = "none"
        else:
            self.heard.answered = self.heard.declined = self.heard.none = True

    def _answer_yes_or_no(self, slot: str) -> None:
        if self.busy():
            return
        # «нет, не надо» is plain; «не подходит» says no where just this is asked. Long tales decide nothing.
        says = ("affirm", "assent", "deny", "dissent")
        answers = frozenset[int]().union(*(self.words.get(name, ()) for name in says))
        wavers = "deny" in self.words and answers.issuperset(self.u.content)  # «да нет, наверное»
        if self.u.denies or wavers or (self.u.short and "dissent" in self.words):
            self.heard.values[slot] = "no"
        elif self.u.affirms or self.u.has("agreement", "purchase") or (self.u.short and "assent" in self.words):
            self.heard.values[slot] = "yes"

    def busy(self) -> bool:
        """Whether the message is about something else than our question."""
        return self.u.has(
            "price", "feature", "comparison", "human_wanted", "refusal", "frustration", "bot_question",
            "objection_price", "objection_think", "objection_trust", "goodbye", "opt_out", "complaint", "refund",
            "legal", "medical", "discount_request", "reschedule", "cancel_request", "booking", "off_topic",
        ) or bool(self.u.message.asking)  # fmt: skip

    def _only_counts(self) -> bool:
        """«And for two»: a number and small words name nothing."""
        said = [self.tokens[place].text for place in self.u.content]
        return all(text.isdecimal() or text in self.vocabulary.numbers for text in said)

    def answer_number(self, slot: str) -> None:
        counted = self.slots[slot].volunteered  # people: a bare number, of nothing else
        counts = list(self.counts()) if counted else list(self.pieces())
        taken = (counted and "shops" in self.heard.values) or "contact" in self.heard.values
        if not counts or taken or self.busy():
            return
        beside = ("approx", "correct", "negation_before", *(() if counted else ("pieces", "other_unit", "want", "own")))
        aside = frozenset[int]().union(*(self.words.get(name, ()) for name in beside))
        numbers = {place for place, _ in counts}
        rest = [p for p in self.u.content if p not in aside | numbers and not self.tokens[p].text.isdecimal()]
        most = MAX_PEOPLE if counted else MAX_PIECES
        if len(self.tokens) <= _SHORT_NUMBER and len(rest) <= (1 if counted else 2) and 1 <= counts[-1][1] <= most:
            self.store(slot, str(counts[-1][1]))

    def _answer_freely(self, kind: str, slot: str) -> None:
        spec = self.slots[slot]
        if spec.accepts_yes and self.u.only_affirms and not self.busy() and self.u.short and slot not in self.known:
            self.heard.values[slot] = "yes"
            return
        # «нас 5» says how many, not who decides.
        if self.u.message.asking and self._answer_beside(kind, slot):
            return
        elsewhere = self.u.short and any(name in self.heard.values for name in ("company_size", "shops", *self.late))
        # «нет, сам решаю», «потом»: the usual words of such an answer, though they refuse or say little elsewhere.
        usual = _USUAL.get(kind, "") in self.words
        # «сам», «всё вместе»: said of anything, where nothing else is said.
        usual |= kind == "text" and "who" in self.words and not self.u.content and len(self.u.message.text.strip()) > 2
        if usual and kind == "authority" and "solo" in self.words:
            self.heard.values.pop("company_size", None)  # «только я» decides, he need not work alone
        told = (bool(self.u.content) or usual) and slot not in self.known
        if (elsewhere and not usual) or not told or self.busy() or (self.u.denies and not usual):
            return
        if kind == "name":
            if len(self.tokens) <= 3 and self.is_name(0, capital=False):
                self.take_name(0)
            return
        if (self.heard.values and kind == "choice") or self.u.contacts or "name" in self.heard.values:
            return  # another slot was told: the words belong to that one
        text = re.sub(r"\s+", " ", without(self.u.message, self.u.greeting))[:MAX_VALUE].strip()
        if kind == "choice" and (self._only_counts() or not self._names_a_thing()):
            return
        if spec.subject:
            text = self._object(text)
        bought = self.u.has("purchase") and not spec.subject
        if (not self.u.only_affirms or usual) and not bought and self._says_something(kind, text):
            self.heard.values[slot] = text

    def _answer_beside(self, kind: str, slot: str) -> bool:
        """Whether «через месяц, а доставка есть?» answers before it asks: its usual words stand in a clause apart."""
        places = self.words.get(_USUAL.get(kind, ""), frozenset())
        clauses = {self.tokens[place].clause for place in places} - self.u.asking
        if not clauses or slot in self.known:
            return False
        other = frozenset(place for place, token in enumerate(self.tokens) if token.clause not in clauses)
        self.heard.values[slot] = without(self.u.message, other | self.u.greeting).rstrip(" ?,")[:MAX_VALUE]
        return True

    def _says_something(self, kind: str, text: str) -> bool:
        """«я» and «20%» answer some questions, «R-80» and «1» others; a trade or a trouble takes a word."""
        letters = sum(character.isalpha() for character in text)
        signs = any(character.isalnum() for character in text)
        if kind == "choice":
            return letters >= _WORD
        number = any(self.slots[slot].kind == "number" for slot in self.late)
        return signs and (
            letters >= _WORD or kind in _USUAL or kind in ("money", "criteria") or not (number or self.options)
        )

    def _object(self, text: str) -> str:
        """What is wanted, without the wish: «нужен сканер» is «сканер», «хочу купить» is nothing yet."""
        message = read(text)
        wish = [m for m in self.vocabulary.find(message) if m.label[:2] == ("word", "wish") and m.start == 0]
        if not wish:
            return "" if self.u.has("purchase") and self.u.short else text
        return without(message, frozenset(range(max(m.end for m in wish))))

    def _names_a_thing(self) -> bool:
        """Whether the words can be a kind of shop or a program we have no entry for: a few, and about nothing else."""
        told = [place for place in self.u.content if place not in self.words.get("own", ())]
        other = any(name in self.words for name in ("want", "other_unit", "negation_before", "negation_after"))
        listed = any(match.label[0] == "value" for match in self.u.matches)
        return 0 < len(told) <= _FREE_CHOICE and not other and not listed and not self.u.affirms
