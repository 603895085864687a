"""What each word of a text hints at: the rows of words that begin at it, and endings that tell."""

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate

from app.reading.lexicon import endings, listed, rows
from app.reading.tokens import Token

_KAZAKH = re.compile("[\u04d8-\u04d9\u0492-\u0493\u049a-\u049b\u04a2-\u04a3\u04ae-\u04b1\u04ba-\u04bb\u04e8-\u04e9]")
_COVERING = ("joiner", "filler", "frame", "inquire", "vocative")
_DENIED = frozenset({"frame", "inquire", "wish", "wish_any", "stressed", "stressed_doing"})
_NEAR = 4  # words behind a «when» that may show that it asks


@lru_cache(maxsize=1)
def _orders() -> tuple[str, ...]:
    return tuple(listed("lists", "imperative_starts"))


class Cues:
    """The hints of a text's tokens, each looked up once."""

    def __init__(self, text: str, tokens: Sequence[Token]) -> None:
        self.text = text
        self.tokens = tokens
        self.words = [token.word for token in tokens]
        table = rows("moods")
        self.at = [self._within(place, table.at(self.words, place)) for place in range(len(tokens))]
        self.covered = [token.item for token in tokens]
        """Whether a word only leads to what is said."""
        for place, names in enumerate(self.at):
            for name in _COVERING:
                if name == "vocative" and not tokens[place].cut:
                    continue
                for at in range(place, names.get(name, place)):
                    self.covered[at] = True
        count = len(tokens)
        self.hushed = [False] * count
        """Whether a question's word is a part of what asks nothing: of a frame, of an exclamation."""
        for place, names in enumerate(self.at):
            for name in ("frame", "exclaim"):
                for at in range(place, names.get(name, place)):
                    self.hushed[at] = True
        self._bare = [count] * (count + 1)
        self.opens = [token.cut > 0 for token in tokens]
        """Whether a sentence or a part of one begins here, words that lead to it not counted."""
        self.closes = [True] * (count + 1)
        """Whether nothing is said from here to the sentence's end but what leads to nothing."""
        for place in range(count):
            self.opens[place] = self.opens[place] or (place > 0 and self.covered[place - 1] and self.opens[place - 1])
        for place in range(count - 1, -1, -1):
            self._bare[place] = self._bare[place + 1] if self.covered[place] else place
            self.closes[place] = tokens[place].cut > 0 or (self.covered[place] and self.closes[place + 1])
        self._said = [0, *accumulate(not each for each in self.covered)]
        spoken = sum(2 if "particle" in names else "kazakh" in names for names in self.at)
        self.kazakh = bool(_KAZAKH.search(text)) or spoken > 1
        self.corrects = self._sentences_with("corrects")
        """Whether the sentence says what was asked or meant."""
        self.asks = [self._asks(place) for place in range(len(tokens))]
        """Where a question opens, wherever it stands."""

    def _within(self, place: int, names: dict[str, int]) -> dict[str, int]:
        """Rows that run over the end of a sentence are none."""
        if not names:
            return names
        if place and self.words[place - 1] in listed("moods", "reject_bare"):
            names = {name: end for name, end in names.items() if name not in _DENIED}
            if not names:
                return names
        before = self.words[place - 1] if place else ""
        if "reject_except_after" in names and not before.endswith(endings("kk_except")):
            # "another day" rejects nothing, "but for the rent" does.
            names = {name: end for name, end in names.items() if name != "reject_except_after"}
            if not names:
                return names
        longest = max(names.values())
        stop = next((at for at in range(place + 1, longest) if self.tokens[at].cut), longest)
        return names if stop == longest else {name: end for name, end in names.items() if end <= stop}

    def _sentences_with(self, name: str) -> list[bool]:
        """Of each place, whether a row of that name begins in its sentence."""
        found, begun = [False] * len(self.tokens), 0
        for place in range(len(self.tokens) + 1):
            if place == len(self.tokens) or (self.tokens[place].cut == 2 and place > begun):
                found[begun:place] = [any(name in names for names in self.at[begun:place])] * (place - begun)
                begun = place
        return found

    def has(self, name: str, start: int, end: int) -> bool:
        """Whether a row begins among the words from `start` to before `end`, and ends there."""
        return any(self.at[place].get(name, end + 1) <= end for place in range(start, end))

    def lead(self, start: int, end: int) -> int:
        """The first word of a piece that leads to nothing: behind joiners, fillers, frames, greetings' names."""
        return min(self._bare[start], end)

    def said(self, start: int, end: int) -> int:
        """How many words from `start` to before `end` are no mere lead."""
        return self._said[end] - self._said[start]

    def _asks(self, place: int) -> bool:
        if self.hushed[place] or self._binds(place):
            return False
        names, word = self.at[place], self.words[place]
        last = place + 1 == len(self.words)
        behind = "" if last else self.words[place + 1]
        whether = not last and "whether" in self.at[place + 1]
        if whether or not names:
            return whether
        if "ask_when" in names:
            near = range(place + 1, min(place + 1 + _NEAR, len(self.words)))
            return self.opens[place] or any(self.you(at) or "ask_any" in self.at[at] for at in near)
        if "ask_any" in names:
            # In the middle of a sentence "who wrote it down and who forgot" tells.
            return self.opens[place] or word not in listed("lists", "who") or not behind.endswith(endings("past"))
        how = word in listed("moods", "which") and behind.endswith(endings("infinitive"))
        if "ask_late" in names and self._late(place):
            return True
        return "ask_start" in names and not last and (how or self.you(place + 1))

    def _late(self, place: int) -> bool:
        """Whether a question's word stands at the end of what it asks of, as in "and the receipt how"."""
        last = place + 1 == len(self.words) or self.tokens[place + 1].cut > 0
        before = "" if self.opens[place] else self.words[place - 1]
        if last:
            return bool(before) and not before.endswith(endings("past"))
        over = place + 2 == len(self.words) or self.tokens[place + 2].cut > 0
        acts = self.words[place + 1].endswith(endings("verb"))
        return over and acts and bool(before) and not before.endswith((*endings("verb"), *endings("wish")))

    def asks_on(self, place: int) -> bool:
        """Whether a second question is joined here: "moving from another program how much is it and how many days"."""
        joined = "joiner" in self.at[place] and not self.tokens[place].cut
        return joined and any(self.asks[at] for at in range(place + 1, min(place + 3, len(self.tokens))))

    def wishes_also(self, place: int) -> bool:
        """Whether another wish is joined here, as in «и чтобы»."""
        behind = place + 1
        joins = self.words[place] in listed("lists", "and") and behind < len(self.words)
        return joins and self.words[behind] in listed("lists", "wished_too") and not self.tokens[behind].cut

    def _binds(self, place: int) -> bool:
        """Whether a question's word only binds, as in "I see how much was sold"."""
        before = self.at[place - 1] if place else {}
        knows = "knowing" in before and not self.covered[place - 1]
        return "not_ask" in self.at[place] or before.get("not_ask", 0) > place or knows

    def related(self, place: int) -> bool:
        """Whether a word belongs to one that binds it to the main sentence, as in "what I want"."""
        return place > 0 and self.words[place - 1] in listed("lists", "relative")

    def you(self, place: int) -> bool:
        """Whether a word is a verb that says what the shop does: of the second person."""
        word = self.words[place]
        if len(word) < 5 or word in listed("lists", "not_you") or (place and "reject_bare" in self.at[place - 1]):
            return False
        if place and self.words[place - 1] in listed("lists", "prepositions"):
            return False
        if word.endswith(endings("you")):
            return "frame" not in self.at[place] and "inquire" not in self.at[place]
        return word.endswith(endings("wish_maybe")) and not word.startswith(_orders())

    def bids(self, place: int) -> bool:
        """Whether a word is an order."""
        word = self.words[place]
        if len(word) < 5 or self.covered[place]:
            return False
        return word.endswith(endings("wish")) or (word.endswith(endings("wish_maybe")) and word.startswith(_orders()))

    def ends(self, place: int) -> bool:
        """Whether a Kazakh sentence ends behind this word: a question's particle, or a verb that none follows."""
        names = self.at[place]
        if not self.kazakh or place + 1 >= len(self.words):
            return False
        behind = self.at[place + 1]
        if "tail_ends" in behind or self.words[place + 1] in listed("lists", "binds_before"):
            return False
        if self._addressed(place + 1):
            return False
        if "particle" in names or self._addressed(place) or self.words[place].endswith(endings("question_end")):
            return True
        if "tail" in behind or "reject_bare_after" in behind or "reject_except_after" in behind:
            return False
        return bool(names.keys() & {"predicate", "tail_ends"}) or (
            len(self.words[place]) >= 5 and self.words[place].endswith(endings("kk_end"))
        )

    def _addressed(self, place: int) -> bool:
        """Whether a question's particle stands before a word, and the word only says whom it asks («бар ма сізде»)."""
        said = self.words[place] in listed("lists", "addressed") and place > 0
        return said and "particle" in self.at[place - 1] and self._over(place)

    def _over(self, place: int) -> bool:
        """Whether a sentence or a question ends behind a word."""
        behind = place + 1
        return behind == len(self.words) or self.tokens[behind].cut > 0 or "joiner" in self.at[behind]
