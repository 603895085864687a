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

_LIMIT_WORDS = _LISTS.row("limit_words")


def paid_for(text: Text, found: list[Figure], money: list[int]) -> dict[int, tuple[str | None, int, bool]]:
    """Amount -> (what it is paid for, how many of those, whether it is said for one)."""
    result: dict[int, tuple[str | None, int, bool]] = {}
    tokens = text.tokens
    for n, i in enumerate(money):
        f = found[i]
        last = n + 1 >= len(money) or found[money[n + 1]].sentence != f.sentence
        floor = found[money[n - 1]].last + 1 if n and found[money[n - 1]].sentence == f.sentence else 0
        ceiling = len(tokens) if last else found[money[n + 1]].first
        unit, times, each = None, 0, False
        # Behind the amount first, then before it.
        for direction in (range(f.last + 1, ceiling), range(f.first - 1, floor - 1, -1)):
            behind = direction.step == 1
            for place in direction:
                token = tokens[place]
                if token.sentence != f.sentence:
                    break
                same = token.clause == f.clause
                if not same and not (behind and last):
                    break
                if token.text in _EACH_OF and same:
                    each = True
                if token.text == _PER_ONE and same and not behind and f.first - place <= 2:
                    each = True
                if token.kind != "w":
                    continue
                if behind and token.text in _ALL and tokens[place - 1].text == _FOR and not _noun(tokens, place + 1):
                    unit = "@all"
                    break
                name = text.lexicon.unit(token.key)
                if token.text in UNITS_OF_TIME and UNITS_OF_TIME[token.text] == ("minute", 60):
                    name = "@hour"
                if name is None:
                    continue
                if (
                    same
                    and place
                    and tokens[place - 1].text in _ALL_OF
                    and place > 1
                    and tokens[place - 2].text in _FOR_ALL
                ):
                    unit = "@all"
                    break
                marked, count, one = _marker(text, place, same, behind)
                if not marked:
                    continue
                if count > 1:
                    times, each = times or count, each or one
                    unit = unit or name
                elif times == 0 or one:
                    unit, each = name, each or one
                break
            if unit:
                break
        if unit or each:
            result[i] = (unit, times, each)
    return result


def _noun(tokens: tuple[PlacedToken, ...], place: int) -> bool:
    return place < len(tokens) and tokens[place].kind == "w" and bool(tokens[place].key)


def _marker(text: Text, place: int, same: bool, behind: bool) -> tuple[bool, int, bool]:
    """Whether the noun at `place` is what is paid for, how many are, and whether «каждый» stands there."""
    tokens = text.tokens
    word = tokens[place]
    count, each, every = 1, False, False
    j = place - 1
    steps = 0
    while j >= 0 and steps < 4 and tokens[j].sentence == word.sentence:
        t = tokens[j]
        if t.kind == "n" and t.text.isdigit() and len(t.text) <= 4:
            count = int(t.text)
        elif t.text.startswith(_EACH) or t.text in _EVERY:
            each = every = True
            if t.text in _EVERY:
                return True, count, True
        elif t.text == _ONE:
            return True, 1, True
        elif t.kind == "w" and (value := word_value(t.text, word.sentence in text.kazakh)) is not None:
            count = int(value)
            each = each or value == 1
        elif t.text.startswith(_MORE) and t.kind == "w":
            pass
        elif t.text in _WHOLE:
            if t.text in _WHOLE_KK:
                return True, 1, False
        else:
            break
        j -= 1
        steps += 1
    lead = tokens[j] if j >= 0 else None
    if every and same and (lead is None or lead.sentence != word.sentence):
        return True, count, True
    if lead is None or lead.sentence != word.sentence:
        return False, 1, False
    if every and same and lead.text not in _PLACE_LEADS:
        return True, count, True
    follow = tokens[place + 1].text if place + 1 < len(tokens) else ""
    if lead.text in _PER:
        return True, count, each
    if lead.text == "a" and word.latin:
        return True, 1, False
    if lead.text in _TO_LEADS and same:
        before = tokens[j - 1].text if j else ""
        if before.startswith(_LIMIT_WORDS):
            return False, 1, False
        if lead.text == _TO:
            return (
                word.text.endswith(_ACCUSATIVE) and (behind or count > 1 or each),
                count,
                each,
            )
        return each and count == 1, count, each
    if lead.text in _WITH and same and (each or behind):
        return (
            word.text in _GENITIVE,
            1,
            each,
        )
    if follow == _FOR_KK:
        return True, count, each
    return False, 1, False
