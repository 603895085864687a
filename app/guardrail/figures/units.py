"""What an amount is paid for: «за магазин», «на 5 касс», «за всё», «каждая»."""

from app.guardrail.figures.figure import Figure
from app.guardrail.figures.measures import UNITS_OF_TIME
from app.guardrail.figures.numerals import word_value
from app.guardrail.text.lists import Lists
from app.guardrail.text.words import PlacedToken, Text

_LISTS = Lists("app.guardrail.figures", "units.yaml")
_EACH_OF = _LISTS.words("each_of")
_PER_ONE = _LISTS.word("per_one")
_ALL = _LISTS.words("all")
_FOR = _LISTS.word("for")
_ALL_OF = _LISTS.words("all_of")
_FOR_ALL = _LISTS.words("for_all")
_EACH = _LISTS.word("each")
_EVERY = _LISTS.words("every")
_ONE = _LISTS.word("one")
_MORE = _LISTS.row("more")
_WHOLE = _LISTS.words("whole")
_WHOLE_KK = _LISTS.words("whole_kk")
_PLACE_LEADS = _LISTS.words("place_leads")
_PER = _LISTS.words("per")
_TO_LEADS = _LISTS.words("to_leads")
_TO = _LISTS.word("to")
_ACCUSATIVE = _LISTS.row("accusative")
_WITH = _LISTS.words("with")
_GENITIVE = _LISTS.words("genitive")
_FOR_KK = _LISTS.word("for_kk")
_DATIVE = _LISTS.row("dative")

_LIMIT_WORDS = _LISTS.row("limit_words")


def paid_for(text: Text, found: list[Figure], money: list[int]) -> dict[int, tuple[str | None, int, bool]]:
    """Amount -> (what it is paid for, how many of those, whether it is said for one)."""
    result: dict[int, tuple[str | None, int, bool]] = {}
    for n, i in enumerate(money):
        f = found[i]
        last = n + 1 >= len(money) or found[money[n + 1]].sentence != f.sentence
        floor = found[money[n - 1]].last + 1 if n and found[money[n - 1]].sentence == f.sentence else 0
        ceiling = len(text.tokens) if last else found[money[n + 1]].first
        paid = _Paid(text, f, last)
        paid.look(range(f.last + 1, ceiling))
        if not paid.unit:
            paid.look(range(f.first - 1, floor - 1, -1))
        if paid.unit or paid.each:
            result[i] = (paid.unit, paid.times, paid.each)
    return result


class _Paid:
    """What one amount is paid for, as far as the words around it have been looked at."""

    def __init__(self, text: Text, f: Figure, last: bool) -> None:
        """`last`: no other amount follows in its sentence."""
        self._text, self._f, self._last = text, f, last
        self.unit: str | None = None
        self.times, self.each = 0, False

    def look(self, places: range) -> None:
        """Words behind the amount, or those before it from the nearest on, until one says it."""
        f, behind = self._f, places.step == 1
        for place in places:
            token = self._text.tokens[place]
            same = token.clause == f.clause
            if token.sentence != f.sentence or not (same or (behind and self._last)):
                return
            one = token.text == _PER_ONE and not behind and f.first - place <= 2
            if same and (token.text in _EACH_OF or one):
                self.each = True
            if token.kind == "w" and self._said_by(place, same, behind):
                return

    def _said_by(self, place: int, same: bool, behind: bool) -> bool:
        """Whether the word at a place says it, and what."""
        tokens = self._text.tokens
        token = tokens[place]
        if behind and token.text in _ALL and tokens[place - 1].text == _FOR and not _noun(tokens, place + 1):
            self.unit = "@all"
            return True
        name = "@hour" if UNITS_OF_TIME.get(token.text) == ("minute", 60) else self._text.lexicon.unit(token.key)
        if name is None:
            return False
        if same and place > 1 and tokens[place - 1].text in _ALL_OF and tokens[place - 2].text in _FOR_ALL:
            self.unit = "@all"
            return True
        marked, count, one = _marker(self._text, place, same, behind)
        if marked and count > 1:
            self.times, self.each = self.times or count, self.each or one
            self.unit = self.unit or name
        elif marked and (self.times == 0 or one):
            self.unit, self.each = name, self.each or one
        return marked


def _noun(tokens: tuple[PlacedToken, ...], place: int) -> bool:
    return place < len(tokens) and tokens[place].kind == "w" and bool(tokens[place].key)


_Marked = tuple[bool, int, bool]
"""Whether a noun is what is paid for, how many are, and whether «каждый» stands there."""
_UNMARKED: _Marked = (False, 1, False)


def _marker(text: Text, place: int, same: bool, behind: bool) -> _Marked:
    """What the words before the noun at `place` make of it."""
    before = _Before(text, place, behind)
    if before.told is not None:
        return before.told
    lead = before.lead
    if before.every and same and (lead is None or lead.text not in _PLACE_LEADS):
        return True, before.count, True
    if lead is None:
        return _UNMARKED
    if lead.text in _TO_LEADS and same:
        return _meant_for(before, text.tokens[place], behind)
    return _led(text, place, before, lead, same and (before.each or behind))


def _led(text: Text, place: int, before: "_Before", lead: PlacedToken, near: bool) -> _Marked:
    """By the word before the noun or the one behind it: «за магазин», "per shop", «с магазина», «магазин үшін»."""
    word = text.tokens[place]
    follow = text.tokens[place + 1].text if place + 1 < len(text.tokens) else ""
    if lead.text in _PER:
        return True, before.count, before.each
    if lead.text == "a" and word.latin:
        return True, 1, False
    if lead.text in _WITH and near:
        return word.text in _GENITIVE, 1, before.each
    return (True, before.count, before.each) if follow == _FOR_KK else _UNMARKED


def _meant_for(before: "_Before", word: PlacedToken, behind: bool) -> _Marked:
    """«на магазин», «для каждой кассы»; what something suits or is limited to is not what is paid for."""
    if before.limits:
        return _UNMARKED
    count, each = before.count, before.each
    if before.lead is not None and before.lead.text == _TO:
        return word.text.endswith(_ACCUSATIVE) and (behind or count > 1 or each), count, each
    return each and count == 1, count, each


class _Before:
    """The numbers and adjectives before a noun, up to the word (`lead`) that they stand behind in its sentence."""

    _STEPS = 4

    def __init__(self, text: Text, place: int, behind: bool) -> None:
        self._kazakh = text.tokens[place].sentence in text.kazakh
        # «айына 7 900 ₸, бір касса кіреді»: behind a price only the dative tells what it is paid for.
        self._listed = behind and not text.tokens[place].text.endswith(_DATIVE)
        self.count, self.each, self.every = 1, False, False
        self.told: _Marked | None = None
        tokens, sentence = text.tokens, text.tokens[place].sentence
        at = place - 1
        while at >= 0 and place - 1 - at < self._STEPS and tokens[at].sentence == sentence and self._takes(tokens[at]):
            at -= 1
        self.lead = tokens[at] if at >= 0 and tokens[at].sentence == sentence else None
        self.limits = at > 0 and tokens[at - 1].text.startswith(_LIMIT_WORDS)
        """A word of limits stands before the lead."""

    def _takes(self, t: PlacedToken) -> bool:
        """Whether a word belongs to the noun; `told` is set where it settles the matter."""
        if t.kind == "n" and t.text.isdigit() and len(t.text) <= 4:
            self.count = int(t.text)
        elif t.text in _EVERY:
            self.told = (True, self.count, True)
        elif t.text.startswith(_EACH):
            self.each = self.every = True
        elif t.text == _ONE:
            self.told = _UNMARKED if self._listed else (True, 1, True)
        elif t.kind == "w" and (value := word_value(t.text, self._kazakh)) is not None:
            self.count = int(value)
            self.each = self.each or value == 1
        elif t.text in _WHOLE_KK and not t.text.startswith(_MORE):
            self.told = (True, 1, False)
        else:
            return (t.kind == "w" and t.text.startswith(_MORE)) or t.text in _WHOLE
        return self.told is None
