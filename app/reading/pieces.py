"""A text cut where one thing ends and another begins: at signs, and without them at the words that open."""

from dataclasses import dataclass

from app.reading.cues import Cues
from app.reading.lexicon import endings, listed

_TOPIC = 3  # words before a question's word that name what is asked, and tell nothing
_ONE = 2  # words from one question's word to the next that make one question: "who and when"
_REJECTING = frozenset({"reject_before", "reject_bare"})
_SAYING = frozenset({"told", "wish", "wish_any", "reject_either", "exclaim"})
_AFTER = ("reject_after", "reject_bare_after", "reject_except_after")
_TELLING = 4  # words, at least, that tell something behind a question
_ENDING = 2  # words, at most, from a question's word to the sentence's end, so that what it asks of stands before it
_SUBJECT = 5  # words, at most, of what is asked of there
_FRONTED = 6  # and of what stands before «how to», without a word that tells


@dataclass(slots=True)
class Piece:
    """Tokens `start` to before `end`. `sentence`: the number of the sentence; `mark`: the sign that ends it there."""

    start: int
    end: int
    sentence: int
    mark: str


def pieces(cues: Cues) -> list[Piece]:
    """The pieces of a text, in order; every token is in one."""
    count = len(cues.tokens)
    starts = _Cutter(cues).starts()
    found: list[Piece] = []
    sentence = 0
    for at, start in enumerate(starts):
        end = starts[at + 1] if at + 1 < len(starts) else count
        sentence += cues.tokens[start].cut == 2
        found.append(Piece(start, end, sentence, cues.tokens[end - 1].mark))
    return found


class _Cutter:
    """Walks over a text once and notes where pieces start."""

    def __init__(self, cues: Cues) -> None:
        self.cues = cues
        self.start = 0
        self.asked: int | None = None  # where the piece's first question word stands
        self.there: int | None = None  # where the piece asks whether something is there
        self.told = False
        self.rejects = self.inquires = self.conditions = self.spoken = False
        self.content = 0  # words of the piece that are no mere lead

    def starts(self) -> list[int]:
        found = [0]
        cues = self.cues
        cut_at: set[int] = set()
        for place, token in enumerate(cues.tokens):
            if place and (token.cut or place in cut_at):
                self._begin(place)
                found.append(place)
            elif place:
                at = self._opening(place)
                if at is not None and at > self.start:
                    self._begin(at)
                    found.append(at)
                    for again in range(at, place):
                        self._count(again)
            behind = self._behind(place)
            if behind is not None and behind < len(cues.tokens):
                cut_at.add(behind)
            self._count(place)
        return found

    def _begin(self, place: int) -> None:
        self.start, self.asked, self.there, self.told, self.content = place, None, None, False, 0
        self.rejects = self.inquires = self.conditions = self.spoken = False

    def _count(self, place: int) -> None:
        cues = self.cues
        if self.asked is None and (cues.asks[place] or self._starts_asking(place)):
            self.asked = place
        names = cues.at[place]
        if "ask_there" in names and self.there is None:
            self.there = place
        if not self.spoken and not _REJECTING.isdisjoint(names):
            self.rejects = True
        self.spoken = self.spoken or not (cues.covered[place] or "pronoun" in names)
        self.conditions = self.conditions or "condition" in names
        self.inquires = self.inquires or "inquire" in names
        if not cues.covered[place]:
            self.content += 1
            self.told = self.told or not _SAYING.isdisjoint(names)
            self.told = self.told or cues.bids(place)

    def _starts_asking(self, place: int) -> bool:
        return (
            "ask_start" in self.cues.at[place]
            and not self.cues.hushed[place]
            and self.cues.lead(self.start, place) == place
        )

    def _opening(self, place: int) -> int | None:
        """Where a piece starts if the word at a place opens one; None if it does not."""
        if self.cues.asks[place]:
            return self._question(place)
        names = self.cues.at[place]
        joined = self.cues.wishes_also(place) and self.content > 0
        if not names:
            return place if joined else None if self.cues.covered[place] else self._statement(place)
        cries = names.get("exclaim", 0) - place > 1 and self.asked is None and self.content > _TOPIC
        opens = (
            joined
            or cries
            or (self.cues.corrects[place] and self._puts_against(place))
            or (self._forbids(place) and self._full())
        )
        opens = opens or ("reject_inside" in names and self.content > 0) or ("contrast" in names and self.rejects)
        thanks = "closing" in names and self.cues.closes[names["closing"]] and not self._thanked(place)
        second = "joiner" in names and self._lasts(place)
        if opens or thanks or second:
            return place
        led = max(names.get("frame", 0), names.get("inquire", 0))
        if led and self.asked is None and self._full() and not self.cues.closes[led]:
            return self._whose(self._back(place))
        if self.asked is not None and "ask_start" in names and place - self.asked > _ONE:
            return self._back(place) if "joiner" in self.cues.at[place - 1] else None
        return None if self.cues.covered[place] else self._statement(place)

    def _puts_against(self, place: int) -> bool:
        """Whether a rejection begins at a place, behind what was asked: "I asked about X and not about Y"."""
        at, last = self.cues.at, len(self.cues.tokens) - 1
        if not self.spoken or not any("corrects" in at[n] for n in range(self.start, place)):
            return False
        if at[place].keys() & {"contrast", "joiner"}:
            return place < last and bool(at[place + 1].keys() & _REJECTING)
        return "reject_before" in at[place] and not at[place - 1].keys() & {"contrast", "joiner"}

    def _question(self, place: int) -> int | None:
        # Of one question: "who and when".
        if self.asked is not None and place - self.asked <= _ONE:
            return None
        if self.asked is None and self._fronted(place):
            return None
        at = self._subject(place) or self._back(place)
        at -= at == place > self.start + 1 and self.cues.words[place - 1] in listed("lists", "points")
        asks_himself = at == place > self.start + 1 and self.cues.words[place - 1] in listed("lists", "asker")
        at -= asks_himself
        if self.conditions and "consequence" in self.cues.at[at]:
            return None
        joins = self.inquires and "joiner" in self.cues.at[at] and self.cues.said(self.start, at)
        return at if self.asked is not None or self.told or joins or self.cues.said(self.start, at) > _TOPIC else None

    def _fronted(self, place: int) -> bool:
        """Whether what stands before a question's word is what it asks of: "a refund for a cake how to get", "a shelf
        for the shop is possible to buy", "the delivery who pays", "chairs with the table possible".
        """
        cues, end = self.cues, self.cues.at[place].get("ask_bare", place)
        if self.told:
            return False
        if end > place and cues.closes[end]:
            return True
        if self.asked is None and cues.closes[place + 1] and cues.said(self.start, place) <= _FRONTED:
            return True  # "the big one with a lid how much"
        acts = cues.words[place] in listed("lists", "fronts") or "ask_doing" in cues.at[place]
        acts = acts and place + 1 < len(cues.tokens)
        acts = acts and not cues.tokens[place + 1].cut and cues.words[place + 1].endswith(endings("infinitive"))
        over = place + 2 <= len(cues.tokens) and (cues.closes[place + 2] or cues.asks_on(place + 2))
        acts = acts or (over and not cues.tokens[place + 1].cut and cues.words[place + 1].endswith(endings("verb")))
        return acts and cues.said(self.start, place) <= _FRONTED

    def _subject(self, place: int) -> int:
        """The joiner from which on a second question runs whose word stands at its end: "and the warranty how long"."""
        cues = self.cues
        if self.asked is None:
            return 0
        end = place + 1
        while end < len(cues.tokens) and not cues.tokens[end].cut and "joiner" not in cues.at[end]:
            end += 1
        if end - place > _ENDING:
            return 0
        earliest = max(self.asked, place - _SUBJECT - 1)
        at = next((at for at in range(place - 1, earliest, -1) if "joiner" in cues.at[at]), 0)
        return at if at and cues.said(at, place) and cues.said(self.start, at) > 1 else 0

    def _statement(self, place: int) -> int | None:
        if self.asked is None:
            wishes = self._full() and (self._wishes(place) or self._bids(place))
            return self._whose(self._back(place)) if wishes else None
        told = "opens_told" in self.cues.at[place] and not self.cues.related(place)
        told = told and place - self.asked > _ONE and self._long(place)
        wished = "wish_any" in self.cues.at[place] and place - self.asked > _TOPIC
        return self._back(place) if told or wished else None

    def _forbids(self, place: int) -> bool:
        """Whether an order not to do something begins at a place."""
        cues = self.cues
        orders = endings("wish") + endings("wish_maybe")
        behind = place + 1
        denies = "reject_bare" in cues.at[place] and behind < len(cues.tokens) and not cues.tokens[behind].cut
        return denies and not cues.covered[place] and cues.words[behind].endswith(orders)

    def _lasts(self, place: int) -> bool:
        """Whether a few words to the sentence's end make a second question by their last one."""
        cues = self.cues
        asked = self.there if self.asked is None else self.asked
        if asked is None or (self.asked is not None and place - asked <= _ONE and not self._complete(asked, place)):
            return False
        end = place + 1
        while end < len(cues.tokens) and not cues.tokens[end].cut and end - place <= _TELLING:
            end += 1
        over = end == len(cues.tokens) or cues.tokens[end].cut > 0
        if not over or end - place <= 2:
            return False
        last = cues.at[end - 1]
        if self.asked is not None and place - asked > _ONE and last.get("ask_last") == end:
            return True
        return last.get("ask_there") == end and self._complete(asked, place)

    def _complete(self, asked: int, place: int) -> bool:
        """Whether a question from its word to before a place is one already: it acts, or asks of a price or of what is
        there. "Which tables and chairs are there" is one question.
        """
        names = ("ask_noun", "ask_there")
        return any(
            self.cues.words[at].endswith(endings("verb")) or any(name in self.cues.at[at] for name in names)
            for at in range(asked, place)
        )

    def _whose(self, place: int) -> int:
        """A place, or that of the pronoun before it."""
        return place - 1 if place > self.start and "pronoun" in self.cues.at[place - 1] else place

    def _full(self) -> bool:
        """Whether the piece says something of its own already."""
        return self.told or self.rejects or self.content > _TOPIC

    def _thanked(self, place: int) -> bool:
        """Whether the thanks at a place began before it, or belong to the words before it."""
        before = range(max(0, place - 3), place)
        return "closing_before" in self.cues.at[place - 1] or any(
            self.cues.at[at].get("closing", 0) > place for at in before
        )

    def _wishes(self, place: int) -> bool:
        at = self.cues.at
        inside = at[place - 1].get("wish_any", 0) > place
        return "wish_any" in at[place] and not inside and not self.cues.related(place)

    def _bids(self, place: int) -> bool:
        return self.cues.bids(place) and "reject_bare" not in self.cues.at[place - 1]

    def _back(self, place: int) -> int:
        """The first of the words before a place that lead to it."""
        cues = self.cues
        prepositions = listed("lists", "prepositions")
        at = place
        leans = at - 1 > self.start and cues.words[at - 1] in listed("lists", "leaning")
        if leans and cues.words[at - 2] in prepositions:
            return at - 2
        if at > self.start and (cues.words[at - 1] in prepositions or "reject_bare" in cues.at[at - 1]):
            at -= 1
        pronouns = at
        while at > self.start and (cues.covered[at - 1] or "pronoun" in cues.at[at - 1]):
            at -= 1
            if cues.covered[at]:
                pronouns = at
        # A pronoun is a lead's only if a lead stands before it.
        return at if cues.covered[at] else pronouns

    def _long(self, place: int) -> bool:
        """Whether enough words stand behind a place before anything parts them."""
        behind = range(place + 1, place + _TELLING)
        return behind.stop <= len(self.cues.tokens) and not any(self.cues.tokens[at].cut for at in behind)

    def _behind(self, place: int) -> int | None:
        """Where a piece starts because one ends behind the word at a place."""
        cues = self.cues
        names = cues.at[place]
        if not names:
            return place + 1 if cues.ends(place) else None
        opens = cues.lead(self.start, place) == place
        if "greeting" in names and opens and (place == self.start or self.content == 0):
            end = names["greeting"]
            while end < len(cues.tokens) and not cues.tokens[end].cut and "vocative" in cues.at[end]:
                end = cues.at[end]["vocative"]
            return end
        if "closing" in names and opens:
            end = names["closing"]
            goes_on = end < len(cues.tokens) and "closing_goes_on" in cues.at[end]
            return None if goes_on else end
        if names.get("exclaim", 0) == place + 1 and opens and self._long(place):
            return place + 1
        end = max((names.get(name, 0) for name in _AFTER), default=0)
        if end:
            while end < len(cues.tokens) and "tail_ends" in cues.at[end] and not cues.tokens[end].cut:
                end += 1
            asked = end < len(cues.tokens) and "particle" in cues.at[end]
            return None if asked else end
        return place + 1 if cues.ends(place) else None
