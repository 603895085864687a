"""Amounts of money in what people write: recognised, named, with their unit and period."""

import re
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import cast

from app.knowledge.owners import either, listed, meanings, word
from app.types import Fact, Period

_COLUMNS = meanings("columns")
PERIODS = meanings("periods")
_CURRENCIES = meanings("currencies")  # by the first letters
_SYMBOLS = {"KZT": "₸", "RUB": "₽", "USD": "$", "EUR": "€"}
_N = r"(?:[1-9]\d{0,2}(?:[\s'’.,]\d{3})+(?:[.,]\d{1,2})?|0[.,]\d+|\d+(?:[.,]\d{1,2})?)(?!\d)"
_MONEY = rf"(?:[₸₽$€%]|(?:{either('money')})(?![^\W_]))"
_CURRENCY = re.compile(f"(?i){_MONEY}")
_AMOUNT = re.compile(
    rf"(?i)(?<![\w.,])(?:(?P<sign>[₸₽$€]|(?:kzt|rub|usd|eur)\b)\s?)?"
    rf"(?:(?P<low>{_N})\s?(?:[-–—]|{either('up_to')})\s?[₸₽$€]?)?"
    rf"(?P<high>{_N})\s?(?P<scale>(?:{either('scales_cut')})\b\.?|(?:{either('scales')})\b)?\s?(?P<currency>{_MONEY})?"
)
_MILLIONS = listed("millions")
_NAMED = re.compile(  # the words before an amount, up to what joins them to it
    rf"(?i)(.+?)(?<!\s)(?:\s*[—–:=]|\s+-|\s+(?:{either('costs')}))\s*(?:(?:(?:{either('about')})\b|~|≈)\s*)?"
)
_PER = re.compile(  # "/month", "per nail", "once"; not "on a birthday"
    rf"(?i)\s*(?:(?P<by>/|\b(?:{either('by')})\b)\s*)?(?:(?:{either('each')})\s+)?(?P<what>[^\W\d_]+)\b\.?"
    rf"(?=\W*$|\s*[^\w\s]|\s+(?:{either('goes_on')})\b)"
)
_FOR_EACH = frozenset({"/", *listed("for_each")})
_BEFORE = re.compile(rf"(?i)(?<!\s)\s+(?:{either('before')})$|^(?:{either('before')})$")
_FROM = re.compile(rf"(?i)\b(?:{either('from')})\s*$")
_LOW, _HIGH = f" ({word('low')})", f" ({word('high')})"
BULLET = re.compile(r"^\s*(?:[-*+•·–—❓]|\d{1,3}[.)])\s+")
BARE = re.compile(rf"(?i)(?:(?:{either('bounds')})\s+)?{_N}(?:\s?[-–—]\s?{_N})?")


def column_kind(head: str) -> str | None:
    """What a column holds: "Цена, ₸" and "Price (KZT)" hold the price."""
    return _COLUMNS.get(re.split(r"[,(/]", head.strip().lower())[0].rstrip())


def priced_line(name: str, cells: Sequence[tuple[str, str]]) -> tuple[str, list[Fact]]:
    """`name — 4 000 ₸; Время: 40 мин` and its facts. A bare number takes the currency that its column's head names."""
    shown, facts = [], facts_in(name, name)
    money = sum(column_kind(head) == "price" or bool(facts_in(cell, "")) for head, cell in cells)
    for head, cell in cells:
        mark = _CURRENCY.search(head) if BARE.fullmatch(cell) else None
        text = f"{cell} {_SYMBOLS.get(_iso(mark[0]), mark[0])}" if mark else cell
        found = [f if f.name.startswith(name) else replace(f, name=f"{name}: {f.name}") for f in facts_in(text, name)]
        period = next((PERIODS[word] for word in re.findall(r"\w+", head.lower()) if word in PERIODS), None)
        if period:
            found = [replace(fact, period=fact.period or cast(Period, period)) for fact in found]
        elif money > 1:
            found = [replace(fact, name=f"{fact.name} ({head})") for fact in found]
        facts += found
        shown.append(
            text if not head or (money == 1 and (found or column_kind(head) == "price")) else f"{head}: {text}"
        )
    return " — ".join(part for part in (name, "; ".join(shown)) if part), facts


def facts_in(line: str, name: str) -> list[Fact]:
    """The amounts of money and percentages in a line, each with the words before it as its name, else `name`."""
    facts, at, bullet = list[Fact](), 0, bool(BULLET.match(line))
    for found in _AMOUNT.finditer(line):
        if not (mark := found["currency"] or found["sign"]):
            continue
        high = _amount(found["high"], found["scale"])
        low = _amount(found["low"], found["scale"]) if found["low"] and _is_range(found, high) else high
        start = found.start() if low < high else found.start("sign" if found["sign"] and not found["low"] else "high")
        before = BULLET.sub("", line[at:start], count=1)
        before = re.split(r"[.!?;]\s+", before)[-1].lstrip(" ,;/(")
        own = named[1] if (named := _NAMED.fullmatch(before)) else before.strip(" -—–") if bullet and not at else ""
        own = _BEFORE.sub("", own)
        own = name if not own or len(own) > 80 or _COLUMNS.get(own.lower()) == "price" else own
        at, unit, period = found.end(), None, PERIODS.get((before.lower().split() or [""])[-1])
        while per := _PER.match(line, at):
            if what := PERIODS.get(per["what"].lower()):
                period = what
            elif per["by"] and per["by"].lower() in _FOR_EACH and not unit:
                unit = per["what"]
            else:
                break
            at = per.end()
        for amount, suffix in ((low, _LOW), (high, _HIGH)) if low < high else ((high, ""),):
            money = (_iso(mark), unit, cast(Period | None, period)) if mark != "%" else (None, "%", None)
            facts.append(Fact(f"{own}{suffix}".strip(), amount, *money))
    return facts


def _is_range(found: re.Match[str], high: Decimal) -> bool:
    """Whether two numbers are two prices: in "Пакет 5 — 9 000 ₸" the first belongs to the name."""
    low, text = _amount(found["low"], found["scale"]), found.string
    spaced_dash = re.fullmatch(r"\s[-–—]\s", text[found.end("low") : found.start("high")])
    after_word = re.search(r"\w\s*$", text[: found.start()]) and not _FROM.search(text[: found.start()])
    return high / 100 <= low < high and not (spaced_dash and after_word and low < 1000)


def _amount(number: str, scale: str | None) -> Decimal:
    digits = re.sub(r"[\s'’]", "", number)
    whole, _, cents = (
        digits.replace(",", ".").rpartition(".") if re.search(r"[.,]\d{1,2}$|^0[.,]", digits) else (digits, "", "")
    )
    amount = Decimal(f"{re.sub(r'[.,]', '', whole)}.{cents or 0}")
    amount *= 1_000_000 if scale and scale.lower().startswith(_MILLIONS) else 1000 if scale else 1
    return Decimal(int(amount)) if amount == int(amount) else amount.normalize()


def _iso(mark: str) -> str:
    return _CURRENCIES.get(mark[:3].lower()) or _CURRENCIES.get(mark[:2].lower()) or _CURRENCIES[mark[0]]
