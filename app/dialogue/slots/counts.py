"""How many people and shops: the numbers of a message that count the customer's own, and no others."""

from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime
from functools import lru_cache

from app.dialogue.resources import load_words
from app.dialogue.slots.reader import NOTHING, Heard, SlotReader
from app.language.times import times

MAX_PEOPLE = 9999
MAX_SHOPS = 999
MAX_PIECES = 999_999

_WORDS = load_words("slots", "words.yaml")
_AMOUNT = frozenset("%$€₸₽#№:+")
"""Signs beside a number that counts nobody."""
_MONEY = frozenset("%$€₸₽")
"""The same with a blank between."""
_RANGES = frozenset({"-", "\u2013", "\u2014"})
_SOME_DAY = datetime(2026, 1, 5, 12, tzinfo=UTC)
_LONGEST = 300
"""Characters of a message that may name a day."""


@lru_cache(maxsize=64)
def dated(text: str) -> tuple[tuple[int, int], ...]:
    """The places at which a text names days of the calendar."""
    named = len(text) <= _LONGEST and any(character.isdigit() for character in text)
    found = times(text, _SOME_DAY) if named else ()
    return tuple((each.start, each.end) for each in found if each.grain in ("day", "week", "month"))


def counts(r: SlotReader) -> Heard:
    """`company_size` (people) and `shops`."""
    numbers = list(counted(r))
    numbered = {place for place, _ in numbers}
    heard, used = NOTHING, set[int]()
    people, roles = 0, 0
    for place, number in numbers:
        noun = _noun(r, place, numbered)
        if noun is None:
            continue
        used.add(place)
        if noun in r.at("shop") | r.at("outlet") and number <= MAX_SHOPS and not _some_of(r, place, number):
            heard |= r.told("shops", str(number))
        elif noun in r.at("people") and number <= MAX_PEOPLE and not _audience(r, place):
            people = number
        elif noun in r.at("role"):
            roles += number
    if "shops" not in heard.values and "shops" not in r.known and _single(r):
        heard |= r.told("shops", "1")
    if not people and not roles and "solo" in r.words and not r.u.message.asking:
        people = 1
    if not people and not roles:
        people = _us(r, numbers, used)
    if people or roles:
        heard |= r.told("company_size", str(people or roles))
    heard |= _swapped(r.after(heard), numbers)
    return heard | _mended(r.after(heard), numbers)


def _single(r: SlotReader) -> bool:
    """«У меня небольшая кофейня»: one, said of his own and of no other."""
    for place in r.at("single"):
        clause = r.tokens[place].clause
        near = [n for n in (place + 1, place + 2) if n < len(r.tokens) and r.tokens[n].clause == clause]
        plural = any(r.tokens[n].text.endswith(tuple(_WORDS["plural"])) for n in near)
        own = r.has("own", clause) or clause not in r.u.asking
        if own and not plural and any(r.among(n, "shop", "outlet") for n in near):
            return True
    return False


def _audience(r: SlotReader, place: int) -> bool:
    """«База 500 человек»: whom something is sent to."""
    clause = r.tokens[place].clause
    return any(token.text in _WORDS["audience"] for token in r.tokens if token.clause == clause)


def _some_of(r: SlotReader, place: int, number: int) -> bool:
    """«В 2 магазинах по 2 кассы», of who has told of four: some of them, and no other number of them."""
    known = r.known.get("shops", "")
    inside = place > 0 and r.tokens[place - 1].text in _WORDS["inside"]
    return inside and known.isdecimal() and number < int(known)


def counted(r: SlotReader) -> Iterator[tuple[int, int]]:
    """(place, number) of every plain number that is not negated and not an amount of something else."""
    other, address, negation = r.at("other_unit"), r.at("address"), r.at("negation_before")
    moments = dated(r.u.message.text)
    for place, token in enumerate(r.tokens):
        if any(start <= token.start < end for start, end in moments):
            continue  # «12 December» counts nobody
        number = _number_at(r, place)
        if number is None or number < 1:
            continue
        before = r.begins(place) - 1
        if place + 1 in other or before in address or before in negation:
            continue
        # Inside a question or a wish a number belongs to it; only «у нас …» makes it the customer's.
        wished = token.clause in r.u.asking or r.has("want", token.clause)
        if wished and not r.has("mine", token.clause, place) and not _paid_for(r, place):
            continue
        yield place, number


def pieces(r: SlotReader) -> Iterator[tuple[int, int]]:
    """(place, number) of the amounts in an answer to «сколько вам нужно?»: «5 штук», «мне нужно 10 000», «одну»."""
    text, place, tokens = r.u.message.text, 0, r.tokens
    while place < len(tokens):
        token, digits, start = tokens[place], tokens[place].text, place
        if not (digits.isdecimal() and digits.isascii()):
            if place in r.spelled:
                yield place, r.spelled[place][0]
            place += 1
            continue
        while place + 1 < len(tokens) and len(tokens[place + 1].text) == 3:
            following = tokens[place + 1]
            if not following.text.isdecimal() or text[token.end : following.start] not in (" ", "\u00a0"):
                break
            digits, token, place = digits + following.text, following, place + 1
        first = tokens[start].start
        near = text[max(0, first - 1) : first] + text[token.end : token.end + 1]
        money = set(near) & {*_AMOUNT, "-"} or r.written(place)
        if not money and len(digits) <= len(str(MAX_PIECES)):
            yield start, int(digits)
        place += 1


def _number_at(r: SlotReader, place: int) -> int | None:
    """The count at a token, unless it is part of a phone number, an amount, a time or a name such as 1С."""
    token = r.tokens[place]
    if r.written(place):
        return None
    if token.text.isdecimal() and token.text.isascii():
        text = r.u.message.text
        # «10+» is ten at least, «+7» the beginning of a telephone.
        around = text[max(0, token.start - 1) : token.start] + text[token.end : token.end + 1].replace("+", " ")
        money = {text[: token.start].rstrip()[-1:], text[token.end :].lstrip()[:1]} & _MONEY
        if place in r.valued or len(token.text) > 4 or set(around) & _AMOUNT or money or _glued(r, place):
            return None
        before = text[: token.start]
        if before[-1:].isalpha() or before.strip() == "-":
            return None  # «м2», «-5»
        behind = r.tokens[place + 1] if place + 1 < len(r.tokens) else None
        if behind is not None and behind.text.isalpha() and text[behind.end : behind.end + 1].isdigit():
            return None  # «200 м2», «м²»
        return int(token.text)
    return r.spelled_at(place)


def _glued(r: SlotReader, place: int) -> bool:
    """Whether digits run on: «10 000», «1.5», a long code."""
    text = r.u.message.text
    for left in (place - 1, place):
        if 0 <= left < len(r.tokens) - 1:
            a, b = r.tokens[left], r.tokens[left + 1]
            between = text[a.end : b.start]
            if a.text.isdecimal() and b.text.isdecimal() and between in (" ", ".", ",", "/", ":", "\u00a0"):
                return True
    return False


def _paid_for(r: SlotReader, place: int) -> bool:
    """«На 2 магазина», «for two shops»: so many he has, whatever he asks of them."""
    return r.begins(place) - 1 in r.at("onto") and place + 1 in r.at("shop")


def _noun(r: SlotReader, place: int, numbered: Collection[int]) -> int | None:
    """The place of what the number at `place` counts: people, their work, or shops."""
    last = place  # «екі азық-түлік дүкенім»: what kind of shop stands between
    while last + 1 in r.valued and not r.among(last + 1, "people", "role", "shop"):
        last += 1
    following = (near for near in (last + 1, last + 2) if r.among(near, "people", "role", "shop"))
    noun = next((near for near in following if _joined(r, last, near)), None)
    behind = r.among(place - 1, "shop", "outlet", "people") and r.tokens[place - 1].clause == r.tokens[place].clause
    behind = behind and not _in_each(r, place)
    if noun is None and behind:
        return place - 1  # «магазин один»
    anothers = noun == place + 2 and place + 1 in numbered
    return None if anothers else noun


def _in_each(r: SlotReader, place: int) -> bool:
    """«In each shop 2 sellers», «in a shop 2-3 sellers»: the number behind the shop is of what stands behind it."""
    last = r.tokens[place + 1] if place + 1 < len(r.tokens) else None
    between = r.u.message.text[r.tokens[place].end : last.start].strip() if last is not None else ""
    ranged = last is not None and last.text.isdecimal() and between in _RANGES
    return ranged or (place > 1 and r.tokens[place - 2].text in _WORDS["each"])


def _joined(r: SlotReader, place: int, noun: int) -> bool:
    """Over an adjective a noun still belongs to the number («3 небольших магазина»)."""
    if noun >= len(r.tokens) or r.tokens[noun].clause != r.tokens[place].clause:
        return False
    if noun == place + 1:
        return True
    middle = r.tokens[place + 1].text
    return not middle.isdecimal() and len(middle) > 3 and not r.among(place + 1, "other_unit", "own", "filler")


def _us(r: SlotReader, numbers: Sequence[tuple[int, int]], used: set[int]) -> int:
    """«нас 12», «нас двое», «нас всего 5»: people without the word for them."""
    for place, number in numbers:
        near = range(max(0, place - 2), place)
        ours = any(r.tokens[p].text in _WORDS["us"] and not _at_us(r, p) for p in near)
        if place not in used and ours and r.u.short:
            return number
    return 0


def _at_us(r: SlotReader, place: int) -> bool:
    """«у нас 5» counts anything, «нас 5» counts people."""
    return place > 0 and r.tokens[place - 1].text in _WORDS["at"]


def _mended(r: SlotReader, numbers: Sequence[tuple[int, int]]) -> Heard:
    """«No, I have one»: of who has told one number it is that."""
    told = [slot for slot in ("shops", "company_size") if slot in r.known]
    plain = r.u.short and not r.u.message.asking and (r.correcting or r.u.denies)
    if len(told) != 1 or len(numbers) != 1 or not plain or r.heard.values or r.known[told[0]] == str(numbers[0][1]):
        return NOTHING
    small = frozenset[int]().union(*(r.at(word) for word in ("own", "mine", "deny", "correct", "only", "filler")))
    alone = all(place in small or place == numbers[0][0] for place in r.u.content)
    return r.told(told[0], str(numbers[0][1])) if alone else NOTHING


def _swapped(r: SlotReader, numbers: Sequence[tuple[int, int]]) -> Heard:
    """«не 10, а 12»: whichever number we had as 10 is 12."""
    if "company_size" in r.heard.values or "shops" in r.heard.values:
        return NOTHING
    negative = r.at("negation_before")
    places = (place for place in range(len(r.tokens)) if r.begins(place) - 1 in negative)
    wrong = {number for place in places if (number := _number_at(r, place))}
    right = [number for _, number in numbers if number not in wrong]
    if wrong and right:
        for slot in ("company_size", "shops"):
            if r.known.get(slot) in {str(number) for number in wrong}:
                return r.told(slot, str(right[-1]))
    return NOTHING
