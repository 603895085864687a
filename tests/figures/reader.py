"""A small reader of figures for these tests: digits, a few numerals, amounts and lengths of time."""

import re
from dataclasses import dataclass
from decimal import Decimal

from app.figures.read import Read

_NUMERALS = {
    **dict.fromkeys(("один", "одна", "одну", "одного", "бір", "one"), 1), **dict.fromkeys(("два", "две", "двух", "екі", "two"), 2),
    **dict.fromkeys(("три", "трех", "трёх", "үш", "three"), 3), **dict.fromkeys(("четыре", "төрт", "four"), 4),
    **dict.fromkeys(("пять", "пяти", "бес", "five"), 5), **dict.fromkeys(("шесть", "шести", "алты", "six"), 6),
    **dict.fromkeys(("десять", "десяти", "он", "ten"), 10), **dict.fromkeys(("двенадцать", "twelve"), 12),
}  # fmt: skip
_UNITS = {
    "month": (30, ("месяц", "месяца", "месяцев", "месяцам", "мес", "ай", "айға", "month", "months")),
    "year": (365, ("год", "года", "лет", "году", "жыл", "жылға", "year", "years")),
    "minute": (0, ("минута", "минуты", "минут", "мин", "minute", "minutes")),
    "day": (1, ("день", "дня", "дней", "күн", "day", "days")),
}
_WORD = {word: (unit, days) for unit, (days, words) in _UNITS.items() for word in words}
_NUMBER = re.compile(r"\d{1,3}(?:[ \u00a0]\d{3})+(?!\d)|\d+(?:[.,]\d+)?|[^\W\d_]+")
_THOUSAND = re.compile(r"\s?(?:тыс(?:яч\w?)?|к|k|мың)\b\.?", re.IGNORECASE)
_MONEY = re.compile(r"\s?(?:₸|тг|тенге|теңге|₽|руб\w*)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Number:
    start: int
    end: int
    value: Decimal


@dataclass(frozen=True, slots=True)
class Money:
    start: int
    end: int
    amount: Decimal
    currency: str | None


@dataclass(frozen=True, slots=True)
class Duration:
    start: int
    end: int
    seconds: int
    unit: str


def read(text: str) -> Read:
    numbers: list[Number] = []
    money: list[Money] = []
    durations: list[Duration] = []
    last: Number | None = None
    for found in _NUMBER.finditer(text):
        word = found[0].lower()
        if word == "полгода":
            durations.append(Duration(found.start(), found.end(), 182 * 86400 + 43200, "year"))
        elif word in _WORD:
            unit, days = _WORD[word]
            near = last if last and found.start() - last.end <= 1 and last.value <= 100 else None
            start = near.start if near else found.start()
            durations.append(Duration(start, found.end(), int(near.value if near else 1) * days * 86400, unit))
        elif word[0].isdecimal() or word in _NUMERALS:
            value = (
                Decimal(re.sub(r"[ \u00a0]", "", word).replace(",", "."))
                if word[0].isdecimal()
                else Decimal(_NUMERALS[word])
            )
            end = found.end()
            if thousand := _THOUSAND.match(text, end):
                value, end = value * 1000, thousand.end()
            if (mark := _MONEY.match(text, end)) or (thousand and value >= 1000):
                end = mark.end() if mark else end
                money.append(
                    Money(
                        found.start(), end, value, "RUB" if (mark and "р" in mark[0].lower()) or "₽" in text else "KZT"
                    )
                )
            last = Number(found.start(), end, value)
            numbers.append(last)
    return Read(text, tuple(numbers), tuple(money), tuple(durations))
