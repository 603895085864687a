"""Stretches of time before anybody asked what they are for: `2 weeks`, `an hour and a half`."""

from dataclasses import dataclass, replace
from decimal import Decimal

from app.language.quantities.grammar import number_at
from app.language.quantities.marks import Bound, bound_of, marks
from app.language.quantities.reading import Amount, Reading
from app.language.quantities.unit_words import Unit, unit_words

HALF = Decimal("0.5")
HALF_YEAR = Decimal(15552000)
"""Seconds: six months of 30 days."""
YEARS = (1900, 2100)
"""A number of digits between these before the word for a year names one."""


RESTS: dict[Unit, Unit] = {"hour": "minute", "minute": "second"}
"""What a number behind a unit counts where its own unit is left out."""
STEP = 5
"""Such a rest is a multiple of this."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A length of time at tokens `first`..`last` (exclusive): `count` of `unit`, in seconds altogether."""

    first: int
    last: int
    seconds: Decimal
    high: Decimal | None
    unit: Unit
    bound: Bound
    count: Decimal
    bare: bool = False
    """Whether no number is said: a unit's word alone."""


class Stretches:
    """Reads them off one text."""

    def __init__(self, reading: Reading) -> None:
        self.reading, self.text, self.words = reading, reading.text, unit_words()

    def all(self) -> tuple[Stretch, ...]:
        """The stretches of the text, in order; one made of several units is one."""
        found: list[Stretch] = []
        place, end = 0, len(self.text.tokens)
        while place < end:
            one = self._at(place) or (self._short(found[-1], place) if found else None)
            if one is None:
                place += 1
                continue
            place = one.last
            if found and self._continues(found[-1], one):
                found[-1] = self._together(found[-1], one)
            else:
                found.append(one)
        return tuple(found)

    def _at(self, place: int) -> Stretch | None:
        amount = self.reading.starts.get(place)
        if amount is not None:
            return self._counted(amount)
        fold = self.text.fold(place)
        words = self.words
        if fold in words.halves:
            return self._made(place, place + 1, HALF, words.halves[fold])
        if fold in words.half and self._unit(place + 1):
            return self._made(place, place + 2, HALF, words.units[self.text.fold(place + 1)][0])
        if fold in words.article:
            return self._article(place)
        if fold in words.units and self.text.kind(place) == "word":
            return self._inverted(place) or self._alone(place)
        return None

    def _unit(self, place: int) -> bool:
        return self.text.fold(place) in self.words.units and self.text.near(place)

    def _counted(self, amount: Amount) -> Stretch | None:
        text, words, place = self.text, self.words, amount.last
        if amount.low.ordinal or amount.value < 0:
            return None
        if text.fold(place) in words.of:
            place += 1
        if text.fold(place) in words.article and amount.value < 1:
            place += 1
        for _ in range(2):
            place += text.fold(place) in words.adjectives or text.fold(place) == "-"
        if not self._unit(place):
            return None
        fold = text.fold(place)
        if fold in words.letters and not (
            text.glued(place) and text.tokens[place].text.islower() and amount.value % 1 == 0
        ):
            return None
        unit, count = words.units[fold]
        digits = not amount.low.spelled and amount.high is None
        if unit == "year" and digits and YEARS[0] <= amount.value <= YEARS[1]:
            return None
        made = self._made(amount.first, place + 1, amount.value * count, unit)
        bound = amount.bound if amount.bound != "exact" or amount.high is not None else made.bound
        high = None if amount.high is None else amount.high * count * words.seconds[unit]
        return replace(made, high=high, bound=bound)

    def _short(self, before: Stretch, place: int) -> Stretch | None:
        """A number with a letter that is a unit only behind the next larger one: `15m` behind hours."""
        amount = self.reading.starts.get(place)
        if amount is None or amount.high is not None or not self.text.near(amount.last):
            return None
        unit = self.words.behind.get(self.text.fold(amount.last))
        if unit is None or RESTS.get(before.unit) != unit or not 0 < amount.value < 60 or amount.low.ordinal:
            return None
        made = self._made(place, amount.last + 1, amount.value, unit)
        return made if self._continues(before, made) else None

    def _article(self, place: int) -> Stretch | None:
        """`an hour`, but not of `$5 a month`."""
        text, words = self.text, self.words
        last = place + 1 + (text.fold(place + 1) in words.adjectives)
        fold = text.fold(last)
        if not self._unit(last) or len(fold) < 3 or not fold.isascii():
            return None
        before = text.fold(place - 1)
        rate = place in self.reading.ends or before in marks().currencies or before in words.alone_not_after
        return None if rate else self._made(place, last + 1, words.units[fold][1], words.units[fold][0])

    def _inverted(self, place: int) -> Stretch | None:
        """The unit before its number, which makes it a guess: `minutes twenty`, as Russian has it."""
        at = place + 1 + (self.text.fold(place + 1) in self.words.into)
        amount = self.reading.starts.get(at) if self.text.near(at) else None
        fold = self.text.fold(place)
        if fold not in self.words.many or amount is None or amount.low.ordinal or not self.text.near(place + 1):
            return None
        if (
            self._unit(amount.last)
            or self.text.fold(amount.last) in self.words.adjectives
            or place in self.reading.ends
        ):
            return None
        made = self._made(place, amount.last, amount.value, self.words.units[fold][0])
        high = None if amount.high is None else amount.high * self.words.seconds[made.unit]
        return replace(made, high=high, bound="about")

    def _alone(self, place: int) -> Stretch | None:
        """A unit's word that means one of it."""
        text, words, fold = self.text, self.words, self.text.fold(place)
        before = text.fold(place - 1)
        if words.and_part.at(text, place + 1) and place - 1 not in self.reading.found:
            return self._made(place, place + 1, words.units[fold][1], words.units[fold][0])
        led = fold in words.alone_led and before in words.led_by
        held = before in words.alone_not_after and not (before in words.with_rest and rest_at(self.reading, place + 1))
        if not (fold in words.alone or led) or held or before == "/":
            return None
        if place - 1 in self.reading.found or place in self.reading.ends or text.kind(place - 1) == "digits":
            return None
        made = self._made(place, place + 1, words.units[fold][1], words.units[fold][0])
        return self._or_more(made) or replace(made, bare=made.last == place + 1)

    def _or_more(self, one: Stretch) -> Stretch | None:
        """`a week-two`, as Russian has it: from one to so many."""
        text, at = self.text, one.last + 1
        tied = text.fold(one.last) == "-" and text.glued(one.last) and text.glued(at)
        high = number_at(text, at) if tied and text.kind(at) == "word" else None
        if high is None or high.ordinal or high.value <= one.count or self._unit(high.last):
            return None
        return replace(one, last=high.last, high=high.value * self.words.seconds[one.unit])

    def _made(self, first: int, last: int, count: Decimal, unit: Unit) -> Stretch:
        part = self.words.and_part.at(self.text, last) if self.text.near(last) else None
        if part:
            count, last = count + part[0], part[1]
        bound = bound_of(self.text, first, last)
        seconds = HALF_YEAR if unit == "year" and count == HALF else count * self.words.seconds[unit]
        return Stretch(first, last, seconds, None, unit, bound, count)

    def _continues(self, one: Stretch, after: Stretch) -> bool:
        seconds = self.words.seconds
        if seconds[after.unit] >= seconds[one.unit] or one.high or after.high or not self.text.near(after.first):
            return False
        if after.first - one.last == 1 and self.text.fold(one.last) == "." and self.text.glued(one.last):
            return self.text.fold(one.last - 1) in self.words.dotted
        between = range(one.last, after.first)
        return len(between) < 2 and all(self.text.fold(place) in self.words.joins for place in between)

    def _together(self, one: Stretch, after: Stretch) -> Stretch:
        seconds = one.seconds + after.seconds
        bound = one.bound if one.bound != "exact" else bound_of(self.text, one.first, after.last)
        count = seconds / self.words.seconds[after.unit]
        return Stretch(one.first, after.last, seconds, None, after.unit, bound, count)


def rest_at(reading: Reading, place: int) -> Amount | None:
    """The number at a place that may be a rest of minutes or seconds without its unit: `an hour twenty`."""
    amount = reading.starts.get(place)
    if amount is None or amount.high is not None or amount.low.ordinal or not reading.text.near(place):
        return None
    return amount if 0 < amount.value < 60 and amount.value % STEP == 0 else None


def stretches(reading: Reading) -> tuple[Stretch, ...]:
    """All stretches of time that the text names, in order; times of a clock among them."""
    return Stretches(reading).all()
