"""How many people and shops: the numbers of a message that count the customer's own, and no others."""

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache

from app.dialogue.slots.reader import Hearing
from app.language.times import times

MAX_PEOPLE = 9999
MAX_SHOPS = 999
MAX_PIECES = 999_999


_SOME_DAY = datetime(2026, 1, 5, 12, tzinfo=UTC)
_LONGEST = 300
"""Characters of a message that may name a day."""


@lru_cache(maxsize=64)
def dated(text: str) -> tuple[tuple[int, int], ...]:
    """The places at which a text names days of the calendar."""
    named = len(text) <= _LONGEST and any(character.isdigit() for character in text)
    found = times(text, _SOME_DAY) if named else ()
    return tuple((each.start, each.end) for each in found if each.grain in ("day", "week", "month"))


class Counting(Hearing):
    """Fills `company_size` (people) and `shops`."""

    def _number_at(self, place: int) -> int | None:
        """The count at a token, unless it is part of a phone number, an amount, a time or a name such as 1С."""
        token = self.tokens[place]
        if any(contact.start <= token.start < contact.end for contact in self.u.contacts):
            return None
        if token.text.isdecimal() and token.text.isascii():
            text = self.u.message.text
            # «10+» is ten at least, «+7» the beginning of a telephone.
            around = text[max(0, token.start - 1) : token.start] + text[token.end : token.end + 1].replace("+", " ")
            if place in self.valued or len(token.text) > 4 or set(around) & set("%$€₸₽#№:+") or self._glued(place):
                return None
            return int(token.text)
        return self.vocabulary.numbers.get(token.text)

    def _glued(self, place: int) -> bool:
        """Whether digits run on: «10 000», «1.5», a long code."""
        text = self.u.message.text
        for left in (place - 1, place):
            if 0 <= left < len(self.tokens) - 1:
                a, b = self.tokens[left], self.tokens[left + 1]
                if (
                    a.text.isdecimal()
                    and b.text.isdecimal()
                    and text[a.end : b.start] in (" ", ".", ",", "/", ":", "\u00a0")
                ):
                    return True
        return False

    def counts(self) -> Iterator[tuple[int, int]]:
        """(place, number) of every plain number that is not negated and not an amount of something else."""
        other = self.words.get("other_unit", frozenset())
        address = self.words.get("address", frozenset())
        moments = dated(self.u.message.text)
        for place, token in enumerate(self.tokens):
            if any(start <= token.start < end for start, end in moments):
                continue  # «12 December» counts nobody
            number = self._number_at(place)
            if number is None or number < 1:
                continue
            if place + 1 in other or place - 1 in address or place - 1 in self.words.get("negation_before", ()):
                continue
            # Inside a question or a wish a number belongs to it; only «у нас …» makes it the customer's.
            wished = token.clause in self.u.asking or self.has("want", token.clause)
            if wished and not self.has("mine", token.clause, place) and not self._paid_for(place):
                continue
            yield place, number

    def _paid_for(self, place: int) -> bool:
        """«На 2 магазина», «for two shops»: so many he has, whatever he asks of them."""
        return place - 1 in self.words.get("onto", ()) and place + 1 in self.words.get("shop", ())

    def pieces(self) -> Iterator[tuple[int, int]]:
        """(place, number) of the amounts in an answer to «сколько вам нужно?»: «5 штук», «мне нужно 10 000», «одну»."""
        text, place = self.u.message.text, 0
        while place < len(self.tokens):
            token, digits, start = self.tokens[place], self.tokens[place].text, place
            if not (digits.isdecimal() and digits.isascii()):
                if digits in self.vocabulary.numbers:
                    yield place, self.vocabulary.numbers[digits]
                place += 1
                continue
            while place + 1 < len(self.tokens) and len(self.tokens[place + 1].text) == 3:
                following = self.tokens[place + 1]
                if not following.text.isdecimal() or text[token.end : following.start] not in (" ", "\u00a0"):
                    break
                digits, token, place = digits + following.text, following, place + 1
            near = (
                text[max(0, self.tokens[start].start - 1) : self.tokens[start].start] + text[token.end : token.end + 1]
            )
            money = set(near) & set("%$€₸₽#№:+-") or any(
                contact.start <= token.start < contact.end for contact in self.u.contacts
            )
            if not money and len(digits) <= len(str(MAX_PIECES)):
                yield start, int(digits)
            place += 1

    def numbers(self) -> None:
        counts = list(self.counts())
        numbered = {place for place, _ in counts}
        people = self.words.get("people", frozenset())
        role = self.words.get("role", frozenset())
        shop = self.words.get("shop", frozenset())
        total, roles, used = 0, 0, set()
        for place, number in counts:
            noun = next(
                (p for p in (place + 1, place + 2) if p in people | role | shop and self._joined(place, p)), None
            )
            if (
                noun is None
                and place - 1 in shop | people
                and self.tokens[place - 1].clause == self.tokens[place].clause
            ):
                noun = place - 1  # «магазин один»
            if noun is None or (noun == place + 2 and place + 1 in numbered):
                continue
            used.add(place)
            if noun in shop and number <= MAX_SHOPS:
                self.store("shops", str(number))
            elif noun in people and number <= MAX_PEOPLE:
                total = number
            elif noun in role:
                roles += number
        if not total and not roles and "solo" in self.words and not self.u.message.asking:
            total = 1
        if not total and not roles:
            total = self._us(counts, used)
        if total or roles:
            self.store("company_size", str(total or roles))
        self._swap(counts)

    def _joined(self, place: int, noun: int) -> bool:
        """Over an adjective a noun still belongs to the number («3 небольших магазина»)."""
        if noun >= len(self.tokens) or self.tokens[noun].clause != self.tokens[place].clause:
            return False
        if noun == place + 1:
            return True
        middle = self.tokens[place + 1]
        return (
            not middle.text.isdecimal()
            and len(middle.text) > 3
            and not any(place + 1 in self.words.get(name, ()) for name in ("other_unit", "own", "filler"))
        )

    def _us(self, counts: list[tuple[int, int]], used: set[int]) -> int:
        """«нас 12», «нас двое», «нас всего 5»: people without the word for them."""
        for place, number in counts:
            near = range(max(0, place - 2), place)
            if (
                place not in used
                and any(self.tokens[p].text in ("нас", "бизде") and not self._at_us(p) for p in near)
                and self.u.short
            ):
                return number
        return 0

    def _at_us(self, place: int) -> bool:
        """«у нас 5» counts anything, «нас 5» counts people."""
        return place > 0 and self.tokens[place - 1].text == "у"

    def _swap(self, counts: list[tuple[int, int]]) -> None:
        """«не 10, а 12»: whichever number we had as 10 is 12."""
        if "company_size" in self.heard.values or "shops" in self.heard.values:
            return
        negative = self.words.get("negation_before", frozenset())
        wrong = {
            number for place in range(len(self.tokens)) if place - 1 in negative and (number := self._number_at(place))
        }
        right = [number for _, number in counts if number not in wrong]
        if wrong and right:
            for slot in ("company_size", "shops"):
                if self.known.get(slot) in {str(number) for number in wrong}:
                    self.store(slot, str(right[-1]))
                    return
