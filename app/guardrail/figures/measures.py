"""Words that measure: currencies, time units with all their cases, adjectives of duration, what a price is paid for."""

import re
from functools import lru_cache

SIGNS: dict[str, str] = {"₸": "KZT", "$": "USD", "€": "EUR", "₽": "RUB", "£": "GBP", "¥": "CNY", "₴": "UAH", "₺": "TRY"}

CURRENCIES: dict[str, str] = {
    word: code
    for code, row in {
        "KZT": "тг тнг тенге тенгеге тенгеден тенгени тенгенин тенгемен kzt tenge tg",
        "USD": "доллар доллара долларов доллары долларам доллару долларах бакс бакса баксов usd dollar dollars bucks",
        "EUR": "евро еуро eur euro euros",
        "RUB": "руб рубль рубля рублей рублю рублям рубли rub ruble rubles rouble roubles р рубл рубльден рублге",
        "CNY": "юань юаня юаней cny yuan",
        "GBP": "фунт фунтов gbp pounds",
        "KGS": "сом сома сомов kgs som",
        "UZS": "сум сумов uzs",
        "hundredths": "копейка копейки копеек копейку копейкам коп тиын тиына тиынов тиыны цент цента центов cent cents",
    }.items()
    for word in row.split()
}

MONTHS = (
    "январ|феврал|март|апрел|ма[йя]\\b|июн|июл|август|сентябр|октябр|ноябр|декабр|кантар|акпан|наурыз|сауир|мамыр|маусым|"
    "шилде|тамыз|кыркуйек|казан\\b|караша|желтоксан|januar|februar|april|june|july|august|septemb|octob|novemb|decemb"
)


def _units() -> dict[str, tuple[str, int]]:
    units: dict[str, tuple[str, int]] = {}
    for unit, factor, row in (
        (
            "minute",
            1,
            "минута минуты минуту минут минуте минутой минутам минутах мин минутта минутка minute minutes min",
        ),
        (
            "minute",
            60,
            "час часа часу часов часом часы часам часах часик ч сагат сагатта сагатка сагаттан сагаттын сагаты hour hours",
        ),
        (
            "minute",
            1440,
            "день дня дню днем дней дни дням днях дн денек сутки суток суткам сутках таулик тауликте кун кунде кунге кунди куннин куннен куни кунинде day days",
        ),
        (
            "minute",
            10080,
            "неделя недели неделю неделе недель неделей неделям неделек нед апта аптада аптага аптанын аптасы аптадан week weeks",
        ),
        (
            "month",
            1,
            "месяц месяца месяцу месяцев месяцем месяце месяцы месяцам месяцах мес ай айга айда айдан айдын айлык айы month months mo",
        ),
        ("month", 3, "квартал квартала кварталов токсандык quarter quarters"),
        ("month", 6, "полгода полугода полугодие полугодия полугодий"),
        ("month", 12, "год года году годов годом годы годам лет жыл жылга жылда жылдан жылдын жылдык жылы year years"),
        ("minute", 30, "полчаса получаса"),
        ("minute", 720, "полдня"),
    ):
        units.update(dict.fromkeys(row.split(), (unit, factor)))
    for word in ("секунда", "секунды", "секунду", "секунд", "second", "seconds"):
        units[word] = ("second", 1)
    return units


UNITS_OF_TIME: dict[str, tuple[str, int]] = _units()
"""Word -> (minute or month, how many of them)."""

_PREFIXES = {
    "одно": 1, "двух": 2, "трех": 3, "четырех": 4, "пяти": 5, "шести": 6, "семи": 7, "восьми": 8, "девяти": 9,
    "десяти": 10, "двенадцати": 12, "четырнадцати": 14, "пятнадцати": 15, "восемнадцати": 18, "двадцати": 20,
    "двадцатичетырех": 24, "двадцатиодно": 21, "тридцати": 30, "сорока": 40, "шестидесяти": 60, "девяносто": 90,
    "сто": 100, "полу": 0, "пол": 0, "еже": 0, "": 0,
}  # fmt: skip
_ADJECTIVES = (
    ("минутн", "minute", 1), ("часов", "minute", 60), ("дневн", "minute", 1440), ("суточн", "minute", 1440),
    ("недельн", "minute", 10080), ("месячн", "month", 1), ("квартальн", "month", 3), ("летн", "month", 12),
    ("годичн", "month", 12), ("годов", "month", 12), ("day", "minute", 1440), ("month", "month", 1), ("year", "month", 12),
    ("week", "minute", 10080), ("hour", "minute", 60), ("minute", "minute", 1),
)  # fmt: skip
_ADJECTIVE = re.compile(
    r"(.*?)(минутн|часов|дневн|суточн|недельн|месячн|квартальн|летн|годичн|годов|day|month|year|week|hour|minute)(?:ый|ая|ое|ые|ого|ой|ую|ых|ым|ом|ыми|ому|ий|яя|ее|ие|его|ей|юю|их|им|ими|ему|ем)?"
)


@lru_cache(maxsize=4096)
def adjective_duration(word: str) -> tuple[str, int, bool] | None:
    """(minute or month, how many, whether the word itself holds the number) of «дневный», «двухнедельный», «полугодовой»."""
    if word == "полугодовой" or word.startswith("полугодов"):
        return "month", 6, True
    found = _ADJECTIVE.fullmatch(word)
    if not found or found[1] not in _PREFIXES:
        return None
    unit, factor = next((u, f) for stem, u, f in _ADJECTIVES if stem == found[2])
    number = _PREFIXES[found[1]]
    if found[1] in ("полу", "пол", "еже"):
        return None
    if number == 0 and word in ("часов", "month", "year", "day", "week", "hour", "minute"):
        return (unit, factor, False) if word != "часов" else None
    return (unit, factor * (number or 1), number > 0)


_UNIT_KEYS = {
    "@shop": "@shop", "@register": "@register", "@employee": "@employee", "@cashier": "@employee", "@company": "@company",
    "@piece": "@piece", "@order": "@order", "@visit": "@visit", "@message": "@message", "@sms": "@message",
    "@terminal": "@device", "@scanner": "@device", "@printer": "@device", "@drawer": "@device", "@scale": "@device",
    "@report": "@report",
}  # fmt: skip


def counted_unit(key: str) -> str | None:
    """What a price is paid for, if a word with this key can be that."""
    return _UNIT_KEYS.get(key)


_SAME = {
    "@piece": {"@piece", "@device", "@message", "@report"},
    "@visit": {"@visit"},
    "@order": {"@order"},
}


def same_unit(said: str, fact: str) -> bool:
    """Whether a unit said in a text is the fact's: «за сообщение» is a piece."""
    if said == "@all":
        return fact == "@company"
    return said == fact or said in _SAME.get(fact, ()) or (said == "@device" and fact != "@piece")


ADJECTIVE = re.compile(
    r"(?:ых|их|ый|ий|ой|ая|яя|ое|ее|ые|ие|ого|его|ную|юю|working|business|calendar|full|free|жумыс)$"
)
"""Words that may stand between a number and what it counts."""
