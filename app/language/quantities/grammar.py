"""One number at a place of a text, in digits, in words or in both: `2.5k`, `two and a half million`."""

from decimal import Decimal
from functools import cache

from app.language.quantities.digits import Digits, figure_at, unnamed
from app.language.quantities.kazakh import counts_in_kazakh
from app.language.quantities.marks import bounds, marks
from app.language.quantities.numeral_words import Numeral, numeral_words
from app.language.quantities.raw_number import RawNumber
from app.language.quantities.tokens import Text
from app.language.quantities.words import book

NONE = Decimal("Infinity")
HALF = Decimal("0.5")
MAX_WORDS = 24
"""A number has no more words."""


class Parse:
    """The reading of one number, word by word: a sum of groups, each below the scale that ends it."""

    def __init__(self, text: Text, first: int) -> None:
        self.text, self.words = text, numeral_words()
        self.first = self.place = first
        self.total = Decimal(0)
        self.group: Decimal | None = None
        self.room = Decimal(0)
        self.last_scale = NONE
        self.about = self.spelled = self.ended = False
        self.weak = True
        self.suffix = self.language = ""

    def found(self) -> RawNumber | None:
        """The number that begins here, if one does."""
        self._article()
        for _ in range(MAX_WORDS):
            if self.place > self.first and not self._joined():
                break
            if self.text.kind(self.place) != "word" or self.text.fold(self.place) in _vulgar():
                if not self._digits():
                    break
                if self.suffix:
                    return self._done(ordinal=self.suffix in marks().ordinal)
            else:
                ended = self._word()
                if ended is not None:
                    return ended if isinstance(ended, RawNumber) else self._done()
        return self._done()

    def _done(self, *, ordinal: bool = False) -> RawNumber | None:
        if self.group is None and self.last_scale == NONE:
            return None
        value = self.total + (self.group or 0)
        scale = self.last_scale if self.group is None else Decimal(1)
        return RawNumber(
            self.first, self.place, value, ordinal, self.about, self.spelled, scale, self.suffix, self.weak,
            self.language,
        )  # fmt: skip

    def _article(self) -> None:
        """`a dozen`, `half a million`: what stands before the word that counts."""
        fold, place = self.text.fold(self.place), self.place
        if fold in self.words.article:
            word = self.words.words.get(self.text.fold(place + 1))
            counts = word and (word.role in ("times", "scale") or word.about)
            whole = self.text.fold(place + 2) in self.words.of or self.text.kind(place + 2) != "word"
            if counts or (self.text.fold(place + 1) in (self.words.parts if whole else self.words.part_alone)):
                self.place = place + 1
                self.weak = False
        elif fold in self.words.half:
            place += 1 + (self.text.fold(place + 1) == "-" and self.text.glued(place + 1))
            place += self.text.fold(place) in self.words.article
            word = self.words.words.get(self.text.fold(place))
            if word and word.role in ("scale", "times") and self.text.near(place):
                self.group, self.place, self.weak, self.spelled = HALF, place, False, True

    def _joined(self) -> bool:
        """Whether the token here goes on with the number: behind a space, a hyphen of `twenty-five`, an `and`."""
        text, place = self.text, self.place
        if not text.near(place):
            return False
        if text.fold(place) == "-" and text.glued(place) and text.glued(place + 1):
            word = self.words.get(text.fold(place + 1))
            if word and self._fits(word):
                self.place += 1
            return bool(word)
        if text.fold(place) in self.words.joins and self.spelled and (self.group is None or self.room == 100):
            word = self.words.get(text.fold(place + 1))
            if word and word.role in ("add", "ordinal") and self._fits(word) and word.value < 100:
                self.place += 1
        elif text.fold(place) in self.words.of and self.about:
            word = self.words.get(text.fold(place + 1))
            if word and word.role in ("times", "scale", "scales"):
                self.place += 1
        return True

    def _fits(self, word: Numeral) -> bool:
        begun = self.group is not None or (word.weak and self.last_scale != NONE)
        if begun and word.language != self.language and word.role in ("add", "ordinal"):
            return False  # "ten" in one may be "he" in the other, behind digits too
        if word.role in ("add", "ordinal"):
            return word.value < self.last_scale if self.group is None else 0 < word.value < self.room
        return word.role in ("times", "scale", "scales")

    def _digits(self) -> bool:
        text, place, begins = self.text, self.place, self.group is None and self.last_scale == NONE
        figure = figure_at(text, place) if self.group is None else None
        if figure is None or not (begins or 100 <= figure.value < self.last_scale):
            return False
        scaled = self._scaled(figure)
        if scaled is None:
            if figure.plain and not unnamed(text, figure.end):
                return False
            self.group, self.room, self.place = figure.value, Decimal(0), figure.end
            self._suffix()
        else:
            scale, self.place = scaled
            if scale >= self.last_scale:
                return False
            self.total += figure.value * scale
            self.last_scale = scale
            named = self.words.words.get(self.text.fold(figure.end))
            self.language = named.language if named else ""
        self.weak = False
        return True

    def _scaled(self, figure: Digits) -> tuple[Decimal, int] | None:
        """The scale behind digits, and the token behind it."""
        text, place, letters = self.text, figure.end, marks()
        if text.kind(place) != "word" or not text.near(place):
            return None
        token, glued = text.tokens[place], text.glued(place)
        money = text.fold(place + 1 + (text.fold(place + 1) == "." and text.glued(place + 1))) in letters.currencies
        money = money or (place > 1 and text.tokens[place - 2].text in letters.currencies)
        scale = letters.spaced.get(token.fold) or (letters.glued.get(token.fold) if glued or money else None)
        if scale is None and glued:
            scale = letters.large.get(token.text)
        if scale is None and money:
            scale = letters.money.get(token.fold)
        if scale is None or (text.kind(place + 1) == "digits" and text.glued(place + 1)):
            return None
        dotted = text.fold(place + 1) == "." and text.glued(place + 1) and (money or self._goes_on(place + 2))
        return scale, place + 1 + dotted

    def _goes_on(self, place: int) -> bool:
        """Whether the sentence goes on behind the dot of an abbreviation."""
        return place < len(self.text.tokens) and self.text.tokens[place].text[0].islower()

    def _suffix(self) -> None:
        text, letters = self.text, marks()
        hyphen = text.fold(self.place) == "-" and text.glued(self.place)
        at = self.place + hyphen
        if text.kind(at) != "word" or not text.glued(at) or (text.glued(at + 1) and text.kind(at + 1) != "sign"):
            return
        fold = text.fold(at)
        known = letters.cardinal | letters.ordinal if hyphen else letters.glued_cardinal | letters.glued_ordinal
        if fold in known:
            self.suffix, self.place = fold, at + 1

    def _word(self) -> RawNumber | bool | None:
        """Takes the word here: None goes on, True ends the number before it, a RawNumber ends it with the word."""
        text, words, fold = self.text, self.words, self.text.fold(self.place)
        part = words.and_part.at(text, self.place)
        if part and not (self.group is None and self.last_scale == NONE):
            if self.group is None:
                self.total += self.last_scale * part[0]
            else:
                self.group, self.room = self.group + part[0], Decimal(0)
            self.place = part[1]
            return None
        if fold in words.parts and (found := self._part(words.parts[fold])):
            return found
        if fold in words.point and self.group is not None:
            return self._decimals()
        word = words.get(fold)
        if word is None or text.fold(self.place - 1) in words.not_after.get(fold, ()):
            return True
        return self._taken(word)

    def _taken(self, word: Numeral) -> RawNumber | bool | None:
        group, value, fold = self.group, word.value, self.text.fold(self.place)
        if self.ended:
            return True
        if fold in self.words.vague and self.place == self.first and not bounds().before.at(self.text, self.place - 1):
            return True
        if word.role in ("add", "ordinal"):
            if not self._fits(word):
                return True
            self.group, self.room = (group or 0) + value, word.room
        elif word.role == "times":
            if group is not None and not (0 < group < 100 and (self.spelled or self.place > self.first)):
                return True
            self.group, self.room = (1 if group is None else group) * value, word.room
        elif word.role == "whole":
            if group is not None or self.last_scale != NONE:
                return True
            self.group, self.room = value, Decimal(0)
        else:
            if value >= self.last_scale or (word.role == "scales" and group is None):
                return True
            self.total += (1 if group is None else group) * value
            self.group, self.last_scale = None, value
        spelled = self.text.tokens[self.place].text.lower() != fold
        self.weak &= word.weak and not (spelled and fold in self.words.kept)
        self.about |= word.about
        self.language, self.ended = word.language, word.ended
        self.spelled = True
        self.place += 1
        return self._done(ordinal=True) if word.role == "ordinal" else None

    def _part(self, under: int) -> RawNumber | None:
        """`two thirds`, `a quarter`."""
        place, fold = self.place, self.text.fold(self.place)
        if self.group is not None and self.total == 0 and 0 < self.group < under and self.place > self.first:
            return RawNumber(self.first, place + 1, self.group / under)
        begins = self.group is None and self.last_scale == NONE
        if begins and (fold in self.words.part_alone or place > self.first):
            return RawNumber(self.first, place + 1, Decimal(1) / under)
        return None

    def _decimals(self) -> RawNumber | bool:
        """`one point seven five`, and the Russian `two wholes five tenths`."""
        text, digits, place, tens = self.text, "", self.place + 1, False
        whole = self.total + (self.group or 0)
        while len(digits) < 9 and text.near(place):
            word = self.words.get(text.fold(place))
            if word is None or word.role != "add" or (word.value > 9 and digits) or word.value != int(word.value):
                break
            # Of "twenty five hundredths" the five stands in place of the nought.
            digits = digits[:-1] + str(word.value) if tens and word.value else digits + str(word.value)
            tens = word.value >= 20 and word.value % 10 == 0
            place += 1
        under = self.words.parts.get(text.fold(place)) if digits else None
        if under:
            return RawNumber(self.first, place + 1, whole + Decimal(digits) / under)
        return RawNumber(self.first, place, whole + Decimal(f"0.{digits}")) if digits else True


@cache
def _vulgar() -> frozenset[str]:
    return frozenset(book().signs["vulgar"])


def number_at(text: Text, first: int, *, sure: bool = False) -> RawNumber | None:
    """The number whose first token is `first`, if one begins there; `sure`: a common word may be a number too."""
    found = Parse(text, first).found()
    return None if found is None or (found.weak and not sure and not _borne_out(text, found)) else found


def _borne_out(text: Text, found: RawNumber) -> bool:
    """Whether a word that is also a common one stands beside what is counted."""
    beside = marks().beside.get(found.language, frozenset())
    if text.fold(found.last) in beside and text.near(found.last):
        return True
    before = numeral_words().get(text.fold(found.first - 1))
    if before and not before.weak and before.language == found.language and text.near(found.first):
        return True
    return counts_in_kazakh(text, found.first, found.last)
