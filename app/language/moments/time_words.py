"""The words of dates and clocks in all languages."""

from dataclasses import dataclass
from functools import cache

from app.language.moments.parts import DayPart, Half, Which
from app.language.quantities.marks import marks
from app.language.quantities.numeral_words import numeral_words
from app.language.quantities.unit_words import unit_words
from app.language.quantities.words import LANGUAGES, Book, Phrases, book


@dataclass(frozen=True)
class TimeWords:
    """The names are those of the data."""

    now: Phrases[str]
    days: Phrases[str]
    weekdays: dict[str, int]
    weak_weekdays: frozenset[str]
    months: dict[str, int]
    weak_months: frozenset[str]
    which: dict[str, Which]
    weekend: Phrases[str]
    weekend_starts: frozenset[str]
    seasons: dict[str, int]
    parts: Phrases[DayPart]
    parts_led: frozenset[str]
    part_of: Phrases[Half]
    part_before: dict[str, Half]
    at_day: frozenset[str]
    clock_on: Phrases[str]
    clock_soft: Phrases[str]
    before: Phrases[str]
    after: Phrases[str]
    since: frozenset[str]
    until: frozenset[str]
    during: Phrases[str]
    into: frozenset[str]
    """Before a length of time: so long from now."""
    after_in: Phrases[str]
    ago: Phrases[str]
    ending_before: frozenset[str]
    ending_after: frozenset[str]
    noon: Phrases[str]
    midnight: Phrases[str]
    half_past: Phrases[str]
    weekly: Phrases[str]
    visited: frozenset[str]
    """First words of `weekly`: a day may begin with them, but they may also be what a number counts."""
    filled: Phrases[str]
    """What may stand between a day and its hours."""
    pieces: Phrases[str]
    """What comes before a period of which a piece is meant: start, middle, end."""
    month_of: tuple[str, ...]
    """Endings of a month before its day."""
    from_endings: tuple[str, ...]
    at_endings: tuple[str, ...]
    """Of when something is, as Kazakh has it: `at seven` is one word."""
    """Endings of the first hour of a range."""
    words: dict[str, frozenset[str]]
    """Plain lists, by their names in the data."""
    ordinals: dict[str, int]
    """Ordinals from 1 to 12, for `half of the seventh`."""
    verb_endings: tuple[str, ...]
    not_counted: frozenset[str]
    numeral_starts: frozenset[str]
    leads: frozenset[str]
    """First words of what stands before a day or a clock."""
    named: frozenset[str]
    """Words of days, parts of the day and clocks themselves."""
    starts: frozenset[str]
    """Leads and named ones together."""
    about: frozenset[str]
    """All words that make a number beside them a date or a clock."""


_LISTS = (
    "hour_words", "minute_words", "one_hour", "clock_noun", "half_to", "quarter_to_next", "before_hour", "past_hour",
    "to_hour", "quarter", "gone", "left", "of_month", "of_year", "day_word",
    "the", "over", "over_days", "one_hour_weak", "date_suffix", "between", "fillers", "coming", "since_soft",
    "between_joins", "between_behind", "of_length", "every", "weekly_led", "weekly_days", "weekly_behind", "weekly_in",
    "other", "list_joins", "breaks",
)  # fmt: skip


_PIECES = ("start", "middle", "end")
_LEADS = (
    "at_day", "clock_on", "clock_soft", "before", "after", "since", "since_soft", "during", "in", "weekly_led",
)  # fmt: skip
_NAMED = (
    "now", "days", "weekdays", "months", "this", "next", "last", "weekend", "seasons", "parts", "part_before",
    "noon", "midnight", "half_past", "start_of", "middle_of", "end_of", "weekly_days", "every",
)  # fmt: skip
_BEGIN = (
    "clock_noun", "half_to", "half_words", "quarter_to_next", "before_hour", "quarter", "one_hour",
)  # fmt: skip

_APART = ("of_length", "list_joins", "breaks", "between_joins", "weekly_behind", "other")
"""Lists whose words do not make a number beside them a clock."""
_FOLLOW = ("part_of", "until", "ago", "after_in", "ending_before", "ending_after", "between_behind")


@cache
def time_words() -> TimeWords:
    """The words, read once."""
    data = book()
    lists = {name: data.words(f"times.{name}") for name in _LISTS}
    numerals, units = numeral_words(), unit_words()
    ordinals = {w: int(n.value) for w, n in numerals.words.items() if n.role == "ordinal" and 1 <= n.value <= 12}
    prefixes = data.words("times.half_to_prefix")
    lists["half_words"] = frozenset(prefix + word for prefix in prefixes for word in ordinals)
    which: dict[str, Which] = {}
    names: tuple[Which, ...] = ("this", "next", "last")
    for name in names:
        which |= dict.fromkeys(data.words(f"times.{name}"), name)
    halves: tuple[Half, ...] = ("am", "pm", "night")
    part_of = [(data.split(f), h) for h in halves for lang in LANGUAGES for f in _half(data, "part_of", h, lang)]
    part_before = {f: h for h in halves for lang in LANGUAGES for f in _half(data, "part_before", h, lang)}
    parts = [(data.split(form), _part(key)) for _, key, form in data.forms("times.parts")]
    leads = _firsts(data, _LEADS) | lists["the"] | lists["over"] | lists["between"] | units.article
    named = _firsts(data, _NAMED).union(units.alone, units.halves, *(lists[name] for name in _BEGIN))
    later = {word for _, _, form in data.forms("times.parts") for word in data.split(form)}
    return TimeWords(
        now=data.phrases("times.now"),
        days=data.phrases("times.days"),
        weekdays={form: int(key) for form, key in data.table("times.weekdays").items()},
        weak_weekdays=data.words("times.weak_weekdays"),
        months={form: int(key) for form, key in data.table("times.months").items()},
        weak_months=data.words("times.weak_months"),
        which=which,
        weekend=data.phrases("times.weekend"),
        weekend_starts=_firsts(data, ("weekend",)),
        seasons={form: int(key) for form, key in data.table("times.seasons").items()},
        parts=Phrases(parts),
        parts_led=data.words("times.parts_led"),
        part_of=Phrases(part_of),
        part_before=part_before,
        at_day=data.words("times.at_day"),
        clock_on=data.phrases("times.clock_on"),
        clock_soft=data.phrases("times.clock_soft"),
        before=data.phrases("times.before"),
        after=data.phrases("times.after"),
        since=data.words("times.since"),
        until=data.words("times.until"),
        during=data.phrases("times.during"),
        into=data.words("times.in"),
        after_in=data.phrases("times.after_in"),
        ago=data.phrases("times.ago"),
        ending_before=data.words("times.ending_before"),
        ending_after=data.words("times.ending_after"),
        noon=data.phrases("times.noon"),
        midnight=data.phrases("times.midnight"),
        half_past=data.phrases("times.half_past"),
        weekly=data.phrases("times.weekly"),
        visited=_firsts(data, ("weekly",)),
        filled=data.phrases("times.filled"),
        pieces=Phrases([(data.split(f), p) for p in _PIECES for _, _, f in data.forms(f"times.{p}_of")]),
        month_of=tuple(data.words("times.month_of")),
        from_endings=tuple(data.words("times.from_endings")),
        at_endings=tuple(data.words("times.at_endings")),
        words=lists,
        ordinals=ordinals,
        verb_endings=tuple(data.words("times.verb_endings")),
        not_counted=data.words("not_counted"),
        numeral_starts=frozenset(numerals.words),
        leads=leads,
        named=(named | later) - leads,
        starts=leads | named,
        about=leads.union(named, later, *(lists[name] for name in lists if name not in _APART), _firsts(data, _FOLLOW)),
    )


def _half(data: Book, name: str, half: str, language: str) -> list[str]:
    return [form for _, key, form in data.forms(f"times.{name}", language) if key == half]


def _part(hours: str) -> DayPart:
    low, high = hours.split("-")
    return DayPart(int(low), int(high))


def _firsts(data: Book, names: tuple[str, ...]) -> frozenset[str]:
    """The first words of every phrase of some sections."""
    return frozenset(data.split(form)[0] for name in names for _, _, form in data.forms(f"times.{name}"))


def counted(word: str, kind: str) -> bool:
    """Whether a word behind a bare number is what the number counts, so that it is no time of the clock."""
    words = time_words()
    if kind != "word":
        return word in "%" or word in marks().currencies
    if word in unit_words().units:
        return True
    free = word in words.not_counted or word in words.starts or word in words.until
    return not free and not (len(word) > 3 and word.endswith(words.verb_endings))
