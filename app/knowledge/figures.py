"""Amounts of money in what people write: recognised, named, with their unit and period."""

import re
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import cast

from app.types import Fact, Period


def by_word(names: str) -> dict[str, str]:
    groups = (group.split(": ") for group in names.split("; "))
    return {word: key for key, words in groups for word in words.split("|")}


_COLUMNS = by_word(  # what an owner calls a column -> what it is
    "id: id|код; title: title|name|название|наименование|заголовок|услуга|товар|тариф|позиция|product|service|item; "
    "question: question|questions|вопрос|вопросы|q|сұрақ; text: answer|text|ответ|текст|описание|description|a|жауап; "
    "keywords: keywords|ключевые слова|теги; price: price|цена|стоимость|cost|amount|сумма|баға|бағасы; "
    "currency: currency|валюта; unit: unit|единица|ед|ед.|ед. изм.|единица измерения; period: period|период; "
    "category: category|категория|раздел|группа|санат; priority: priority|приоритет; language: language|язык|тіл; "
    "valid_until: valid_until|valid until|действует до"
)
PERIODS = by_word(
    "once: once|разово|единоразово; hour: hour|час|часа|сағат; day: day|день|дня|сутки|күн|ежедневно; "
    "week: week|неделя|неделю|нед|апта|еженедельно; month: month|mo|месяц|месяца|мес|ай|айына|ежемесячно; "
    "quarter: quarter|квартал|тоқсан; year: year|год|года|жыл|жылына|ежегодно"
)
_CURRENCIES = by_word(  # by the first letters
    "KZT: ₸|тг|тнг|тен|тең|kzt; RUB: ₽|руб|rub; USD: $|дол|usd; EUR: €|евр|eur; KGS: сом|kgs; UZS: сум|uzs; %: %"
)
_SYMBOLS = {"KZT": "₸", "RUB": "₽", "USD": "$", "EUR": "€"}
_N = r"(?:[1-9]\d{0,2}(?:[\s'’.,]\d{3})+(?:[.,]\d{1,2})?|0[.,]\d+|\d+(?:[.,]\d{1,2})?)(?!\d)"
_MONEY = (
    r"(?:[₸₽$€%]|(?:тг|тнг|тенге\w*|теңге\w*|руб\w*|доллар\w*|евро|сом(?:а|ов)?|сум(?:а|ов)?|kzt|rub|usd|eur|kgs|uzs)"
    r"(?![^\W_]))"
)
_CURRENCY = re.compile(f"(?i){_MONEY}")
_AMOUNT = re.compile(
    rf"(?i)(?<![\w.,])(?:(?P<sign>[₸₽$€]|(?:kzt|rub|usd|eur)\b)\s?)?(?:(?P<low>{_N})\s?(?:[-–—]|до)\s?[₸₽$€]?)?"
    rf"(?P<high>{_N})\s?(?P<scale>тыс(?:яч\w?)?\b\.?|млн\b\.?|мың\b|[кk]\b)?\s?(?P<currency>{_MONEY})?"
)
_NAMED = re.compile(  # the words before an amount, up to what joins them to it
    r"(?i)(.+?)(?<!\s)(?:\s*[—–:=]|\s+-|\s+(?:стоит|стоят|costs?|тұрады))\s*(?:(?:(?:от|до|from|около|всего)\b|~|≈)\s*)?"
)
_PER = re.compile(  # "/мес", "в месяц", "за ноготь", "разово"; not "в день рождения"
    r"(?i)\s*(?:(?P<by>/|\b(?:в|за|на|per)\b)\s*)?(?:(?:1|один|одну|каждый|каждую)\s+)?(?P<what>[^\W\d_]+)\b\.?"
    r"(?=\W*$|\s*[^\w\s]|\s+(?:в|за|на|per|и|или|без|от|до|для|при|с|по|но|а|for|with|and|or|if)\b)"
)
BULLET = re.compile(r"^\s*(?:[-*+•·–—❓]|\d{1,3}[.)])\s+")
BARE = re.compile(rf"(?i)(?:(?:от|до|from)\s+)?{_N}(?:\s?[-–—]\s?{_N})?")


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
        own = re.sub(r"(?i)(?<!\s)\s+(?:от|до|за|по|from)$|^(?:от|до|за|по|from)$", "", own)
        own = name if not own or len(own) > 80 or _COLUMNS.get(own.lower()) == "price" else own
        at, unit, period = found.end(), None, PERIODS.get((before.lower().split() or [""])[-1])
        while per := _PER.match(line, at):
            if what := PERIODS.get(per["what"].lower()):
                period = what
            elif per["by"] and per["by"].lower() in ("/", "за", "per") and not unit:
                unit = per["what"]
            else:
                break
            at = per.end()
        for amount, suffix in ((low, " (от)"), (high, " (до)")) if low < high else ((high, ""),):
            money = (_iso(mark), unit, cast(Period | None, period)) if mark != "%" else (None, "%", None)
            facts.append(Fact(f"{own}{suffix}".strip(), amount, *money))
    return facts


def _is_range(found: re.Match[str], high: Decimal) -> bool:
    """Whether two numbers are two prices: in "Пакет 5 — 9 000 ₸" the first belongs to the name."""
    low, text = _amount(found["low"], found["scale"]), found.string
    spaced_dash = re.fullmatch(r"\s[-–—]\s", text[found.end("low") : found.start("high")])
    after_word = re.search(r"\w\s*$", text[: found.start()]) and not re.search(r"(?i)\bот\s*$", text[: found.start()])
    return high / 100 <= low < high and not (spaced_dash and after_word and low < 1000)


def _amount(number: str, scale: str | None) -> Decimal:
    digits = re.sub(r"[\s'’]", "", number)
    whole, _, cents = (
        digits.replace(",", ".").rpartition(".") if re.search(r"[.,]\d{1,2}$|^0[.,]", digits) else (digits, "", "")
    )
    amount = Decimal(f"{re.sub(r'[.,]', '', whole)}.{cents or 0}")
    amount *= 1_000_000 if scale and scale.lower().startswith("мл") else 1000 if scale else 1
    return Decimal(int(amount)) if amount == int(amount) else amount.normalize()


def _iso(mark: str) -> str:
    return _CURRENCIES.get(mark[:3].lower()) or _CURRENCIES.get(mark[:2].lower()) or _CURRENCIES[mark[0]]
