"""What each number of a text measures: money, a percentage, a duration, a count, a time of day, a date."""

import re
from dataclasses import dataclass, replace
from decimal import Decimal

from app.guardrail.measures import CURRENCIES, MONTHS, SIGNS, UNITS_OF_TIME, adjective_duration
from app.guardrail.numerals import Number, numbers
from app.guardrail.periods import attach
from app.guardrail.words import Text, Token

_PHONE = re.compile(r"(?<![\w+])(?:\+\s?\d|8|7)[ \-(]{0,2}\d{3}[ \-)]{0,2}\d{3}[ -]?\d{2}[ -]?\d{2}(?!\d)")
_LINK = re.compile(r"https?://\S+|www\.\S+|\b[\w.+-]+@[\w-]+\.[\w.]+|\b[a-z0-9-]+\.(?:kz|com|ru|net|org|io)\b\S*")
_LINK_SIGNS = ("http", "www", "@", ".kz", ".com", ".ru", ".net", ".org", ".io")
_CLOCK = re.compile(r"(?<![\d.,:])([01]?\d|2[0-4]):([0-5]\d)(?![\d:])")
_AT = (" с ", " до ", " в ", " к ")
_POINTED = re.compile(r"\d[./:-]\d")
_MONTH_STEMS = tuple(MONTHS.replace("\\b", "").replace("ма[йя]", "май|мая").split("|"))
_CLOCK_DOT = re.compile(r"(?<![\d.,:])([01]?\d|2[0-4])[.-]([0-5]\d)(?!\d|[.,]\d|\s?(?:₸|%|тыс|тг|тенге|млн))")
_HOURS = re.compile(
    r"(?:\bс|\bсагат|\bfrom)\s(\d{1,2})(?:\s?(?:часов|утра|am|-дан|-ден|-тан|-тен|-нан|-нен))?\s?(?:до|-|–|to|-дан|-ден)?\s?(?:до\s|to\s|сагат\s)?"
    r"(\d{1,2})(?!\d|[ ]\d{3}|[.,:]\d)(?:\s?(?:часов|вечера|pm|-га|-ге|-ка|-ке))?"
    r"(?!\s*(?:₸|%|\$|€|тг|тенге|тыс|млн|к\b|k\b|мес|год|лет|дн|ден|час|мин|нед|сут|рабоч|касс|магаз|сотруд|точ|человек|товар|позиц|кг|шт|дукен|кызмет|кун|ай\b|апта|жыл|day|week|month|year|shop|store))"
)
_HOUR = re.compile(
    r"\b(?:в|до|с|к|после|at|by|until|сагат)\s(\d{1,2})\s?(утра|вечера|дня|ночи|am|pm|часов утра|часов вечера)\b"
)
_DATE = re.compile(r"(?<!\d)\d{1,2}[./]\d{1,2}[./](?:20)?\d{2}(?!\d)|(?<!\d)\d{4}-\d{2}-\d{2}(?!\d)")
_DATE_WORD = re.compile(rf"(?<!\d)(\d{{1,2}})(?:-?го)?\s(?:of )?({MONTHS})\w*|\b({MONTHS})\w*\s(\d{{1,2}})(?!\d)")
_YEAR = re.compile(
    r"(?<![\d ])(?:19|20)\d{2}(?=\s?(?:год|г\b|жыл|гг))|(?:\bв|\bдо|\bс|\bin|\bsince)\s((?:19|20)\d{2})(?!\s?\d|\s?(?:₸|тг|тенге))"
)
_ALWAYS = re.compile(
    r"24\s?/\s?7|24 на 7|круглосуточн\w*|круглые сутки|таулик бойы|round[- ]the[- ]clock|24 часа в сутки|24 hours a day"
)
_ADDRESS = frozenset(
    "ул улица улице пр проспект проспекте мкр микрорайон дом офис офисе этаж этаже кв кабинет павильон бутик".split()
)
_LABELS = frozenset("№ # пункт шаг раздел версия версии step item глава стр".split())
_BETWEEN = frozenset("- – — до или и либо , / to or and мен".split())
_ADJECTIVE = re.compile(
    r"(?:ых|их|ый|ий|ой|ая|яя|ое|ее|ые|ие|ого|его|ную|юю|working|business|calendar|full|free|жумыс)$"
)
_WORKING = re.compile(r"рабоч|будн|working|business|жумыс")


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured number of a text."""

    kind: str
    """money, percent, duration, count, time, date, always, bare"""
    value: Decimal
    """Money as it is; a duration in minutes or in months (see `unit`); a time in minutes of the day."""
    start: int
    end: int
    first: int
    last: int
    """Tokens."""
    sentence: int
    clause: int
    currency: str | None = None
    unit: str | None = None
    """Money: what it is paid for (a key). Duration: `minute` or `month`. Count: the key of the noun."""
    period: str | None = None
    weak_period: bool = False
    """The period stands at the head of the sentence, not at this amount."""
    times: int = 0
    """How many units it is said for («за 3 магазина»); 0 when that is not said."""
    each: bool = False
    """«по», «за каждый»: said for one, whatever count stands beside it."""
    working: str = ""
    """`working` or `calendar` days."""
    implied: bool = False
    """No number stands there: «за час» is one hour."""
    note: str = ""
    """How an implied duration is said: each («каждый час»), deadline («за час»), vague («несколько минут»), plain."""
    low: bool = False
    """The lower end of a range."""
    text: str = ""


def figures(text: Text, models: frozenset[tuple[str, str]] = frozenset()) -> tuple[Figure, ...]:
    """Every figure of a text, in order. `models` are (word, number) pairs that are names («print», «80»)."""
    fixed, skip = _fixed(text)
    skip += _names(text, models)
    found: list[Figure] = []
    for number in numbers(text, skip):
        figure = _classify(text, number)
        if figure is not None:
            found.append(figure)
    found = _share(text, found)
    found += _implied(text, [*found, *fixed])
    found += fixed
    found.sort(key=lambda f: f.start)
    return attach(text, found)


def _fixed(text: Text) -> tuple[list[Figure], list[tuple[int, int]]]:
    """Times, dates and what is no figure at all (phones, links): found by their shape."""
    folded = text.folded
    skip = [m.span() for m in _PHONE.finditer(folded)] + [
        m.span() for m in (_LINK.finditer(folded) if any(sign in folded for sign in _LINK_SIGNS) else ())
    ]
    found: list[Figure] = []

    def add(kind: str, value: int, start: int, end: int) -> None:
        if any(a < end and start < b for a, b in skip):
            return
        first, last, sentence, clause = _at(text, start, end)
        found.append(Figure(kind, Decimal(value), start, end, first, last, sentence, clause, text=folded[start:end]))

    for m in _ALWAYS.finditer(folded):
        add("always", 0, *m.span())
    skip += [(f.start, f.end) for f in found]
    if not any(c.isdigit() for c in folded):
        return found, skip
    pointed = _POINTED.search(folded) is not None
    for m in _DATE.finditer(folded) if pointed else ():
        add("date", 0, *m.span())
    for m in _DATE_WORD.finditer(folded) if any(stem in folded for stem in _MONTH_STEMS) else ():
        add("date", 0, *m.span())
    for m in _YEAR.finditer(folded) if "20" in folded or "19" in folded else ():
        add("date", 0, *(m.span(1) if m.group(1) else m.span()))
    skip += [(f.start, f.end) for f in found]
    times: list[tuple[int, int]] = []
    for pattern in (_CLOCK, _CLOCK_DOT) if pointed else ():
        for m in pattern.finditer(folded):
            if pattern is _CLOCK_DOT and not folded[max(0, m.start() - 4) : m.start()].endswith(_AT):
                continue
            add("time", int(m[1]) * 60 + int(m[2]), *m.span())
            times.append(m.span())
    for m in _HOUR.finditer(folded):
        hour = int(m[1]) % 24
        add("time", (hour + 12 if m[2] in _AFTERNOON and hour < 12 else hour) * 60, m.start(1), m.end())
        times.append((m.start(1), m.end()))
    skip += times
    for m in _HOURS.finditer(folded):
        if int(m[1]) <= 24 and int(m[2]) <= 24 and _between_hours(m.group()):
            for group in (1, 2):
                if not any(a <= m.start(group) < b for a, b in skip):
                    hour = int(m[group])
                    add("time", hour * 60, *m.span(group))
            skip.append((m.start(1), m.end(2)))
    return found, skip


_AFTERNOON = ("вечера", "дня", "pm", "часов вечера")


def _between_hours(phrase: str) -> bool:
    return re.search(r"\bдо\b|\bto\b|[-–]|\d-(?:дан|ден|тан|тен|нан|нен)", phrase) is not None


def _at(text: Text, start: int, end: int) -> tuple[int, int, int, int]:
    first = last = 0
    for i, token in enumerate(text.tokens):
        if token.end <= start:
            continue
        if token.start >= end:
            break
        if not first or text.tokens[first].end <= start:
            first = i
        last = i
    head = text.tokens[first] if text.tokens else None
    return first, max(first, last), head.sentence if head else 0, head.clause if head else 0


def _names(text: Text, models: frozenset[tuple[str, str]]) -> list[tuple[int, int]]:
    """Digits that belong to a name: known ones («D-Print 80»), or behind a capitalised Latin word («Windows 10»)."""
    found = []
    tokens = text.tokens
    for i in range(1, len(tokens)):
        token = tokens[i]
        if token.kind != "n":
            continue
        j = i - 1
        if tokens[j].text == "-" and j:
            j -= 1
        word = tokens[j]
        if word.kind != "w" or not word.latin:
            continue
        head = re.match(r"\d+", token.text)
        short = head.group() if head else ""
        if (word.text, short) in models and len(short) < len(token.text):
            found.append((token.start, token.start + len(short)))
        elif (word.text, token.text) in models:
            found.append((token.start, token.end))
        elif word.upper and token.text.isdigit() and len(token.text) <= 2:
            following = tokens[i + 1] if i + 1 < len(tokens) else None
            measured = following is not None and (
                following.text in CURRENCIES or following.text in SIGNS or following.text in UNITS_OF_TIME
                or following.text == "%" or following.text.startswith(("тыс", "млн", "мын", "процент"))
            )  # fmt: skip
            if not measured:
                found.append((token.start, token.end))
    return found


def _classify(text: Text, n: Number) -> Figure | None:
    tokens = text.tokens
    token = tokens[n.first]
    before = tokens[n.first - 1] if n.first else None
    place = n.last + 1
    if place < len(tokens) and tokens[place].text == "." and n.spelled and not _ends_sentence(text, place):
        place += 1
    after = tokens[place] if place < len(tokens) and tokens[place].sentence == token.sentence else None

    def made(kind: str, value: Decimal, last: int, **more: object) -> Figure:
        end = max(n.end, tokens[last].end)
        return Figure(
            kind,
            value,
            n.start,
            end,
            n.first,
            last,
            token.sentence,
            token.clause,
            text=text.folded[n.start : end],
            **more,  # type: ignore[arg-type]
        )

    if (
        before is not None
        and before.text in SIGNS
        and not n.spelled
        and (n.first < 2 or tokens[n.first - 2].kind != "n")
    ):
        return replace(made("money", n.value, n.last, currency=SIGNS[before.text]), start=before.start)
    if after is not None:
        if after.text == "%" or after.text.startswith(("процент", "пайыз", "percent")):
            return made("percent", n.value, place)
        if after.text in SIGNS or after.text in CURRENCIES:
            return made("money", n.value, place, currency=SIGNS.get(after.text) or CURRENCIES[after.text])
        if after.text == "-" and place + 1 < len(tokens):
            adjective = tokens[place + 1]
            stem = adjective_duration(adjective.text)
            if stem:
                return made("duration", n.value * stem[1], place + 1, unit=stem[0])
            if adjective.kind == "w" and adjective.start == after.end and after.start == n.end:
                if adjective.text in ("т", "ти", "х", "ю", "ть", "ы", "га", "ге", "ка", "ке") or n.value >= 500:
                    return _bare(text, n, made, place + 2)
                return None  # «4-я», «1-го»
    if before is not None and (before.text in _ADDRESS or before.text in _LABELS) and not n.spelled:
        return None
    if before is not None and before.text == "." and n.first > 1 and tokens[n.first - 2].text in _ADDRESS:
        return None
    place, working = _over_adjectives(text, place, token)
    unit = tokens[place] if place < len(tokens) and tokens[place].sentence == token.sentence else None
    if unit is not None and unit.kind == "w":
        if unit.text in UNITS_OF_TIME:
            name, factor = UNITS_OF_TIME[unit.text]
            return made("duration", n.value * factor, place, unit=name, working=working)
        if unit.text in CURRENCIES:
            return made("money", n.value, place, currency=CURRENCIES[unit.text])
        if unit.key and unit.key not in ("@price", "@pay") and _is_noun(unit) and not unit.latin:
            return made("count", n.value, place, unit=unit.key)
        if unit.key and unit.latin and unit.key not in ("@price", "@pay"):
            return made("count", n.value, place, unit=unit.key)
    if n.spelled and n.value < 100:  # «один из», «два» without a noun
        near = before is not None and (
            before.text in ("от", "до", "from") or before.key in ("@shop", "@register", "@employee")
        )
        return made("bare", n.value, n.last) if near else None
    return _bare(text, n, made, n.last + 1)


def _bare(text: Text, n: Number, made: object, place: int) -> Figure | None:
    """A number with nothing beside it. List numbering is none; anything else is judged by the checks."""
    tokens = text.tokens
    token = tokens[n.first]
    start = text.sentences[token.sentence][0] if text.sentences else 0
    following = tokens[place].text if place < len(tokens) else ""
    head = n.first == 0 or tokens[n.first - 1].text == "\n" or token.start == start
    if following in (".", ")") and n.value < 100 and head and not n.spelled:
        return None
    return made("bare", n.value, n.last)  # type: ignore[operator,no-any-return]


def _ends_sentence(text: Text, place: int) -> bool:
    token = text.tokens[place]
    return token.end >= text.sentences[token.sentence][1]


def _over_adjectives(text: Text, place: int, token: Token) -> tuple[int, str]:
    """The place behind up to two adjectives («3 полных рабочих дня»), and which days were meant."""
    working = ""
    for _ in range(3):
        if place + 1 >= len(text.tokens):
            break
        word = text.tokens[place]
        if word.kind != "w" or word.sentence != token.sentence or word.text in UNITS_OF_TIME:
            break
        if word.text in CURRENCIES or not (_ADJECTIVE.search(word.text) or word.text == "полных"):
            break
        if _WORKING.search(word.text):
            working = "working"
        elif word.text.startswith(("календар", "calendar")):
            working = "calendar"
        place += 1
    return place, working


_NO_NOUN = frozenset(
    "против вместо тогда однако дешевле дороже выгоднее лучше сразу ниже выше обойдет обойдут получ выйд хват кажд разов ежемесячн вперед ежегодн плюс минус тысяч раз раза times сразу ровно максимум минимум".split()
)


def _is_noun(token: Token) -> bool:
    return (
        token.key not in _NO_NOUN
        and token.text not in _NO_NOUN
        and not token.text.startswith(("кажд", "ежемес", "ежегод", "разов"))
    )


def _share(text: Text, found: list[Figure]) -> list[Figure]:
    """«2–5 дней», «от 3 500 до 6 900 ₸», «5 или 10 %»: the first number has the second's unit."""
    for i in range(len(found) - 2, -1, -1):
        one, two = found[i], found[i + 1]
        if (
            one.kind not in ("bare", "count")
            or two.kind not in ("money", "percent", "duration")
            or one.sentence != two.sentence
        ):
            continue
        between = text.tokens[one.last + 1 : two.first]
        if any(t.text == "—" and text.folded[t.start - 1 : t.start] == " " for t in between):
            continue
        if one.kind == "count" or len(between) > 2 or not all(t.text in _BETWEEN for t in between) or not between:
            continue
        ratio = Decimal(1)
        if two.kind == "duration":
            factor = _factor(text, two)
            ratio = factor
        value = one.value * ratio
        if two.kind == "money" and "тыс" in two.text and one.value < 1000:
            value *= 1000
        ranged = between[0].text in ("-", "–", "—", "до", "to")
        found[i] = replace(
            one, low=ranged, kind=two.kind, value=value, unit=two.unit, currency=two.currency, working=two.working
        )
    return found


def _factor(text: Text, figure: Figure) -> Decimal:
    word = text.tokens[figure.last].text
    if word in UNITS_OF_TIME:
        return Decimal(UNITS_OF_TIME[word][1])
    adjective = adjective_duration(word)
    return Decimal(adjective[1]) if adjective else Decimal(1)


_DEADLINE = frozenset("за течение через кажд каждый каждую каждые раз на within".split())
_VAGUE = frozenset("несколько пару считанные пара couple few бирнеше".split())
_FREQUENT = {"ежечасно": 60, "ежедневно": 1440, "ежеминутно": 1, "еженедельно": 10080, "hourly": 60}


def _implied(text: Text, found: list[Figure]) -> list[Figure]:
    """Durations without a number: «за час», «в течение суток», «раз в день», «полгода», «двухнедельный»."""
    made: list[Figure] = []
    taken = {i for f in found for i in range(f.first, f.last + 1)}
    tokens = text.tokens
    for i, token in enumerate(tokens):
        if token.kind != "w" or i in taken:
            continue
        adjective = adjective_duration(token.text)
        if adjective and adjective[2]:
            made.append(_duration(token, i, adjective[0], Decimal(adjective[1]), False, ""))
        elif token.text in _FREQUENT:
            made.append(_duration(token, i, "minute", Decimal(_FREQUENT[token.text]), True, "each"))
        elif token.text in UNITS_OF_TIME:
            unit, factor = UNITS_OF_TIME[token.text]
            j = i - 1
            while (
                j >= 0
                and tokens[j].kind == "w"
                and _ADJECTIVE.search(tokens[j].text)
                and i - j < 3
                and not (tokens[j].text.startswith("кажд") or tokens[j].text in _DEADLINE or tokens[j].text in _VAGUE)
            ):
                j -= 1
            lead = tokens[j].text if j >= 0 else ""
            lead2 = tokens[j - 1].text if j >= 1 else ""
            if lead in _VAGUE or lead2 in _VAGUE:
                made.append(_duration(token, i, unit, Decimal(-1), True, "vague"))
            elif token.text.startswith(("полгод", "полуго", "пол")) or token.text in ("сутки", "суток", "таулик"):
                made.append(_duration(token, i, unit, Decimal(factor), False, ""))
            elif (
                lead.startswith("кажд")
                or (lead == "в" and lead2 == "раз")
                or token.text.endswith("сайын")
                or (i + 1 < len(tokens) and tokens[i + 1].text == "сайын")
                or lead == "every"
            ):
                made.append(_duration(token, i, unit, Decimal(factor), True, "each"))
            elif (
                lead in _DEADLINE
                or lead.startswith(("хоть", "занима", "займ", "длит", "потреб", "уйдет", "понадоб", "созыл"))
                or (lead == "a" and lead2 in ("in", "within"))
                or (i + 1 < len(tokens) and tokens[i + 1].text == "ишинде")
            ):
                made.append(_duration(token, i, unit, Decimal(factor), True, "deadline"))
            else:
                made.append(_duration(token, i, unit, Decimal(factor), True, "plain"))
    return made


def _duration(token: Token, i: int, unit: str, value: Decimal, implied: bool, note: str) -> Figure:
    return Figure(
        "duration", value, token.start, token.end, i, i, token.sentence, token.clause, unit=unit, implied=implied, note=note,
        text=token.text,
    )  # fmt: skip
